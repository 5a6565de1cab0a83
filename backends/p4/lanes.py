"""Functions on vectors: P4 has no lanes, so a vector is one number, and each operation on it a function."""

from __future__ import annotations

from collections.abc import Callable

from backends.writer import Writer
from compiler.ir.operations import BinaryOperator, ReduceOperator
from compiler.ir.types import Vector

_LANE = {
    BinaryOperator.ADD: "{a} + {b}",
    BinaryOperator.SUB: "{a} - {b}",
    BinaryOperator.MUL: "{a} * {b}",
    BinaryOperator.SAT_ADD: "{a} |+| {b}",
    BinaryOperator.SAT_SUB: "{a} |-| {b}",
    BinaryOperator.MIN: "({a} < {b} ? {a} : {b})",
    BinaryOperator.MAX: "({a} < {b} ? {b} : {a})",
}
# All bits at once, whatever the lanes.
WHOLE = {BinaryOperator.AND: "&", BinaryOperator.OR: "|", BinaryOperator.XOR: "^"}


class LaneFunctions:
    """The functions that a program needs, each written once."""

    def __init__(self) -> None:
        self._written: dict[str, list[str]] = {}

    def binary(self, operator: BinaryOperator, of: Vector) -> str:
        """The name of a function of two vectors."""
        name = f"lanes_{operator.value}_{of.lanes}x{of.width}"

        def lane(number: int) -> str:
            here = _slice(of, number)
            return "(" + _LANE[operator].format(a=f"a{here}", b=f"b{here}") + ")"

        wide = f"bit<{of.width * of.lanes}>"
        return self._function(name, f"{wide} {name}(in {wide} a, in {wide} b)", lambda: _joined(of, lane))

    def shift(self, operator: BinaryOperator, of: Vector, amount_bits: int) -> str:
        """The name of a function that shifts every lane by one amount of at most 8 bits."""
        name = f"lanes_{operator.value}_{of.lanes}x{of.width}_by_{amount_bits}"
        sign = "<<" if operator is BinaryOperator.SHL else ">>"
        wide = f"bit<{of.width * of.lanes}>"
        return self._function(
            name,
            f"{wide} {name}(in {wide} a, in bit<{amount_bits}> by)",
            lambda: _joined(of, lambda number: f"(a{_slice(of, number)} {sign} by)"),
        )

    def shift_each(self, operator: BinaryOperator, of: Vector) -> str:
        """The name of a function that shifts every lane by its own amount; lanes of at most 8 bits."""
        name = f"lanes_{operator.value}_{of.lanes}x{of.width}_each"
        sign = "<<" if operator is BinaryOperator.SHL else ">>"
        wide = f"bit<{of.width * of.lanes}>"

        def lane(number: int) -> str:
            amount = f"by{_slice(of, number)}"
            shifted = f"(a{_slice(of, number)} {sign} (bit<8>) {amount})"
            return shifted if of.width <= 8 else f"({amount} > 255 ? {of.width}w0 : {shifted})"

        return self._function(name, f"{wide} {name}(in {wide} a, in {wide} by)", lambda: _joined(of, lane))

    def fill(self, of: Vector) -> str:
        """The name of a function that makes a vector of one lane's value."""
        name = f"lanes_fill_{of.lanes}x{of.width}"
        head = f"bit<{of.width * of.lanes}> {name}(in bit<{of.width}> lane)"
        return self._function(name, head, lambda: _joined(of, lambda _: "lane"))

    def resize(self, source: Vector, target: Vector) -> str:
        name = f"lanes_resize_{source.lanes}x{source.width}_to_{target.width}"
        head = f"bit<{target.width * target.lanes}> {name}(in bit<{source.width * source.lanes}> a)"
        return self._function(
            name, head, lambda: _joined(source, lambda number: f"(bit<{target.width}>) a{_slice(source, number)}")
        )

    def reduce(self, operator: ReduceOperator, of: Vector) -> str:
        name = f"lanes_{operator.value}_of_{of.lanes}x{of.width}"
        head = f"bit<{of.width}> {name}(in bit<{of.width * of.lanes}> a)"
        lanes = [f"a{_slice(of, number)}" for number in range(of.lanes)]

        def body() -> list[str]:
            if operator in (ReduceOperator.MIN, ReduceOperator.MAX):
                sign = "<" if operator is ReduceOperator.MIN else ">"
                found = [f"bit<{of.width}> found = {lanes[0]};"]
                found += [f"found = ({lane} {sign} found ? {lane} : found);" for lane in lanes[1:]]
                return [*found, "return found;"]
            sign = {"sum": "+", "and": "&", "or": "|", "xor": "^"}[operator.value]
            return [f"return {f' {sign} '.join(lanes)};"]

        return self._function(name, head, body)

    def sum_of_words(self, width: int) -> str:
        """The name of a function that adds up the 16-bit words of a number, `width` a multiple of 16."""
        name = f"sum_of_words_{width}"
        words = [f"(bit<32>) a[{high}:{high - 15}]" for high in range(width - 1, 0, -16)]
        return self._function(name, f"bit<32> {name}(in bit<{width}> a)", lambda: [f"return {' + '.join(words)};"])

    def write(self, out: Writer) -> None:
        for lines in self._written.values():
            for line in lines:
                out.line(line)
            out.line()

    def _function(self, name: str, head: str, body: Callable[[], list[str]]) -> str:
        if name not in self._written:
            self._written[name] = [f"{head} {{", *(f"    {line}" for line in body()), "}"]
        return name


def _slice(of: Vector, number: int) -> str:
    low = of.width * (of.lanes - 1 - number)
    return f"[{low + of.width - 1}:{low}]"


def _joined(of: Vector, lane: Callable[[int], str]) -> list[str]:
    lanes = [lane(number) for number in range(of.lanes)]
    lines = [f"{text}" for text in lanes]
    return ["return " + "\n            ++ ".join(lines) + ";"]
