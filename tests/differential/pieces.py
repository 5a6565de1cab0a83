"""Pieces of programs as cases of their own: each with the packets that came to it, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from compiler.ir.program import Program
from compiler.partition.cut import Cut
from compiler.partition.split_at_cuts import split_at_cuts
from sim.control.piece_entries import entries_of_piece
from sim.state import ControlEntries
from tests.compiler.partition.pieces import Chain, random_cut
from tests.differential.cases import Case, random_case
from tests.engines import Arrival
from tests.strategies.packets import Packet


def piece_cases(number: int) -> list[Case]:
    """The pieces of `random_case(number)`, cut by chance."""
    case = random_case(number)
    cut = random_cut(Random(number), case.program)
    return [replace(piece, number=number) for piece in cases_of(case.program, cut, case.entries, case.packets)]


def cases_of(program: Program, cut: Cut, entries: ControlEntries, packets: Sequence[Arrival]) -> list[Case]:
    pieces = split_at_cuts(program, cut)
    numbers = {port.name: number for number, port in enumerate(program.ports)}
    chain = Chain(pieces, entries)
    for p in packets:
        chain.process(Packet(p.data, numbers[p.port], p.now_ns, p.wire_length or len(p.data)))
    return [
        Case(
            0,
            piece.program,
            entries_of_piece(piece.program, entries),
            tuple(
                Arrival(piece.program.ports[p.port].name, p.data, p.now, p.wire_length)
                for p in chain.arrivals[piece.device]
            ),
        )
        for piece in pieces
    ]
