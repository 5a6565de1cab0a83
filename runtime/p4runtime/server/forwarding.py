"""The forwarding state of one pipeline: what a controller fills, and the program that looks into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from finsy.proto import p4r

from backends.p4.manifest import Manifest
from compiler.ir.program import Program
from compiler.ir.states import MatchKind, Table
from compiler.meaning.hashing import DEFAULT_SALT
from runtime.p4runtime.desired import desired_state
from runtime.p4runtime.device_state import DefaultAction, DeviceState, UpdateKind
from runtime.p4runtime.ranks import with_priorities
from runtime.p4runtime.recovered import recovered_entries
from runtime.p4runtime.server.catalogue import Catalogue
from runtime.p4runtime.server.engine import Engine
from runtime.p4runtime.server.groups import MulticastGroups
from runtime.p4runtime.server.refusals import Code, Refusal, invalid
from runtime.p4runtime.server.registers import Counters, read_register, write_register
from runtime.p4runtime.server.table_states import fill_state
from runtime.p4runtime.server.tables import TableContents, TunableDefaults
from sim.control import SavedState
from sim.interpreter import Outcome
from sim.state import ControlEntries, RunState, TableArrayState, TableState, build_states

_UPDATE_KINDS = {
    p4r.Update.INSERT: UpdateKind.INSERT,
    p4r.Update.MODIFY: UpdateKind.MODIFY,
    p4r.Update.DELETE: UpdateKind.DELETE,
}
_OTHER_KINDS = {  # what a program of Weft has none of, and the field that says which one
    "extern_entry": "extern_type_id",
    "action_profile_member": "action_profile_id",
    "action_profile_group": "action_profile_id",
    "meter_entry": "meter_id",
    "counter_entry": "counter_id",
    "value_set_entry": "value_set_id",
    "digest_entry": "digest_id",
}


class Forwarding:
    """A pipeline as a commit leaves it, or as it was saved: tables, tunables, groups, registers and states."""

    def __init__(
        self,
        manifest: Manifest,
        program: Program,
        *,
        entries: ControlEntries | None = None,
        saved: SavedState | None = None,
    ) -> None:
        """Empty, where neither `entries` nor `saved` are given; tables that both name are those of `entries`.

        Raises `FolderError` where manifest and program do not fit together, `DeployError` where the entries do not.
        """
        self._manifest = manifest
        self._program = program
        self._salt = DEFAULT_SALT if saved is None else saved.salt
        self._catalogue = Catalogue(manifest, program)
        self._tables = {id_: TableContents(table) for id_, table in self._catalogue.tables.items()}
        self._tunables = None if manifest.tunables is None else TunableDefaults(manifest.tunables)
        self._groups = MulticastGroups(manifest)
        self._counters = Counters(manifest)
        self._seen_versions = dict.fromkeys(self._tables, 0)
        self._engine = self._new_engine(entries, saved)
        if entries is not None or saved is not None:
            self._fill(_with_saved_tables(entries or ControlEntries(), saved))

    def _new_engine(self, entries: ControlEntries | None, saved: SavedState | None) -> Engine:
        program = self._ordered_by_priority()
        served = {table.served.name for table in self._catalogue.tables.values()}
        others = _without(_with_saved_tables(entries or ControlEntries(), saved), served)
        states = build_states(program, others, salt=self._salt)
        for name, state in (saved.states if saved is not None else {}).items():
            if not isinstance(state, TableState | TableArrayState):
                states[name] = state
        return Engine(program, states, salt=self._salt)

    def _ordered_by_priority(self) -> Program:
        """The program, with prefixes as ternary matches where a switch knows one order only, that of priorities."""
        names = {table.served.name for table in self._catalogue.tables.values() if table.objects.needs_priority}
        states = (
            replace(state, match=tuple(MatchKind.TERNARY if k is MatchKind.PREFIX else k for k in state.match))
            if isinstance(state, Table) and state.name in names
            else state
            for state in self._program.states
        )
        return replace(self._program, states=tuple(states))

    def _fill(self, entries: ControlEntries) -> None:
        desired = desired_state(self._manifest, self._program, entries)
        for id_, rows in desired.rows.items():
            self._tables[id_].fill(with_priorities(rows, ()) if id_ in desired.ranked else rows)
        for default in desired.defaults.values():
            if self._tunables is not None and default.table == self._tunables.table.table.id:
                self._tunables.arguments = default.arguments
        for group in desired.groups.values():
            self._set_group(self._groups.fill(group))
        self._set_tunables()

    # --- packets

    def process(self, frame: bytes, *, port: int, now_ns: int) -> Outcome:
        """Carry out the program on a packet. `IndexError` where a controller wrote an index that leads nowhere."""
        self._fill_states()
        self._counters.count_packet()
        return self._engine.process(frame, port=port, now_ns=now_ns)

    def next_digest(self) -> int:
        """The sequence number of a digest that leaves now."""
        return self._counters.next_digest()

    def _fill_states(self) -> None:
        """Let the interpreter see the tables as they are now."""
        for id_, contents in self._tables.items():
            if contents.version != self._seen_versions[id_]:
                self._seen_versions[id_] = contents.version
                if contents.table.is_first and not contents.table.served.is_internal:
                    fill_state(self._engine.table(contents.table.served.name), contents.table.served, contents.rows)

    # --- what controllers write

    def write(self, update: p4r.Update) -> None:
        """Carry out one update, or refuse it and change nothing."""
        kind, entity = _UPDATE_KINDS.get(update.type), update.entity
        if kind is None:
            raise invalid("the update has no type")
        match entity.WhichOneof("entity"):
            case "table_entry":
                self._write_entry(kind, entity.table_entry)
            case "packet_replication_engine_entry":
                self._write_replication(kind, entity.packet_replication_engine_entry)
            case "register_entry":
                register = self._catalogue.register(entity.register_entry.register_id)
                write_register(register, self._engine, self._counters, kind, entity.register_entry)
            case None:
                raise invalid("the update has no entity")
            case other:
                raise Refusal(Code.UNIMPLEMENTED, f"programs of Weft have no `{other}`")

    def _write_entry(self, kind: UpdateKind, entry: p4r.TableEntry) -> None:
        table = self._table(entry.table_id)
        table.write(kind, entry)
        if isinstance(table, TunableDefaults):
            self._set_tunables()

    def _table(self, id_: int) -> TableContents | TunableDefaults:
        if self._tunables is not None and id_ == self._tunables.table.table.id:
            return self._tunables
        return self._tables[self._catalogue.table(id_).id]

    def _set_tunables(self) -> None:
        if self._tunables is not None:
            for tunable, value in zip(self._program.tunables, self._tunables.arguments, strict=True):
                self._engine.set_tunable(tunable.name, value)

    def _write_replication(self, kind: UpdateKind, entry: p4r.PacketReplicationEngineEntry) -> None:
        match entry.WhichOneof("type"):
            case "multicast_group_entry":
                self._set_group(self._groups.write(kind, entry.multicast_group_entry))
            case "clone_session_entry":
                raise Refusal(Code.UNIMPLEMENTED, "programs of Weft have no clone sessions")
            case _:
                raise invalid("the entry of the packet replication engine is empty")

    def _set_group(self, changed: tuple[int, tuple[int, ...]] | None) -> None:
        if changed is not None:
            self._engine.set_group(*changed)

    # --- what controllers read

    def read(self, wanted: p4r.Entity) -> Iterator[p4r.Entity]:
        """The entities that `wanted` stands for, as they are at the time of the call."""
        match wanted.WhichOneof("entity"):
            case "table_entry":
                return (p4r.Entity(table_entry=entry) for entry in self._read_entries(wanted.table_entry))
            case "packet_replication_engine_entry":
                return self._read_replication(wanted.packet_replication_engine_entry)
            case "register_entry":
                return (p4r.Entity(register_entry=entry) for entry in self._read_registers(wanted.register_entry))
            case "direct_meter_entry" | "direct_counter_entry" as kind:
                raise invalid(f"tables of Weft have no `{kind}`")
            case None:
                raise invalid("the request has no entity")
            case kind:
                if getattr(getattr(wanted, kind), _OTHER_KINDS[kind]):
                    raise invalid(f"programs of Weft have no `{kind}`")
                return iter(())  # all of them: there are none

    def _read_entries(self, wanted: p4r.TableEntry) -> Iterator[p4r.TableEntry]:
        if wanted.HasField("time_since_last_hit"):
            raise invalid("the table has no idle times")
        if wanted.table_id:
            return self._table(wanted.table_id).read(wanted)
        if wanted.match:
            raise invalid("match fields without a table")
        tables = [*self._tables.values(), *([] if self._tunables is None else [self._tunables])]
        return chain.from_iterable([table.read(wanted) for table in tables])

    def _read_replication(self, wanted: p4r.PacketReplicationEngineEntry) -> Iterator[p4r.Entity]:
        match wanted.WhichOneof("type"):
            case "multicast_group_entry":
                found = self._groups.read(wanted.multicast_group_entry)
                return (_replication_entity(entry) for entry in found)
            case "clone_session_entry":
                return iter(())
            case _:
                raise invalid("the entry of the packet replication engine is empty")

    def _read_registers(self, wanted: p4r.RegisterEntry) -> Iterator[p4r.RegisterEntry]:
        if wanted.register_id:
            register = self._catalogue.register(wanted.register_id)
            return read_register(register, self._engine, self._counters, wanted)
        if wanted.HasField("index"):
            raise invalid("an index without a register")
        registers = self._catalogue.registers.values()
        return chain.from_iterable([read_register(r, self._engine, self._counters, wanted) for r in registers])

    # --- what is kept when the switch stops

    def saved_state(self, now_ns: int) -> SavedState:
        """The program's states at `now_ns`. `StateError` or `DeployError` where the switch holds what none can say."""
        rows = {id_: contents.rows for id_, contents in self._tables.items()}
        defaults = {}
        if self._tunables is not None:
            table = self._tunables.table
            defaults[table.table.id] = DefaultAction(table.table.id, table.action.id, self._tunables.arguments)
        entries = recovered_entries(self._manifest, self._program, DeviceState(rows, defaults)).entries
        served = {table.served.name for table in self._catalogue.tables.values()}
        held = self._engine.source_states()
        states: dict[str, RunState] = {}
        for name, state in build_states(self._program, entries, salt=self._salt).items():
            states[name] = state if name in served else held[name]
        return SavedState(states, now_ns, self._salt)


def _replication_entity(entry: p4r.MulticastGroupEntry) -> p4r.Entity:
    return p4r.Entity(packet_replication_engine_entry=p4r.PacketReplicationEngineEntry(multicast_group_entry=entry))


def _with_saved_tables(entries: ControlEntries, saved: SavedState | None) -> ControlEntries:
    """`entries`, and the saved tables that they do not name."""
    states = {} if saved is None else saved.states
    tables = {name: state.entries for name, state in states.items() if isinstance(state, TableState)}
    arrays = {name: tuple(state.cells) for name, state in states.items() if isinstance(state, TableArrayState)}
    return replace(entries, tables={**tables, **entries.tables}, arrays={**arrays, **entries.arrays})


def _without(entries: ControlEntries, names: set[str]) -> ControlEntries:
    """The tables and arrays of other names."""
    return ControlEntries(
        tables={name: found for name, found in entries.tables.items() if name not in names},
        arrays={name: found for name, found in entries.arrays.items() if name not in names},
    )
