"""DPDK applications with rules in a software eSwitch, and the judge of what such a run did.

`device.c` and its neighbours stand in the place of a NIC's eSwitch: the application's own calls reach them, and all
packets pass by their rules first. What a run did is logged in the order in which it took effect; the interpreter is
led through the packets in that order, and must come to the same packets and the same state. Between what a rule
serves and when the state hears of it, an entry's last use differs: that is logged as well (`use`), and held to the
grain that the program grants.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from backends.bluefield.rules.of_program import rules_of
from compiler.ir.leaf_values import Leaf
from compiler.ir.literals import render_value
from compiler.ir.program import Program
from compiler.ir.states import Array, Lease, Map
from compiler.ir.types import bit_width
from sim.captures import Packet
from sim.control import abstract_state
from sim.interpreter import Run
from sim.state import ControlEntries, RunState
from sim.state.array import ArrayState
from sim.state.counter import CounterState
from tests.dpdk import DpdkEngine
from tests.engines import Arrival, DigestRecord, Outcome

DigestOf: TypeAlias = "tuple[str, tuple[Leaf, ...]]"

FOLDER = Path(__file__).parent
SOURCES = (FOLDER / "device.h", *(FOLDER / f"{name}.c" for name in ("device", "schedule", "ports", "rte_flow_api")))
SOON = ("--rule-after", "1", "--rule-gap", "0", "--rule-limit", "0", "--rule-check", "100", "--rule-idle", "2000")


@dataclass(slots=True)
class Served:
    """What a run did, in order. `order`: (sequence number, number of the rule or None for a core)."""

    order: list[tuple[int, int | None]] = field(default_factory=list)
    lines: list[list[str]] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)

    @property
    def hits(self) -> int:
        return self.events["hit"]


def read_log(path: Path) -> Served:
    served = Served()
    for line in path.read_text().splitlines():
        words = line.split()
        served.events[words[0]] += 1
        served.lines.append(words)
        if words[0] == "hit":
            served.order.append((int(words[1]), int(words[2])))
        elif words[0] == "core":
            served.order.append((int(words[1]), None))
    return served


class EswitchEngine(DpdkEngine):
    """One worker, and rules as `device` says (the words of WEFT_ESWITCH); `served` is what the last run did."""

    name = "dpdk with rules"

    def __init__(
        self, device: str = "", *, rules: Sequence[str] = SOON, most: int = 4096, flags: Sequence[str] = ()
    ) -> None:
        super().__init__(flags=flags, sources=SOURCES, more=("--rules", str(most), *rules))
        self.device = device
        self.served = Served()

    def run(self, program: Program, entries: ControlEntries, packets: Sequence[Arrival]) -> Outcome:
        folder = Path(tempfile.mkdtemp(prefix="weft-eswitch-"))
        log = folder / "log"
        log.touch()
        self.environment = {"WEFT_ESWITCH": self.device, "WEFT_ESWITCH_LOG": str(log)}
        more = self._more
        self._more = (*more, "--rule-log", str(log))
        try:
            outcome = super().run(program, entries, packets)
            self.served = read_log(log)
        finally:
            self._more = more
            shutil.rmtree(folder)
        return outcome


def judged(program: Program, entries: ControlEntries, packets: Sequence[Arrival], served: Served) -> Outcome:
    """What the interpreter makes of the packets in the order in which a run served them.

    A rule must do what the program would do at that moment: `AssertionError` where it does not, unless all that
    changed since it was made is `relaxed`; then it does what the program would have done some packets earlier.
    """
    return Judge(program, entries, packets).outcome(served)


class Judge:
    """`stale`: packets that rules served as the program would have done before."""

    def __init__(self, program: Program, entries: ControlEntries, packets: Sequence[Arrival]) -> None:
        self._program, self._packets = program, packets
        found = rules_of(program)
        self._templates = {template.record: template for template in found.templates}
        self._main = Run(program, entries=entries)
        self._rules = found.program
        self._entries = entries
        self._ports = tuple(port.name for port in program.ports)
        self._relaxes = any(isinstance(s, Map | Lease) and s.relaxed for s in program.states)
        self._before: list[dict[str, RunState]] = []  # the states in front of each packet that came to a core
        self._made: dict[int, DigestOf] = {}  # number of a rule -> what the program said when it was asked for
        self._asked: DigestOf | None = None
        self._emissions: dict[str, list[bytes]] = {}
        self._digests: list[DigestRecord] = []
        self.stale = 0

    def outcome(self, served: Served) -> Outcome:
        for words in served.lines:
            match words:
                case ["core", sequence]:
                    if self._relaxes:
                        self._before.append(copy.deepcopy(self._main.states))
                    self._feed(self._main, self._packet(sequence))
                case ["hit", sequence, number, _]:
                    self._hit(self._packet(sequence), int(number))
                case ["asked", _, _, port, now, head]:
                    self._asked = self._rule_for(self._main.states, _packet_of(port, now, head))
                    assert self._asked is not None, "a rule is asked for, and the program has none"
                case ["rule", number] if self._asked is not None:
                    self._made[int(number)] = self._asked
                case ["use", _, _, port, now, head]:
                    assert self._rule_for(self._main.states, _packet_of(port, now, head)), "a use of what is not there"
                case _:
                    pass
        packets = self._packets
        meaning = abstract_state(self._program, self._main.states, packets[-1].now_ns if packets else 0)
        return Outcome(self._emissions, {name: held for name, held in meaning.items() if held}, self._digests)

    def _packet(self, sequence: str) -> Packet:
        given = self._packets[int(sequence)]
        return Packet(given.now_ns, given.data, given.wire_length or len(given.data), self._ports.index(given.port))

    def _feed(self, run: Run, packet: Packet) -> None:
        run.feed((packet,), send=self._send, digest=self._digest)

    def _send(self, packet: Packet) -> None:
        self._emissions.setdefault(self._ports[packet.port], []).append(packet.data)

    def _digest(self, _time_ns: int, record: DigestOf) -> None:
        name, leaves = record
        self._digests.append(DigestRecord(name, render_value(self._program.record(name), leaves, ports=self._ports)))

    def _rule_for(self, states: dict[str, RunState], packet: Packet) -> DigestOf | None:
        found: list[DigestOf] = []
        Run(self._rules, entries=self._entries, states=states).feed((packet,), digest=lambda _, d: found.append(d))
        return found[0] if found else None

    def _hit(self, packet: Packet, number: int) -> None:
        made = self._made[number]
        if self._rule_for(self._main.states, packet) == made:
            self._feed(self._main, packet)
            return
        assert self._relaxes, f"rule {number} serves a packet otherwise than the program would"
        self.stale += 1
        for states in reversed(self._before):
            states = copy.deepcopy(states)
            if self._rule_for(states, packet) == made:
                self._feed(Run(self._program, entries=self._entries, states=states), packet)
                self._count(made, packet)
                return
        raise AssertionError(f"rule {number} serves a packet as the program never would have")

    def _count(self, made: DigestOf, packet: Packet) -> None:
        """Counts have no order."""
        name, leaves = made
        counted = self._templates[name].counted
        for what, cell in zip(counted, leaves[len(leaves) - len(counted) :], strict=True):
            state = self._main.states[what.state]
            amount = packet.wire_length if what.by_bytes else what.each
            assert isinstance(state, CounterState | ArrayState), "nothing else is counted in"
            assert isinstance(cell, int), "cells have numbers"
            if isinstance(state, CounterState):
                state.add(cell, amount)
            else:
                self._add(state, what.state, cell, amount)

    def _add(self, state: ArrayState, name: str, cell: int, amount: int) -> None:
        declared = self._program.state(name)
        assert isinstance(declared, Array), "it is an array"
        old = state.cells[cell]
        assert isinstance(old, int), "rules count in numbers"
        state.cells[cell] = (old + amount) % (1 << bit_width(declared.type))


def _packet_of(port: str, now: str, head: str) -> Packet:
    data = bytes.fromhex(head)
    return Packet(int(now), data, len(data), int(port))


def inversions(packets: Sequence[Arrival], served: Served) -> int:
    """Packets that rules served before an earlier one of their flow was with the program."""
    last_of_core: dict[bytes, list[int]] = {}
    for sequence, number in served.order:
        if number is None:
            last_of_core.setdefault(_flow_of(packets[sequence]), []).append(sequence)
    place = {sequence: place for place, (sequence, _) in enumerate(served.order)}
    total = 0
    for sequence, number in served.order:
        if number is not None:
            others = last_of_core.get(_flow_of(packets[sequence]), ())
            total += any(other < sequence and place[other] > place[sequence] for other in others)
    return total


def _flow_of(packet: Arrival) -> bytes:
    """Addresses and ports of IPv4 without options or tags."""
    return packet.port.encode() + packet.data[23:24] + packet.data[26:38]
