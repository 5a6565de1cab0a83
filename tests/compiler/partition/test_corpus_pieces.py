"""The programs of examples/, cut in two and in three ways, with the packets of their own generators."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from compiler.ir.verify import verify
from compiler.partition.split_at_cuts import split_at_cuts
from sim.interpreter import Machine
from sim.state import build_states
from tests.compiler.partition.pieces import Chain, random_cut, sent
from tests.differential.test_corpus import NAMES, traffic
from tests.examples.corpus import example_entries, example_program
from tests.strategies.packets import Packet

PACKETS = 150
CUTS = 3


@pytest.mark.parametrize("name", NAMES)
def test_an_example_means_the_same_in_pieces(name: str, tmp_path: Path) -> None:
    program, entries = example_program(name), example_entries(name)
    numbers = {port.name: number for number, port in enumerate(program.ports)}
    packets = [
        Packet(p.data, numbers[p.port], p.now_ns, p.wire_length or len(p.data))
        for p in traffic(name, tmp_path, PACKETS)
    ]
    states = build_states(program, entries)
    whole = Machine(program, states=states, tunables=entries.tunables, groups=entries.multicast)
    expected = [whole.process(p.data, port=p.port, now=p.now, wire_length=p.wire_length) for p in packets]
    random = Random(name)
    for _ in range(CUTS):
        pieces = split_at_cuts(program, random_cut(random, program))
        for piece in pieces:
            verify(piece.program)
        chain = Chain(pieces, entries)
        for packet, outcome in zip(packets, expected, strict=True):
            emissions, digests = chain.process(packet)
            assert (sent(program, emissions), digests) == (sent(program, outcome.emissions), outcome.digests)
        found = {n: s.snapshot() for of_piece in chain.states.values() for n, s in of_piece.items()}
        assert found == {n: states[n].snapshot() for n in found}
