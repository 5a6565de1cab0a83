"""State operations as a program sees them: what goes in, what comes out, and what stays for the next packet."""

from __future__ import annotations

import pytest

from compiler.ir.accesses import (
    ArrayRead,
    ArrayUpdate,
    ArrayWrite,
    CounterAdd,
    LeaseClose,
    LeaseOpen,
    MapFind,
    MapPut,
    MapRemove,
    MeterTake,
    ReduceContribute,
    TableGet,
)
from compiler.ir.emissions import Digest
from compiler.ir.program import Tunable
from compiler.ir.pure import BinaryOperator, PacketFact, ReadFact, Resize
from compiler.ir.states import (
    Array,
    Counter,
    Lease,
    Map,
    MatchKind,
    Meter,
    Reduction,
    State,
    Table,
    TableArray,
)
from compiler.ir.types import BOOL, Bits, Record, Scalar, Vector, VectorShape
from compiler.ir.values import Constant, Operand, Value, constant
from compiler.source import NOWHERE
from sim.interpreter import Machine, MissingStateError, TunableRangeError, UnknownTunableError
from sim.state import ControlEntries, CounterState, Exact, TableEntry, build_states
from tests.sim.interpreter.building import Builder

KEY, NUMBER = Record("Key", ()), Scalar("uint", 32)
TICK = 1 << 20  # ns


class Packets:
    """Processes packets of one program; a packet's port and length are its inputs, its digest the output."""

    def __init__(self, b: Builder, *outputs: Operand, entries: ControlEntries | None = None) -> None:
        b.add(Digest, record="out", values=outputs)
        b.drop()
        program = b.program()
        self.states = build_states(program, entries or ControlEntries())
        self.machine = Machine(program, states=self.states)

    def __call__(self, port: int, *, length: int = 0, now: int = 0) -> tuple[object, ...]:
        return self.machine.process(b"", port=port, now=now, wire_length=length).digests[0][1]


def builder(*states: State) -> tuple[Builder, Value, Value]:
    """A builder, the port of a packet and its length."""
    b = Builder(states=states, ports=256)
    port, length = (b.define(ReadFact, Bits(w), fact=f) for f, w in ((PacketFact.PORT, 16), (PacketFact.LENGTH, 32)))
    return b, port, length


def test_arrays_are_read_written_and_updated() -> None:
    array = Array(name="a", span=NOWHERE, type=Bits(32), cells=256, shape=NUMBER, initial=5)
    b, port, length = builder(array)
    first = b.define(ArrayRead, Bits(32), state="a", index=port)
    b.add(ArrayWrite, state="a", index=port, value=length)
    second = b.define(
        ArrayUpdate, Bits(32), state="a", index=port, operator=BinaryOperator.ADD, amount=constant(2**32 - 1, 32)
    )
    packets = Packets(b, first, second)
    assert packets(3, length=100) == (5, 99)
    assert packets(3, length=0) == (99, 2**32 - 1)
    assert packets(4, length=7) == (5, 6)


def test_arrays_of_vectors() -> None:
    shape = VectorShape(Scalar("uint", 8), 3)
    b, port, _ = builder(Array(name="a", span=NOWHERE, type=Vector(8, 3), cells=256, shape=shape, initial=250))
    amount = Constant((3, 3, 3), Vector(8, 3))
    result = b.define(ArrayUpdate, Vector(8, 3), state="a", index=port, operator=BinaryOperator.ADD, amount=amount)
    packets = Packets(b, result)
    assert packets(0) == ((253, 253, 253),)
    assert packets(0) == ((0, 0, 0),)


def map_program() -> Packets:
    """Port 0 looks up, 1 inserts, 2 removes; the key is the length modulo 2^16, the value the length."""
    declared = Map(
        name="m",
        span=NOWHERE,
        key=(Bits(16),),
        values=(Bits(32),),
        key_shape=KEY,
        value_shape=NUMBER,
        capacity=2,
        sets=1,
        ways=2,
        idle_ticks=10,
    )
    b, port, length = builder(declared)
    key = (b.define(Resize, Bits(16), argument=length),)
    present, room, slot, value, done = b.value(BOOL), b.value(BOOL), b.bits(32), b.bits(32), b.value(BOOL)
    fields = {"present": present, "room": room, "slot": slot, "values": (value,)}
    b.add(MapFind, state="m", key=key, refresh=False, **fields)
    with b.when(b.equal(port, constant(1, 16))):
        b.add(MapPut, state="m", slot=slot, key=key, values=(length,), done=done)
    with b.when(b.equal(port, constant(2, 16))):
        b.add(MapRemove, state="m", slot=slot, key=key)
    return Packets(b, present, room, slot, value, done)


FIND, PUT, REMOVE = 0, 1, 2
NONE = 2**32 - 1


def test_maps_find_put_and_remove() -> None:
    packets = map_program()
    assert packets(FIND, length=7) == (0, 1, 0, 0, 0)
    assert packets(PUT, length=7) == (0, 1, 0, 0, 1)
    assert packets(PUT, length=8) == (0, 1, 1, 0, 1)
    assert packets(PUT, length=9) == (0, 0, NONE, 0, 0)
    assert packets(PUT, length=7 + 2**16) == (1, 1, 0, 7, 1)
    assert packets(FIND, length=7) == (1, 1, 0, 7 + 2**16, 0)
    assert packets(REMOVE, length=7) == (1, 1, 0, 7 + 2**16, 0)
    assert packets(FIND, length=7) == (0, 1, 0, 0, 0)


