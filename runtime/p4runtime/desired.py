"""What a switch shall hold, from the compiled program and the entries that the user gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backends.p4.manifest import Manifest, Replica
from compiler.ir.leaf_values import Leaf, filled
from compiler.ir.program import Program
from compiler.ir.states import Table, TableArray
from compiler.passes.expansion.arrays import expanded_entries
from runtime.p4runtime.device_state import DefaultAction, DesiredState, MulticastGroup, Row
from runtime.p4runtime.errors import EntriesRefusedError, FolderError
from runtime.p4runtime.ranks import by_precedence
from runtime.p4runtime.served_tables import ServedTable, served_tables
from sim.state.entries import ControlEntries, Exact, TableEntry

PRIORITY_BYTES = 4  # of the metadata in which a row carries the priority that its entry has in the file
PORT_BYTES = 4  # of each port in the metadata in which a group carries the order of its members


def desired_state(manifest: Manifest, program: Program, entries: ControlEntries | None) -> DesiredState:
    """The rows, default actions and multicast groups of the program with these entries.

    Without entries (None) only what the program itself needs is part of it: the user's tables, tunables and
    groups are left alone. Raises `EntriesRefusedError` where entries do not fit what was compiled, and
    `FolderError` where the parts of the folder do not fit together.
    """
    served = served_tables(manifest, program)
    filled_tables = [table for table in served if table.is_internal or entries is not None]
    fixed = expanded_entries(program)
    rows: dict[int, tuple[Row, ...]] = {}
    ranked: set[int] = set()
    for table in filled_tables:
        found = list(_rows(table, _contents(table, entries, fixed)))
        if len(found) > table.objects.size:
            raise EntriesRefusedError(
                f"table `{table.name}`: there are {len(found):,} entries, and room for {table.objects.size:,}"
            )
        for id_ in table.ids:
            rows[id_] = tuple(row(id_) for row in found)
            if table.objects.needs_priority:
                ranked.add(id_)
    user_groups = {} if entries is None else _user_groups(manifest, entries)
    own = {group.number: MulticastGroup(group.number, group.replicas) for group in manifest.groups}
    return DesiredState(
        rows=rows,
        ranked=frozenset(ranked),
        defaults={} if entries is None else _tunables(manifest, program, entries),
        groups={**own, **user_groups},
        own_groups=(*(range(n, n + 1) for n in own), *(() if entries is None else program_group_numbers(manifest))),
        remarks=() if entries is None else tuple(_remarks(manifest, served, entries)),
    )


def program_group_numbers(manifest: Manifest) -> tuple[range, ...]:
    """The device's numbers of the groups that `multicast` names."""
    groups = manifest.program_groups
    return () if groups is None else (range(groups.offset, groups.offset + groups.most + 1),)


class _OpenRow:
    """A row of any of a table's copies."""

    def __init__(self, table: ServedTable, entry: TableEntry) -> None:
        self._key = table.device_key(entry.key)
        self._action = table.objects.hit.id
        self._arguments = table.arguments(entry.values)
        needs_priority = table.objects.needs_priority
        self._metadata = entry.priority.to_bytes(PRIORITY_BYTES, "big") if needs_priority else b""

    def __call__(self, table: int) -> Row:
        return Row(table, self._key, 0, self._action, self._arguments, self._metadata)


def _rows(table: ServedTable, contents: Sequence[TableEntry] | Sequence[Leaf]) -> Iterator[_OpenRow]:
    entries = [item for item in contents if isinstance(item, TableEntry)]
    declaration = table.declaration
    if isinstance(declaration, Table):
        ordered = by_precedence(entries) if table.objects.needs_priority else entries
        yield from (_OpenRow(table, entry) for entry in ordered)
        return
    zero = filled(declaration.type)  # what a lookup without a hit gives
    for index, cell in enumerate(contents):
        if not isinstance(cell, TableEntry) and cell != zero:
            yield _OpenRow(table, TableEntry((Exact(index),), (cell,)))


def _contents(
    table: ServedTable, entries: ControlEntries | None, fixed: dict[str, tuple[int, ...]]
) -> Sequence[TableEntry] | Sequence[Leaf]:
    if table.is_internal:
        return fixed[table.name]
    assert entries is not None, "only internal tables are filled without entries"
    source = entries.arrays if isinstance(table.declaration, TableArray) else entries.tables
    return source.get(table.name, ())


def _tunables(manifest: Manifest, program: Program, entries: ControlEntries) -> dict[int, DefaultAction]:
    if manifest.tunables is None:
        return {}
    table, action = manifest.tunables.table, manifest.tunables.action
    widths = [parameter.width for parameter in action.parameters]
    if widths != [tunable.type.width for tunable in program.tunables]:
        raise FolderError("tunables: the manifest does not fit the program", help="compile again")
    values = tuple(entries.tunables.get(tunable.name, tunable.default) for tunable in program.tunables)
    return {table.id: DefaultAction(table.id, action.id, values)}


def _user_groups(manifest: Manifest, entries: ControlEntries) -> dict[int, MulticastGroup]:
    groups = manifest.program_groups
    if groups is None:
        return {}
    device_ports = {port.number: port.device_port for port in manifest.ports}
    found: dict[int, MulticastGroup] = {}
    for group, members in sorted(entries.multicast.items()):
        if group > groups.most:
            raise EntriesRefusedError(
                f"multicast group {group}: the highest one that this program can have on the switch is {groups.most}"
            )
        if not device_ports.keys() >= set(members):
            raise FolderError(f"multicast group {group}: the manifest lacks a port of the program")
        ports = [device_ports[member] for member in members]
        copies = [Replica(port, groups.instance) for port in ports]
        number = group + groups.offset
        found[number] = MulticastGroup(number, (*copies, *groups.extra), order_as_metadata(ports))
    return found


def order_as_metadata(device_ports: Sequence[int]) -> bytes:
    """The order of a group's members, for switches that forget it."""
    return b"".join(port.to_bytes(PORT_BYTES, "big") for port in device_ports)


def _remarks(manifest: Manifest, served: Sequence[ServedTable], entries: ControlEntries) -> Iterator[str]:
    names = {table.name for table in served if table.ids}
    for name in sorted({*entries.tables, *entries.arrays} - names):
        yield f"table `{name}` is not on the switch: the program never looks anything up in it"
    if entries.tunables and manifest.tunables is None:
        yield "the tunables are not on the switch: the program never reads them"
    if entries.multicast and manifest.program_groups is None:
        yield "the multicast groups are not on the switch: the program sends to none"
