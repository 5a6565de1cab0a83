"""Arithmetic on numbers that are known when compiling: exact, without a width."""

from __future__ import annotations

import operator as python
from collections.abc import Callable

_WIDEST = 4096  # bits; twice the widest value, so that any product of two of them can be written

_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": python.add,
    "-": python.sub,
    "*": python.mul,
    "/": python.floordiv,
    "%": python.mod,
    "<<": python.lshift,
    ">>": python.rshift,
    "&": python.and_,
    "|": python.or_,
    "^": python.xor,
    "min": min,
    "max": max,
    "==": python.eq,
    "!=": python.ne,
    "<": python.lt,
    "<=": python.le,
    ">": python.gt,
    ">=": python.ge,
}


class StaticArithmeticError(Exception):
    """The operation has no result; the text says why, in the words of the language."""


def static_result(operator: str, left: int, right: int) -> int:
    """`left operator right`; comparisons give 0 or 1, division rounds down.

    Raises `StaticArithmeticError` for a division by zero, a shift by a negative number, and a result
    of more than 4096 bits.
    """
    if operator in ("/", "%") and right == 0:
        raise StaticArithmeticError("this divides by zero")
    if operator in ("<<", ">>") and right < 0:
        raise StaticArithmeticError(f"this shifts by {right}")
    if operator == "<<" and left and right > _WIDEST:
        raise StaticArithmeticError(f"this number has more than {_WIDEST} bits")
    result = int(_OPERATORS[operator](left, right))
    if result.bit_length() > _WIDEST:
        raise StaticArithmeticError(f"this number has more than {_WIDEST} bits")
    return result
