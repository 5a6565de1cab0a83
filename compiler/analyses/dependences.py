"""What each operation has to wait for.

Five kinds. `data`: the definitions of its operands. `control`: the definitions of the conditions of
its guard. `state`: the access before it on each of its states (one chain per state, in source
order). `packet`: a write of a field before an emission that carries it, an emission before a write
it must not carry, and a write before a later one of the same field. `emission`: the emission before
it. Packet and emission order hold only between operations whose guards can hold together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from compiler.analyses.structure import Structure, states_of, structure_of, values_read
from compiler.ir.operations import (
    Digest,
    Drop,
    Emission,
    Operation,
    WriteField,
)
from compiler.ir.program import Program

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, slots=True)
class Needs:
    """The operations, by place in the list, that one operation comes after; each kind sorted."""

    data: tuple[int, ...]
    control: tuple[int, ...]
    state: tuple[int, ...]
    packet: tuple[int, ...]
    emission: tuple[int, ...]

    @property
    def all(self) -> tuple[int, ...]:
        return tuple(sorted({*self.data, *self.control, *self.state, *self.packet, *self.emission}))


@dataclass(frozen=True, slots=True)
class Dependences:
    """`needs[i]` belongs to operation `i`; every dependence points backward in the list."""

    needs: tuple[Needs, ...]

    def graph(self) -> nx.DiGraph[int]:
        """Operations as nodes; an edge from each operation to those that come after it."""
        import networkx as nx  # noqa: PLC0415 - slow to load, and rarely needed

        graph: nx.DiGraph[int] = nx.DiGraph()
        graph.add_nodes_from(range(len(self.needs)))
        graph.add_edges_from((before, place) for place, needs in enumerate(self.needs) for before in needs.all)
        return graph


def find_dependences(program: Program) -> Dependences:
    structure = structure_of(program)
    last_access: dict[str, int] = {}
    on_packet: list[int] = []  # writes and emissions so far
    needs: list[Needs] = []
    for place, operation in enumerate(program.operations):
        states = states_of(operation)
        touches_packet = isinstance(operation, WriteField | Emission)
        before = _compatible(structure, operation, on_packet) if touches_packet else []
        needs.append(
            Needs(
                data=_places({structure.definition(value) for value in values_read(operation)}),
                control=_places(control_needs(structure, operation)),
                state=_places({last_access[state] for state in states if state in last_access}),
                packet=_places({place for place in before if _packet_order(program.operations[place], operation)}),
                emission=_previous_emission(program, operation, before),
            )
        )
        last_access.update(dict.fromkeys(states, place))
        if touches_packet:
            on_packet.append(place)
    return Dependences(tuple(needs))


def control_needs(structure: Structure, operation: Operation) -> set[int]:
    """The operations that define the conditions of its guard and of the guards around that."""
    return {structure.defined_by[number] for number in structure.conditions(operation.guard)}


def _compatible(structure: Structure, operation: Operation, places: list[int]) -> list[int]:
    operations = structure.program.operations
    return [place for place in places if not structure.excludes(operations[place].guard, operation.guard)]


def _packet_order(earlier: Operation, later: Operation) -> bool:
    match earlier, later:
        case WriteField(header=header, field=name), WriteField(header=other_header, field=other_name):
            return (header, name) == (other_header, other_name)
        case (WriteField(), Drop() | Digest()) | (Drop() | Digest(), WriteField()):
            return False  # neither carries the packet
        case WriteField(), _:
            return True
        case _, WriteField():
            return True
        case _:
            return False


def _previous_emission(program: Program, operation: Operation, before: list[int]) -> tuple[int, ...]:
    if not isinstance(operation, Emission):
        return ()
    earlier = [place for place in before if isinstance(program.operations[place], Emission)]
    return tuple(earlier)


def _places(found: set[int]) -> tuple[int, ...]:
    return tuple(sorted(found))
