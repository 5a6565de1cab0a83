"""Each kind of access becomes its operation, with results in the order that typed trees promise."""

from __future__ import annotations

from compiler.frontend.access_kinds import AccessKind
from compiler.frontend.typed import SDigest, SLet, TAccess, TExpr, TLiteral
from compiler.frontend.types import (
    BOOLEAN,
    IP4,
    UNIT,
    EntryType,
    EnumType,
    IntType,
    OptionType,
    SessionType,
    StructType,
    Ty,
    VariantType,
    flatten,
)
from compiler.frontend.variables import Local
from compiler.ir.operations import (
    ArrayRead,
    ArrayUpdate,
    ArrayWrite,
    BinaryOperator,
    CounterAdd,
    Digest,
    IndexFind,
    IndexOpen,
    LeaseClose,
    LeaseGet,
    LeaseOpen,
    MapFind,
    MapPut,
    MapRemove,
    MeterTake,
    Operation,
    ReduceContribute,
    TableGet,
)
from compiler.ir.states import (
    Array,
    Counter,
    Index,
    Lease,
    Map,
    MatchKind,
    Meter,
    Reduction,
    State,
    Table,
    TableArray,
)
from compiler.ir.types import Bits, Record, Scalar, leaf_types
from compiler.ir.values import FALSE, Constant, Value, constant
from compiler.source import NOWHERE
from tests.compiler.frontend import trees as t

FLOW = StructType("Flow", (("src", IP4), ("port", IntType(16))))
FLAT = (Bits(32), Bits(16))
SHAPE = Record("Flow", (("src", Scalar("ip4", 32)), ("port", Scalar("uint", 16))))
BYTE = Scalar("uint", 8)
SESSION = SessionType("sessions", IntType(16), FLOW)
ENTRY = EntryType("flows", FLOW, t.U8)
VERDICT = EnumType("Reduced", 2, (VariantType("Complete", 1, (t.U8,)), VariantType("Repeat", 2, (t.U8,))))

STATES: tuple[State, ...] = (
    Array(name="cells", type=Bits(8), cells=4, shape=BYTE, span=NOWHERE),
    Table(
        name="routes",
        key=(Bits(8),),
        match=(MatchKind.EXACT,),
        key_shape=BYTE,
        values=(Bits(8),),
        value_shape=BYTE,
        size=4,
        default=None,
        span=NOWHERE,
    ),
    TableArray(name="pool", type=Bits(8), cells=4, shape=BYTE, span=NOWHERE),
    Map(
        name="flows",
        key=FLAT,
        values=(Bits(8),),
        key_shape=SHAPE,
        value_shape=BYTE,
        capacity=4,
        sets=4,
        ways=4,
        idle_ticks=None,
        span=NOWHERE,
    ),
    Lease(name="sessions", id_width=16, first=1, last=9, values=FLAT, value_shape=SHAPE, idle_ticks=5, span=NOWHERE),
    Index(name="by_flow", key=FLAT, key_shape=SHAPE, lease="sessions", capacity=4, sets=4, ways=4, span=NOWHERE),
    Counter(name="seen", cells=4, span=NOWHERE),
    Meter(name="rate", cells=4, rate=1000, burst=10, span=NOWHERE),
    Reduction(name="sums", type=Bits(8), shape=BYTE, slots=4, span=NOWHERE),
)


def flow(src: int, port: int) -> TExpr:
    return TLiteral((src, port), type=FLOW, span=NOWHERE)


def access(
    kind: AccessKind,
    state: str,
    *arguments: TExpr,
    of: Ty = UNIT,
    operator: BinaryOperator | None = None,
    refresh: bool = True,
) -> TAccess:
    return TAccess(kind, state, arguments, operator, refresh, type=of, span=NOWHERE)


def bound(value: TExpr, name: str = "it") -> tuple[Operation, tuple[Value | Constant, ...]]:
    """The only state operation of `let NAME = value; digest NAME;`, and what the digest carries."""
    variable = Local(1, name, value.type)
    types = flatten(value.type)
    record = Record(
        "R", tuple((str(i), Scalar("uint", of.width)) for i, of in enumerate(types) if isinstance(of, Bits))
    )
    assert leaf_types(record) == types
    code = [SLet(variable, value, span=NOWHERE), SDigest("R", t.read(variable), span=NOWHERE), t.drop()]
    program = t.lowered(t.program(t.handler(*code), states=STATES, records=(record,)))
    first, digest, _ = program.operations
    assert isinstance(digest, Digest)
    return first, digest.values


def names(values: tuple[Value | Constant, ...]) -> list[str]:
    return [value.name if isinstance(value, Value) else "" for value in values]


def test_arrays() -> None:
    index, value = t.number(1), t.number(7)
    read, (got,) = bound(access(AccessKind.ARRAY_GET, "cells", index, of=t.U8))
    assert isinstance(read, ArrayRead)
    assert (read.index, read.result, read.result.name) == (constant(1, 8), got, "it")
    write, _ = bound(access(AccessKind.ARRAY_SET, "cells", index, value))
    assert isinstance(write, ArrayWrite)
    assert (write.index, write.value) == (constant(1, 8), constant(7, 8))
    update, (new,) = bound(access(AccessKind.ARRAY_UPDATE, "cells", index, value, of=t.U8, operator=BinaryOperator.MAX))
    assert isinstance(update, ArrayUpdate)
    assert (update.operator, update.amount, update.result) == (BinaryOperator.MAX, constant(7, 8), new)
    update, none = bound(access(AccessKind.ARRAY_UPDATE, "cells", index, value, operator=BinaryOperator.ADD))
    assert isinstance(update, ArrayUpdate)
    assert (update.result.type, none) == (Bits(8), ())


