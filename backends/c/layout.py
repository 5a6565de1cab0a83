"""The state of a program as one block of memory: where everything is, for the C and for whoever reads the block.

All is at fixed offsets, in little-endian words, without pointers: a block can be saved, loaded, moved and shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backends.c.types import CType

LINE = 64  # bytes of a cache line; every region begins with one


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a struct: `count` values of one type."""

    name: str
    type: CType
    count: int | None = None  # None: one value, no array


@dataclass(frozen=True, slots=True)
class Struct:
    """Members one after another, as a C compiler places them; `align`: more than they need."""

    name: str
    members: tuple[Member, ...]
    least_align: int = 1

    @property
    def align(self) -> int:
        return max([self.least_align, *(m.type.align for m in self.members)])

    @property
    def size(self) -> int:
        end = max((offset + m.type.size * (m.count or 1) for m, offset in self.offsets()), default=0)
        return -(-max(end, 1) // self.align) * self.align

    def offsets(self) -> Iterator[tuple[Member, int]]:
        at = 0
        for member in self.members:
            at = -(-at // member.type.align) * member.type.align
            yield member, at
            at += member.type.size * (member.count or 1)


@dataclass(frozen=True, slots=True)
class Region:
    """`count` structs, or values of one type, side by side. `role` says what for, within their `state`."""

    state: str
    role: str
    of: Struct | CType
    count: int

    @property
    def size(self) -> int:
        return self.of.size * self.count


@dataclass(frozen=True, slots=True)
class Placed:
    """A region and its name and first byte in the block."""

    region: Region
    name: str
    offset: int


class Block:
    """The regions of a program in their order."""

    def __init__(self, regions: Iterable[tuple[str, Region]]) -> None:
        self.places: list[Placed] = []
        at = 0
        for name, region in regions:
            self.places.append(Placed(region, name, at))
            at += -(-region.size // LINE) * LINE
        self.size = max(at, LINE)
        self._by_role = {(p.region.state, p.region.role): p for p in self.places}

    def place(self, state: str, role: str) -> Placed:
        return self._by_role[state, role]

    def has(self, state: str, role: str) -> bool:
        return (state, role) in self._by_role
