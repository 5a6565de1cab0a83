"""Read the entries of a program off what its switch holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backends.p4.manifest import Manifest, Replica
from compiler.ir.leaf_values import Leaf, filled
from compiler.ir.program import Program
from compiler.ir.states import Table, TableArray
from runtime.p4runtime.desired import PORT_BYTES, PRIORITY_BYTES, program_group_numbers
from runtime.p4runtime.device_state import DeviceState, MulticastGroup, Row
from runtime.p4runtime.errors import ForeignContentsError
from runtime.p4runtime.ranks import by_precedence
from runtime.p4runtime.served_tables import ServedTable, served_tables
from sim.state.entries import ControlEntries, Exact, Pattern, Prefix, TableEntry
from sim.state.errors import StateError
from sim.state.table import MAX_PRIORITY, check_entries


@dataclass(frozen=True, slots=True)
class Recovered:
    """`remarks`: what a reader should know, such as copies of a table that differ."""

    entries: ControlEntries
    remarks: tuple[str, ...]


def recovered_entries(manifest: Manifest, program: Program, held: DeviceState) -> Recovered:
    """The entries that make a switch hold what this one holds; all tunables are among them.

    Priorities are those of the file where the switch has kept them and the order agrees, else ranks: what
    matches what is the same in any case. Raises `ForeignContentsError` where no file could say it.
    """
    tables: dict[str, tuple[TableEntry, ...]] = {}
    arrays: dict[str, tuple[Leaf, ...]] = {}
    remarks: list[str] = []
    for table in served_tables(manifest, program):
        copies = [_rows_of(table, held.rows.get(id_, ())) for id_ in table.ids]
        if any(copy != copies[0] for copy in copies[1:]):
            remarks.append(f"table `{table.name}`: its copies on the switch differ; the first one is shown")
        rows = copies[0] if copies else []
        if table.is_internal or not rows:
            continue
        if isinstance(table.declaration, TableArray):
            arrays[table.name] = _cells(table, table.declaration, rows)
        else:
            tables[table.name] = _entries(table, table.declaration, rows)
    entries = ControlEntries(tables, arrays, _tunables(manifest, program, held), _groups(manifest, held))
    return Recovered(entries, tuple(remarks))


def source_values(table: ServedTable, row: Row) -> tuple[Leaf, ...]:
    """The values of an entry; `ForeignContentsError` where the row is none of Weft's."""
    if row.action != table.objects.hit.id or len(row.arguments) != len(table.objects.hit.parameters):
        raise ForeignContentsError(
            f"table `{table.name}`: an entry on the switch has action {row.action:#x}, which Weft writes into no entry"
        )
    return table.values(row.arguments)


def _rows_of(table: ServedTable, rows: Sequence[Row]) -> list[Row]:
    """The rows in the order in which a file has them, free of what tells copies apart."""
    order = (lambda row: -row.priority) if table.objects.needs_priority else _reading_order
    return [replace(row, table=0) for row in sorted(rows, key=order)]


def _reading_order(row: Row) -> tuple[int, tuple[Pattern, ...]]:
    """The longest prefix first, as for an entry that wins."""
    return -sum(pattern.length for pattern in row.key if isinstance(pattern, Prefix)), row.key


def _cells(table: ServedTable, declaration: TableArray, rows: Sequence[Row]) -> tuple[Leaf, ...]:
    cells = dict[int, Leaf]()
    for row in rows:
        index = row.key[0]
        assert isinstance(index, Exact) and isinstance(index.value, int), "checked against the manifest"
        if index.value >= declaration.cells:
            raise ForeignContentsError(
                f"array `{table.name}`: the switch has a cell {index.value:,}, and the program {declaration.cells:,}"
            )
        (cells[index.value],) = source_values(table, row)
    return tuple(cells.get(i, filled(declaration.type)) for i in range(max(cells) + 1))


def _entries(table: ServedTable, declaration: Table, rows: Sequence[Row]) -> tuple[TableEntry, ...]:
    found = [TableEntry(table.source_key(row.key), source_values(table, row)) for row in rows]
    if not table.objects.needs_priority:
        return tuple(found)
    kept = [replace(entry, priority=_kept_priority(row)) for entry, row in zip(found, rows, strict=True)]
    if _is_in_order(declaration, kept):
        return tuple(kept)
    ranked = [replace(entry, priority=len(found) - i) for i, entry in enumerate(found)]
    if _is_in_order(declaration, ranked):
        return tuple(ranked)
    raise ForeignContentsError(
        f"table `{table.name}`: {_out_of_order(ranked)} on the switch, which no file of entries can say",
        help="another controller wrote it; `weft entries write` replaces it",
    )


def _kept_priority(row: Row) -> int:
    number = int.from_bytes(row.metadata, "big") if len(row.metadata) == PRIORITY_BYTES else 0
    return min(number, MAX_PRIORITY)


def _is_in_order(declaration: Table, entries: Sequence[TableEntry]) -> bool:
    """Whether a file with these entries makes them win in this order."""
    try:
        check_entries(declaration, entries)
    except StateError:
        return False
    return by_precedence(entries) == list(entries)


def _out_of_order(entries: Sequence[TableEntry]) -> str:
    lengths = [sum(p.length for p in entry.key if isinstance(p, Prefix)) for entry in entries]
    shorter = next((i for i in range(1, len(lengths)) if lengths[i] > lengths[i - 1]), None)
    if shorter is None:
        return "there are entries that do not fit the table"
    return f"a prefix of {lengths[shorter - 1]} bits wins over one of {lengths[shorter]} bits"


def _tunables(manifest: Manifest, program: Program, held: DeviceState) -> dict[str, int]:
    if manifest.tunables is None:
        return {}
    action = held.defaults.get(manifest.tunables.table.id)
    if action is None or action.action != manifest.tunables.action.id or len(action.arguments) != len(program.tunables):
        raise ForeignContentsError(
            "tunables: the switch has another action in their table than Weft writes there",
            help="another controller wrote it; `weft entries write` replaces it",
        )
    return {tunable.name: value for tunable, value in zip(program.tunables, action.arguments, strict=True)}


def _groups(manifest: Manifest, held: DeviceState) -> dict[int, tuple[int, ...]]:
    groups = manifest.program_groups
    if groups is None:
        return {}
    ports = {port.device_port: port.number for port in manifest.ports}
    found: dict[int, tuple[int, ...]] = {}
    for numbers in program_group_numbers(manifest):
        for number, group in sorted(held.groups.items()):
            if number in numbers:
                found[number - groups.offset] = _members(group, groups.extra, groups.instance, ports)
    return found


def _members(group: MulticastGroup, extra: Sequence[Replica], instance: int, ports: dict[int, int]) -> tuple[int, ...]:
    members = [replica for replica in group.replicas if replica not in extra]
    strange = [replica for replica in members if replica.instance != instance or replica.device_port not in ports]
    if strange or not set(group.replicas) >= set(extra):
        raise ForeignContentsError(
            f"multicast group {group.number} of the switch has other copies than Weft writes there",
            help="another controller wrote it; `weft entries write` replaces it",
        )
    order = _kept_order(group.metadata)
    if sorted(order) != sorted(replica.device_port for replica in members):
        order = [replica.device_port for replica in members]
    return tuple(ports[port] for port in order)


def _kept_order(metadata: bytes) -> list[int]:
    return [int.from_bytes(metadata[at : at + PORT_BYTES], "big") for at in range(0, len(metadata), PORT_BYTES)]
