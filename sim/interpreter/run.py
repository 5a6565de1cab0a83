"""Run a program over a sequence of packets: emissions to a sink, and a summary of what became of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from compiler.ir.emissions import Drop
from compiler.ir.program import Program
from compiler.meaning.hashing import DEFAULT_SALT
from compiler.source import Span
from sim.captures import Packet
from sim.interpreter.machine import DigestRecord, Machine
from sim.interpreter.observe import Observer
from sim.state import NO_ENTRIES, ControlEntries, RunState, build_states

PacketSink: TypeAlias = Callable[[Packet], None]
DigestSink: TypeAlias = Callable[[int, DigestRecord], None]  # (time of the packet in ns, record)


@dataclass(slots=True)
class Traffic:
    """Packets, and their bytes on the wire."""

    packets: int = 0
    bytes: int = 0

    def add(self, wire_length: int) -> None:
        self.packets += 1
        self.bytes += wire_length


@dataclass(frozen=True, slots=True)
class DropPlace:
    """Where packets were dropped: a place of the source text, and the reason that stands there."""

    file: str
    line: int
    column: int
    reason: str
    called_from: int | None = None  # the line of the handler that called the function with this place in it


@dataclass(slots=True)
class Summary:
    """What became of the packets of a run. Ports are by number; `dropped` is by place of the program."""

    received: list[Traffic]
    sent: list[Traffic]
    dropped: Counter[DropPlace] = field(default_factory=Counter)
    unhandled: int = 0  # packets that no handler took; they stand in `dropped` as well
    digests: Counter[str] = field(default_factory=Counter)  # by name of the record
    lost: int = 0  # emissions to port numbers that the program does not have
    first_ns: int | None = None  # earliest and latest arrival
    last_ns: int | None = None

    @property
    def packets(self) -> int:
        return sum(traffic.packets for traffic in self.received)

    def note_times(self, first_ns: int, last_ns: int) -> None:
        """Take in when the earliest and the latest of some packets arrived."""
        self.first_ns = first_ns if self.first_ns is None else min(self.first_ns, first_ns)
        self.last_ns = last_ns if self.last_ns is None else max(self.last_ns, last_ns)


class Run:
    """A program and its state, fed with packets. The clock is the packets' own and may go back."""

    def __init__(
        self,
        program: Program,
        *,
        entries: ControlEntries = NO_ENTRIES,
        states: dict[str, RunState] | None = None,
        observer: Observer | None = None,
        salt: int = DEFAULT_SALT,
    ) -> None:
        """Start with `states` where they are given, else with those of a program that has seen no packet."""
        self.program = program
        self.states = build_states(program, entries, salt=salt) if states is None else states
        self.machine = Machine(
            program,
            states=self.states,
            tunables=entries.tunables,
            groups=entries.multicast,
            observer=observer,
            salt=salt,
        )
        ports = range(len(program.ports))
        self.summary = Summary([Traffic() for _ in ports], [Traffic() for _ in ports])
        self._places: dict[int, tuple[Drop, DropPlace]] = {}  # by identity: spans are slow to hash

    def feed(
        self, packets: Iterable[Packet], *, send: PacketSink | None = None, digest: DigestSink | None = None
    ) -> Summary:
        """Process the packets in the order given; emissions and digests go to the sinks as they come.

        An emission bears the time of the packet that caused it. Returns the summary of all packets so far.
        """
        process, summary = self.machine.process, self.summary
        received, sent, ports = summary.received, summary.sent, len(self.program.ports)
        for time_ns, data, wire_length, port in packets:
            emissions, digests, final = process(data, port=port, now=time_ns, wire_length=wire_length)
            received[port].add(wire_length)
            self._note_time(time_ns)
            for emission in emissions:
                if emission.port >= ports:
                    summary.lost += 1
                    continue
                sent[emission.port].add(emission.wire_length)
                if send is not None:
                    send(Packet(time_ns, emission.data, emission.wire_length, emission.port))
            for record in digests:
                summary.digests[record[0]] += 1
                if digest is not None:
                    digest(time_ns, record)
            if isinstance(final, Drop):
                self._note_drop(final)
        return summary

    def _note_time(self, time_ns: int) -> None:
        summary = self.summary
        if summary.first_ns is None or time_ns < summary.first_ns:
            summary.first_ns = time_ns
        if summary.last_ns is None or time_ns > summary.last_ns:
            summary.last_ns = time_ns

    def _note_drop(self, drop: Drop) -> None:
        if drop.reason == "unhandled":
            self.summary.unhandled += 1
        known = self._places.get(id(drop))
        if known is None:
            known = self._places[id(drop)] = (drop, place_of(drop.span, drop.reason))
        self.summary.dropped[known[1]] += 1


def place_of(span: Span, reason: str) -> DropPlace:
    """The place that a drop with this span and reason counts for."""
    caller = None if span.called_from is None else span.called_from.line
    return DropPlace(span.source.name, span.line, span.column, reason, caller)


def run(
    program: Program,
    packets: Iterable[Packet],
    *,
    entries: ControlEntries = NO_ENTRIES,
    states: dict[str, RunState] | None = None,
    send: PacketSink | None = None,
    digest: DigestSink | None = None,
    observer: Observer | None = None,
    salt: int = DEFAULT_SALT,
) -> Summary:
    """Run `program` over `packets` on `states` (changed in place), or on those of a fresh program."""
    started = Run(program, entries=entries, states=states, observer=observer, salt=salt)
    return started.feed(packets, send=send, digest=digest)
