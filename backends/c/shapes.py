"""Shapes: the most usual sequences of headers, for which all offsets are constants.

A packet of a shape is told by a few comparisons, and what is done with it is compiled once more for it alone: what
asks for a header has its answer, and fields are at fixed places. All other packets are parsed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from backends.c.parser import condition_text, linear_text, rule_tests
from backends.writer import Writer
from compiler.ir.headers import Condition, Header, Linear, ParseRule
from compiler.ir.operations import CompareOperator, HeaderPresent, ReadField, WriteField
from compiler.ir.program import Program
from compiler.ir.types import bit_width

MOST = 2
MOST_OPERATIONS = 250  # of a program; in longer ones the headers are not what takes the time


@dataclass(frozen=True, slots=True)
class Shape:
    """Headers one behind the other, each without its blob, from the outermost on."""

    headers: tuple[Header, ...]
    rules: tuple[ParseRule, ...]  # how each but the first follows the one before it

    @property
    def offsets(self) -> dict[str, int]:
        found, at = {}, 0
        for header in self.headers:
            found[header.name] = at
            at += header.fixed_bytes
        return found

    @property
    def size(self) -> int:
        return sum(header.fixed_bytes for header in self.headers)


def find_shapes(program: Program) -> tuple[Shape, ...]:
    """For the headers that the program has most to do with, the shortest shape that ends with each."""
    if program.envelopes or len(program.operations) > MOST_OPERATIONS:
        return ()
    uses = Counter(o.header for o in program.operations if isinstance(o, ReadField | WriteField | HeaderPresent))
    shortest: dict[str, Shape] = {}
    for shape in _all_shapes(program.headers):
        last = shape.headers[-1].name
        if uses[last] and (last not in shortest or shape.size < shortest[last].size):
            shortest[last] = shape
    ranked = sorted(shortest.values(), key=lambda s: -sum(uses[h.name] for h in s.headers))
    return tuple(ranked[:MOST])


def _all_shapes(headers: tuple[Header, ...]) -> list[Shape]:
    outermost = next((h for h in headers if not h.rules), None)
    found: list[Shape] = []
    waiting = [] if outermost is None else [Shape((outermost,), ())]
    while waiting and len(found) < 200:
        shape = waiting.pop(0)
        found.append(shape)
        for header in headers:
            for rule in header.rules:
                if rule.previous == shape.headers[-1].name and rule_tests(rule, headers) is not None:
                    waiting.append(Shape((*shape.headers, header), (*shape.rules, rule)))
    return found


def write_shapes(out: Writer, program: Program, shapes: tuple[Shape, ...], *, block: str) -> None:
    """The offsets of each shape, and a function that tells the number of a packet's shape, 0 where it has none."""
    for number, shape in enumerate(shapes, start=1):
        offsets = shape.offsets
        with out.block(f"static const struct {block}_headers {block}_shape_{number} =", end="};"):
            for header in program.all_headers:
                out.line(f".{header.name} = {offsets.get(header.name, -1)},")
            out.line(f".payload = {shape.size},")
        out.line()
    if not shapes:
        return
    out.line("// The number of the shape that the packet has; 0: it has to be parsed.")
    out.line(f"static inline uint32_t {block}_shape_of(const uint8_t *data, uint32_t size)")
    with out.block(""):
        for number, shape in enumerate(shapes, start=1):
            tests = [f"size >= {shape.size}", *_tests(shape, program.headers)]
            out.line(f"if ({' && '.join(dict.fromkeys(tests))})")
            out.line(f"    return {number};")
        out.line("(void)data;")
        out.line("return 0;")
    out.line()


def _tests(shape: Shape, headers: tuple[Header, ...]) -> list[str]:
    """What holds of packets with exactly these headers, all of them without blobs."""
    bits = FixedBits()
    others: list[str] = []
    for place, header in enumerate(shape.headers):
        offset = shape.offsets[header.name]
        start = f"data + {offset}" if offset else "data"
        known = _without_blob(header)
        for name, value in known.items():
            bits.ask(8 * offset + header.field_named(name).offset, bit_width(header.field_named(name).type), value)
        for condition in header.valid:
            settled = _settled(condition, known)
            if settled is None:
                others.append(condition_text(header, _reduced(condition, known), start))
            elif isinstance(settled, tuple):
                name, value = settled
                field = header.field_named(name)
                bits.ask(8 * offset + field.offset, bit_width(field.type), value)
        if header.blob_length is not None and not known:
            others.append(f"({linear_text(header, header.blob_length, start)}) == 0")
        rule = shape.rules[place] if place < len(shape.rules) else None
        if rule is not None:
            for name, value, mask in rule.matches:
                field = header.field_named(name)
                bits.ask(8 * offset + field.offset, bit_width(field.type), value, mask)
        others.extend(_other_rules(header, rule, headers, start))
    return [*bits.tests("data"), *others]


