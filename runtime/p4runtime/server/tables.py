"""The entries of P4 tables, as controllers write and read them. Specification, section 9.1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from finsy.proto import p4r

from backends.p4.manifest import TunableTable
from runtime.p4runtime.device_state import Row, UpdateKind
from runtime.p4runtime.server.actions import check_is_action, read_arguments, written_action
from runtime.p4runtime.server.catalogue import P4Table
from runtime.p4runtime.server.match_fields import Key, read_key, written_key
from runtime.p4runtime.server.refusals import Code, Refusal, invalid


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry whose action is the table's hit action."""

    row: Row
    controller_metadata: int = 0  # the number that `metadata` of the row has taken the place of


class TableContents:
    """The entries of one P4 table, in the order in which they were added.

    `version` grows with every change, so that others can tell whether they have seen it.
    """

    def __init__(self, table: P4Table) -> None:
        self.table = table
        self.version = 0
        self._entries: dict[tuple[Key, int], StoredEntry] = {}

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(entry.row for entry in self._entries.values())

    def fill(self, rows: Iterable[Row]) -> None:
        """Put these rows in the place of all others. They fit the table."""
        self._entries = {row.identity: StoredEntry(row) for row in rows}
        self.version += 1

    def write(self, kind: UpdateKind, found: p4r.TableEntry) -> None:
        """Carry out one update, or refuse it and change nothing."""
        if found.is_default_action:
            self._refuse_default(kind, found)
        place = self._place(found)
        if kind == UpdateKind.DELETE:
            self._delete(place)
        else:
            check_plain_entry(found)
            (self._insert if kind == UpdateKind.INSERT else self._modify)(place, found)
        self.version += 1

    def _refuse_default(self, kind: UpdateKind, found: p4r.TableEntry) -> None:
        check_default_update(kind, found)
        raise Refusal(Code.PERMISSION_DENIED, f"the default action of table `{self.table.name}` is constant")

    def _place(self, found: p4r.TableEntry) -> tuple[Key, int]:
        objects = self.table.objects
        key = read_key(objects.key, found.match)
        if objects.needs_priority and found.priority <= 0:
            raise invalid(f"table `{self.table.name}` wants a priority above 0")
        if not objects.needs_priority and found.priority:
            raise invalid(f"table `{self.table.name}` has no priorities")
        return key, found.priority

    def _insert(self, place: tuple[Key, int], found: p4r.TableEntry) -> None:
        name, size = self.table.name, self.table.room
        arguments = self._arguments(check_is_action(found))
        if place in self._entries:
            raise Refusal(Code.ALREADY_EXISTS, f"table `{name}` has an entry with this key already")
        if len(self._entries) >= size:
            raise Refusal(Code.RESOURCE_EXHAUSTED, f"table `{name}` is full: it has room for {size} entries")
        row = Row(self.table.id, *place, self.table.objects.hit.id, arguments, found.metadata)
        self._entries[place] = StoredEntry(row, found.controller_metadata)

    def _modify(self, place: tuple[Key, int], found: p4r.TableEntry) -> None:
        old = self._existing(place).row
        arguments = self._arguments(check_is_action(found)) if found.HasField("action") else old.arguments
        row = replace(old, arguments=arguments, metadata=found.metadata)
        self._entries[place] = StoredEntry(row, found.controller_metadata)

    def _delete(self, place: tuple[Key, int]) -> None:
        self._existing(place)
        del self._entries[place]

    def _existing(self, place: tuple[Key, int]) -> StoredEntry:
        found = self._entries.get(place)
        if found is None:
            raise Refusal(Code.NOT_FOUND, f"table `{self.table.name}` has no entry with this key")
        return found

    def _arguments(self, found: p4r.Action) -> tuple[int, ...]:
        objects = self.table.objects
        if found.action_id == objects.miss.id:
            raise Refusal(Code.PERMISSION_DENIED, f"action `{objects.miss.name}` is for the default entry only")
        if found.action_id != objects.hit.id:
            raise invalid(f"table `{self.table.name}` has no action with ID {found.action_id:#010x}")
        return read_arguments(objects.hit, found)

    def read(self, wanted: p4r.TableEntry) -> Iterator[p4r.TableEntry]:
        """The entries of this moment that match the fields set in `wanted`: specification, section 9.1.6."""
        objects = self.table.objects
        if wanted.is_default_action:
            return iter(() if _other_action(wanted, objects.miss.id) else (self._written_default(),))
        key = read_key(objects.key, wanted.match) if wanted.match else None
        if _other_action(wanted, objects.hit.id):
            return iter(())
        found = [entry for entry in self._entries.values() if _is_wanted(entry, key, wanted)]
        return map(self._written, found)

    def _written(self, entry: StoredEntry) -> p4r.TableEntry:
        row, objects = entry.row, self.table.objects
        return p4r.TableEntry(
            table_id=row.table,
            match=written_key(objects.key, row.key),
            action=written_action(objects.hit, row.arguments),
            priority=row.priority,
            metadata=row.metadata,
            controller_metadata=entry.controller_metadata,
        )

    def _written_default(self) -> p4r.TableEntry:
        action = written_action(self.table.objects.miss, ())
        return p4r.TableEntry(table_id=self.table.id, action=action, is_default_action=True)


