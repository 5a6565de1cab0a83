"""What a program becomes on the switch, all of it decided before a line of P4 is written."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass, field

from backends.p4.checksums import Checksums
from backends.p4.manifest import (
    Action,
    DigestRecord,
    KeyPart,
    Parameter,
    Register,
    Table,
    TableObject,
    TunableTable,
)
from backends.p4.names import Names
from backends.p4.registers import Registers
from backends.p4.sites import Site, Sites, changed_fields, find_sites, packet_in_of
from compiler.ir import states
from compiler.ir.fields import operands
from compiler.ir.operations import Digest, Hash, HashAlgorithm, ReadField, Reply, TableGet, WriteField
from compiler.ir.program import Program
from compiler.ir.types import bit_width
from compiler.ir.values import Value
from compiler.passes.expansion.arrays import expanded

# Prefixes of IDs in P4Info. Source: P4Runtime specification 1.3, 6.3.
_ACTION_ID = 0x01000000
_TABLE_ID = 0x02000000
INDEX_BITS = 32
_UNREAD = '@noWarn("unused")'  # the control plane gives whole values, and a program may look at parts of them alone


@dataclass(frozen=True, slots=True)
class PlannedTable:
    """One P4 table. `state` is the state that the one lookup in it names; `name` the table's in P4."""

    state: str
    name: str
    declaration: states.Table | states.TableArray
    table: Table

    @property
    def is_array(self) -> bool:
        return isinstance(self.declaration, states.TableArray)


