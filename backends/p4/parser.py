"""Headers, parser and deparser, from the program's header declarations.

A header is extracted only when all of it is there and valid, as the language has it: conditions look ahead
with `verify` before `extract`, for what is extracted cannot be put back. Where the parser stops, the rest is payload.
"""

from __future__ import annotations

from backends.checksum_plan import outermost_first
from backends.identifiers import as_identifier
from backends.p4.names import KEYWORDS
from backends.p4.text import number_text, type_text
from backends.writer import Writer
from compiler.ir.headers import Condition, Envelope, Header, HeaderField, Linear
from compiler.ir.operations import CompareOperator
from compiler.ir.program import Program
from compiler.ir.types import Blob, bit_width

TEST_HEADER_BYTES = 18
LONGEST_VARBIT_BYTES = 255  # p4c carries at most 2,048 bits in one field; what is longer is cut in pieces
CHUNK_BYTES = 240  # of a long blob; a multiple of 8 leaves whole pieces of every extension header

_PORT, _TEST_PORT = "standard_metadata.ingress_port", "hdr.test.port"
_SIGNS = {
    CompareOperator.EQ: "==",
    CompareOperator.NE: "!=",
    CompareOperator.LT: "<",
    CompareOperator.LE: "<=",
    CompareOperator.GT: ">",
    CompareOperator.GE: ">=",
}


def field_name(name: str) -> str:
    plain = as_identifier(name)
    return f"{plain}_" if plain in KEYWORDS else plain


def blob_of(header: Header) -> HeaderField | None:
    return next((f for f in header.fields if isinstance(f.type, Blob)), None)


def has_long_blob(header: Header) -> bool:
    """Whether the header's blob may be longer than one field can be: then it is a stack of pieces and a tail."""
    blob = blob_of(header)
    return blob is not None and isinstance(blob.type, Blob) and blob.type.max_bytes > LONGEST_VARBIT_BYTES


def pieces_of(header: Header) -> int:
    """The size of the stack that holds a long blob."""
    blob = blob_of(header)
    assert blob is not None and isinstance(blob.type, Blob), "only a blob is cut"
    return blob.type.max_bytes // CHUNK_BYTES


def write_header_types(out: Writer, program: Program) -> None:
    for header in program.all_headers:
        out.says_where(header.span)
        long = has_long_blob(header)
        with out.block(f"header {header.name}_t"):
            for f in header.fields:
                if not (long and isinstance(f.type, Blob)):
                    out.line(f"{type_text(f.type)} {field_name(f.name)};")
        out.line()
        if long:
            blob = blob_of(header)
            assert blob is not None, "a long blob is a blob"
            out.line(f"// What `{header.name}.{blob.name}` holds, in pieces: no field is wider than 2,048 bits.")
            with out.block(f"header {header.name}_piece_t"):
                out.line(f"bit<{8 * CHUNK_BYTES}> piece;")
            with out.block(f"header {header.name}_tail_t"):
                out.line(f"varbit<{8 * (CHUNK_BYTES - 1)}> tail;")
            out.line()


def members_of(header: Header) -> list[str]:
    """The members of the headers' struct that stand for this header, outermost first."""
    names = [f"{header.name}_t {header.name};"]
    if has_long_blob(header):
        names += [
            f"{header.name}_piece_t[{pieces_of(header)}] {header.name}_pieces;",
            f"{header.name}_tail_t {header.name}_tail;",
        ]
    return names


def deparsed_of(header: Header) -> list[str]:
    long = [f"{header.name}_pieces", f"{header.name}_tail"] if has_long_blob(header) else []
    return [header.name, *long]


def write_parser(out: Writer, program: Program, *, test_header: bool) -> None:
    headers = outermost_first(program.headers)
    needs_place = _on_the_way_to_long(program)
    with out.block(
        "parser PacketParser(packet_in packet, out headers_t hdr, inout metadata_t meta,\n"
        "                    inout standard_metadata_t standard_metadata)"
    ):
        if needs_place:
            out.line("bit<32> place = 0; // bytes in front of the next header")
        if any(has_long_blob(h) for h in headers):
            out.line("bit<32> left = 0; // bytes of a blob that are still to come")
        out.line()
        outermost = next((h for h in headers if not h.rules), None)
        first = _state(outermost) if outermost else "accept"
        with out.block("state start"):
            if test_header:
                out.line("packet.extract(hdr.test);")
                if needs_place:
                    out.line(f"place = {TEST_HEADER_BYTES};")
            _write_start(out, program, first, port=_TEST_PORT if test_header else _PORT)
        for envelope in received_envelopes(program):
            out.line()
            _write_envelope(out, envelope.header, first, counts=bool(needs_place))
        for header in headers:
            out.line()
            _write_state(out, header, program, counts=header.name in needs_place)


