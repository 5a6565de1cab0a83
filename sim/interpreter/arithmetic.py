"""The pure operators as functions on integers (and, lane by lane, on tuples of them): all are total."""

from __future__ import annotations

import operator as python
from collections.abc import Callable
from functools import reduce
from typing import Any

from compiler.ir.leaf_values import Leaf, packed_number
from compiler.ir.pure import BinaryOperator, CompareOperator, ReduceOperator
from compiler.ir.types import Bits, Blob, Type, Vector, bit_width

COMPARE: dict[CompareOperator, Callable[[Any, Any], bool]] = {
    CompareOperator.EQ: python.eq,
    CompareOperator.NE: python.ne,
    CompareOperator.LT: python.lt,
    CompareOperator.LE: python.le,
    CompareOperator.GT: python.gt,
    CompareOperator.GE: python.ge,
}


def lane_width(of: Type) -> int:
    match of:
        case Bits(width=width) | Vector(width=width):
            return width
        case Blob():
            raise TypeError("a blob is no number")


def binary(operator: BinaryOperator, of: Type, *, right: Type) -> Callable[[Any, Any], Any]:
    """`left operator right` for values of type `of`; `right` differs from it only where it is a shift amount."""
    lane = _binary_lane(operator, lane_width(of))
    match of, right:
        case Vector(), Vector():
            return lambda a, b: tuple(map(lane, a, b))
        case Vector(), _:
            return lambda a, b: tuple([lane(x, b) for x in a])
        case _:
            return lane


def _binary_lane(operator: BinaryOperator, width: int) -> Callable[[int, int], int]:
    top = (1 << width) - 1
    match operator:
        case BinaryOperator.ADD:
            return lambda a, b: (a + b) & top
        case BinaryOperator.SUB:
            return lambda a, b: (a - b) & top
        case BinaryOperator.MUL:
            return lambda a, b: (a * b) & top
        case BinaryOperator.DIV:
            return lambda a, b: a // b if b else 0
        case BinaryOperator.MOD:
            return lambda a, b: a % b if b else 0
        case BinaryOperator.AND:
            return python.and_
        case BinaryOperator.OR:
            return python.or_
        case BinaryOperator.XOR:
            return python.xor
        case BinaryOperator.SHL:
            return lambda a, b: (a << b) & top if b < width else 0
        case BinaryOperator.SHR:
            return lambda a, b: a >> b if b < width else 0
        case BinaryOperator.SAT_ADD:
            return lambda a, b: min(a + b, top)
        case BinaryOperator.SAT_SUB:
            return lambda a, b: max(a - b, 0)
        case BinaryOperator.MIN:
            return min
        case BinaryOperator.MAX:
            return max


def flipped(of: Type) -> Callable[[Any], Any]:
    """Every bit flipped."""
    top = (1 << lane_width(of)) - 1
    if isinstance(of, Vector):
        return lambda lanes: tuple([lane ^ top for lane in lanes])
    return lambda a: a ^ top


def resized(to: Type) -> Callable[[Any], Any]:
    """Zero-extended or cut to the width of `to`."""
    top = (1 << lane_width(to)) - 1
    if isinstance(to, Vector):
        return lambda lanes: tuple([lane & top for lane in lanes])
    return lambda a: a & top


def reduction(operator: ReduceOperator, width: int) -> Callable[[tuple[int, ...]], int]:
    """The lanes of a vector combined to one number of their width."""
    top = (1 << width) - 1
    match operator:
        case ReduceOperator.SUM:
            return lambda lanes: sum(lanes) & top
        case ReduceOperator.MIN:
            return min
        case ReduceOperator.MAX:
            return max
        case ReduceOperator.AND:
            return lambda lanes: reduce(python.and_, lanes)
        case ReduceOperator.OR:
            return lambda lanes: reduce(python.or_, lanes)
        case ReduceOperator.XOR:
            return lambda lanes: reduce(python.xor, lanes)


def concatenation(types: tuple[Type, ...]) -> Callable[[tuple[Leaf, ...]], int]:
    """The values side by side in one number, the first in the highest bits (of a vector, lane 0)."""
    widths = tuple(bit_width(of) for of in types)

    def concatenated(values: tuple[Leaf, ...]) -> int:
        whole = 0
        for value, of, width in zip(values, types, widths, strict=True):
            whole = whole << width | packed_number(value, of)
        return whole

    return concatenated
