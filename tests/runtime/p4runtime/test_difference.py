from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given

from backends.p4.manifest import Replica
from runtime.p4runtime.desired import desired_state
from runtime.p4runtime.device_state import DeviceState, MulticastGroup, Row, UpdateKind
from runtime.p4runtime.difference import difference, restoring
from sim.state import ControlEntries, Exact
from tests.runtime.p4runtime.gate import MANIFEST, TABLES, gate
from tests.runtime.p4runtime.model import applied, gate_entries

Rows = Mapping[int, tuple[Row, ...]]

EMPTY = DeviceState()
SIZES = {copy.id: table.size for table in TABLES for copy in table.copies}


def held_after(entries: ControlEntries) -> DeviceState:
    return applied(EMPTY, difference(EMPTY, desired_state(MANIFEST, gate().program, entries)))


def contents(rows: Rows) -> dict[int, set[object]]:
    """What the tables hold, priorities aside."""
    return {
        table: {(row.key, row.action, row.arguments, row.metadata) for row in found}
        for table, found in rows.items()
        if found
    }


def without_empty(rows: Rows) -> dict[int, set[Row]]:
    return {table: set(found) for table, found in rows.items() if found}


@given(first=gate_entries(), second=gate_entries())
def test_updates_lead_from_any_contents_to_any_other(first: ControlEntries, second: ControlEntries) -> None:
    desired = desired_state(MANIFEST, gate().program, second)
    before = held_after(first)
    updates = difference(before, desired)
    after = applied(before, updates)
    assert difference(after, desired) == ()
    assert contents(after.rows) == contents(desired.rows)
    assert after.defaults == desired.defaults
    assert {n: set(group.replicas) for n, group in after.groups.items()} == {
        n: set(group.replicas) for n, group in desired.groups.items()
    }


@given(first=gate_entries(), second=gate_entries())
def test_no_table_holds_more_than_it_can_on_the_way(first: ControlEntries, second: ControlEntries) -> None:
    state = held_after(first)
    for update in difference(state, desired_state(MANIFEST, gate().program, second)):
        state = applied(state, [update])
        assert all(len(rows) <= SIZES[table] for table, rows in state.rows.items())


@given(first=gate_entries(), second=gate_entries())
def test_what_was_there_can_be_restored_from_any_point(first: ControlEntries, second: ControlEntries) -> None:
    desired = desired_state(MANIFEST, gate().program, second)
    before = held_after(first)
    updates = difference(before, desired)
    half_way = applied(before, updates[: len(updates) // 2])
    restored = applied(half_way, difference(half_way, restoring(before, desired)))
    assert without_empty(restored.rows) == without_empty(before.rows)
    assert (restored.defaults, restored.groups) == (before.defaults, before.groups)


def test_groups_come_before_entries_and_go_after_them() -> None:
    old, new = MulticastGroup(17, (Replica(1, 5),)), MulticastGroup(18, (Replica(1, 5),))
    desired = desired_state(MANIFEST, gate().program, ControlEntries(arrays={"slots": (1,)}, multicast={2: (0,)}))
    updates = difference(DeviceState(groups={17: old}), desired)
    groups = [
        (i, update.kind, update.entity.number)
        for i, update in enumerate(updates)
        if isinstance(update.entity, MulticastGroup)
    ]
    assert groups == [
        (0, UpdateKind.INSERT, 1),
        (1, UpdateKind.INSERT, new.number),
        (len(updates) - 1, UpdateKind.DELETE, 17),
    ]


def test_groups_of_others_are_left_alone() -> None:
    theirs = MulticastGroup(999, (Replica(1, 1),))
    after = applied(
        DeviceState(groups={999: theirs}),
        difference(DeviceState(groups={999: theirs}), desired_state(MANIFEST, gate().program, ControlEntries())),
    )
    assert after.groups == {999: theirs, 1: MulticastGroup(1, MANIFEST.groups[0].replicas)}


def test_a_switch_may_keep_a_group_in_an_order_of_its_own() -> None:
    wanted = MulticastGroup(3, (Replica(4, 5), Replica(1, 5), Replica(9, 2)), b"\0\0\0\4\0\0\0\1")
    assert wanted.says_the_same(MulticastGroup(3, wanted.replicas[::-1]))
    assert wanted.says_the_same(MulticastGroup(3, wanted.replicas[::-1], wanted.metadata))
    assert not wanted.says_the_same(MulticastGroup(3, wanted.replicas, b"\0\0\0\1\0\0\0\4"))
    assert not wanted.says_the_same(MulticastGroup(3, wanted.replicas[1:]))


def test_metadata_that_a_switch_drops_make_no_difference() -> None:
    marked = Row(1, (Exact(1),), 5, 7, (1,), b"\0\0\0\1")
    assert marked.says_the_same(Row(1, (Exact(1),), 5, 7, (1,)))
    assert not marked.says_the_same(Row(1, (Exact(1),), 5, 7, (1,), b"\0\0\0\2"))
    assert not marked.says_the_same(Row(1, (Exact(1),), 5, 7, (2,), b"\0\0\0\1"))
