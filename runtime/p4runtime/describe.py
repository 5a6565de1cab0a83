"""Updates of a switch in the words of the source: which entry of which table comes, goes or changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from backends.p4.manifest import Manifest
from compiler.ir.literals import render_value
from compiler.ir.program import Program
from compiler.ir.states import TableArray
from runtime.p4runtime.device_state import DefaultAction, Entity, MulticastGroup, Row, Update, UpdateKind
from runtime.p4runtime.errors import ForeignContentsError
from runtime.p4runtime.recovered import source_values
from runtime.p4runtime.served_tables import ServedTable, served_tables
from sim.control.entries_text import as_toml, cell_as_written, key_as_written, number_as_written
from sim.state.entries import Exact

TUNABLES = "tunables"
MULTICAST = "multicast"
INTERNAL_GROUPS = "internal groups"


@dataclass(frozen=True, slots=True)
class Change:
    """`entry` is what tells it from others; `old` and `new` what it holds, None where it is not there."""

    object: str  # a table or array, "tunables", "multicast", "internal groups"
    entry: str
    old: str | None
    new: str | None

    @property
    def kind(self) -> str:
        """ "added", "removed", "changed", or "moved", where only its place among the others changes."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "moved" if self.old == self.new else "changed"


class Describer:
    """Knows the source's names for the objects on the switch."""

    def __init__(self, manifest: Manifest, program: Program) -> None:
        self._manifest = manifest
        self._program = program
        self._ports = tuple(port.name for port in program.ports)
        self._tables = {id_: table for table in served_tables(manifest, program) for id_ in table.ids}

    def table_name(self, table: int) -> str:
        return self._tables[table].name

    def object_of(self, update: Update) -> str:
        match update.entity:
            case Row(table=table):
                return self._tables[table].name
            case DefaultAction():
                return TUNABLES
            case MulticastGroup(number=number):
                return INTERNAL_GROUPS if any(g.number == number for g in self._manifest.groups) else MULTICAST

    def changes(self, updates: Iterable[Update]) -> list[Change]:
        """What the updates change, copies of a table once. An entry that goes and comes again is one change."""
        found: list[tuple[int, Change]] = []
        gone: dict[tuple[int, str, str], int] = {}
        for update in updates:
            for copy, change in self._changes_of(update):
                place = (copy, change.object, change.entry)
                if change.old is None and place in gone:
                    at = gone.pop(place)
                    found[at] = (copy, replace(found[at][1], new=change.new))
                    continue
                if change.new is None:
                    gone[place] = len(found)
                found.append((copy, change))
        first = [change for copy, change in found if copy == 0]
        told = set(first)
        return [*first, *dict.fromkeys(change for copy, change in found if copy and change not in told)]

    def _changes_of(self, update: Update) -> list[tuple[int, Change]]:
        """Each with the number of the copy that it is about."""
        old: Entity | None = update.was
        new: Entity | None = update.entity
        if update.kind is UpdateKind.DELETE:
            old, new = new, None
        name = self.object_of(update)
        match update.entity:
            case Row() as row:
                table = self._tables[row.table]
                change = Change(name, self._key(table, row), self._value(table, old), self._value(table, new))
                return [(table.ids.index(row.table), change)]
            case DefaultAction():
                return [(0, change) for change in self._tunable_changes(old, new)]
            case MulticastGroup(number=number):
                return [(0, Change(name, self._group_number(number), self._copies(old), self._copies(new)))]

    def _key(self, table: ServedTable, row: Row) -> str:
        if isinstance(table.declaration, TableArray):
            index = row.key[0]
            return f"[{index.value}]" if isinstance(index, Exact) else str(index)
        return as_toml(key_as_written(table.declaration, table.source_key(row.key), ports=self._ports))

    def _value(self, table: ServedTable, row: Entity | None) -> str | None:
        if not isinstance(row, Row):
            return None
        try:
            values = source_values(table, row)
        except ForeignContentsError:
            return f"action {row.action:#x}"
        declaration = table.declaration
        if isinstance(declaration, TableArray):
            return as_toml(cell_as_written(declaration, values[0], ports=self._ports))
        shape = declaration.value_shape
        return as_toml(render_value(shape, values, ports=self._ports)) if shape else ""

    def _tunable_changes(self, old: Entity | None, new: Entity | None) -> list[Change]:
        before, after = self._tunable_values(old), self._tunable_values(new)
        return [
            Change(TUNABLES, tunable.name, was, now)
            for tunable, was, now in zip(self._program.tunables, before, after, strict=True)
            if was != now
        ]

    def _tunable_values(self, action: Entity | None) -> list[str | None]:
        tunables = self._program.tunables
        if not isinstance(action, DefaultAction) or len(action.arguments) != len(tunables):
            return [None] * len(tunables)
        return [
            as_toml(number_as_written(value, width=tunable.type.width))
            for value, tunable in zip(action.arguments, tunables, strict=True)
        ]

    def _group_number(self, number: int) -> str:
        groups = self._manifest.program_groups
        is_internal = any(group.number == number for group in self._manifest.groups)
        return str(number if is_internal or groups is None else number - groups.offset)

    def _copies(self, group: Entity | None) -> str | None:
        """The members of a group that `multicast` names, or else its copies as "port 3, instance 2"."""
        if not isinstance(group, MulticastGroup):
            return None
        groups = self._manifest.program_groups
        names = {port.device_port: port.name for port in self._manifest.ports}
        is_internal = any(own.number == group.number for own in self._manifest.groups)
        extra = () if groups is None or is_internal else groups.extra
        shown = [
            names[copy.device_port]
            if groups is not None and not is_internal and copy.instance == groups.instance and copy.device_port in names
            else f"port {copy.device_port}, instance {copy.instance}"
            for copy in group.replicas
            if copy not in extra
        ]
        return as_toml(shown)
