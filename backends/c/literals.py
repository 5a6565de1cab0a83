"""Constants of any type in C."""

from __future__ import annotations

from backends.c.types import number_text, stored, words_of
from compiler.ir.leaf_values import Leaf
from compiler.ir.types import Bits, Type, Vector, bit_width


def literal(value: Leaf, of: Type) -> str:
    """The value as an expression."""
    if isinstance(of, Bits) and of.width == 1:
        return "true" if value else "false"
    if isinstance(value, int) and bit_width(of) <= 128 and isinstance(of, Bits):
        return number_text(value, of.width)
    return f"({stored(of).name}){initializer(value, of)}"


def initializer(value: Leaf, of: Type) -> str:
    """What stands behind `=` where a variable of the stored type begins."""
    match value, of:
        case int(), Bits(width=width) if width > 128:
            words = ", ".join(f"{value >> 64 * i & (1 << 64) - 1:#x}u" for i in range(words_of(width)))
            return f"{{{{{words}}}}}"
        case int(), Bits(width=width):
            return number_text(value, width)
        case tuple(), Vector(width=width):
            if len(set(value)) == 1 and value[0] == 0:
                return "{{0}}" if width <= 128 else "{{{{0}}}}"
            return f"{{{{{', '.join(initializer(lane, Bits(width)) for lane in value)}}}}}"
        case _:
            raise AssertionError((value, of))


def zero_literal(of: Type) -> str:
    """Zero, to begin a variable with."""
    match of:
        case Bits(width=1):
            return "false"
        case Bits(width=width) if width <= 128:
            return "0"
        case Vector(width=width) if width > 128:
            return "{{{{0}}}}"
        case _:
            return "{{0}}"
