"""Drive an object of the standard library by packets, one operation a packet."""

from __future__ import annotations

import struct
import zlib

from compiler.load import load_source
from compiler.source import Source
from sim.interpreter import Machine
from sim.state import NO_ENTRIES, ArrayState, ControlEntries, build_states

_PROGRAM = """
use std::net;
use std::sketch::*NAMES*;

header probe on eth.type == 0x88b5 { op: u8, key: u64, amount: u32, answer: u32 }
port wire;
state s: *TYPE*;

on wire (p: probe) {
    let (key, amount) = (p.probe.key, p.probe.amount);
    match p.probe.op {
*ARMS*
        _ => drop,
    }
    reply;
}
on wire (_) { drop }
"""
_HEADER = struct.Struct(">BQII")
_ETHERNET = bytes(12) + b"\x88\xb5"


class Probe:
    """`state s: declared`, and for each name in `operations` a call that gives a u32 or, with `;`, nothing."""

    def __init__(self, declared: str, **operations: str) -> None:
        arms = "\n".join(
            f"        {i} => {{ {call} }}," if call.endswith(";") else f"        {i} => {{ p.probe.answer = {call}; }},"
            for i, call in enumerate(operations.values())
        )
        names = "{" + declared.partition("<")[0] + "}"
        text = _PROGRAM.replace("*NAMES*", names).replace("*TYPE*", declared).replace("*ARMS*", arms)
        self.program = load_source(Source("probe.weft", text)).program
        self._numbers = {name: i for i, name in enumerate(operations)}
        self.clear()

    def clear(self, entries: ControlEntries = NO_ENTRIES) -> None:
        """Start again with empty state."""
        self.states = build_states(self.program, entries)
        self._machine = Machine(self.program, states=self.states)

    def __call__(self, operation: str, key: int, amount: int = 0, *, now: int = 0) -> int:
        data = _ETHERNET + _HEADER.pack(self._numbers[operation], key, amount, 0)
        (emission,) = self._machine.process(data, port=0, now=now).emissions
        return _HEADER.unpack_from(emission.data, len(_ETHERNET))[3]

    def cells(self, name: str) -> list[int]:
        """The cells of the object's array `name`."""
        state = self.states[f"s.{name}"]
        assert isinstance(state, ArrayState)
        return [cell for cell in state.cells if isinstance(cell, int)]


def family(member: int, key: int) -> int:
    """Member `member` of the hash family for a key of 64 bits, as docs/language.md describes it."""
    state = (0x5745465400000000 + member + 0x9E3779B97F4A7C15) % 2**64
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    state = (state ^ state >> 27) * 0x94D049BB133111EB % 2**64
    multiplier = (state ^ state >> 31) | 1
    return zlib.crc32(key.to_bytes(8, "big")) * multiplier % 2**64 >> 32


def spread_keys(count: int, *, seed: int) -> list[int]:
    """Different keys, spread over all 64 bits."""
    return [(seed * 1_000_003 + i) * 0x9E3779B97F4A7C15 % 2**64 for i in range(count)]
