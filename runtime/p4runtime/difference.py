"""The updates that make of what a switch holds what it shall hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runtime.p4runtime.device_state import (
    DesiredState,
    DeviceState,
    Row,
    Update,
    UpdateKind,
)
from runtime.p4runtime.ranks import with_priorities


def difference(current: DeviceState, desired: DesiredState) -> tuple[Update, ...]:
    """The updates in the order in which they are safe: groups before the entries that may name them; of a
    table first what goes, so that there is room, then what changes, then what comes; last the groups that go.
    """
    updates = [*_new_groups(current, desired)]
    for table, rows in desired.rows.items():
        held = current.rows.get(table, ())
        updates += _table_updates(held, with_priorities(rows, held) if table in desired.ranked else rows)
    for table, action in desired.defaults.items():
        was = current.defaults.get(table)
        if was != action:
            updates.append(Update(UpdateKind.MODIFY, action, was))
    updates += _old_groups(current, desired)
    return tuple(updates)


def restoring(before: DeviceState, desired: DesiredState) -> DesiredState:
    """What the switch shall hold to be again as it was before `desired` was written."""
    return DesiredState(
        rows={table: before.rows.get(table, ()) for table in desired.rows},
        defaults={table: before.defaults[table] for table in desired.defaults if table in before.defaults},
        groups={number: group for number, group in before.groups.items() if desired.owns_group(number)},
        own_groups=desired.own_groups,
    )


def _table_updates(current: Iterable[Row], wanted: Iterable[Row]) -> Iterator[Update]:
    held = {row.identity: row for row in current}
    kept = {row.identity: row for row in wanted}
    for identity, row in held.items():
        if identity not in kept:
            yield Update(UpdateKind.DELETE, row)
    for identity, row in kept.items():
        was = held.get(identity)
        if was is not None and not row.says_the_same(was):
            yield Update(UpdateKind.MODIFY, row, was)
    for identity, row in kept.items():
        if identity not in held:
            yield Update(UpdateKind.INSERT, row)


def _new_groups(current: DeviceState, desired: DesiredState) -> Iterator[Update]:
    for number, group in sorted(desired.groups.items()):
        was = current.groups.get(number)
        if was is None:
            yield Update(UpdateKind.INSERT, group)
        elif not group.says_the_same(was):
            yield Update(UpdateKind.MODIFY, group, was)


def _old_groups(current: DeviceState, desired: DesiredState) -> Iterator[Update]:
    for number, group in sorted(current.groups.items()):
        if desired.owns_group(number) and number not in desired.groups:
            yield Update(UpdateKind.DELETE, group)
