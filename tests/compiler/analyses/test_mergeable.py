"""The claim of a mergeable state, on the interpreter: replicas from the identity merge to the whole."""

from __future__ import annotations

from functools import reduce
from random import Random

import pytest

from compiler.analyses import StateClass, classify_states
from compiler.analyses.mergeable import identity_of
from compiler.ir.operations import BinaryOperator
from compiler.ir.program import Program
from sim.interpreter import Machine
from sim.state import ArrayState, build_states
from tests.compiler.analyses.build import Build, array_state
from tests.compiler.analyses.random_programs import Packet, random_packets

WIDTH = 32
MOST = 2**WIDTH - 1
PYTHON = {  # written by hand, not taken from the compiler
    BinaryOperator.ADD: lambda one, other: (one + other) % 2**WIDTH,
    BinaryOperator.SAT_ADD: lambda one, other: min(one + other, MOST),
    BinaryOperator.OR: lambda one, other: one | other,
    BinaryOperator.AND: lambda one, other: one & other,
    BinaryOperator.XOR: lambda one, other: one ^ other,
    BinaryOperator.MAX: max,
    BinaryOperator.MIN: min,
}
INITIAL = 5


def updating(operator: BinaryOperator, *, initial: int) -> Program:
    """Two handlers update a cell chosen by the port, by a large and a small amount."""
    build = Build(array_state("cells", 8, initial=initial))
    with build.handler("lan", build.on_port(0)):
        amount = build.binary(BinaryOperator.MUL, build.field("ipv4.src"), 0x3FFFFFFF)
        build.update("cells", build.resize(build.slice(build.field("ipv4.dst"), 2, 0), 32), amount, operator)
        build.drop()
    build.update("cells", 1, build.field("ipv4.dst"), operator)
    build.drop()
    return build.program()


def cells_after(program: Program, packets: list[Packet]) -> list[int]:
    states = build_states(program)
    machine = Machine(program, states=states)
    for packet in packets:
        machine.process(packet.data, port=packet.port, now=packet.now)
    cells = states["cells"]
    assert isinstance(cells, ArrayState)
    return [cell for cell in cells.cells if isinstance(cell, int)]


@pytest.mark.parametrize("operator", PYTHON)
@pytest.mark.parametrize("replicas", [2, 5])
def test_replicas_from_the_identity_and_the_initial_value_once(operator: BinaryOperator, replicas: int) -> None:
    program = updating(operator, initial=INITIAL)
    fact = classify_states(program).of("cells")
    assert fact.kind is StateClass.MERGEABLE
    assert fact.identity is not None
    random = Random(replicas)
    packets = random_packets(random, 60)
    whole = cells_after(program, packets)
    parts: list[list[Packet]] = [[] for _ in range(replicas)]
    for packet in packets:
        random.choice(parts).append(packet)
    replica = updating(operator, initial=fact.identity)
    contents = [cells_after(replica, part) for part in parts]
    merged = [reduce(PYTHON[operator], column, INITIAL) for column in zip(*contents, strict=True)]
    assert merged == whole
    assert any(cell != INITIAL for cell in whole)


def test_replicas_from_the_initial_value_would_count_it_twice() -> None:
    program = updating(BinaryOperator.ADD, initial=INITIAL)
    packets = random_packets(Random(1), 20)
    halves = [cells_after(program, packets[:10]), cells_after(program, packets[10:])]
    assert [sum(column) % 2**WIDTH for column in zip(*halves, strict=True)] != cells_after(program, packets)


@pytest.mark.parametrize("operator", PYTHON)
@pytest.mark.parametrize("width", [1, 7, 32, 48])
def test_the_identity_leaves_every_number_alone(operator: BinaryOperator, width: int) -> None:
    most = 2**width - 1
    python = {
        BinaryOperator.ADD: lambda one, other: (one + other) % 2**width,
        BinaryOperator.SAT_ADD: lambda one, other: min(one + other, most),
    }.get(operator, PYTHON[operator])
    for number in {0, 1, most // 3, most}:
        assert python(identity_of(operator, width), number) == number
