"""Guards: which operations are carried out, and what joins see."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.emissions import Digest, Drop, Send
from compiler.ir.program import Program
from compiler.ir.pure import Select, Slice
from compiler.ir.types import Bits
from compiler.ir.values import constant
from sim.interpreter import Machine
from tests.sim.interpreter.building import Builder
from tests.strategies.guards import bits_of_port, guarded_marks


def mark(b: Builder, name: str) -> None:
    b.add(Digest, record=name, values=())


def marks(program: Program, port: int) -> list[str]:
    return [name for name, _ in Machine(program, states={}).process(b"", port=port, now=0).digests]


def test_blocks_nest_and_interrupted_guards_hold_again() -> None:
    b = Builder(ports=4)
    one, two = bits_of_port(b, 2)
    with b.when(one):
        mark(b, "one")
        with b.when(two, False):
            mark(b, "one, not two")
        mark(b, "one again")
    mark(b, "all")
    with b.when(one):
        mark(b, "one at last")
    with b.when(one, False):
        mark(b, "not one")
    b.drop()
    program = b.program()
    assert marks(program, 1) == ["one", "one, not two", "one again", "all", "one at last"]
    assert marks(program, 3) == ["one", "one again", "all", "one at last"]
    assert marks(program, 0) == marks(program, 2) == ["all", "not one"]


def test_a_final_operation_ends_the_packet_and_its_complement_goes_on() -> None:
    b = Builder(ports=4)
    one, two = bits_of_port(b, 2)
    with b.when(one):
        mark(b, "one")
        with b.when(two):
            b.send(0)
        b.close_over(two, False)
        mark(b, "one, not two")
        b.send(1)
    b.close_over(one, False)
    mark(b, "rest")
    b.drop()
    machine = Machine(b.program(), states={})
    ends = [machine.process(b"", port=port, now=0) for port in range(4)]
    assert [[name for name, _ in end.digests] for end in ends] == [["rest"], ["one", "one, not two"], ["rest"], ["one"]]
    assert [type(end.final) for end in ends] == [Drop, Send, Drop, Send]
    assert [[e.port for e in end.emissions] for end in ends] == [[], [1], [], [0]]


def test_a_join_takes_the_side_that_was_computed() -> None:
    b = Builder(ports=2)
    (one,) = bits_of_port(b, 1)
    with b.when(one):
        left = b.define(Slice, Bits(8), argument=constant(0xAB, 16), high=7, low=0)
    joined = b.define(Select, Bits(8), condition=one, on_true=left, on_false=constant(7, 8))
    b.add(Digest, record="joined", values=(joined,))
    b.drop()
    machine = Machine(b.program(), states={})
    assert [machine.process(b"", port=port, now=0).digests[0][1] for port in (0, 1)] == [(7,), (0xAB,)]


def test_values_do_not_leak_into_the_next_packet() -> None:
    b = Builder(ports=2)
    (one,) = bits_of_port(b, 1)
    with b.when(one):
        left = b.define(Slice, Bits(8), argument=constant(0xAB, 16), high=7, low=0)
    wrong_side = b.define(Select, Bits(8), condition=constant(1, 1), on_true=left, on_false=left)
    b.add(Digest, record="joined", values=(wrong_side,))
    b.drop()
    machine = Machine(b.program(), states={})
    assert [machine.process(b"", port=port, now=0).digests[0][1] for port in (1, 0)] == [(0xAB,), (0,)]


def test_a_long_chain_of_checks_is_no_tower_of_calls() -> None:
    b = Builder(ports=2)
    (one,) = bits_of_port(b, 1)
    for _ in range(5_000):
        with b.when(one):
            b.drop()
        b.close_over(one, False)
    b.send(1)
    machine = Machine(b.program(), states={})
    assert isinstance(machine.process(b"", port=0, now=0).final, Send)
    assert isinstance(machine.process(b"", port=1, now=0).final, Drop)


# --- against the meaning of guards ----------------------------------------------------------------------


@given(guarded_marks(), st.integers(0, 15))
def test_an_operation_is_carried_out_where_its_guard_holds(program: Program, port: int) -> None:
    bit_of = {op.result: op.high for op in program.operations if isinstance(op, Slice)}

    def holds(number: int) -> bool:
        guard = program.guards[number]
        if guard.condition is None:
            return True
        return bool(port >> bit_of[guard.condition] & 1) == guard.polarity and holds(guard.parent)

    marked = [op for op in program.operations if isinstance(op, Digest)]
    assert marks(program, port) == [op.record for op in marked if holds(op.guard)]
