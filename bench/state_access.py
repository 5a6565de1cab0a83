"""Measure nanoseconds for one access to the interpreter's states, on one core.

    python -m bench.state_access [--flows N] [--json PATH]

A map and a lease with its index hold `--flows` flows (five-tuples), within the capacity that the compiler gives
65,536 keys; every access takes another flow, in a shuffled order. Figures are the best of three runs, the loop's own
cost included.
"""

import argparse
import json
import platform
import random
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from compiler.ir.states import Index, Lease, Map
from compiler.ir.types import Record, Scalar, leaf_types
from compiler.meaning.sets import set_geometry
from compiler.source import NOWHERE
from sim.state import IndexState, LeaseState, MapState

RUNS = 3
CAPACITY = 65_536
IDLE_TICKS = 286_103  # 300 s
FLOW = Record(
    "Flow", tuple((name, Scalar("uint", width)) for name, width in zip("sdpqt", (32, 32, 16, 16, 8), strict=True))
)

Key = tuple[int, ...]


def empty_states() -> tuple[MapState, LeaseState, IndexState]:
    key = leaf_types(FLOW)
    sets, ways = set_geometry(CAPACITY)
    flows = Map(
        name="flows",
        span=NOWHERE,
        key=key,
        values=key[:1],
        key_shape=FLOW,
        value_shape=FLOW.fields[0][1],
        capacity=CAPACITY,
        sets=sets,
        ways=ways,
        idle_ticks=IDLE_TICKS,
    )
    sessions = Lease(
        name="sessions",
        span=NOWHERE,
        id_width=32,
        first=0,
        last=CAPACITY - 1,
        values=key,
        value_shape=FLOW,
        idle_ticks=IDLE_TICKS,
    )
    by_flow = Index(
        name="by_flow", span=NOWHERE, key=key, key_shape=FLOW, lease="sessions", capacity=CAPACITY, sets=sets, ways=ways
    )
    lease = LeaseState(sessions)
    return MapState(flows), lease, IndexState(by_flow, lease)


def insert(state: MapState, key: Key, tick: int) -> None:
    _, _, slot, _ = state.find(key, tick, True)
    state.put(slot, key, (1,), tick)


def nanoseconds(access: Callable[[Key, int], object], keys: list[Key]) -> float:
    """Return the mean time of one access, best of `RUNS` runs, each a second of ticks after the one before."""
    best_s = float("inf")
    for run in range(1, RUNS + 1):
        tick = 1000 * run
        started = time.perf_counter()
        for key in keys:
            access(key, tick)
        best_s = min(best_s, time.perf_counter() - started)
    return 1e9 * best_s / len(keys)


def measure(flows: int) -> tuple[dict[str, float], int]:
    """Return nanoseconds by access, and the inserts that failed while the states were filled."""
    generator = random.Random(1)
    keys = [tuple(generator.getrandbits(width) for width in (32, 32, 16, 16, 8)) for _ in range(flows)]
    absent = [(*key[:4], key[4] ^ 1) for key in keys]
    map_state, lease, index = empty_states()
    started = time.perf_counter()
    for key in keys:
        insert(map_state, key, 0)
    times = {"map: insert (find, put)": 1e9 * (time.perf_counter() - started) / flows}
    started = time.perf_counter()
    for key in keys:
        index.open(key, key, 0)
    times["index: open a new lease"] = 1e9 * (time.perf_counter() - started) / flows
    failed = map_state.failed_inserts + index.failed_inserts + lease.failed_inserts
    generator.shuffle(keys)
    ids = [(id_,) for id_, _, _ in lease.entries(0)]
    times["map: find, hit"] = nanoseconds(lambda key, tick: map_state.find(key, tick, True), keys)
    times["map: find, miss"] = nanoseconds(lambda key, tick: map_state.find(key, tick, True), absent)
    times["index: find, hit"] = nanoseconds(lambda key, tick: index.find(key, tick, True), keys)
    times["index: open, hit"] = nanoseconds(lambda key, tick: index.open(key, key, tick), keys)
    times["lease: get, hit"] = nanoseconds(lambda key, tick: lease.get(key[0], tick, True), ids)
    return times, failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flows", type=int, default=32_768, help="flows in the states (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    times, failed = measure(arguments.flows)
    sets, ways = set_geometry(CAPACITY)
    load = arguments.flows / (sets * ways)
    table = Table(title=f"states: {arguments.flows:,} flows, load factor {load:.2f}, {failed} failed inserts")
    table.add_column("access")
    table.add_column("ns", justify="right")
    for name, time_ns in times.items():
        table.add_row(name, f"{time_ns:,.0f}")
    Console().print(table)
    if arguments.json:
        figures = {
            "bench": "state_access",
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "machine": f"{platform.machine()}, Python {platform.python_version()}",
            "flows": arguments.flows,
            "load_factor": round(load, 3),
            "failed_inserts": failed,
            "access_ns": {name: round(time_ns) for name, time_ns in times.items()},
        }
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
