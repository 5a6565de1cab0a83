"""Every state of one program: saved and continued, and what a damaged snapshot does."""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.program import Port, Program
from compiler.ir.states import Array, Counter, Index, Lease, Map, MatchKind, Meter, Reduction, State, Table, TableArray
from compiler.ir.types import Bits, Scalar, Vector, VectorShape
from compiler.meaning.hashing import family_multiplier
from compiler.source import NOWHERE
from sim.state import (
    ArrayState,
    ControlEntries,
    CounterState,
    Exact,
    IndexState,
    LeaseState,
    MapState,
    MeterState,
    ReductionState,
    RunState,
    StateError,
    TableEntry,
    build_states,
)

U16 = Scalar("uint", 16)
LANES = VectorShape(Scalar("uint", 32), 2)
STATES: tuple[State, ...] = (
    Array(name="wide", span=NOWHERE, type=Bits(128), cells=4, shape=Scalar("uint", 128), initial=7),
    Map(
        name="flows",
        span=NOWHERE,
        key=(Bits(16),),
        values=(Bits(16),),
        key_shape=U16,
        value_shape=U16,
        capacity=4,
        sets=2,
        ways=2,
        idle_ticks=5,
    ),
    Index(name="by_flow", span=NOWHERE, key=(Bits(16),), key_shape=U16, lease="sessions", capacity=4, sets=2, ways=2),
    Lease(
        name="sessions",
        span=NOWHERE,
        id_width=16,
        first=10,
        last=13,
        values=(Bits(16),),
        value_shape=U16,
        idle_ticks=5,
    ),
    Table(
        name="rules",
        span=NOWHERE,
        key=(Bits(16),),
        match=(MatchKind.EXACT,),
        key_shape=U16,
        values=(Bits(16),),
        value_shape=U16,
        size=4,
        default=None,
    ),
    TableArray(name="maglev", span=NOWHERE, type=Bits(16), cells=3, shape=U16),
    Counter(name="bytes", span=NOWHERE, cells=3),
    Meter(name="police", span=NOWHERE, cells=2, rate=1_000_000, burst=100),
    Reduction(name="sums", span=NOWHERE, type=Vector(32, 2), shape=LANES, slots=2),
)
PROGRAM = Program(
    name="all",
    shares=1,
    ports=(Port("lan", "lan"),),
    headers=(),
    states=STATES,
    tunables=(),
    records=(),
    guards=(),
    operations=(),
    handlers=(),
)
ENTRIES = ControlEntries(tables={"rules": (TableEntry((Exact(1),), (2,)),)}, arrays={"maglev": (4, 5)})


def touch(states: dict[str, RunState], n: int, tick: int) -> object:
    """One packet's worth of every access; returns all that it could see."""
    array, flows, index = states["wide"], states["flows"], states["by_flow"]
    sessions, counter, meter, sums = states["sessions"], states["bytes"], states["police"], states["sums"]
    assert isinstance(array, ArrayState) and isinstance(flows, MapState) and isinstance(index, IndexState)
    assert isinstance(sessions, LeaseState) and isinstance(counter, CounterState)
    assert isinstance(meter, MeterState) and isinstance(sums, ReductionState)
    seen: list[object] = [array.cells[n % 4]]
    array.cells[n % 4] = (n << 100) + tick
    found = flows.find((n,), tick, True)
    seen += [found, flows.put(found[2], (n,), (tick & 0xFFFF,), tick)]
    seen += [index.open((n,), (tick & 0xFFFF,), tick), sessions.get(10 + n % 5, tick, n % 2 == 0)]
    if n % 5 == 0:
        sessions.close(11)
    counter.add(n % 3, 2**63)
    seen.append(meter.take(n % 2, 60, tick << 20))
    seen.append(sums.contribute(n % 3, 1, tick % 4, 0, n % 2, 0b11, 0, (n, 2**32 - 1)))
    return seen


PACKETS = st.lists(st.tuples(st.integers(0, 7), st.sampled_from([0, 1, 3, 6, 7, 2**31, 2**32 - 3])), max_size=25)


@given(PACKETS, PACKETS)
def test_a_run_saved_and_continued_equals_one_that_was_not(
    before: list[tuple[int, int]], after: list[tuple[int, int]]
) -> None:
    states = build_states(PROGRAM, ENTRIES)
    for packet in before:
        touch(states, *packet)
    saved = json.loads(json.dumps({name: state.snapshot() for name, state in states.items()}))
    continued = build_states(PROGRAM)
    for name, state in continued.items():
        state.restore(saved[name])
    assert {name: state.snapshot() for name, state in continued.items()} == saved
    assert [touch(states, *packet) for packet in after] == [touch(continued, *packet) for packet in after]
    for name, state in continued.items():
        assert state.snapshot() == states[name].snapshot()


def full() -> dict[str, RunState]:
    states = build_states(PROGRAM, ENTRIES)
    for n in range(8):
        touch(states, n, n)
    return states


SNAPSHOTS = json.loads(json.dumps({name: state.snapshot() for name, state in full().items()}))


