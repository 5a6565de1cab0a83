"""What the control plane puts into a program before and while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from compiler.ir.leaf_values import Leaf


class Exact(NamedTuple):
    """Matches one value."""

    value: Leaf


class Prefix(NamedTuple):
    """Matches numbers whose `length` highest bits are those of `value`; the other bits of `value` are 0."""

    value: int
    length: int


class Ternary(NamedTuple):
    """Matches numbers that equal `value` where `mask` has a 1; `value` is 0 elsewhere."""

    value: int
    mask: int


class Range(NamedTuple):
    """Matches `low` to `high`, both included."""

    low: int
    high: int


Pattern: TypeAlias = Exact | Prefix | Ternary | Range


@dataclass(frozen=True, slots=True)
class TableEntry:
    """One pattern for each part of the table's key. `priority`: more wins; only tables with ternary or range parts."""

    key: tuple[Pattern, ...]
    values: tuple[Leaf, ...]
    priority: int = 0


@dataclass(frozen=True, slots=True)
class ControlEntries:
    """Tables and arrays by name, tunables by name, multicast groups by number as port numbers in sending order."""

    tables: Mapping[str, tuple[TableEntry, ...]] = field(default_factory=dict)
    arrays: Mapping[str, tuple[Leaf, ...]] = field(default_factory=dict)
    tunables: Mapping[str, int] = field(default_factory=dict)
    multicast: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


NO_ENTRIES = ControlEntries()
