"""Cells of arrays and their shapes: a cell is one value, even where its shape has several."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.ir.leaf_values import Leaf, packed_number, unpacked_number
from compiler.ir.types import Shape, Type, bit_width, leaf_types


def join_cell(type_: Type, shape: Shape, leaves: Sequence[Leaf]) -> Leaf:
    """The cell that holds the flat values of its shape: side by side, the first one in the highest bits."""
    types = leaf_types(shape)
    if types == (type_,):
        return leaves[0]
    number = 0
    for leaf, leaf_type in zip(leaves, types, strict=True):
        number = number << bit_width(leaf_type) | packed_number(leaf, leaf_type)
    return unpacked_number(number, type_)


def split_cell(type_: Type, shape: Shape, cell: Leaf) -> tuple[Leaf, ...]:
    """The inverse of `join_cell`."""
    types = leaf_types(shape)
    if types == (type_,):
        return (cell,)
    number = packed_number(cell, type_)
    leaves: list[Leaf] = []
    for leaf_type in reversed(types):
        leaves.append(unpacked_number(number & ((1 << bit_width(leaf_type)) - 1), leaf_type))
        number >>= bit_width(leaf_type)
    return tuple(reversed(leaves))
