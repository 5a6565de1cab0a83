"""What a switch holds and what it is told to hold: numbers as P4Runtime has them, without a word of gRPC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from backends.p4.manifest import Replica
from sim.state.entries import Exact, Pattern, Prefix, Range, Ternary


@dataclass(frozen=True, slots=True)
class Row:
    """An entry of a P4 table; `key` and `priority` (0 where the table has none) tell it from the others.

    `key` has a pattern of numbers for each match field of the table, in the manifest's order. `metadata` is
    the controller's own: the switch only keeps it, and some do not even that.
    """

    table: int
    key: tuple[Pattern, ...]
    priority: int
    action: int
    arguments: tuple[int, ...]
    metadata: bytes = b""

    @property
    def identity(self) -> tuple[tuple[Pattern, ...], int]:
        return self.key, self.priority

    def says_the_same(self, other: Row) -> bool:
        """Whether two rows of one identity do the same. Metadata count only where both have some."""
        is_marked = bool(self.metadata and other.metadata)
        return (
            self.action == other.action
            and self.arguments == other.arguments
            and not (is_marked and self.metadata != other.metadata)
        )


@dataclass(frozen=True, slots=True)
class DefaultAction:
    """What a table without a key does."""

    table: int
    action: int
    arguments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MulticastGroup:
    """The copies of a group, which P4Runtime takes for a set; `metadata` as a row's."""

    number: int
    replicas: tuple[Replica, ...]
    metadata: bytes = b""

    def says_the_same(self, other: MulticastGroup) -> bool:
        """Whether two groups make the same copies. Metadata count only where both have some."""
        is_marked = bool(self.metadata and other.metadata)
        return set(self.replicas) == set(other.replicas) and not (is_marked and self.metadata != other.metadata)


Entity: TypeAlias = Row | DefaultAction | MulticastGroup


@dataclass(frozen=True, slots=True)
class DeviceState:
    """Rows and default actions by table id, multicast groups by number."""

    rows: Mapping[int, tuple[Row, ...]] = field(default_factory=dict)
    defaults: Mapping[int, DefaultAction] = field(default_factory=dict)
    groups: Mapping[int, MulticastGroup] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What the switch shall hold: exactly `rows` in the tables named there, and of the multicast groups with
    numbers in `own_groups` exactly `groups`. All else on the switch is left alone.

    The rows of a table in `ranked` come in the order in which they win, and their priorities are open.
    """

    rows: Mapping[int, tuple[Row, ...]] = field(default_factory=dict)
    ranked: frozenset[int] = frozenset()
    defaults: Mapping[int, DefaultAction] = field(default_factory=dict)
    groups: Mapping[int, MulticastGroup] = field(default_factory=dict)
    own_groups: tuple[range, ...] = ()
    remarks: tuple[str, ...] = ()  # what of the entries has no place on the switch

    def owns_group(self, number: int) -> bool:
        return any(number in numbers for numbers in self.own_groups)


class UpdateKind(Enum):
    INSERT = "insert"
    MODIFY = "modify"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Update:
    """`entity` as it shall be; of a deleted one, as it is. `was` is what a modified one holds before."""

    kind: UpdateKind
    entity: Entity
    was: Entity | None = None


def matches_everything(pattern: Pattern, width: int) -> bool:
    """Whether a pattern is one that P4Runtime leaves out of a key."""
    match pattern:
        case Exact():
            return False
        case Prefix(length=length):
            return length == 0
        case Ternary(mask=mask):
            return mask == 0
        case Range(low=low, high=high):
            return low == 0 and high == (1 << width) - 1
