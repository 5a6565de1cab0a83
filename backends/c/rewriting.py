"""The packet as it stands, out of the packet as received: fields are put, and checksums mended by what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from backends.c.bit_fields import get_field, get_lanes, put_field
from backends.c.field_writes import FieldKey, Rewrite
from backends.c.types import calculated, is_wide, words_of
from backends.checksum_plan import ChecksumPlan, Mended
from compiler.ir.headers import Header, HeaderField
from compiler.ir.types import Blob, Vector, bit_width

if TYPE_CHECKING:
    from backends.c.expressions import Expressions

_CHUNKS = (8, 4, 2)  # bytes of the numbers in which changed words are looked at


class Rewriting:
    """Writes the statements that make a rewrite in the bytes at `to`, which are the packet as received.

    Where all that changes lies in whole 16-bit words of its header, words that are compared are those of the changed
    fields. Otherwise a word can be part of two headers, or begin at another byte in every packet: then all words
    of the headers are compared, which is slower.
    """

    def __init__(self, values: Expressions, rewrite: Rewrite, to: str) -> None:
        self._values, self._out, self._to = values, values.out, to
        self._rewrite = rewrite
        program = values.program
        self._headers = {header.name: header for header in program.headers}
        self._plan = ChecksumPlan(program, rewrite.changed).mended
        self._changed: dict[str, list[str]] = {}
        for header, field in rewrite.changed:
            self._changed.setdefault(header, []).append(field)
        self._sums: dict[tuple[str, str], str] = {}  # (header, "" or "pseudo") -> variable with the sum of changes

    def write(self) -> None:
        if not self._changed:
            return
        noted = {key: self._value_of(key) for key, _ in self._rewrite.writes}
        if self._plan and not self._is_simple():
            self._write_slowly(noted)
            return
        for name in self._changed:
            self._write_header(name, noted)
        for mended in self._plan:
            self._mend(mended)

    # --- what is put

    def _value_of(self, key: FieldKey) -> tuple[str, str]:
        """(condition, value): names or literals, for what is put must not change what is still to be read."""
        write = dict(self._rewrite.writes)[key]
        if write is None:
            return self._values.noted_write(key)
        return "", self._values.short(write.value)

    def _field(self, key: FieldKey) -> HeaderField:
        return self._headers[key[0]].field_named(key[1])

    def _start(self, header: str) -> str:
        return f"{self._to} + at.{header}"

    def _is_present(self, header: str) -> bool:
        return self._values.presence.is_present(header, self._values.known)

    def _put_all(self, name: str, noted: Mapping[FieldKey, tuple[str, str]]) -> None:
        """The writes and exchanges of one header that is present."""
        out = self._out
        for key, (condition, value) in noted.items():
            if key[0] != name:
                continue
            field = self._field(key)
            if condition:
                with out.block(f"if ({condition})"):
                    put_field(out, self._start(name), field.offset, field.type, value)
            else:
                put_field(out, self._start(name), field.offset, field.type, value)
        for one, other in self._rewrite.swaps:
            if one[0] == name:
                self._exchange(one, other)

    def _exchange(self, one: FieldKey, other: FieldKey) -> None:
        out, start = self._out, self._start(one[0])
        with out.block(""):
            for key, name in ((one, "one"), (other, "other")):
                field = self._field(key)
                width = bit_width(field.type)
                if isinstance(field.type, Vector):
                    out.line(f"{calculated(field.type)} {name};")
                    get_lanes(out, start, field.offset, field.type, name)
                elif is_wide(field.type):
                    out.line(f"{calculated(field.type)} {name};")
                    words = words_of(width)
                    out.line(f"weft_wide_get_field({name}.word, {words}, {start}, {field.offset}, {width});")
                else:
                    out.line(
                        f"const {calculated(field.type)} {name} = {get_field(start, field.offset, field.type).code};"
                    )
            for key, name in ((one, "other"), (other, "one")):
                field = self._field(key)
                put_field(out, start, field.offset, field.type, name)

    # --- words that changed

    def _is_simple(self) -> bool:
        """Whether every changed word lies in its header at an even distance from every checksum's header."""
        lengths = {name: _is_even(header) for name, header in self._headers.items()}
        for name, fields in self._all_changed().items():
            header = self._headers[name]
            for field in map(header.field_named, fields):
                if (field.offset + bit_width(field.type) + 15) // 16 * 2 > header.fixed_bytes:
                    return False
        for mended in self._plan:
            if mended.field.offset % 16 or bit_width(mended.field.type) != 16:
                return False
            for header, _ in mended.covered:
                if header is not mended.header and not all(
                    lengths[between] for between in self._between(mended.header.name, header.name)
                ):
                    return False
        return True

    def _all_changed(self) -> dict[str, list[str]]:
        """The changed fields, checksums that are mended among them."""
        found = {name: list(fields) for name, fields in self._changed.items()}
        for mended in self._plan:
            found.setdefault(mended.header.name, []).append(mended.field.name)
        return found

    def _between(self, first: str, last: str) -> set[str]:
        """`first`, and all headers that can stand between it and `last`."""
        following: dict[str, set[str]] = {name: set() for name in self._headers}
        for header in self._headers.values():
            for rule in header.rules:
                following[rule.previous].add(header.name)

        def reach(name: str) -> set[str]:
            found: set[str] = set()
            waiting = [name]
            while waiting:
                for after in following[waiting.pop()]:
                    if after not in found:
                        found.add(after)
                        waiting.append(after)
            return found

        return {first} | {name for name in reach(first) if name != last and last in reach(name)}

    def _needed(self) -> set[tuple[str, str]]:
        """The sums of changes that some checksum asks for."""
        found: set[tuple[str, str]] = set()
        for mended in self._plan:
            found.update((header.name, "") for header, _ in mended.covered)
            found.update((header.name, "pseudo") for header, fields in mended.pseudo if fields)
        return found

    def _write_header(self, name: str, noted: Mapping[FieldKey, tuple[str, str]]) -> None:
        """Put what is written of one header, and sum up what changed."""
        out, header, needed = self._out, self._headers[name], self._needed()
        fields = [header.field_named(field) for field in self._changed[name]]
        sums = [(role, f"{name}_{role or 'changes'}") for role in ("", "pseudo") if (name, role) in needed]
        for role, wanted in sums:
            variable = self._values.names.fresh(wanted if not role else f"{name}_pseudo_changes")
            self._sums[name, role] = variable
            out.line(f"uint32_t {variable} = 0;")
        present = self._is_present(name)
        out.line("{" if present else f"if (at.{name} >= 0) {{")
        with out.indented():
            pseudo = [f for f in fields if f.pseudo] if (name, "pseudo") in self._sums else []
            chunks = [
                chunk for chunk in _chunks(fields) if (name, "") in self._sums or self._is_pseudo_chunk(pseudo, *chunk)
            ]
            for at, size in chunks:
                number = "uint64_t" if size == 8 else "uint32_t"
                out.line(f"const {number} old_{at} = weft_get{8 * size}({self._start(name)} + {at});")
            odd = [f for f in pseudo if f.offset % 8 or bit_width(f.type) % 16]
            for f in odd:
                code = get_field(self._start(name), f.offset, f.type).code
                out.line(f"const {calculated(f.type)} was_{f.offset} = {code};")
            self._put_all(name, noted)
            for at, size in chunks:
                new = self._put_there(name, noted, at, size) or f"weft_get{8 * size}({self._start(name)} + {at})"
                change = f"weft_change{8 * size}(old_{at}, {new})"
                roles = [role for role, _ in sums if not role or self._is_pseudo_chunk(pseudo, at, size)]
                if (name, "") in self._sums and "pseudo" in roles:
                    out.line(f"const uint32_t change_{at} = {change};")
                    change = f"change_{at}"
                for role in roles:
                    out.line(f"{self._sums[name, role]} += {change};")
            for f in odd:
                now = get_field(self._start(name), f.offset, f.type).code
                for low in range(0, bit_width(f.type), 16):
                    cut = f"({{}}) >> {low} & 0xffffu"
                    old, new = (f"(uint32_t)({cut.format(code)})" for code in (f"was_{f.offset}", now))
                    out.line(f"{self._sums[name, 'pseudo']} += weft_change16({old}, {new});")
        out.line("}")

    def _put_there(self, name: str, noted: Mapping[FieldKey, tuple[str, str]], at: int, size: int) -> str | None:
        """What is put into these bytes, where that is one number for sure; None where it has to be read back."""
        swapped = {field for pair in self._rewrite.swaps for field in pair}
        for key, (condition, value) in noted.items():
            field = self._field(key)
            first, width = field.offset // 8, bit_width(field.type)
            if key[0] != name or not first <= at < first + (width + 7) // 8:
                continue
            is_whole = field.offset % 8 == 0 and first + width // 8 >= at + size and width in (16, 32, 64, 128)
            if condition or key in swapped or not is_whole or isinstance(field.type, Vector):
                return None
            shift = 8 * (first + width // 8 - at - size)
            code = f"({value} >> {shift})" if shift else value
            return (
                code
                if width == 8 * size
                else f"(uint{max(32, 8 * size)}_t){code}" + (" & 0xffffu" if size == 2 else "")
            )
        return None

    @staticmethod
    def _is_pseudo_chunk(pseudo: Sequence[HeaderField], at: int, size: int) -> bool:
        return any(
            f.offset % 8 == 0
            and bit_width(f.type) % 16 == 0
            and f.offset // 8 <= at
            and at + size <= (f.offset + bit_width(f.type)) // 8
            for f in pseudo
        )

    # --- checksums

    def _mend(self, mended: Mended) -> None:
        out, name = self._out, mended.header.name
        terms = [self._sums[h.name, ""] for h, _ in mended.covered if (h.name, "") in self._sums]
        pseudo = self._pseudo_term(mended)
        if pseudo:
            terms.append(pseudo)
        if not terms:
            return
        address = f"{self._start(name)} + {mended.field.offset // 8}"
        function = _mending(mended)
        covered_later = any(
            (other.header.name != name and any(h.name == name for h, _ in other.covered))
            or (other is not mended and other.header.name == name)
            for other in self._plan[self._plan.index(mended) + 1 :]
        )
        if covered_later and (name, "") not in self._sums:
            self._sums[name, ""] = self._values.names.fresh(f"{name}_changes")
            out.line(f"uint32_t {self._sums[name, '']} = 0;")
        out.line("{" if self._is_present(name) else f"if (at.{name} >= 0) {{")
        with out.indented():
            out.line(f"const uint32_t checksum = weft_get16({address});")
            out.line(f"const uint32_t mended = {function}(checksum, {' + '.join(terms)});")
            out.line(f"weft_put16({address}, mended);")
            if covered_later:
                out.line(f"{self._sums[name, '']} += weft_change16(checksum, mended);")
        out.line("}")

    def _pseudo_term(self, mended: Mended) -> str:
        """The changes of the nearest header in front that has a pseudo-header."""
        terms, nearer = [], []
        for header, fields in mended.pseudo:
            variable = self._sums.get((header.name, "pseudo"))
            if fields and variable is not None:
                tests = [f"at.{other} < 0" for other in nearer if not self._are_apart(other, header.name)]
                terms.append(f"({' && '.join(tests)} ? {variable} : 0)" if tests else variable)
            nearer.append(header.name)
        return " + ".join(terms)

    def _are_apart(self, one: str, other: str) -> bool:
        return one not in self._between(other, one) - {other} and not self._can_follow(other, one)

    def _can_follow(self, first: str, last: str) -> bool:
        return len(self._between(first, last)) > 1 or any(rule.previous == first for rule in self._headers[last].rules)

    # --- the slow way

    def _write_slowly(self, noted: Mapping[FieldKey, tuple[str, str]]) -> None:
        out = self._out
        most = sum(h.fixed_bytes + _most_blob(h) for h in self._headers.values()) + 1
        out.line("{")
        with out.indented():
            out.line(f"uint8_t received[{most}];")
            out.line("const uint32_t kept = weft_smaller(packet.size, (uint32_t)at.payload + 1);")
            out.line(f"__builtin_memcpy(received, {self._to}, kept);")
            for name in self._changed:
                out.line("{" if self._is_present(name) else f"if (at.{name} >= 0) {{")
                with out.indented():
                    self._put_all(name, noted)
                out.line("}")
            for mended in self._plan:
                self._mend_slowly(mended)
        out.line("}")

    def _mend_slowly(self, mended: Mended) -> None:
        """Compare all words from the checksum's header on, to its end or to that of the last header."""
        out, header, field = self._out, mended.header, mended.field
        start, offset = self._start(header.name), mended.field.offset
        assert field.checksum is not None, "a checksum is mended"
        out.line("{" if self._is_present(header.name) else f"if (at.{header.name} >= 0) {{")
        with out.indented():
            whole = any(other is not header for other, _ in mended.covered)
            own = max(
                [0, *((f.offset + bit_width(f.type) + 15) // 16 * 2 for _, fields in mended.covered for f in fields)]
            )
            end = "kept" if whole else f"weft_smaller(kept, (uint32_t)at.{header.name} + {own})"
            out.line("uint32_t changes = 0;")
            if mended.covered:
                first = f"(uint32_t)at.{header.name}"
                out.line(f"changes += weft_changes(received, {self._to}, {first}, {end}, packet.size);")
            self._pseudo_slowly(mended)
            old = get_field(f"received + at.{header.name}", offset, field.type).code
            out.line(f"const uint32_t mended = {_mending(mended)}({old}, changes);")
            # What did not change stays as it is; what is mended again begins from what was received.
            put_field(out, start, offset, field.type, "mended")
        out.line("}")

    def _pseudo_slowly(self, mended: Mended) -> None:
        out = self._out
        depth = "if"
        for header, fields in mended.pseudo:
            with out.block(f"{depth} (at.{header.name} >= 0)"):
                for f in fields:
                    self._pseudo_field(header.name, f)
            depth = "else if"

    def _pseudo_field(self, name: str, f: HeaderField) -> None:
        """The 16-bit words of a field, the first one filled up on the left."""
        width = bit_width(f.type)
        first = width % 16 or 16
        for at, take in [(0, first), *((bit, 16) for bit in range(first, width, 16))]:
            old, new = (
                f"(uint32_t)weft_get_bits({base} + at.{name}, {f.offset + at}, {take})"
                for base in ("received", self._to)
            )
            self._out.line(f"changes += weft_change16({old}, {new});")


def _mending(mended: Mended) -> str:
    assert mended.field.checksum is not None, "a checksum is mended"
    return "weft_mended_or_none" if mended.field.checksum.zero_means_none else "weft_mended"


def _is_even(header: Header) -> bool:
    """Whether the header takes an even number of bytes in every packet."""
    if header.fixed_bytes % 2:
        return False
    length = header.blob_length
    return length is None or (length.constant % 2 == 0 and all(scale % 2 == 0 for _, scale in length.terms))


def _most_blob(header: Header) -> int:
    return sum(f.type.max_bytes for f in header.fields if isinstance(f.type, Blob))


def _chunks(fields: Sequence[HeaderField]) -> list[tuple[int, int]]:
    """The 16-bit words that the fields are part of, as (first byte, bytes) of numbers; no two fields share one
    that is larger than a word, so that a pseudo-header's words stay apart."""
    words: dict[int, int] = {}  # word -> the field it belongs to alone
    for number, f in enumerate(fields):
        for word in range(f.offset // 16, (f.offset + bit_width(f.type) - 1) // 16 + 1):
            words[word] = -word - 2 if word in words else number
    found: list[tuple[int, int]] = []
    left = sorted(words)
    while left:
        first = left[0]
        for size in _CHUNKS:
            together = range(first, first + size // 2)
            if all(word in words and words[word] == words[first] for word in together):
                found.append((2 * first, size))
                left = [word for word in left if word not in together]
                break
    return found
