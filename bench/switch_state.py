"""Measure how long it takes to read and write the state of a running bmv2.

    python -m bench.switch_state [--sessions N] [--json PATH]

The address translator of the examples with so many open sessions: their state is written into a switch that has
just started, read, and written again with nothing to change. Beside it the single steps over Thrift that this is
made of. Needs `p4c-bm2-ss` and `simple_switch` on PATH or in WEFT_P4_BIN.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from backends.p4.tools import P4C, find_tool
from compiler.ir.program import Program
from compiler.load import load_program
from runtime.bmv2.process import SIMPLE_SWITCH, SwitchOptions, start_switch
from runtime.bmv2.state import pull_state, push_state
from runtime.bmv2.thrift_client import SwitchClient
from sim.state import IndexState, RunState, build_states
from tests.bmv2 import Bmv2Engine
from weft.bundled import bundled_examples

TICK = 1_000
REQUESTS = 2_000


def with_sessions(program: Program, sessions: int) -> dict[str, RunState]:
    """The states of the translator after so many flows began."""
    states = build_states(program)
    index = states["by_flow"]
    assert isinstance(index, IndexState)
    for flow in range(sessions):
        key = (0x0A000000 + flow // 100, 0xC6336401, 17, 1_000 + flow % 100, 53)
        index.open(key, key, TICK)
    return states


def seconds(step: Callable[[], object]) -> float:
    begun = time.perf_counter()
    step()
    return time.perf_counter() - begun


def single_steps(client: SwitchClient, register: str, cells: int) -> dict[str, float]:
    """Milliseconds of each request, the mean of many."""
    each = range(REQUESTS)
    reads = seconds(lambda: [client.read(register, cell) for cell in each])
    writes = seconds(lambda: [client.write(register, cell, 0) for cell in each])
    whole = min(seconds(lambda: client.read_all(register)) for _ in range(3))
    span = min(seconds(lambda: client.write_range(register, 0, cells, 0)) for _ in range(3))
    return {
        "read a cell": reads / REQUESTS * 1e3,
        "write a cell": writes / REQUESTS * 1e3,
        f"read all {cells:,} cells": whole * 1e3,
        f"write one value into {cells:,} cells": span * 1e3,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if missing := [name for name in (P4C, SIMPLE_SWITCH) if find_tool(name) is None]:
        sys.exit(f"{' and '.join(missing)}: neither on PATH nor in WEFT_P4_BIN; nothing is measured")
    program = load_program(bundled_examples() / "nat" / "nat.weft").program
    engine = Bmv2Engine()  # its folder is there as long as it is
    built = engine.build(program)
    states = with_sessions(program, arguments.sessions)
    with start_switch(SwitchOptions(config=built.config)) as running, running.client(timeout_s=60) as client:
        begun = time.perf_counter()
        written = push_state(built.manifest, program, states, client)
        found = {"push": time.perf_counter() - begun}
        found["pull"] = seconds(lambda: pull_state(built.manifest, program, client, now_ns=0))
        found["push, nothing to change"] = seconds(lambda: push_state(built.manifest, program, states, client))
        array = max(built.manifest.arrays, key=lambda array: array.cells)
        steps = single_steps(client, array.words[0].register.name, array.cells * array.lanes)
    show(arguments.sessions, written.requests, found, steps)
    if arguments.json:
        result = {
            "sessions": arguments.sessions,
            "requests": written.requests,
            "seconds": found,
            "milliseconds": steps,
            "machine": platform.processor() or platform.machine(),
        }
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


def show(sessions: int, requests: int, found: dict[str, float], steps: dict[str, float]) -> None:
    cells = "a switch that has just started"
    table = Table(
        title=f"{sessions:,} sessions, {requests:,} requests to write them into {cells}", title_justify="left"
    )
    table.add_column("step")
    table.add_column("time", justify="right")
    for name, took in found.items():
        table.add_row(name, f"{took:.2f} s")
    for name, took in steps.items():
        table.add_row(name, f"{took:.3f} ms")
    Console().print(table)


if __name__ == "__main__":
    main()
