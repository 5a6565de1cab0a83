"""What is known at a place in a program: flow typing.

A fact holds from the condition that shows it to the end of the block, or until something it rests
on is assigned.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Has:
    """The packet has one of these headers."""

    headers: frozenset[str]


@dataclass(frozen=True, slots=True)
class CanHold:
    """The map entry in this variable was found, or has room: storing in it cannot fail."""

    place: str


@dataclass(frozen=True, slots=True)
class Below:
    """The number at this place is at most `most`."""

    place: str
    most: int


Fact: TypeAlias = Has | CanHold | Below


@dataclass(frozen=True, slots=True)
class Facts:
    known: frozenset[Fact] = frozenset()

    def plus(self, facts: Iterable[Fact]) -> Facts:
        return Facts(self.known | frozenset(facts))

    def has(self, header: str) -> bool:
        return any(isinstance(f, Has) and f.headers == frozenset({header}) for f in self.known)

    def has_one_of(self, headers: Iterable[str]) -> bool:
        wanted = frozenset(headers)
        return any(isinstance(f, Has) and f.headers <= wanted for f in self.known)

    def can_hold(self, place: str | None) -> bool:
        return CanHold(place or "") in self.known

    def most(self, place: str | None) -> int | None:
        bounds = [f.most for f in self.known if isinstance(f, Below) and f.place == place]
        return min(bounds) if bounds else None

    def without(self, place: str) -> Facts:
        """What is left when the value at `place` changes."""
        return replace(
            self, known=frozenset(f for f in self.known if isinstance(f, Has) or not _rests_on(f.place, place))
        )

    def without_field(self, name: str) -> Facts:
        """What is left when a field called `name` of some header changes; places are `packet.header.field...`."""
        kept = (f for f in self.known if isinstance(f, Has) or f.place.split(".")[2:3] != [name])
        return replace(self, known=frozenset(kept))


def _rests_on(fact_place: str, changed: str) -> bool:
    return fact_place == changed or fact_place.startswith(changed + ".") or changed.startswith(fact_place + ".")
