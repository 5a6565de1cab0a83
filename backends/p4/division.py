"""Division by a constant: bmv2 divides by powers of two alone, so others are a multiplication and a shift."""

from __future__ import annotations

from backends.p4.expression_text import MOST_SHIFT
from backends.p4.text import typed_number
from compiler.ir.operations import BinaryOperator


def magic(divisor: int, *, width: int) -> tuple[int, int]:
    """(multiplier, shift) such that n * multiplier >> shift is n / divisor for every n of `width` bits.

    Source: Granlund and Montgomery, "Division by invariant integers using multiplication", PLDI 1994,
    theorem 4.2: shift = width + ceil(log2(divisor)), multiplier = ceil(2^shift / divisor).
    """
    shift = width + (divisor - 1).bit_length()
    return -(-(1 << shift) // divisor), shift


def bits_of_division(divisor: int, *, width: int) -> int:
    """The width of the widest number that `division` computes with."""
    if divisor & (divisor - 1) == 0:
        return width
    _, shift = magic(divisor, width=width)
    return shift + width + 1


def division(dividend: str, divisor: int, *, width: int, want: BinaryOperator) -> str:
    """`dividend` (a name) divided by `divisor`, or the rest; 0 where the divisor is 0."""
    if divisor == 0:
        return typed_number(0, width)
    if divisor & (divisor - 1) == 0:
        shift = divisor.bit_length() - 1
        if want is BinaryOperator.MOD:
            return f"({dividend} & {typed_number(divisor - 1, width)})"
        if shift > MOST_SHIFT:
            return f"({typed_number(0, shift)} ++ {dividend}[{width - 1}:{shift}])"
        return f"({dividend} >> {shift})" if shift else dividend
    multiplier, shift = magic(divisor, width=width)
    wide = bits_of_division(divisor, width=width)
    product = f"((bit<{wide}>) {dividend} * {typed_number(multiplier, wide)})"
    quotient = f"{product}[{shift + width - 1}:{shift}]"
    if want is BinaryOperator.DIV:
        return quotient
    return f"({dividend} - {quotient} * {typed_number(divisor, width)})"
