"""P4 source text: types and literals."""

from __future__ import annotations

from compiler.ir.types import Blob, Type, bit_width
from compiler.ir.values import Constant
from compiler.meaning.hashing import lanes_as_number

_DECIMAL = 1024  # numbers from here on are written in hexadecimal


def type_text(of: Type) -> str:
    """The P4 type of a value; a vector is its lanes side by side, lane 0 in the highest bits."""
    if isinstance(of, Blob):
        return f"varbit<{8 * of.max_bytes}>"
    return f"bit<{bit_width(of)}>"


def number_text(number: int) -> str:
    return str(number) if number < _DECIMAL else hex(number)


def typed_number(number: int, width: int) -> str:
    return f"{width}w{number_text(number)}"


def constant_number(constant: Constant) -> int:
    """The constant as one number of its type's width."""
    value = constant.value
    if isinstance(value, tuple):
        return lanes_as_number(value, width=bit_width(constant.type) // len(value))
    return value
