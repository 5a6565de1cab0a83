"""What a switch holds after updates, and what entries of the gate program may look like."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

from hypothesis import strategies as st

from runtime.p4runtime.device_state import (
    DefaultAction,
    DeviceState,
    MulticastGroup,
    Row,
    Update,
    UpdateKind,
)
from sim.state import ControlEntries, Exact, Pattern, Prefix, Range, TableEntry, Ternary

Held = TypeVar("Held")
Name = TypeVar("Name", bound=Hashable)


def applied(current: DeviceState, updates: Iterable[Update]) -> DeviceState:
    """What a switch that held `current` holds after the updates; fails on one that a switch refuses."""
    rows = {table: {row.identity: row for row in found} for table, found in current.rows.items()}
    defaults, groups = dict(current.defaults), dict(current.groups)
    for update in updates:
        match update.entity:
            case Row(table=table) as row:
                _apply(rows.setdefault(table, {}), row.identity, row, update.kind)
            case DefaultAction(table=table) as action:
                assert update.kind is UpdateKind.MODIFY
                defaults[table] = action
            case MulticastGroup(number=number) as group:
                _apply(groups, number, group, update.kind)
    return DeviceState({table: tuple(found.values()) for table, found in rows.items()}, defaults, groups)


def _apply(held: dict[Name, Held], name: Name, entity: Held, kind: UpdateKind) -> None:
    assert (name in held) == (kind is not UpdateKind.INSERT), f"cannot {kind.value} {name}"
    if kind is UpdateKind.DELETE:
        del held[name]
    else:
        held[name] = entity


# Few addresses and few lengths, so that entries overlap.
ADDRESSES = st.sampled_from([0, 0x0A000000, 0x0A000001, 0x0A010000, 0x0A010001, 0xFFFFFFFF])
PREFIXES = st.builds(
    lambda value, length: Prefix(value >> 32 - length << 32 - length, length),
    ADDRESSES,
    st.sampled_from([0, 8, 16, 31, 32]),
)
MASKED = st.builds(lambda value, mask: Ternary(value & mask, mask), ADDRESSES, st.sampled_from([0, 0xFF000000, 0xFF]))
SMALL = st.sampled_from([0, 1, 6, 64, 255])
BYTES = st.builds(lambda value, mask: Ternary(value & mask, mask), SMALL, st.sampled_from([0, 0xFF, 0x40]))
PORT_RANGES = st.builds(lambda a, b: Range(min(a, b), max(a, b)), *[st.sampled_from([0, 1, 53, 1023, 65535])] * 2)
PORTS = st.integers(0, 3)
U16 = st.integers(0, 65535)


def entries_of(
    key: st.SearchStrategy[tuple[Pattern, ...]], *values: st.SearchStrategy[object], most: int, priorities: bool = False
) -> st.SearchStrategy[tuple[TableEntry, ...]]:
    entry = st.builds(TableEntry, key, st.tuples(*values), st.sampled_from([0, 0, 5, 9]) if priorities else st.just(0))
    return st.lists(entry, max_size=most, unique_by=lambda made: (made.key, made.priority)).map(tuple)


def gate_entries() -> st.SearchStrategy[ControlEntries]:
    """Entries that fit the gate program."""
    tables = {
        "hosts": entries_of(st.tuples(ADDRESSES.map(Exact)), PORTS, st.integers(0, 2**48 - 1), most=8),
        "routes": entries_of(st.tuples(PREFIXES), PORTS, most=16),
        "rules": entries_of(
            st.tuples(MASKED, PORT_RANGES, SMALL.map(Exact)),
            st.integers(0, 1),
            st.integers(0, 1023),
            most=6,
            priorities=True,
        ),
        "zones": entries_of(st.tuples(PREFIXES, BYTES), U16, most=6, priorities=True),
        "blocked": entries_of(st.tuples(st.integers(0, 2**48 - 1).map(Exact)), most=4),
        "weights": entries_of(st.tuples(SMALL.map(Exact)), st.tuples(U16, U16), most=4),
    }
    slots = st.lists(st.one_of(st.just(0), U16), max_size=10).map(tuple)
    tunables = st.fixed_dictionaries({"limit": st.integers(0, 2**32 - 1), "strict": st.integers(0, 1)})
    groups = st.dictionaries(st.integers(0, 100), st.lists(PORTS, unique=True).map(tuple), max_size=3)
    return st.builds(
        ControlEntries, st.fixed_dictionaries(tables), st.fixed_dictionaries({"slots": slots}), tunables, groups
    )
