"""Run a program of examples/ on packets that scapy builds, by the names of its ports."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

from scapy.packet import Packet as Scapy

from compiler.ir.program import Program
from compiler.load import load_source
from compiler.pipeline import run_passes
from compiler.source import Source
from sim.control import load_entries
from sim.interpreter import Machine
from sim.state import (
    NO_ENTRIES,
    ControlEntries,
    CounterState,
    TableArrayState,
    TableState,
    build_states,
)

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
START_S = 1_000_000.0  # any instant: only differences of times mean something


@cache
def example_program(name: str, *, capacity: int | None = None) -> Program:
    """The program of an example as `weft run` runs it; with `capacity` in the place of its maps' own."""
    path = EXAMPLES / name / f"{name}.weft"
    text = path.read_text(encoding="utf-8")
    if capacity is not None:
        text = re.sub(r"capacity: \w+", f"capacity: {capacity}", text)
    return run_passes(load_source(Source(str(path), text), directory=path.parent).program, until="assign_shares")


def example_entries(name: str) -> ControlEntries:
    """The entries that come with an example; none where it has no tables."""
    path = EXAMPLES / name / "tables.toml"
    return load_entries(path, example_program(name)) if path.is_file() else NO_ENTRIES


def example_script(name: str, script: str) -> ModuleType:
    """A script of an example, such as its traffic.py, as a module."""
    found = importlib.util.spec_from_file_location(f"{name}_{script}", EXAMPLES / name / f"{script}.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


class Device:
    """One run of an example: its state lives from packet to packet."""

    def __init__(self, name: str, *, entries: ControlEntries | None = None, capacity: int | None = None) -> None:
        self.program = example_program(name, capacity=capacity)
        given = example_entries(name) if entries is None else entries
        self._numbers = {port.name: number for number, port in enumerate(self.program.ports)}
        self._names = [port.name for port in self.program.ports]
        self.states = build_states(self.program, given)
        self.digests: list[tuple[str, tuple[object, ...]]] = []
        self._machine = Machine(self.program, states=self.states, tunables=given.tunables, groups=given.multicast)

    def send(self, port: str, packet: Scapy | bytes, *, at_s: float = 0.0) -> list[tuple[str, bytes]]:
        """What leaves, as (port, bytes) in order, when `packet` arrives by `port` `at_s` seconds after the start."""
        now = round((START_S + at_s) * 1e9)
        outcome = self._machine.process(bytes(packet), port=self._numbers[port], now=now)
        self.digests += outcome.digests
        return [(self._names[emission.port], emission.data) for emission in outcome.emissions]

    def counted(self, counter: str) -> dict[int, int]:
        """The packets that each cell of a counter has counted, where it has."""
        state = self.states[counter]
        assert isinstance(state, CounterState)
        return {cell: packets for cell, packets in enumerate(state.packets) if packets}

    def replace(self, entries: ControlEntries) -> None:
        """Let the control plane put other entries into the tables; what packets wrote stays."""
        fresh = build_states(self.program, entries)
        for name, state in self.states.items():
            if isinstance(state, TableState | TableArrayState):
                state.restore(fresh[name].snapshot())
