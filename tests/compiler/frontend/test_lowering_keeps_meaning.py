"""Generated trees mean the same before and after inlining, unrolling and lowering."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sim.interpreter.machine import Machine
from sim.state import ArrayState, build_states
from tests.compiler.frontend.generated_trees import TreeMaker
from tests.compiler.frontend.tree_meaning import Meaning
from tests.compiler.frontend.trees import lowered

PACKETS = [bytes([a, b, x, 3]) for a in (0, 1, 2) for b in (0, 1, 2, 200) for x in (0, 1)]
PACKETS += [b"", b"\x01", b"\x01\x02", b"\x02\x00\x05", b"\x01\x01\x02\x03rest"]


@given(st.integers(0, 1 << 32))  # a seed: to shrink a tree by its random choices takes minutes
def test_a_generated_tree_keeps_its_meaning(seed: int) -> None:
    tree = TreeMaker(Random(seed)).program()
    program = lowered(tree)
    states = build_states(program)
    machine, meaning = Machine(program, states=states), Meaning(tree)
    cells = states["cells"]
    assert isinstance(cells, ArrayState)
    for packet in PACKETS:
        for port in (0, 1):
            outcome = machine.process(packet, port=port, now=0)
            assert [(e.port, e.data) for e in outcome.emissions] == meaning.process(packet, port)
            assert cells.cells == meaning.cells
