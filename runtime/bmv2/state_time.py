"""Move a program's states from one clock to another, every age as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from compiler.ir.states import Lease, Map, Meter
from compiler.meaning.clock import TICK_MASK, TICK_SHIFT
from compiler.meaning.token_bucket import TIME_SHIFT, Bucket, bucket_constants, take
from runtime.bmv2.state import Clock
from sim.state import LeaseState, MapState, MeterState, RunState

Row = list[object]
_GRAIN_NS: Final = 1 << 27  # about 0.13 s


def wall_time(clock: Clock) -> int:
    """The wall clock's time to within 0.07 s.

    The difference of the two clocks is cut to a coarse grain, so that two looks at a switch, a little apart in what
    they measure, hardly ever differ: then an unchanged state that is read twice is the same state.
    """
    apart = clock.wall_ns - clock.switch_ns
    return max(0, clock.switch_ns + (apart + _GRAIN_NS // 2) // _GRAIN_NS * _GRAIN_NS)


def move_states(states: Mapping[str, RunState], *, now_ns: int, to_ns: int) -> int:
    """Change `states`, which are as of `now_ns`, so that they are as of about `to_ns`; return the exact time.

    What was idle for 20 s stays idle for 20 s, and meters stay as full. The way is cut to whole ticks (2^20 ns),
    so that the order of last uses cannot change. Times that the program itself keeps in its values are not known
    to be times of day, and stay.
    """
    ticks = (to_ns - now_ns) >> TICK_SHIFT
    for state in states.values():
        match state:
            case MapState(declaration=Map(idle_ticks=int())):
                _move_last(state, "entries", 3, ticks)
            case LeaseState(declaration=Lease(idle_ticks=int())):
                _move_last(state, "leases", 2, ticks)
            case MeterState():
                state.buckets[:] = [_moved(b, state.declaration, now_ns, ticks) for b in state.buckets]
            case _:
                pass
    return now_ns + (ticks << TICK_SHIFT)


def _move_last(state: MapState | LeaseState, rows: str, column: int, ticks: int) -> None:
    """Add `ticks` to the last use in each row of a snapshot; they wrap, as ticks do."""
    snapshot = state.snapshot()
    for row in cast(list[Row], snapshot[rows]):
        closed = isinstance(state, LeaseState) and row[3] is None
        if not closed:
            row[column] = (cast(int, row[column]) + ticks) & TICK_MASK
    state.restore(snapshot)


def _moved(bucket: Bucket, declaration: Meter, now_ns: int, ticks: int) -> Bucket:
    constants = bucket_constants(rate=declaration.rate, burst=declaration.burst)
    if bucket == Bucket(constants.full, 0):  # as at the start
        return bucket
    by = ticks << TICK_SHIFT - TIME_SHIFT
    if bucket.last + by < 0:  # last used before the other clock began: give it now what it has earned until now
        bucket, _ = take(bucket, 0, now_ns=now_ns, constants=constants)
    return Bucket(bucket.credit, max(0, bucket.last + by))
