"""The parser that a program's headers describe, as a function that finds where each header begins."""

from __future__ import annotations

from backends.c.bit_fields import get_field
from backends.c.text import atom
from backends.c.types import number_text
from backends.writer import Writer
from compiler.ir.headers import Condition, Header, HeaderField, Linear, ParseRule
from compiler.ir.operations import CompareOperator
from compiler.ir.program import Program
from compiler.ir.types import Bits, Blob, bit_width

_SIGNS = {
    CompareOperator.EQ: "==",
    CompareOperator.NE: "!=",
    CompareOperator.LT: "<",
    CompareOperator.LE: "<=",
    CompareOperator.GT: ">",
    CompareOperator.GE: ">=",
}


def write_offsets(out: Writer, program: Program, block: str) -> None:
    """The struct of where headers begin."""
    out.line("// Where each header begins in the packet, in bytes; -1 where it is absent.")
    with out.block(f"struct {block}_headers", end="};"):
        for header in program.all_headers:
            out.line(f"int32_t {header.name};")
        out.line("int32_t payload; // the first byte behind the last header")
    out.line()
    with out.block(f"static const struct {block}_headers {block}_no_headers =", end="};"):
        for header in program.all_headers:
            out.line(f".{header.name} = -1,")
        out.line(".payload = 0,")
    out.line()


def write_parser(out: Writer, headers: tuple[Header, ...], *, name: str, block: str) -> None:
    """A function `name` that parses `headers`, of which one at most has no rules."""
    names = {header.name for header in headers}
    out.line(f"static inline void {name}(const uint8_t *data, uint32_t size, struct {block}_headers *at)")
    with out.block(""):
        outermost = next((header for header in headers if not header.rules), None)
        if outermost is None:
            out.line("(void)data, (void)size;")
            out.line("at->payload = 0;")
            return
        out.line("uint32_t here = 0;")
        start = len(out.lines)
        reached = _reached(outermost, headers)
        for header in _in_order(outermost, headers):
            if header is not outermost:
                out.lines.append(f"{header.name}:")
            _write_header(out, header, [h for h in headers if h.name in reached and h.name in names])
        if any("header + " in line or "(header)" in line for line in out.lines[start:]):
            out.lines.insert(start, "    const uint8_t *header;")
        else:
            out.lines[start:] = [line for line in out.lines[start:] if line.strip() != "header = data + here;"]
            out.lines.insert(start, "    (void)data;")
        out.lines.append("parsed:")
        out.line("at->payload = (int32_t)here;")
    out.line()


def _reached(outermost: Header, headers: tuple[Header, ...]) -> set[str]:
    found = {outermost.name}
    grew = True
    while grew:
        new = {
            h.name
            for h in headers
            if h.name not in found and any(r.previous in found and rule_tests(r, headers) is not None for r in h.rules)
        }
        found |= new
        grew = bool(new)
    return found


def _in_order(outermost: Header, headers: tuple[Header, ...]) -> list[Header]:
    reached = _reached(outermost, headers)
    return [outermost, *(h for h in headers if h.name in reached and h is not outermost)]


def _write_header(out: Writer, header: Header, headers: list[Header]) -> None:
    fixed = header.fixed_bytes
    out.line(f"if (size - here < {fixed})" if fixed else "if (false)")
    out.line("    goto parsed;")
    out.line("header = data + here;")
    for condition in header.valid:
        out.line(f"if (!({condition_text(header, condition)}))")
        out.line("    goto parsed;")
    if header.blob_length is None:
        out.line(f"at->{header.name} = (int32_t)here;")
        out.line(f"here += {fixed};")
    else:
        _write_blob(out, header, header.blob_length)
    for following in headers:
        for rule in following.rules:
            if rule.previous != header.name:
                continue
            tests = rule_tests(rule, tuple(headers))
            if tests is None:
                continue
            if tests:
                out.line(f"if ({tests})")
                out.line(f"    goto {following.name};")
            else:
                out.line(f"goto {following.name};")
    out.line("goto parsed;")


def _write_blob(out: Writer, header: Header, length: Linear) -> None:
    most = sum(f.type.max_bytes for f in header.fields if isinstance(f.type, Blob))
    with out.block(""):
        out.line(f"const {_sum_type(header, length)} blob = {linear_text(header, length, 'header')};")
        out.line(f"if (blob < 0 || blob > {most} || size - here < {header.fixed_bytes} + (uint32_t)blob)")
        out.line("    goto parsed;")
        out.line(f"at->{header.name} = (int32_t)here;")
        out.line(f"here += {header.fixed_bytes} + (uint32_t)blob;")


def condition_text(header: Header, condition: Condition, start: str = "header") -> str:
    """Whether the condition holds of the header that begins at `start`."""
    terms, constant = condition.linear.terms, condition.linear.constant
    if len(terms) == 1 and terms[0][1] == 1 and constant < 0:
        found = header.field_named(terms[0][0])
        field = atom(get_field(start, found.offset, found.type))
        return f"{field} {_SIGNS[condition.operator]} {number_text(-constant, max(2, bit_width(found.type)))}"
    return f"{linear_text(header, condition.linear, start)} {_SIGNS[condition.operator]} 0"


def _sum_type(header: Header, linear: Linear) -> str:
    most = abs(linear.constant) + sum(
        abs(scale) << bit_width(header.field_named(name).type) for name, scale in linear.terms
    )
    return "int64_t" if most < 1 << 62 else "weft_s128"


def linear_text(header: Header, linear: Linear, start: str) -> str:
    """The sum, in integers that hold it whatever the fields say."""
    of = _sum_type(header, linear)
    terms = []
    for name, scale in linear.terms:
        found = header.field_named(name)
        field = f"({of}){atom(get_field(start, found.offset, found.type))}"
        terms.append(field if scale == 1 else f"{field} * {scale}")
    if linear.constant or not terms:
        terms.append(f"({of}){linear.constant}")
    return " + ".join(terms)


def rule_tests(rule: ParseRule, headers: tuple[Header, ...], start: str = "header") -> str | None:
    """What a rule asks of the header in front, at `start`; "" where nothing, None where it never holds."""
    previous = next((h for h in headers if h.name == rule.previous), None)
    if previous is None:
        return None
    tests: list[str] = []
    for name, value, mask in rule.matches:
        found = previous.field_named(name)
        width = bit_width(found.type)
        mask &= (1 << width) - 1
        if value & ~mask:
            return None
        tests.extend(_masked_tests(found, value, mask, width, start))
    return " && ".join(tests)


def _masked_tests(found: HeaderField, value: int, mask: int, width: int, start: str) -> list[str]:
    """The comparison, in pieces of at most 64 bits."""
    tests = []
    for high in range(width, 0, -64):
        take = min(64, high)
        low = high - take
        piece, bits = value >> low & (1 << take) - 1, mask >> low & (1 << take) - 1
        if not bits:
            continue
        offset = found.offset + width - high
        text = get_field(start, offset, Bits(max(2, take)) if take > 1 else Bits(1))
        if take == 1:
            tests.append(text.code if piece else f"!{atom(text)}")
        elif bits == (1 << take) - 1:
            tests.append(f"{atom(text)} == {number_text(piece, take)}")
        else:
            tests.append(f"({atom(text)} & {number_text(bits, take)}) == {number_text(piece, take)}")
    return tests
