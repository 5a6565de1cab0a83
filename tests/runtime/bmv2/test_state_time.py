"""States on another clock: what was live stays live for as long, and meters let through the same."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from compiler.load import load_source
from compiler.source import Source
from runtime.bmv2.state import Clock
from runtime.bmv2.state_time import move_states, wall_time
from sim.control import abstract_state
from sim.state import LeaseState, MapState, MeterState, RunState, build_states

S = 1_000_000_000
TICK_NS = 1 << 20
PROGRAM = load_source(
    Source(
        "clocks.weft",
        """\
port a;
state seen: map<u16, u16> { capacity: 4, sets: 1, ways: 4, idle: 60s }
state kept: map<u16, u16> { capacity: 4, sets: 1, ways: 4 }
state ids: lease<u16 => u16> { range: 1..=4, idle: 60s }
state rate: meter[2] { rate: 1_000, burst: 100 }
on a (_) {
    let entry = seen.find(1u16);
    entry.set(1u16) else drop;
    let other = kept.find(1u16);
    other.set(1u16) else drop;
    let id = ids.open(1u16) else drop;
    if !rate.take(0u32, 1u32) { drop }
    drop
}
""",
    )
).program


def a_map(states: dict[str, RunState], name: str = "seen") -> MapState:
    state = states[name]
    assert isinstance(state, MapState)
    return state


def a_lease(states: dict[str, RunState]) -> LeaseState:
    state = states["ids"]
    assert isinstance(state, LeaseState)
    return state


def a_meter(states: dict[str, RunState]) -> MeterState:
    state = states["rate"]
    assert isinstance(state, MeterState)
    return state


def put(state: MapState, key: int, tick: int) -> None:
    state.put(state.find((key,), tick, False)[2], (key,), (7,), tick)


times = st.integers(0, 200 * S) | st.integers(0, (1 << 62))


@given(now_ns=times, to_ns=times, idle_s=st.integers(0, 70))
@example(now_ns=1_700_000_000 * S, to_ns=10 * S, idle_s=59)  # last used before the other clock began
def test_what_was_idle_for_a_time_is_idle_for_that_time(now_ns: int, to_ns: int, idle_s: int) -> None:
    states = build_states(PROGRAM)
    last = (now_ns - idle_s * S >> 20) & 0xFFFF_FFFF
    put(a_map(states), 3, last)
    put(a_map(states, "kept"), 4, last)
    closed, left = (a_lease(states).open((9,), 0, last) for _ in range(2))
    a_lease(states).close(closed)
    moved_ns = move_states(states, now_ns=now_ns, to_ns=to_ns)
    assert to_ns - TICK_NS < moved_ns <= to_ns
    # 60 s are 57,221 ticks, which is what decides.
    ticks = (now_ns >> 20) - (now_ns - idle_s * S >> 20)
    for later_ticks in (0, 57_221 - ticks, 57_222 - ticks):
        if later_ticks < 0:
            continue
        is_live = ticks + later_ticks <= 57_221
        found = abstract_state(PROGRAM, states, moved_ns + later_ticks * TICK_NS)
        assert (list(found["seen"]), list(found["ids"])) == ((["3"], [str(left)]) if is_live else ([], []))
        assert found["kept"] == {"4": {"value": 7}}
    assert a_lease(states).generation(closed) == 1


takes = st.lists(st.tuples(st.integers(0, 200_000_000), st.integers(0, 60)), min_size=1, max_size=8)


@given(now_ns=times, to_ns=times, before=takes, after=takes)
@example(now_ns=1_700_000_000 * S, to_ns=0, before=[(0, 60), (50_000_000, 40)], after=[(0, 51), (10_000_000, 60)])
def test_meters_let_the_same_through(
    now_ns: int, to_ns: int, before: list[tuple[int, int]], after: list[tuple[int, int]]
) -> None:
    stayed, moved = build_states(PROGRAM), build_states(PROGRAM)
    for step_ns, amount in before:
        now_ns += step_ns
        for states in (stayed, moved):
            a_meter(states).take(0, amount, now_ns)
    moved_ns = move_states(moved, now_ns=now_ns, to_ns=to_ns)
    for step_ns, amount in after:
        now_ns += step_ns
        moved_ns += step_ns
        assert a_meter(moved).take(0, amount, moved_ns) == a_meter(stayed).take(0, amount, now_ns)
    assert a_meter(moved).buckets[1] == a_meter(stayed).buckets[1]  # never used: as at the start


@given(switch_ns=times, wall_ns=times, jitter_ns=st.integers(-100_000, 100_000))
def test_two_looks_at_the_clocks_nearly_always_agree(switch_ns: int, wall_ns: int, jitter_ns: int) -> None:
    first = wall_time(Clock(switch_ns, wall_ns))
    assert first == 0 or abs(first - wall_ns) <= 1 << 26
    apart = wall_ns - switch_ns + (1 << 26)
    if 100_000 <= apart % (1 << 27) < (1 << 27) - 100_000 and wall_ns > 1 << 27:
        assert wall_time(Clock(switch_ns + 5 * S, wall_ns + 5 * S + jitter_ns)) == first + 5 * S


def test_there_and_back_is_where_it_was() -> None:
    states = build_states(PROGRAM)
    put(a_map(states), 3, 1_000)
    a_meter(states).take(1, 30, 2_000 * TICK_NS)
    before = {name: state.snapshot() for name, state in states.items()}
    there = move_states(states, now_ns=2_000 * TICK_NS, to_ns=5_000 * S)
    assert {name: state.snapshot() for name, state in states.items()} != before
    assert move_states(states, now_ns=there, to_ns=2_000 * TICK_NS) == 2_000 * TICK_NS
    assert {name: state.snapshot() for name, state in states.items()} == before
