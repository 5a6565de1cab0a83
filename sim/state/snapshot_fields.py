"""Write and read the parts of a snapshot: plain JSON types, checked to the last number.

Snapshots come back from files that users keep and edit, so nothing in them is taken on trust. Numbers above
2^53 are written as hexadecimal text, for many readers of JSON would round them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from compiler.ir.leaf_values import Leaf
from compiler.ir.types import Blob, Type, Vector, bit_width
from sim.state.errors import StateError

_LARGEST_PLAIN: Final = (1 << 53) - 1
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-f]{1,512}")

UINT32: Final = (1 << 32) - 1
UINT64: Final = (1 << 64) - 1


def write_number(number: int) -> int | str:
    return number if number <= _LARGEST_PLAIN else hex(number)


def write_leaf(leaf: Leaf) -> object:
    return [write_number(lane) for lane in leaf] if isinstance(leaf, tuple) else write_number(leaf)


def write_leaves(leaves: Sequence[Leaf]) -> list[object]:
    return [write_leaf(leaf) for leaf in leaves]


def read_number(found: object, *, most: int, place: str, least: int = 0) -> int:
    """The number `found` stands for, within `least`..`most`."""
    number = int(found, 16) if isinstance(found, str) and _HEXADECIMAL.fullmatch(found) else found
    if isinstance(number, bool) or not isinstance(number, int):
        raise StateError(place, f"expected a whole number, found {shown(found)}")
    if not least <= number <= most:
        raise StateError(place, f"{shown(found)} is outside {least}..{most}")
    return number


def read_leaf(found: object, type_: Type, *, place: str) -> Leaf:
    """A value of the type."""
    match type_:
        case Vector(width=width, lanes=lanes):
            items = read_list(found, place=place, length=lanes)
            most = (1 << width) - 1
            return tuple(read_number(lane, most=most, place=f"{place}[{i}]") for i, lane in enumerate(items))
        case Blob():
            raise StateError(place, "a value of unknown length cannot be stored")
        case _:
            return read_number(found, most=(1 << bit_width(type_)) - 1, place=place)


def read_leaves(found: object, types: Sequence[Type], *, place: str) -> tuple[Leaf, ...]:
    items = read_list(found, place=place, length=len(types))
    return tuple(read_leaf(item, types[i], place=f"{place}[{i}]") for i, item in enumerate(items))


def read_list(found: object, *, place: str, length: int | None = None) -> list[object]:
    if not isinstance(found, list):
        raise StateError(place, f"expected a list, found {shown(found)}")
    if length is not None and len(found) != length:
        raise StateError(place, f"expected {length} values, found {len(found)}")
    return found


def read_rows(found: object, *, columns: int, place: str) -> list[list[object]]:
    """A list of lists of `columns` items, whose first items (numbers) strictly increase."""
    rows = [
        read_list(row, place=f"{place}[{i}]", length=columns) for i, row in enumerate(read_list(found, place=place))
    ]
    last = -1
    for i, row in enumerate(rows):
        first = read_number(row[0], most=UINT64, place=f"{place}[{i}][0]")
        if first <= last:
            raise StateError(f"{place}[{i}][0]", f"{first} does not come after {last}")
        last = first
    return rows


def read_fields(found: object, *names: str, place: str) -> list[object]:
    """The values of exactly these fields, in this order."""
    if not isinstance(found, dict):
        raise StateError(place, f"expected a table of {', '.join(names)}, found {shown(found)}")
    for name in names:
        if name not in found:
            raise StateError(place, f"`{name}` is missing")
    for name in found:
        if name not in names:
            raise StateError(place, f"unknown field {shown(name)}; there are {', '.join(names)}")
    return [found[name] for name in names]


def shown(found: object) -> str:
    """A short text for an unexpected value."""
    match found:
        case None:
            return "nothing"
        case bool():
            return str(found).lower()
        case int():
            return str(found) if found.bit_length() <= 2048 else "a huge number"
        case float():
            return repr(found)
        case str():
            return repr(found if len(found) <= 40 else found[:37] + "...")
        case list():
            return f"a list of {len(found)}"
        case dict():
            return "a table"
        case _:
            return f"a {type(found).__name__}"