def received_envelopes(program: Program) -> list[Envelope]:
    """Those that packets come with, by port."""
    return sorted((e for e in program.envelopes if e.port is not None), key=lambda e: e.port or 0)


def _write_start(out: Writer, program: Program, first: str, *, port: str) -> None:
    """By links packets come with an envelope, by the program's own ports without."""
    envelopes = received_envelopes(program)
    if not envelopes:
        out.line(f"transition {first};")
        return
    with out.block(f"transition select({port})"):
        for envelope in envelopes:
            out.line(f"{envelope.port}: {_state(envelope.header)};")
        out.line(f"default: {first};")


def _write_envelope(out: Writer, header: Header, first: str, *, counts: bool) -> None:
    out.line("// In front of packets from another piece of the program: where to go on, and what it found.")
    with out.block(f"state {_state(header)}"):
        ahead = _Ahead(header)
        out.line(f"bit<{ahead.bits}> ahead = packet.lookahead<bit<{ahead.bits}>>();")
        for condition in _conditions(header, ahead):
            out.line(f"verify({condition}, error.HeaderInvalid);")
        out.line(f"packet.extract(hdr.{header.name});")
        if counts:
            out.line(f"place = place + {header.fixed_bytes};")
        out.line(f"transition {first};")


def write_deparser(out: Writer, members: list[str]) -> None:
    with out.block("control PacketDeparser(packet_out packet, in headers_t hdr)"), out.block("apply"):
        for member in members:
            out.line(f"packet.emit(hdr.{member});")


def _on_the_way_to_long(program: Program) -> set[str]:
    """Headers whose place in the packet must be known, or whose length others' places rest on."""
    wanted = {h.name for h in program.headers if has_long_blob(h)}
    by_name = {h.name: h for h in program.headers}
    waiting = list(wanted)
    while waiting:
        for rule in by_name[waiting.pop()].rules:
            if rule.previous not in wanted:
                wanted.add(rule.previous)
                waiting.append(rule.previous)
    return wanted


def _state(header: Header) -> str:
    return f"parse_{header.name}"


def _write_state(out: Writer, header: Header, program: Program, *, counts: bool) -> None:
    out.says_where(header.span)
    out.forgets_where()
    with out.block(f"state {_state(header)}"):
        ahead = _Ahead(header)
        conditions = _conditions(header, ahead)
        length = _blob_length(header, ahead)
        if ahead.bits:
            out.line(f"bit<{ahead.bits}> ahead = packet.lookahead<bit<{ahead.bits}>>();")
        for condition in conditions:
            out.line(f"verify({condition}, error.HeaderInvalid);")
        fixed = f"{header.fixed_bytes}"
        if has_long_blob(header):
            out.line(f"left = {length};")
            whole = f"place + {fixed} + left"
            out.line(f"verify({whole} <= standard_metadata.packet_length, error.PacketTooShort);")
            out.line(f"packet.extract(hdr.{header.name});")
            if counts:
                out.line(f"place = {whole};")
            with out.block(f"transition select(left >= {CHUNK_BYTES})"):
                out.line(f"true: {_state(header)}_piece;")
                out.line(f"false: {_state(header)}_tail;")
        else:
            if length is None:
                out.line(f"packet.extract(hdr.{header.name});")
            else:
                out.line(f"packet.extract(hdr.{header.name}, 8 * ({length}));")
            if counts:
                out.line(f"place = place + {fixed}{f' + {length}' if length is not None else ''};")
            _write_transition(out, header, program)
    if has_long_blob(header):
        with out.block(f"state {_state(header)}_piece"):
            out.line(f"packet.extract(hdr.{header.name}_pieces.next);")
            out.line(f"left = left - {CHUNK_BYTES};")
            with out.block(f"transition select(left >= {CHUNK_BYTES})"):
                out.line(f"true: {_state(header)}_piece;")
                out.line(f"false: {_state(header)}_tail;")
        with out.block(f"state {_state(header)}_tail"):
            out.line(f"packet.extract(hdr.{header.name}_tail, 8 * left);")
            _write_transition(out, header, program)


