"""The engines that carry programs out, behind one protocol: a test of meaning runs on all of `ENGINES`.

An engine is added by one class here and its place in `ENGINES`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from compiler.ir.leaf_values import Leaf
from compiler.ir.literals import render_value
from compiler.ir.program import Program
from sim.captures import Packet
from sim.control import AbstractState, abstract_state
from sim.interpreter import Run
from sim.native import NativeRun, find_compiler
from sim.state import ControlEntries


class Arrival(NamedTuple):
    """A packet that comes in by the port of this name. `wire_length` 0: as long as its data."""

    port: str
    data: bytes
    now_ns: int = 0
    wire_length: int = 0


class DigestRecord(NamedTuple):
    """What a program tells the control plane: the name of the struct, and its value as people read it."""

    record: str
    value: object


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run comes to, as far as every engine must agree on it.

    `emissions`: for each port by name, in order, the packets that left by it; ports that sent nothing are not there.
    `state`: the meaning of the state when the last packet was done; only states that are not as they began.
    `digests`: in order.
    """

    emissions: Mapping[str, Sequence[bytes]]
    state: AbstractState
    digests: Sequence[DigestRecord]


class Engine(Protocol):
    """Something that carries out programs."""

    name: str

    def run(self, program: Program, entries: ControlEntries, packets: Sequence[Arrival]) -> Outcome:
        """Process `packets` one after another, beginning with the state of a program that has seen none."""
        ...


class InterpreterEngine:
    """The reference: it defines what a program means."""

    name = "interpreter"

    def run(self, program: Program, entries: ControlEntries, packets: Sequence[Arrival]) -> Outcome:
        return outcome_of(Run(program, entries=entries), packets)


def outcome_of(run: Run | NativeRun, packets: Sequence[Arrival]) -> Outcome:
    """What a run in this process makes of the packets."""
    program = run.program
    numbers = {port.name: number for number, port in enumerate(program.ports)}
    names = tuple(numbers)
    emissions: dict[str, list[bytes]] = {}
    digests: list[DigestRecord] = []

    def send(packet: Packet) -> None:
        emissions.setdefault(names[packet.port], []).append(packet.data)

    def digest(_time_ns: int, record: tuple[str, tuple[Leaf, ...]]) -> None:
        name, leaves = record
        digests.append(DigestRecord(name, render_value(program.record(name), leaves, ports=names)))

    run.feed(
        (Packet(p.now_ns, p.data, p.wire_length or len(p.data), numbers[p.port]) for p in packets),
        send=send,
        digest=digest,
    )
    meaning = abstract_state(program, run.states, packets[-1].now_ns if packets else 0)
    return Outcome(emissions, {name: held for name, held in meaning.items() if held}, digests)


class NativeEngine:
    """The C that the compiler writes, in this process."""

    name = "native"

    def run(self, program: Program, entries: ControlEntries, packets: Sequence[Arrival]) -> Outcome:
        return outcome_of(NativeRun(program, entries=entries), packets)


ENGINES: tuple[Engine, ...] = (InterpreterEngine(), NativeEngine()) if find_compiler() else (InterpreterEngine(),)
