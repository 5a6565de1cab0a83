"""How the flat values of the program lie in the match fields and parameters of the P4: as they are, side by side
in one field, or a vector's lanes each in its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from compiler.ir.leaf_values import Leaf, packed_number, unpacked_number
from compiler.ir.types import Type, Vector, bit_width
from runtime.p4runtime.errors import FolderError


def parts_of(types: Sequence[Type], widths: Sequence[int], *, place: str) -> list[int]:
    """How many fields each value takes: 1, or as many as it has lanes. `FolderError` where they do not fit."""
    counts: list[int] = []
    at = 0
    for type_ in types:
        lanes = type_.lanes if isinstance(type_, Vector) else 1
        if at < len(widths) and widths[at] == bit_width(type_):
            counts.append(1)
        elif isinstance(type_, Vector) and list(widths[at : at + lanes]) == [type_.width] * lanes:
            counts.append(lanes)
        else:
            break
        at += counts[-1]
    if len(counts) < len(types) or at < len(widths):
        raise FolderError(f"{place}: the manifest does not fit the program", help="compile again")
    return counts


def split_values(values: Iterable[Leaf], types: Sequence[Type], counts: Sequence[int]) -> tuple[int, ...]:
    """The numbers of the fields that hold `values`."""
    numbers: list[int] = []
    for value, type_, count in zip(values, types, counts, strict=True):
        if count == 1:
            numbers.append(packed_number(value, type_))
        else:
            assert isinstance(value, tuple), "only vectors take several fields"
            numbers.extend(value)
    return tuple(numbers)


def joined_values(numbers: Sequence[int], types: Sequence[Type], counts: Sequence[int]) -> tuple[Leaf, ...]:
    """The inverse of `split_values`."""
    values: list[Leaf] = []
    at = 0
    for type_, count in zip(types, counts, strict=True):
        values.append(unpacked_number(numbers[at], type_) if count == 1 else tuple(numbers[at : at + count]))
        at += count
    return tuple(values)
