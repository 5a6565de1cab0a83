"""How values of the IR's types look in Python: a number, or the tuple of a vector's lanes."""

from __future__ import annotations

from typing import TypeAlias

from compiler.ir.types import Bits, Blob, Type, Vector
from compiler.meaning.hashing import lanes_as_number

Leaf: TypeAlias = int | tuple[int, ...]


def filled(type_: Type, number: int = 0) -> Leaf:
    """`number` as a value of the type; in every lane of a vector."""
    match type_:
        case Vector(lanes=lanes):
            return (number,) * lanes
        case Bits() | Blob():
            return number


def packed_number(leaf: Leaf, type_: Type) -> int:
    """The value as one number of `bit_width(type_)` bits; a vector's lane 0 in the highest bits."""
    if isinstance(leaf, tuple):
        assert isinstance(type_, Vector), "only vectors have lanes"
        return lanes_as_number(leaf, width=type_.width)
    return leaf


def unpacked_number(number: int, type_: Type) -> Leaf:
    """The inverse of `packed_number`."""
    match type_:
        case Vector(width=width, lanes=lanes):
            mask = (1 << width) - 1
            return tuple(number >> width * (lanes - 1 - lane) & mask for lane in range(lanes))
        case Bits() | Blob():
            return number
