"""DPDK applications with rules in a software eSwitch, and the judge of what such a run did.

`device.c` and its neighbours stand in the place of a NIC's eSwitch: the application's own calls reach them, and all
packets pass by their rules first. What a run did is logged in the order in which it took effect; the interpreter is
led through the packets in that order, and must come to the same packets and the same state. Between what a rule
serves and when the state hears of it, an entry's last use differs: that is logged as well (`use`), and held to the
grain that the program grants.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backends.bluefield.rules.of_program import rules_of
from compiler.ir.literals import render_value
from compiler.ir.program import Program
from sim.captures import Packet
from sim.control import abstract_state
from sim.interpreter import Run
from sim.state import ControlEntries
from tests.dpdk import DpdkEngine
from tests.engines import Arrival, DigestRecord, Outcome

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

    def __init__(self, device: str = "", *, rules: Sequence[str] = SOON, most: int = 4096, flags: Sequence[str] = ()) -> None:
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
    """What the interpreter makes of the packets in the order in which a run served them."""
    main = Run(program, entries=entries)
    rules = Run(rules_of(program).found.program, entries=entries, states=main.states)
    numbers = {port.name: number for number, port in enumerate(program.ports)}
    names = tuple(numbers)
    emissions: dict[str, list[bytes]] = {}
    digests: list[DigestRecord] = []

    def send(packet: Packet) -> None:
        emissions.setdefault(names[packet.port], []).append(packet.data)

    def digest(_time_ns: int, record: tuple[str, tuple]) -> None:
        digests.append(DigestRecord(record[0], render_value(program.record(record[0]), record[1], ports=names)))

    for words in served.lines:
        match words:
            case ["hit" | "core", sequence, *_]:
                packet = packets[int(sequence)]
                given = Packet(packet.now_ns, packet.data, packet.wire_length or len(packet.data), numbers[packet.port])
                main.feed((given,), send=send, digest=digest)
            case ["use", _, _, port, now, head]:
                data = bytes.fromhex(head)
                rules.feed((Packet(int(now), data, len(data), int(port)),))
            case _:
                pass
    meaning = abstract_state(program, main.states, packets[-1].now_ns if packets else 0)
    return Outcome(emissions, {name: held for name, held in meaning.items() if held}, digests)