def test_tables() -> None:
    get, values = bound(access(AccessKind.TABLE_GET, "routes", t.number(3), of=OptionType(t.U8)), "route")
    assert isinstance(get, TableGet)
    assert ((get.hit, *get.values), get.key) == (values, (constant(3, 8),))
    assert names(values) == ["route.present", "route"]
    cell, values = bound(access(AccessKind.TABLE_CELL, "pool", t.number(3), of=t.U8))
    assert isinstance(cell, TableGet)
    assert cell.values == values


def test_an_entry_carries_its_key() -> None:
    find, values = bound(access(AccessKind.MAP_FIND, "flows", flow(10, 80), of=ENTRY, refresh=False), "e")
    assert isinstance(find, MapFind)
    assert values == (find.present, find.room, find.slot, constant(10, 32), constant(80, 16), *find.values)
    assert names(values) == ["e.present", "e.room", "e.slot", "", "", "e.value"]
    assert not find.refresh


def test_entries_are_stored_and_removed_by_slot_and_key() -> None:
    entry = Local(1, "e", ENTRY)
    find = t.let(entry, access(AccessKind.MAP_FIND, "flows", flow(10, 80), of=ENTRY))
    put = access(AccessKind.ENTRY_PUT, "flows", t.read(entry), t.number(9), of=BOOLEAN)
    remove = access(AccessKind.ENTRY_REMOVE, "flows", t.read(entry))
    stored = t.when(put, t.run(remove))
    program = t.lowered(t.program(t.handler(find, stored, t.drop()), states=STATES))
    found, put_in, removed, _ = program.operations
    assert isinstance(found, MapFind)
    assert isinstance(put_in, MapPut)
    assert isinstance(removed, MapRemove)
    assert put_in.slot == removed.slot == found.slot
    assert put_in.key == removed.key == found.key
    assert put_in.values == (constant(9, 8),)
    assert program.guards[removed.guard].condition == put_in.done


def test_leases() -> None:
    opened, values = bound(access(AccessKind.LEASE_OPEN, "sessions", flow(10, 80), of=OptionType(SESSION)), "s")
    assert isinstance(opened, LeaseOpen)
    assert values == (opened.done, opened.id, opened.done, constant(10, 32), constant(80, 16))
    assert (opened.share, opened.id.name) == (constant(0, 1), "s.id")
    number = t.number(5, IntType(16))
    got, values = bound(access(AccessKind.LEASE_GET, "sessions", number, of=OptionType(FLOW)), "inner")
    assert isinstance(got, LeaseGet)
    assert (got.live, *got.values) == values
    assert names(values) == ["inner.present", "inner.src", "inner.port"]
    closed, _ = bound(access(AccessKind.LEASE_CLOSE, "sessions", number))
    assert isinstance(closed, LeaseClose)
    assert closed.id == constant(5, 16)


def test_indexes() -> None:
    found, values = bound(access(AccessKind.INDEX_FIND, "by_flow", flow(10, 80), of=OptionType(SESSION)), "s")
    assert isinstance(found, IndexFind)
    assert values == (found.present, found.id, FALSE, *found.values)
    assert found.lease == "sessions"
    opened, values = bound(
        access(AccessKind.INDEX_OPEN, "by_flow", flow(10, 80), flow(11, 81), of=OptionType(SESSION)), "s"
    )
    assert isinstance(opened, IndexOpen)
    assert values == (opened.done, opened.id, opened.opened, *opened.values)
    assert opened.lease_values == (constant(11, 32), constant(81, 16))
    assert names(values) == ["s.present", "s.id", "s.opened", "s.src", "s.port"]


def test_counters_and_meters() -> None:
    index, amount = t.number(2), t.number(60, IntType(32))
    counted, _ = bound(access(AccessKind.COUNTER_ADD, "seen", index, amount))
    assert isinstance(counted, CounterAdd)
    assert (counted.index, counted.amount) == (constant(2, 8), constant(60, 32))
    taken, values = bound(access(AccessKind.METER_TAKE, "rate", index, amount, of=BOOLEAN), "ok")
    assert isinstance(taken, MeterTake)
    assert (values, taken.conforms.name) == ((taken.conforms,), "ok")


def test_a_contribution_gives_its_total_to_both_variants() -> None:
    widths = (32, 32, 32, 32, 8, 64, 2, 8)
    arguments = (t.number(i % 4, IntType(width)) for i, width in enumerate(widths))
    reduced, values = bound(access(AccessKind.REDUCE, "sums", *arguments, of=VERDICT))
    assert isinstance(reduced, ReduceContribute)
    assert values == (reduced.verdict, reduced.total, reduced.total)
    given = (
        reduced.slot,
        reduced.epoch,
        reduced.round,
        reduced.tag,
        reduced.member,
        reduced.members,
        reduced.operator,
        reduced.value,
    )
    assert [value.value for value in given if isinstance(value, Constant)] == [0, 1, 2, 3, 0, 1, 2, 3]


def test_an_argument_that_never_ends_makes_no_access() -> None:
    index = t.choose(t.truth(True), t.ending(t.drop()), t.block(value=t.number(0)), of=t.U8)
    program = t.lowered(
        t.program(t.handler(t.run(access(AccessKind.ARRAY_GET, "cells", index, of=t.U8))), states=STATES)
    )
    assert len(program.operations) == 1
