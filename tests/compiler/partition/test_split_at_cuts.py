from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.program import Program
from compiler.ir.states import Table, TableArray
from compiler.ir.text_parse import parse_program
from compiler.ir.text_print import render_program
from compiler.ir.verify import verify
from compiler.partition.split_at_cuts import split_at_cuts
from sim.state import ControlEntries, TableArrayState, TableState, build_states
from tests.compiler.partition.pieces import Chain, random_cut, sent
from tests.strategies.meaning import CELLS, ENTRIES, Outcomes
from tests.strategies.packets import random_packets
from tests.strategies.programs import GROUPS, random_program


def _entries(program: Program) -> ControlEntries:
    return ControlEntries(
        tables={s.name: ENTRIES[s.name] for s in program.states if isinstance(s, Table)},
        arrays={s.name: CELLS[s.name] for s in program.states if isinstance(s, TableArray)},
        multicast=GROUPS,
    )


@given(st.integers(0, 1 << 32))
def test_every_partition_means_what_the_program_means(seed: int) -> None:
    random = Random(seed)
    program = random_program(random, size=random.choice((4, 8, 14)))
    packets = random_packets(random, 24)
    pieces = split_at_cuts(program, random_cut(random, program))
    for piece in pieces:
        verify(piece.program)
    expected = Outcomes(program, packets)
    chain = Chain(pieces, _entries(program))
    for packet, (emissions, digests, _) in zip(packets, expected.packets, strict=True):
        found, told = chain.process(packet)
        assert (sent(program, found), told) == (sent(program, emissions), digests)
    states = {
        name: state.snapshot()
        for states in chain.states.values()
        for name, state in states.items()
        if not isinstance(state, TableState | TableArrayState)
    }
    untouched = build_states(program, ControlEntries())
    assert {name: states.get(name, untouched[name].snapshot()) for name in expected.snapshots()} == expected.snapshots()


@given(st.integers(0, 1 << 32))
def test_pieces_print_and_parse_back(seed: int) -> None:
    random = Random(seed)
    program = random_program(random, size=6)
    for piece in split_at_cuts(program, random_cut(random, program)):
        assert parse_program(render_program(piece.program)) == piece.program
