"""Generated programs with every kind of operation, on generated packets: laws that hold for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given

from compiler.ir.program import ROOT, Program
from sim.interpreter import AccessLog, Machine, Observer, Outcome, PacketTrace, Trace, every
from sim.state import RunState, build_states
from tests.strategies.packets import Packet, packets, random_packets
from tests.strategies.programs import GROUPS, programs, random_program


def outcomes(
    program: Program, arriving: Sequence[Packet], observer: Observer | None = None
) -> tuple[list[Outcome], dict[str, RunState]]:
    states = build_states(program)
    machine = Machine(program, states=states, groups=GROUPS, observer=observer)
    return [machine.process(p.data, port=p.port, now=p.now, wire_length=p.wire_length) for p in arriving], states


def check_a_program(program: Program, arriving: Sequence[Packet]) -> None:
    trace, log = Trace(), AccessLog(program)
    plain, states = outcomes(program, arriving)
    observed, observed_states = outcomes(program, arriving, every(trace, log))
    assert observed == plain
    assert [s.snapshot() for s in states.values()] == [s.snapshot() for s in observed_states.values()]
    for outcome, packet in zip(plain, trace.packets, strict=True):
        assert [event.emission for event in packet.departures] == outcome.emissions
        assert packet.executions[-1].operation is outcome.final
        check_guards(program, packet)
    assert {access.packet for access in log.accesses} <= set(range(len(arriving)))


def check_guards(program: Program, packet: PacketTrace) -> None:
    """Each guard has one truth value in a packet, and operations were carried out where theirs hold."""
    truth = {ROOT: True}
    for test in packet.guard_tests:
        assert truth.setdefault(test.guard, test.holds) == test.holds
    for event in packet.executions:
        guard = event.operation.guard
        assert truth[guard]
        assert truth[program.guards[guard].parent]


@given(programs(), packets())
def test_observers_see_what_happens_and_change_nothing(program: Program, arriving: list[Packet]) -> None:
    check_a_program(program, arriving)


@pytest.mark.long
def test_observers_see_what_happens_in_many_programs() -> None:
    rng = Random(7)
    for _ in range(1_000):
        check_a_program(random_program(rng), random_packets(rng, 12))