class TunableDefaults:
    """The table without a key: its default action carries the program's tunables."""

    def __init__(self, table: TunableTable) -> None:
        self.table = table
        self.arguments = table.initial
        self._metadata = b""
        self._controller_metadata = 0

    def write(self, kind: UpdateKind, found: p4r.TableEntry) -> None:
        """Carry out one update, or refuse it and change nothing."""
        if not found.is_default_action:
            raise invalid(f"table `{self.table.table.name}` has no key: it has a default entry only")
        check_default_update(kind, found)
        check_plain_entry(found)
        if not found.HasField("action"):
            self.arguments, self._metadata, self._controller_metadata = self.table.initial, b"", 0
            return
        action = check_is_action(found)
        if action.action_id != self.table.action.id:
            raise invalid(f"table `{self.table.table.name}` has no action with ID {action.action_id:#010x}")
        self.arguments = read_arguments(self.table.action, action)
        self._metadata, self._controller_metadata = found.metadata, found.controller_metadata

    def read(self, wanted: p4r.TableEntry) -> Iterator[p4r.TableEntry]:
        """The default entry as it is now, where that is asked for."""
        if not wanted.is_default_action or _other_action(wanted, self.table.action.id):
            return iter(())
        entry = p4r.TableEntry(
            table_id=self.table.table.id,
            action=written_action(self.table.action, self.arguments),
            is_default_action=True,
            metadata=self._metadata,
            controller_metadata=self._controller_metadata,
        )
        return iter((entry,))


def _is_wanted(entry: StoredEntry, key: Key | None, wanted: p4r.TableEntry) -> bool:
    row = entry.row
    return (
        (key is None or row.key == key)
        and wanted.priority in (0, row.priority)
        and wanted.metadata in (b"", row.metadata)
        and wanted.controller_metadata in (0, entry.controller_metadata)
    )


def check_default_update(kind: UpdateKind, found: p4r.TableEntry) -> None:
    """Refuse what no default entry can be asked for: specification, section 9.1.3."""
    if kind != UpdateKind.MODIFY:
        raise invalid("the default entry is always there: it can be modified, neither inserted nor deleted")
    if found.match or found.priority:
        raise invalid("the default entry has neither match fields nor a priority")


def check_plain_entry(found: p4r.TableEntry) -> None:
    """Refuse what tables of Weft do not have: idle times, counters, meters, constant entries."""
    if found.is_const:
        raise invalid("a controller cannot write constant entries")
    if found.idle_timeout_ns or found.HasField("time_since_last_hit"):
        raise invalid("the table has no idle times")
    for field in ("meter_config", "counter_data", "meter_counter_data"):
        if found.HasField(field):
            raise invalid(f"the table has no direct counters or meters, and `{field}` is set")


def _other_action(wanted: p4r.TableEntry, id_: int) -> bool:
    """Whether only entries with another action than this one are wanted."""
    return wanted.HasField("action") and wanted.action.action.action_id not in (0, id_)
