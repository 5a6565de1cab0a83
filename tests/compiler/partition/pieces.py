"""The pieces of a program, each on an interpreter of its own, with links that lose nothing and take no time."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from compiler.ir.program import Program
from compiler.ir.states import Index
from compiler.partition.cut import Cut, CutError, find_positions
from compiler.partition.split_at_cuts import Piece
from sim.control.piece_entries import entries_of_piece
from sim.interpreter import Machine
from sim.interpreter.emit import Emission
from sim.state import ControlEntries, RunState, build_states
from tests.strategies.packets import Packet

PATHS = (
    ("switch", "host", "switch"),
    ("switch", "nic", "host", "nic", "switch"),
    ("switch", "a", "b", "c", "b", "a", "switch"),
)


class Chain:
    """Feeds packets into the first piece, and each piece's output by a link into the piece at its other end."""

    def __init__(self, pieces: Sequence[Piece], entries: ControlEntries) -> None:
        self._pieces = {piece.device: piece for piece in pieces}
        self._first = pieces[0].device
        self.states: dict[str, dict[str, RunState]] = {}
        self._machines: dict[str, Machine] = {}
        for piece in pieces:
            states = self.states[piece.device] = build_states(piece.program, entries_of_piece(piece.program, entries))
            self._machines[piece.device] = Machine(
                piece.program, states=states, tunables=entries.tunables, groups=entries.multicast
            )
        self.arrivals: dict[str, list[Packet]] = {piece.device: [] for piece in pieces}
        self.crossings = 0

    def process(self, packet: Packet) -> tuple[list[Emission], list[Any]]:
        """What leaves by the program's ports, and the digests."""
        emissions: list[Emission] = []
        digests: list[Any] = []
        device, port, data, length = self._first, packet.port, packet.data, packet.wire_length
        while True:
            # Later devices have clocks of their own: the time of a packet is the one that it brings.
            now = packet.now if device == self._first and port == packet.port else packet.now ^ 0x5555
            self.arrivals[device].append(Packet(data, port, now, length))
            outcome = self._machines[device].process(data, port=port, now=now, wire_length=length)
            digests += outcome.digests
            links = self._pieces[device].links
            onward = [e for e in outcome.emissions if e.port in links]
            emissions += [e for e in outcome.emissions if e.port not in links]
            if not onward:
                return emissions, digests
            assert len(outcome.emissions) == 1, "a packet that is handed on leaves nothing behind"
            (handed_on,) = onward
            self.crossings += 1
            there = links[handed_on.port]
            port = next(number for number, name in self._pieces[there].links.items() if name == device)
            device, data, length = there, handed_on.data, handed_on.wire_length


def sent(program: Program, emissions: Sequence[Emission]) -> list[tuple[int | None, bytes, int]]:
    """What leaves, with None for ports that are not there: nobody receives it, whatever their number."""
    ports = range(len(program.ports))
    return [(e.port if e.port in ports else None, e.data, e.wire_length) for e in emissions]


def random_cut(random: Random, program: Program) -> Cut:
    """Any legal cut: homes by chance, and states moved toward the end of the path until they may be there."""
    path = random.choice(PATHS)
    together = {state.name: state.lease for state in program.states if isinstance(state, Index)}
    homes = {state.name: random.randrange(len(path)) for state in program.states}
    while True:
        for index, lease in together.items():
            homes[index] = homes[lease] = max(homes[index], homes[lease])
        cut = Cut(path, homes)
        try:
            find_positions(program, cut)
        except CutError:
            behind = [name for name, home in homes.items() if home < cut.last]
            homes[random.choice(behind)] += 1
        else:
            return cut
