"""A program on the states of its source, and then on arrays: the same packets, the same cells, the same states."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from compiler.ir.program import Program
from compiler.ir.states import Array
from compiler.meaning.hashing import DEFAULT_SALT
from compiler.passes.expand_state import expand_state
from compiler.passes.expansion.arrays import expanded, expanded_entries
from runtime.p4runtime.server.engine import Engine
from sim.state import TableArrayState, TableState
from tests.strategies.meaning import Outcomes, plain_snapshots
from tests.strategies.packets import Packet, packets
from tests.strategies.programs import GROUPS, programs


class Engined:
    """An engine on the states that `Outcomes` begins with, and what it did."""

    def __init__(self, program: Program) -> None:
        self.engine = Engine(program, Outcomes(program, []).states, salt=DEFAULT_SALT)
        for group, members in GROUPS.items():
            self.engine.set_group(group, tuple(members))
        self.packets: list[object] = []

    def go_on(self, traffic: list[Packet]) -> None:
        for packet in traffic:
            outcome = self.engine.process(packet.data, port=packet.port, now_ns=packet.now)
            self.packets.append((outcome.emissions, outcome.digests, type(outcome.final)))


@given(programs(), packets(16))
def test_arrays_are_those_of_the_expanded_program(program: Program, traffic: list[Packet]) -> None:
    whole = [replace(packet, wire_length=len(packet.data)) for packet in traffic]
    source, arrays = Outcomes(program, []), Outcomes(expand_state(program), [], arrays=expanded_entries(program))
    found = Engined(program)
    names = [a.name for state in program.states for a in expanded(state, program) if isinstance(a, Array)]

    def go_on(packets: list[Packet]) -> None:
        for engine in (source, arrays, found):
            engine.go_on(packets)
        assert found.packets == source.packets == arrays.packets

    go_on(whole[:8])
    # What the source's states say nothing of, such as the key of a removed entry, need not be alike.
    used = [name for name in names if name.endswith(("__used", "__credit", "__packets", "__hand", "__seen"))]
    for name in used:
        assert list(found.engine.array(name)) == arrays.cells()[name]

    for name in names:
        found.engine.writable_array(name)
    assert found.engine.runs_on_arrays == (expand_state(program).states != program.states)
    go_on(whole[8:])
    for name in used:
        assert list(found.engine.array(name)) == arrays.cells()[name]
    left = {
        name: state.snapshot()
        for name, state in found.engine.source_states().items()
        if not isinstance(state, TableState | TableArrayState)
    }
    assert plain_snapshots(left) == plain_snapshots(source.snapshots())
