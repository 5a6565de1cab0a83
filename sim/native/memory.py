"""Values in the memory of a state block: one at a time, and columns of them at once."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from backends.c.layout import Placed, Struct
from backends.c.types import CType
from compiler.ir.leaf_values import Leaf
from compiler.ir.types import Type, Vector

Memory: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
Slots: TypeAlias = np.ndarray[Any, np.dtype[np.intp]]  # places in a region, in order

_WORDS = (1, 2, 4, 8)  # bytes of the numbers that numpy knows


class BlockMemory:
    """Access by region, place in it, and member of the struct there (None: the values are no structs)."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._known: dict[tuple[int, str | None], tuple[int, int, CType]] = {}

    def _column(self, place: Placed, member: str | None) -> tuple[int, int, CType]:
        """The first byte of the member in the block, the bytes from one struct to the next, and its type."""
        known = self._known.get((place.offset, member))
        if known is None:
            of = place.region.of
            if isinstance(of, Struct):
                found, offset = next((m, at) for m, at in of.offsets() if m.name == member)
                known = place.offset + offset, of.size, found.type
            else:
                known = place.offset, of.size, of
            self._known[place.offset, member] = known
        return known

    def _bytes(self, place: Placed, index: int, member: str | None) -> Memory:
        start, stride, kind = self._column(place, member)
        start += index * stride
        return self._memory[start : start + kind.size]

    # --- one value

    def put(self, place: Placed, index: int, member: str | None, value: Leaf) -> None:
        target = self._bytes(place, index, member)
        target[:] = _packed(value, len(target))

    def number(self, place: Placed, index: int, member: str | None = None) -> int:
        return int.from_bytes(self._bytes(place, index, member).tobytes(), "little")

    # --- many

    def column(self, place: Placed, member: str | None, count: int = 1) -> np.ndarray[Any, Any]:
        """A member of all structs, `count` of them where it is an array: unsigned numbers, to be read and written."""
        start, stride, kind = self._column(place, member)
        shape = place.region.count, count
        return np.ndarray(shape, f"<u{kind.size}", self._memory.data, start, (stride, kind.size))

    def numbers(self, place: Placed, slots: Slots, member: str | None) -> list[int]:
        """A member of some structs."""
        return [lanes[0] for lanes in self._lanes(place, slots, member, 1)]

    def values(self, place: Placed, slots: Slots, member: str | None, of: Type) -> list[object]:
        """A member of some structs, in plain types: a number, or a list of a vector's."""
        if isinstance(of, Vector):
            return [*self._lanes(place, slots, member, of.lanes)]
        return [*self.numbers(place, slots, member)]

    def unlike(self, place: Placed, value: Leaf, of: Type) -> Slots:
        """Where a region of values differs from `value`."""
        start, stride, kind = self._column(place, None)
        lanes = of.lanes if isinstance(of, Vector) else 1
        size = kind.size // lanes
        if size in _WORDS:  # `any` over bytes would take eight times as long
            all_lanes = np.ndarray((place.region.count, lanes), f"<u{size}", self._memory.data, start, (stride, size))
            expected = _packed(value, kind.size).view(f"<u{size}")
        else:
            all_lanes = self._rows(place, None)
            expected = _packed(value, kind.size)
        return np.flatnonzero((all_lanes != expected).any(axis=1))

    def _rows(self, place: Placed, member: str | None) -> Memory:
        start, stride, kind = self._column(place, member)
        return np.ndarray((place.region.count, kind.size), np.uint8, self._memory.data, start, (stride, 1))

    def _lanes(self, place: Placed, slots: Slots, member: str | None, lanes: int) -> list[list[int]]:
        chosen = np.ascontiguousarray(self._rows(place, member)[slots])
        size = chosen.shape[1] // lanes
        if size in _WORDS:
            return chosen.view(f"<u{size}").tolist()
        pieces = (row.tobytes() for row in chosen)
        return [
            [int.from_bytes(piece[at : at + size], "little") for at in range(0, len(piece), size)] for piece in pieces
        ]


def _packed(value: Leaf, size: int) -> Memory:
    if isinstance(value, tuple):
        each = size // len(value)
        return np.frombuffer(b"".join(lane.to_bytes(each, "little") for lane in value), dtype=np.uint8)
    return np.frombuffer(value.to_bytes(size, "little"), dtype=np.uint8)
