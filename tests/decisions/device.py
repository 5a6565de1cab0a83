"""One run of a program that a test writes down: packets go in by port name, and what leaves comes back."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from compiler.analyses import StateAlgebra, classify_states
from compiler.diagnostics import CompileError, Diagnostic
from compiler.ir.literals import render_value
from compiler.ir.program import Program
from compiler.load import LoadedProgram, load_source
from compiler.pipeline import run_passes
from compiler.source import Source
from sim.captures import Packet
from sim.control import AbstractState, abstract_state
from sim.interpreter import Run, Summary
from sim.state import NO_ENTRIES, ControlEntries, TableArrayState, TableState

START_S = 1_000_000.0  # any instant: only differences of times mean something
MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
HOST, OTHER_HOST, SERVER = "10.0.0.5", "10.0.0.6", "198.51.100.7"


def load(text: str) -> LoadedProgram:
    """Check and lower a program that begins with the standard headers; CompileError where it is refused."""
    return load_source(Source("test.weft", f"use std::net; use std::tcp;\n{text}"))


def said(text: str) -> tuple[Diagnostic, ...]:
    """All that is said about a program, errors or else warnings."""
    try:
        return load(text).warnings
    except CompileError as error:
        return error.diagnostics


def codes(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in said(text)]


def optimized(text: str, *, also: tuple[str, ...] = ()) -> Program:
    """The program after every pass, each one verified."""
    return run_passes(load(text).lowered, also=also, check=True)


def classes(text: str) -> StateAlgebra:
    return classify_states(load(text).program)


class Device:
    """A program and its state, which lives from packet to packet. Port numbers are places in the declaration."""

    def __init__(self, program: str | Program, *, entries: ControlEntries = NO_ENTRIES) -> None:
        self.program = load(program).program if isinstance(program, str) else program
        self._numbers = {port.name: number for number, port in enumerate(self.program.ports)}
        self._names = tuple(self._numbers)
        self._run = Run(self.program, entries=entries)
        self.digests: list[Any] = []
        self._now_ns = 0

    def send(
        self, port: str, packet: Scapy | bytes, *, at_s: float = 0.0, now_ns: int | None = None
    ) -> list[tuple[str, bytes]]:
        """What leaves, as (port, bytes) in order, when `packet` arrives by `port` `at_s` seconds after the start.

        `now_ns` gives the whole time instead.
        """
        self._now_ns = round((START_S + at_s) * 1e9) if now_ns is None else now_ns
        left: list[tuple[str, bytes]] = []
        data = bytes(packet)
        self._run.feed(
            [Packet(self._now_ns, data, len(data), self._numbers[port])],
            send=lambda emitted: left.append((self._names[emitted.port], emitted.data)),
            digest=self._note,
        )
        return left

    def through(self, port: str, packet: Scapy | bytes, *, at_s: float = 0.0) -> Scapy | None:
        """The one packet that leaves for `packet`, or None where it is dropped."""
        left = self.send(port, packet, at_s=at_s)
        assert len(left) < 2
        return Ether(left[0][1]) if left else None

    def fill(self, entries: ControlEntries) -> None:
        """What the control plane does between packets: other contents for these tables and arrays."""
        for name, rows in entries.tables.items():
            table = self._run.states[name]
            assert isinstance(table, TableState)
            table.replace(rows)
        for name, cells in entries.arrays.items():
            array = self._run.states[name]
            assert isinstance(array, TableArrayState)
            array.replace(cells)

    @property
    def summary(self) -> Summary:
        return self._run.summary

    def state(self) -> AbstractState:
        """The meaning of the state when the last packet came."""
        return abstract_state(self.program, self._run.states, self._now_ns)

    def cells(self, name: str) -> Mapping[str, object]:
        """The entries of one state by key, those that are as they began left out."""
        return self.state()[name]

    def _note(self, _now_ns: int, record: tuple[str, tuple[Any, ...]]) -> None:
        name, leaves = record
        self.digests.append(render_value(self.program.record(name), leaves, ports=self._names))


def udp(
    source: str = HOST, destination: str = SERVER, *, sport: int = 1000, dport: int = 53, more: bytes = b""
) -> Scapy:
    return MACS / IP(src=source, dst=destination, id=7) / UDP(sport=sport, dport=dport) / Raw(more)


def tcp(
    source: str = HOST, destination: str = SERVER, *, sport: int = 1000, dport: int = 443, flags: str = "A"
) -> Scapy:
    return MACS / IP(src=source, dst=destination, id=7) / TCP(sport=sport, dport=dport, flags=flags) / Raw(b"odd")


def number(address: str) -> int:
    return int(IPv4Address(address))