def _write_transition(out: Writer, header: Header, program: Program) -> None:
    """To the first header in declaration order one of whose rules holds."""
    rules = [
        (rule, later)
        for later in program.headers
        for rule in later.rules
        if rule.previous == header.name and _can_hold(rule.matches, header)
    ]
    names: list[str] = []
    for rule, _ in rules:
        names += [name for name, _, mask in rule.matches if mask and name not in names]
    if not names:
        out.line(f"transition {_state(rules[0][1]) if rules else 'accept'};")
        return
    keys = ", ".join(f"hdr.{header.name}.{field_name(name)}" for name in names)
    with out.block(f"transition select({keys})"):
        for rule, later in rules:
            wanted = _merged(rule.matches, header)
            if wanted is None:
                continue
            parts = [_pattern(header, name, wanted.get(name)) for name in names]
            out.line(f"{parts[0] if len(parts) == 1 else '(' + ', '.join(parts) + ')'}: {_state(later)};")
            if not wanted:
                return
        out.line("default: accept;")


def _can_hold(matches: tuple[tuple[str, int, int], ...], header: Header) -> bool:
    return _merged(matches, header) is not None


def _merged(matches: tuple[tuple[str, int, int], ...], header: Header) -> dict[str, tuple[int, int]] | None:
    """(value, mask) for each field that counts; None where no packet fits."""
    found: dict[str, tuple[int, int]] = {}
    for name, value, mask in matches:
        mask &= (1 << bit_width(header.field_named(name).type)) - 1
        before, covered = found.get(name, (0, 0))
        if value & ~mask or (before ^ value) & covered & mask:
            return None
        if mask | covered:
            found[name] = before | value, covered | mask
    return found


def _pattern(header: Header, name: str, wanted: tuple[int, int] | None) -> str:
    if wanted is None:
        return "_"
    value, mask = wanted
    if mask == (1 << bit_width(header.field_named(name).type)) - 1:
        return number_text(value)
    return f"{number_text(value)} &&& {number_text(mask)}"


class _Ahead:
    """The bits of a header that have to be looked at before it is extracted."""

    def __init__(self, header: Header) -> None:
        self._header = header
        names = header.length_fields
        self.bits = max((f.offset + bit_width(f.type) for f in header.fields if f.name in names), default=0)

    def field(self, name: str) -> str:
        f = self._header.field_named(name)
        high = self.bits - 1 - f.offset
        return f"(bit<32>) ahead[{high}:{high - bit_width(f.type) + 1}]"


def _sides(linear: Linear, ahead: _Ahead) -> tuple[str, str]:
    """Two sums of what is not negative whose difference is `linear`."""
    sides: tuple[list[str], list[str]] = ([], [])
    for name, scale in linear.terms:
        if scale:
            part = ahead.field(name)
            sides[scale < 0].append(part if abs(scale) == 1 else f"{abs(scale)} * ({part})")
    if linear.constant:
        sides[linear.constant < 0].append(str(abs(linear.constant)))
    return " + ".join(sides[0]) or "32w0", " + ".join(sides[1]) or "32w0"


def _compared(condition: Condition, ahead: _Ahead) -> str:
    left, right = _sides(condition.linear, ahead)
    return f"{left} {_SIGNS[condition.operator]} {right}"


def _conditions(header: Header, ahead: _Ahead) -> list[str]:
    found = [_compared(condition, ahead) for condition in header.valid]
    blob = blob_of(header)
    if blob is not None and header.blob_length is not None:
        assert isinstance(blob.type, Blob), "a blob is a blob"
        low, high = _range(header, header.blob_length)
        if low < 0:
            found.append(_compared(Condition(header.blob_length, CompareOperator.GE), ahead))
        if high > blob.type.max_bytes:
            over = Linear(header.blob_length.terms, header.blob_length.constant - blob.type.max_bytes)
            found.append(_compared(Condition(over, CompareOperator.LE), ahead))
    return list(dict.fromkeys(found))


def _range(header: Header, linear: Linear) -> tuple[int, int]:
    """The least and the greatest value that the sum can take."""
    low = high = linear.constant
    for name, scale in linear.terms:
        most = scale * ((1 << bit_width(header.field_named(name).type)) - 1)
        low, high = low + min(0, most), high + max(0, most)
    return low, high


def _blob_length(header: Header, ahead: _Ahead) -> str | None:
    """The bytes of the blob as a bit<32> expression; None where there is no blob."""
    if blob_of(header) is None:
        return None
    left, right = _sides(header.blob_length or Linear((), 0), ahead)
    return left if right == "32w0" else f"({left} - ({right}))"
