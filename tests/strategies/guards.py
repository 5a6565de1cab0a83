"""Programs of nothing but guards and marks."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st

from compiler.ir.emissions import Digest, Drop
from compiler.ir.program import ROOT, Guard, Program
from compiler.ir.pure import PacketFact, ReadFact, Slice
from compiler.ir.types import BOOL, Bits
from compiler.ir.values import Value
from compiler.source import NOWHERE
from tests.sim.interpreter.building import Builder


def bits_of_port(b: Builder, count: int) -> list[Value]:
    port = b.define(ReadFact, Bits(16), fact=PacketFact.PORT)
    return [b.define(Slice, BOOL, argument=port, high=bit, low=bit) for bit in range(count)]


@st.composite
def guarded_marks(draw: st.DrawFn) -> Program:
    """A program that marks its way: marks under guards of a random tree, in random order."""
    b = Builder(ports=16)
    conditions = bits_of_port(b, 4)
    program = b.program()
    guards = [Guard(ROOT, None)]
    for number in range(draw(st.integers(0, 8))):
        parent = draw(st.integers(0, number))
        guards.append(Guard(parent, draw(st.sampled_from(conditions)), draw(st.booleans())))
    places = draw(st.lists(st.integers(0, len(guards) - 1), max_size=20))
    marked = [Digest(guard=g, span=NOWHERE, record=str(n), values=()) for n, g in enumerate(places)]
    operations = (*program.operations, *marked, Drop(guard=ROOT, span=NOWHERE))
    return dataclasses.replace(program, guards=tuple(guards), operations=operations)