def test_entries_expire_by_the_clock_of_packets_which_may_go_back() -> None:
    packets = map_program()
    packets(PUT, length=7, now=100 * TICK)
    assert packets(FIND, length=7, now=110 * TICK)[0] == 1
    assert packets(FIND, length=7, now=111 * TICK)[0] == 0
    assert packets(FIND, length=7, now=50 * TICK)[0] == 1
    assert all(type(value) is int for value in packets(FIND, length=7, now=50 * TICK))


def test_leases_open_close_and_run_out() -> None:
    lease = Lease(
        name="l",
        span=NOWHERE,
        id_width=16,
        first=100,
        last=101,
        values=(Bits(32),),
        value_shape=NUMBER,
        idle_ticks=None,
    )
    b, port, length = builder(lease)
    done, id_ = b.value(BOOL), b.bits(16)
    with b.when(b.equal(port, constant(0, 16))):
        b.add(LeaseOpen, state="l", share=constant(0, 1), values=(length,), done=done, id=id_)
    with b.when(b.equal(port, constant(1, 16))):
        b.add(LeaseClose, state="l", id=b.define(Resize, Bits(16), argument=length))
    packets = Packets(b, done, id_)
    assert [packets(0), packets(0), packets(0)] == [(1, 100), (1, 101), (0, 0)]
    packets(1, length=101)
    packets(1, length=5)  # no id of this lease
    assert packets(0) == (1, 101)


def test_tables_hit_miss_and_have_defaults() -> None:
    match = (MatchKind.EXACT,)
    fields = {"span": NOWHERE, "key": (Bits(16),), "match": match, "key_shape": KEY, "values": (Bits(8), Bits(32))}
    plain = Table(name="plain", value_shape=KEY, size=4, default=None, **fields)
    filled = Table(name="filled", value_shape=KEY, size=4, default=(1, 2), **fields)
    array = TableArray(name="array", span=NOWHERE, type=Bits(32), cells=256, shape=NUMBER)
    b, port, _ = builder(plain, filled, array)
    outputs: list[Operand] = []
    for name in ("plain", "filled"):
        hit, values = b.value(BOOL), (b.bits(8), b.bits(32))
        b.add(TableGet, state=name, key=(port,), hit=hit, values=values)
        outputs += [hit, *values]
    hit, value = b.value(BOOL), b.bits(32)
    b.add(TableGet, state="array", key=(port,), hit=hit, values=(value,))
    entries = ControlEntries(
        tables={name: (TableEntry((Exact(9),), (10, 11)),) for name in ("plain", "filled")},
        arrays={"array": (70, 71, 72)},
    )
    packets = Packets(b, *outputs, hit, value, entries=entries)
    assert packets(9) == (1, 10, 11, 1, 10, 11, 1, 0)
    assert packets(2) == (0, 0, 0, 0, 1, 2, 1, 72)  # a default is no hit


def test_counters_count_packets_and_bytes() -> None:
    b, port, length = builder(Counter(name="c", span=NOWHERE, cells=256))
    b.add(CounterAdd, state="c", index=port, amount=length)
    packets = Packets(b)
    packets(5, length=100)
    packets(5, length=50)
    counter = packets.states["c"]
    assert isinstance(counter, CounterState)
    assert (counter.packets[5], counter.byte_counts[5], counter.packets[0]) == (2, 150, 0)


def test_meters_refill_with_time() -> None:
    b, port, length = builder(Meter(name="m", span=NOWHERE, cells=256, rate=1000, burst=100))
    conforms = b.value(BOOL)
    b.add(MeterTake, state="m", index=port, amount=length, conforms=conforms)
    packets = Packets(b, conforms)
    assert [packets(0, length=60, now=0), packets(0, length=60, now=0)] == [(1,), (0,)]
    assert packets(0, length=60, now=10_000_000) == (0,)  # 10 ms: 10 tokens more
    assert packets(0, length=60, now=21_000_000) == (1,)


def test_reductions_say_where_a_round_stands() -> None:
    shape = VectorShape(Scalar("uint", 32), 2)
    b, port, length = builder(Reduction(name="r", span=NOWHERE, type=Vector(32, 2), shape=shape, slots=4))
    verdict, total = b.bits(2), b.value(Vector(32, 2))
    b.add(
        ReduceContribute,
        state="r",
        slot=constant(1, 32),
        epoch=constant(0, 32),
        round=length,
        tag=constant(0, 32),
        member=b.define(Resize, Bits(8), argument=port),
        members=constant(0b11, 64),
        operator=constant(0, 2),
        value=Constant((2**32 - 1, 5), Vector(32, 2)),
        verdict=verdict,
        total=total,
    )
    packets = Packets(b, verdict, total)
    assert packets(0) == (0, (0, 0))
    assert packets(1) == (1, (2**32 - 2, 10))
    assert packets(0) == (2, (2**32 - 2, 10))
    assert packets(2) == (3, (0, 0))
    assert type(packets(2)[0]) is int


def test_a_program_without_its_state_is_refused() -> None:
    b, port, _ = builder(Counter(name="c", span=NOWHERE, cells=256))
    b.add(CounterAdd, state="c", index=port, amount=constant(0, 32))
    b.drop()
    with pytest.raises(MissingStateError, match="`c`"):
        Machine(b.program(), states={})


def test_tunables_that_do_not_fit_are_refused() -> None:
    b = Builder()
    b.drop()
    with pytest.raises(UnknownTunableError, match="`limit`"):
        Machine(b.program(), states={}, tunables={"limit": 1})
    narrow = Builder(tunables=[Tunable("limit", Bits(8), 12, span=NOWHERE)])
    narrow.drop()
    for value in (256, -1):
        with pytest.raises(TunableRangeError, match="8 bits"):
            Machine(narrow.program(), states={}, tunables={"limit": value})