@dataclass(slots=True)
class Layout:
    """`program`: every table has one lookup, and nothing is expanded. `source`: the program as the user has it."""

    program: Program
    source: Program
    copies: dict[str, tuple[str, ...]]  # of each table of the source: the states that stand for it
    test_header: bool
    names: Names = field(default_factory=Names)
    registers: Registers = field(init=False)
    packets_seen: Register = field(init=False)
    digest_counter: Register | None = field(init=False, default=None)
    sites: Sites = field(init=False)
    checksums: Checksums = field(init=False)
    received: list[tuple[str, str]] = field(init=False)  # fields whose received value must be kept
    first_write: dict[tuple[str, str], int] = field(init=False)
    tables: dict[str, PlannedTable] = field(init=False, default_factory=dict)
    source_tables: list[Table] = field(init=False, default_factory=list)
    tunable_table: TunableTable | None = field(init=False, default=None)
    tunable_variables: dict[str, str] = field(init=False, default_factory=dict)
    packet_in_records: tuple[DigestRecord, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        program = self.program
        self.sites = find_sites(program)
        self.checksums = Checksums(program, changed_fields(program))
        self.first_write = _first_writes(program)
        reread = [
            (o.header, o.field)
            for place, o in enumerate(program.operations)
            if isinstance(o, ReadField) and (o.header, o.field) in self.first_write
        ]
        is_random = any(isinstance(o, Hash) and o.algorithm is HashAlgorithm.RANDOM for o in program.operations)
        digested = self.first_write if is_random else ()  # randomness is of all headers as they came in
        self.received = list(dict.fromkeys([*self.checksums.received, *reread, *digested]))
        self._plan_registers()
        self._plan_tables()
        packet_in = packet_in_of(program, self.sites)
        self.packet_in_records = packet_in.records if packet_in else ()

    # --- names of header instances

    def built_header(self, site: Site, place: int) -> str:
        """The instance of the `place`-th header that the template of `site` builds."""
        assert site.template is not None, "only templates build headers"
        return f"{_stem(site)}_{place}_{site.template.headers[place].header}"

    def data_header(self, site: Site) -> str:
        return f"{_stem(site)}_data"

    def digest_header(self, site: Site) -> str:
        return f"{_stem(site)}_digest"

    def instances_of(self, site: Site) -> list[tuple[str, str]]:
        """(name, type) of the header instances that this place alone fills, in the order in which they leave."""
        found: list[tuple[str, str]] = []
        if isinstance(site.operation, Digest):
            found.append((self.digest_header(site), "packet_in_t"))
            if site.operation.values:
                found.append((self.data_header(site), f"{self.data_header(site)}_t"))
        elif site.template is not None:
            for place, built in enumerate(site.template.headers):
                found.append((self.built_header(site, place), f"{built.header}_t"))
            if site.template.data:
                found.append((self.data_header(site), f"{self.data_header(site)}_t"))
        return found

    # --- state

    def _plan_registers(self) -> None:
        self.registers = Registers(self.names)
        self.packets_seen = self.registers.plain("packets_seen", 32, 1)
        if any(isinstance(site.operation, Digest) for site in self.sites.copies):
            self.digest_counter = self.registers.plain("digests_sent", 32, 1)
        for state in self.source.states:
            for array in expanded(state, self.source):
                if isinstance(array, states.Array):
                    self.registers.add(array)

    def _plan_tables(self) -> None:
        action_ids, table_ids = itertools.count(_ACTION_ID + 1), itertools.count(_TABLE_ID + 1)
        looked_up = {o.state for o in self.program.operations if isinstance(o, TableGet)}
        declared = {a.name: a for s in self.source.states for a in (s, *expanded(s, self.source))}
        for name, members in self.copies.items():
            declaration = declared[name]
            assert isinstance(declaration, states.Table | states.TableArray), "the control plane fills tables"
            used = [member for member in members if member in looked_up]
            if not used:
                continue
            p4_names = [self.names.fresh(member) for member in used]
            hit = Action(
                f"ingress.{self.names.fresh(f'{name}_hit')}",
                next(action_ids),
                tuple(
                    Parameter(f"value{place}", place + 1, bit_width(of))
                    for place, of in enumerate(_value_types(declaration))
                ),
                () if _reads_whole_value(self.program, used) else (_UNREAD,),
            )
            miss = Action(f"ingress.{self.names.fresh(f'{name}_miss')}", next(action_ids), ())
            objects = tuple(TableObject(f"ingress.{p4_name}", next(table_ids)) for p4_name in p4_names)
            key = _key_parts(declaration)
            table = Table(
                name,
                objects,
                key,
                hit,
                miss,
                declaration.size if isinstance(declaration, states.Table) else declaration.cells,
                any(part.match in ("ternary", "range") for part in key),
            )
            self.source_tables.append(table)
            for member, p4_name in zip(used, p4_names, strict=True):
                self.tables[member] = PlannedTable(member, p4_name, declaration, table)
        if self.source.tunables:
            self._plan_tunables(next(action_ids), next(table_ids))

    def _plan_tunables(self, action_id: int, table_id: int) -> None:
        tunables = self.source.tunables
        parameters: list[Parameter] = []
        for place, tunable in enumerate(tunables):
            parameters.append(Parameter(f"new_{tunable.name}", place + 1, tunable.type.width))
            self.tunable_variables[tunable.name] = self.names.fresh(tunable.name)
        self.tunable_table = TunableTable(
            TableObject(f"ingress.{self.names.fresh('tunables')}", table_id),
            Action(f"ingress.{self.names.fresh('set_tunables')}", action_id, tuple(parameters)),
            tuple(tunable.default for tunable in tunables),
        )


def _reads_whole_value(program: Program, tables: Collection[str]) -> bool:
    """Whether every part of an entry's value is read behind each lookup: p4c gives each table an action of its own."""
    read = {o.number for operation in program.operations for o in operands(operation) if isinstance(o, Value)}
    read |= {guard.condition.number for guard in program.guards if guard.condition is not None}
    lookups = [o.values for o in program.operations if isinstance(o, TableGet) and o.state in tables]
    return all(value.number in read for values in lookups for value in values)


def _stem(site: Site) -> str:
    return f"copy{site.number}" if site.operation.__class__.__name__ in ("Clone", "Digest") else f"sent{site.number}"


def _first_writes(program: Program) -> dict[tuple[str, str], int]:
    """For each field that is written, the first operation that may do so."""
    found: dict[tuple[str, str], int] = {}
    for place, operation in enumerate(program.operations):
        match operation:
            case WriteField(header=header, field=name):
                found.setdefault((header, name), place)
            case Reply():
                for h in program.headers:
                    for pair in h.swaps:
                        for side in pair:
                            found.setdefault((h.name, side), place)
            case _:
                pass
    return found


def _value_types(declaration: states.Table | states.TableArray) -> tuple[states.Type, ...]:
    return declaration.values if isinstance(declaration, states.Table) else (declaration.type,)


def _key_parts(declaration: states.Table | states.TableArray) -> tuple[KeyPart, ...]:
    if isinstance(declaration, states.TableArray):
        return (KeyPart("index", 1, "exact", INDEX_BITS),)
    return tuple(
        KeyPart(f"key{place}", place + 1, match.value, bit_width(of))
        for place, (of, match) in enumerate(zip(declaration.key, declaration.match, strict=True))
    )