def _without_blob(header: Header) -> dict[str, int]:
    """The field that says how long the header's blob is, with the value that it has where there is none."""
    length = header.blob_length
    if length is None or len(length.terms) != 1:
        return {}
    ((name, scale),) = length.terms
    return {name: -length.constant // scale} if scale and -length.constant % scale == 0 else {}


def _reduced(condition: Condition, known: dict[str, int]) -> Condition:
    """The condition with what is known put in."""
    linear = condition.linear
    constant = linear.constant + sum(scale * known[name] for name, scale in linear.terms if name in known)
    terms = tuple((name, scale) for name, scale in linear.terms if name not in known)
    return Condition(Linear(terms, constant), condition.operator)


def _settled(condition: Condition, known: dict[str, int]) -> tuple[str, int] | Literal[True] | None:
    """True where it holds anyhow, (field, value) where it asks for one value, None where it has to be tested."""
    reduced = _reduced(condition, known)
    terms, constant = reduced.linear.terms, reduced.linear.constant
    if not terms:
        return True if _HOLDS[reduced.operator](constant) else None
    if reduced.operator is CompareOperator.EQ and len(terms) == 1:
        name, scale = terms[0]
        if scale and -constant % scale == 0 and -constant // scale >= 0:
            return name, -constant // scale
    return None


_HOLDS = {
    CompareOperator.EQ: lambda n: n == 0,
    CompareOperator.NE: lambda n: n != 0,
    CompareOperator.LT: lambda n: n < 0,
    CompareOperator.LE: lambda n: n <= 0,
    CompareOperator.GT: lambda n: n > 0,
    CompareOperator.GE: lambda n: n >= 0,
}


class FixedBits:
    """Bits of a packet that have to have certain values, compared a 32-bit word at a time."""

    def __init__(self) -> None:
        self._value: dict[int, int] = {}  # number of a byte -> the bits it has to have
        self._mask: dict[int, int] = {}
        self._never = False

    def ask(self, offset: int, width: int, value: int, mask: int = -1) -> None:
        """The field of `width` bits at bit `offset` has to be `value` where `mask` has ones."""
        mask &= (1 << width) - 1
        self._never = self._never or bool(value & ~mask)
        for place in range(width):
            bit = offset + place
            shift, source = 7 - bit % 8, width - 1 - place
            if not mask >> source & 1:
                continue
            wanted = (value >> source & 1) << shift
            if self._mask.get(bit // 8, 0) >> shift & 1 and (self._value[bit // 8] ^ wanted) >> shift & 1:
                self._never = True
            self._mask[bit // 8] = self._mask.get(bit // 8, 0) | 1 << shift
            self._value[bit // 8] = self._value.get(bit // 8, 0) & ~(1 << shift) | wanted

    def tests(self, start: str) -> list[str]:
        if self._never:
            return ["false"]
        found: list[str] = []
        left = sorted(self._mask)
        end = left[-1] + 1 if left else 0
        while left:
            first = left[0]
            size = next(size for size in (4, 2, 1) if first + size <= end or size == 1)
            together = range(first, first + size)
            mask = int.from_bytes(bytes(self._mask.get(byte, 0) for byte in together))
            value = int.from_bytes(bytes(self._value.get(byte, 0) for byte in together))
            code = f"weft_get{8 * size}({start} + {first})" if first else f"weft_get{8 * size}({start})"
            masked = code if mask == (1 << 8 * size) - 1 else f"({code} & {mask:#x}u)"
            found.append(f"{masked} == {value:#x}u")
            left = [byte for byte in left if byte not in together]
        return found


def _other_rules(header: Header, chosen: ParseRule | None, headers: tuple[Header, ...], start: str) -> list[str]:
    """That no rule in front of the `chosen` one holds; where it is None, that none does."""
    found: list[str] = []
    for following in headers:
        for rule in following.rules:
            if rule.previous != header.name:
                continue
            if rule is chosen:
                return found
            tests = rule_tests(rule, headers, start)
            if tests is not None and (chosen is None or not _exclude(rule, chosen)):
                found.append(f"!({tests})" if tests else "false")
    return found


def _exclude(one: ParseRule, other: ParseRule) -> bool:
    """Whether both rules can never hold of one packet: they ask for different values of the same bits."""
    wanted = {name: (value, mask) for name, value, mask in one.matches}
    return any(
        name in wanted and (wanted[name][0] ^ value) & wanted[name][1] & mask for name, value, mask in other.matches
    )
