"""A program on many cores: each with a block of its own, in any interleaving, with what they hold merged at the end."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from backends.bluefield.compile import owners_of
from compiler.ir.program import Program
from runtime.bluefield.merge_states import merge_states
from sim.captures import Packet
from sim.interpreter import Run
from sim.native import NativeRun
from sim.state import ControlEntries, build_states

Emitted = list[tuple[int, bytes]]


def core_differences(
    program: Program, entries: ControlEntries, packets: Sequence[Packet], *, cores: int, random: Random
) -> list[str]:
    """How `cores` cores differ from the interpreter: in what became of any packet, or in the state, to the slot.

    Packets of one share go to one core and keep their order there; those that any core may have go to one by chance.
    `random` also decides whose turn it is.
    """
    reference = Run(program, entries=entries)
    runs = [NativeRun(program, entries=entries) for _ in range(cores)]
    queues: list[list[int]] = [[] for _ in runs]
    for number, packet in enumerate(packets):
        share = runs[0].share(packet)
        queues[random.randrange(cores) if share is None else share % cores].append(number)
    found: dict[int, tuple[Emitted, list[object]]] = {}
    while waiting := [core for core, queue in enumerate(queues) if queue]:
        core = random.choice(waiting)
        number = queues[core].pop(0)
        found[number] = became(runs[core], packets[number])
    lines = []
    for number, packet in enumerate(packets):
        expected = became(reference, packet)
        if expected != found[number]:
            lines.append(f"packet {number}: {expected} became {found[number]}")
    merged = build_states(program, entries)
    merge_states(program, list(owners_of(program)), [run.states for run in runs], merged)
    for name, state in reference.states.items():
        if state.snapshot() != merged[name].snapshot():
            lines.append(f"state {name}: {state.snapshot()} became {merged[name].snapshot()}")
    return lines


def became(run: Run | NativeRun, packet: Packet) -> tuple[Emitted, list[object]]:
    """What one packet sends and reports."""
    sent: Emitted = []
    reported: list[object] = []
    run.feed(
        [packet],
        send=lambda emission: sent.append((emission.port, emission.data)),
        digest=lambda _time, record: reported.append(record),
    )
    return sent, reported
