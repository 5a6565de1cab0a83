"""Internet checksums of emitted packets: mended by what changed, never summed anew (RFC 1624).

Egress knows what was received of every field that may change (`meta.received`) and what stands there now.
"""

from __future__ import annotations

from collections.abc import Iterable

from backends.checksum_plan import ChecksumPlan, Mended
from backends.p4.parser import blob_of, field_name
from backends.p4.text import typed_number
from backends.writer import Writer
from compiler.ir.headers import Header, HeaderField
from compiler.ir.types import bit_width


class Checksums(ChecksumPlan):
    """Writes what mends the checksums of a packet."""

    def write(self, out: Writer) -> None:
        """Statements of egress that mend every checksum of a packet whose headers are as they leave."""
        for mended in self.mended:
            self._write(out, mended)

    def _write(self, out: Writer, mended: Mended) -> None:
        name = mended.header.name
        out.line(f"// {name}.{mended.field.name}")
        with out.block(f"if (hdr.{name}.isValid())"):
            out.line("changes = 0;")
            for header, fields in mended.covered:
                words = word_pairs(header, fields)
                if header.name == name:
                    _add(out, words)
                else:
                    with out.block(f"if (hdr.{header.name}.isValid())"):
                        _add(out, words)
            self._write_pseudo(out, mended.pseudo)
            checksum = f"hdr.{name}.{field_name(mended.field.name)}"
            assert mended.field.checksum is not None, "a checksum is mended"
            function = "updated_checksum_or_none" if mended.field.checksum.zero_means_none else "updated_checksum"
            out.line(f"{checksum} = {function}({checksum}, changes);")

    @staticmethod
    def _write_pseudo(out: Writer, pseudo: Iterable[tuple[Header, tuple[HeaderField, ...]]]) -> None:
        """The nearest header in front that has a pseudo-header."""
        relevant = list(pseudo)
        while relevant and not relevant[-1][1]:
            relevant.pop()
        depth = "if"
        for header, fields in relevant:
            with out.block(f"{depth} (hdr.{header.name}.isValid())"):
                for f in fields:
                    width = bit_width(f.type)
                    if f.offset % 8 == 0 and width % 16 == 0:
                        _add(out, [_whole_words(header, f)] if width == 16 else _sliced(header, f))
                    else:
                        _add(out, _padded(header, f))
            depth = "else if"


def _add(out: Writer, pairs: list[tuple[str, str]]) -> None:
    for old, new in pairs:
        out.line(f"changes = changes + change16({old}, {new});")


def received_name(header: str, field: str) -> str:
    return f"meta.received_{header}_{field_name(field)}"


def word_pairs(header: Header, fields: Iterable[HeaderField]) -> list[tuple[str, str]]:
    """(received, now) of each 16-bit word of the header that one of the fields is part of."""
    changed = {f.name for f in fields}
    words = sorted(
        {
            word
            for f in header.fields
            if f.name in changed
            for word in range(f.offset // 16, (f.offset + bit_width(f.type) - 1) // 16 + 1)
        }
    )
    return [(_word(header, word, changed), _word(header, word, frozenset())) for word in words]


def _word(header: Header, word: int, received: Iterable[str]) -> str:
    """Bits 16 * word to 16 * word + 15 of a header, of the fields named in `received` as they came in."""
    parts: list[str] = []
    first, last = 16 * word, 16 * word + 16
    for f in header.fields:
        if f is blob_of(header):
            continue
        width = bit_width(f.type)
        start, end = max(first, f.offset), min(last, f.offset + width)
        if start < end:
            name = (
                received_name(header.name, f.name) if f.name in received else f"hdr.{header.name}.{field_name(f.name)}"
            )
            high = f.offset + width - 1 - start
            whole = start == f.offset and end == f.offset + width
            parts.append(name if whole else f"{name}[{high}:{high - (end - start) + 1}]")
    missing = last - max(first, header.fixed_bytes * 8)
    if header.fixed_bytes * 8 < last:  # an odd byte at the packet's end is the high one of its word
        parts.append(typed_number(0, missing))
    return parts[0] if len(parts) == 1 else " ++ ".join(parts)


def _whole_words(header: Header, f: HeaderField) -> tuple[str, str]:
    return received_name(header.name, f.name), f"hdr.{header.name}.{field_name(f.name)}"


def _sliced(header: Header, f: HeaderField) -> list[tuple[str, str]]:
    old, new = _whole_words(header, f)
    return [
        (f"{old}[{high}:{high - 15}]", f"{new}[{high}:{high - 15}]") for high in range(bit_width(f.type) - 1, 0, -16)
    ]


def _padded(header: Header, f: HeaderField) -> list[tuple[str, str]]:
    """The field as words, filled up on the left."""
    old, new = _whole_words(header, f)
    width = bit_width(f.type)
    pairs: list[tuple[str, str]] = []
    for low in range((width - 1) // 16 * 16, -1, -16):
        high = min(low + 15, width - 1)
        cut = "" if width <= 16 else f"[{high}:{low}]"
        cast = "" if high - low == 15 else "(bit<16>) "
        pairs.append((f"{cast}{old}{cut}", f"{cast}{new}{cut}"))
    return pairs


def full_header_checksum(header: Header, names: list[str], checksum: str) -> str:
    """The full sum over a built header: `names` are its fields' texts, the field `checksum` counting as 0."""
    terms: list[str] = []
    texts = dict(zip((f.name for f in header.fields), names, strict=True))
    for word in range((header.fixed_bytes + 1) // 2):
        parts: list[str] = []
        first, last = 16 * word, 16 * word + 16
        for f in header.fields:
            width = bit_width(f.type)
            start, end = max(first, f.offset), min(last, f.offset + width)
            if f is blob_of(header) or start >= end:
                continue
            if f.name == checksum:
                parts.append(typed_number(0, end - start))
                continue
            high = f.offset + width - 1 - start
            whole = start == f.offset and end == f.offset + width
            parts.append(texts[f.name] if whole else f"{texts[f.name]}[{high}:{high - (end - start) + 1}]")
        if header.fixed_bytes * 8 < last:  # an odd byte is the high one of its word
            parts.append(typed_number(0, 8))
        terms.append("(bit<32>) " + (parts[0] if len(parts) == 1 else f"({' ++ '.join(parts)})"))
    return f"~fold({' + '.join(terms)})"