def paths(value: object, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The places in a snapshot, as keys and positions from its top."""
    found = [here]
    match value:
        case dict():
            for name, inner in value.items():
                found += paths(inner, (*here, name))
        case list():
            for i, inner in enumerate(value):
                found += paths(inner, (*here, i))
        case _:
            pass
    return found


def replaced(value: object, path: tuple[str | int, ...], by: object) -> object:
    if not path:
        return by
    result = copy.deepcopy(value)
    inner = result
    for step in path[:-1]:
        inner = inner[step]  # type: ignore[index]
    inner[path[-1]] = by  # type: ignore[index]
    return result


WRONG = st.sampled_from(
    [None, True, -1, 2**200, 1.5, "x", "0x", [], [[]], [[1]], {}, {"entries": []}, "0xffffffffffffffff"]
)


@given(st.sampled_from(sorted(SNAPSHOTS)), st.data())
def test_a_damaged_snapshot_is_refused_or_taken_whole(name: str, data: st.DataObject) -> None:
    """Whatever stands in its place, restoring gives a state whose snapshot it is, or a StateError and no change."""
    path = data.draw(st.sampled_from(paths(SNAPSHOTS[name])))
    damaged = replaced(SNAPSHOTS[name], path, data.draw(WRONG))
    states = full()
    before = states[name].snapshot()
    try:
        states[name].restore(damaged)
    except StateError as error:
        assert error.place.startswith(name)
        assert states[name].snapshot() == before
    else:
        again = json.loads(json.dumps(states[name].snapshot()))
        assert again == damaged


def _foreign_slot(key: int) -> int:
    """A slot of the set that `key` does not belong to."""
    digest = zlib.crc32(key.to_bytes(2)) * family_multiplier(0x100) % 2**64
    return 0 if digest >> 63 else 3


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("wide", lambda s: s["cells"].append([9, 0]), "wide.cells[4][0]: 9 is outside 0..3"),
        ("wide", lambda s: s["cells"].reverse(), "does not come after"),
        ("flows", lambda s: s.update(entries=[[_foreign_slot(1), [1], [1], 0]]), "is not one of this key's"),
        ("flows", lambda s: s.pop("failed_inserts"), "flows: `failed_inserts` is missing"),
        ("flows", lambda s: s.update(extra=1), "flows: unknown field 'extra'"),
        ("by_flow", lambda s: s["entries"][0].__setitem__(2, 99), "by_flow.entries[0][2]: 99 is outside 10..13"),
        ("sessions", lambda s: s["hands"].append(0), "sessions.hands: expected 1 values, found 2"),
        ("sessions", lambda s: s["hands"].__setitem__(0, 4), "sessions.hands[0]: 4 is outside 0..3"),
        ("sessions", lambda s: s["leases"][0].__setitem__(3, [70000]), "70000 is outside 0..65535"),
        ("rules", lambda s: s["entries"].append([1, [1], [3], 0]), "rules[1]: entry 0 has the same key"),
        ("bytes", lambda s: s["cells"][0].__setitem__(1, "0x1ffffffffffffffff"), "bytes.cells[0][1]"),
        ("police", lambda s: s["buckets"][0].__setitem__(1, 2**40), "police.buckets[0][1]"),
        ("sums", lambda s: s["banks"][0].__setitem__(2, 1), "sums.banks[0][2]: round 1 does not live in bank 0"),
        ("sums", lambda s: s["banks"][0].__setitem__(5, 0), "sums.banks[0][5]: 0 is outside 1.."),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    name: str, change: Callable[[dict[str, list[object]]], object], message: str
) -> None:
    damaged = copy.deepcopy(SNAPSHOTS[name])
    change(damaged)
    with pytest.raises(StateError) as caught:
        build_states(PROGRAM)[name].restore(damaged)
    assert message in str(caught.value)


def test_states_start_as_declared() -> None:
    states = build_states(PROGRAM, ENTRIES)
    assert list(states) == [state.name for state in STATES]
    array = states["wide"]
    assert isinstance(array, ArrayState)
    assert array.cells == [7, 7, 7, 7]
    assert states["by_flow"].lease is states["sessions"]  # type: ignore[union-attr]


def test_entries_for_what_is_no_table_are_refused() -> None:
    with pytest.raises(StateError, match="flows: the program has no table of this name"):
        build_states(PROGRAM, ControlEntries(tables={"flows": ()}))


def test_counters_wrap_at_64_bits() -> None:
    counter = CounterState(Counter(name="c", span=NOWHERE, cells=1))
    for _ in range(3):
        counter.add(0, 2**63)
    assert (counter.packets, counter.byte_counts) == ([3], [2**63])


def test_a_slot_out_of_range_is_stale() -> None:
    sums = build_states(PROGRAM)["sums"]
    assert isinstance(sums, ReductionState)
    assert sums.contribute(0, 1, 0, 0, 5, 1, 0, (1, 2)) == (3, None)
    assert sums.banks() == []  # a stale packet leaves no trace
    assert sums.contribute(2, 1, 0, 0, 0, 1, 0, (1, 2)) == (3, None)
    assert sums.contribute(1, 1, 0, 0, 0, 1, 0, (1, 2)) == (1, (1, 2))
    assert sums.contribute(1, 1, 0, 0, 0, 1, 0, (1, 2)) == (2, (1, 2))


def test_a_refused_packet_takes_no_tokens() -> None:
    police = build_states(PROGRAM)["police"]
    assert isinstance(police, MeterState)
    assert [police.take(0, amount, 0) for amount in (60, 60, 40, 1)] == [True, False, True, False]
    assert police.take(1, 100, 0)  # another bucket
