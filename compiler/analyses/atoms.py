"""Which operations must stay together: the units of placement.

The state-dependence graph has an edge from each operation to those that read its results, or whose
guard tests them, and ties all operations on one state that packets change to each other. Its
strongly connected components that hold such a state are the atoms: two states are in one atom if
and only if the accesses of one flow, by data or by guards, into the other and back. A pure
operation, or a look-up in a control-plane table, that lies on such a way belongs to the atom.

The rest, decided so: each look-up in a state that no packet writes is an atom of its own (such
states may be copied to every device). A pure operation outside all components may be copied; where
everything that needs it is in one atom, `home` names that atom. Packet writes and emissions are no
atoms: they run where the port or group is, in an order of their own (`dependences.py`).

    x = A; A = 1; y = B; B = 1; stamp(x, y)         two atoms, {A} and {B}
    x = A; A += 1; B = x; A = B                     one atom, {A, B}
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compiler.analyses.dependences import Dependences, control_needs, find_dependences
from compiler.analyses.state_writes import written_states
from compiler.analyses.structure import Structure, states_of, structure_of
from compiler.ir.operations import Pure, StateAccess
from compiler.ir.program import Program

if TYPE_CHECKING:
    import networkx as nx


STATELESS = "stateless"


@dataclass(frozen=True, slots=True)
class Atom:
    """Operations, by place in the list, that one device carries out together for a packet."""

    name: str  # the states' names in order of declaration; "backends (line 14)" for one look-up of a constant state
    states: tuple[str, ...]
    operations: tuple[int, ...]
    lines: tuple[int, ...]  # of the source, sorted
    constant: bool  # only reads states that packets never write: may be copied


@dataclass(frozen=True, slots=True)
class Atoms:
    """`atoms` in order of their first operation. `of_operation[i]` and `home[i]` are places in it, or None."""

    atoms: tuple[Atom, ...]
    of_operation: tuple[int | None, ...]
    home: tuple[int | None, ...]  # as `of_operation`; besides, where a pure operation feeds nothing but one atom

    def of_state(self, state: str) -> tuple[Atom, ...]:
        return tuple(atom for atom in self.atoms if state in atom.states)

    def name_at(self, operation: int) -> str:
        """The name of the atom that an operation belongs to, or STATELESS."""
        place = self.of_operation[operation]
        return STATELESS if place is None else self.atoms[place].name


def find_atoms(program: Program) -> Atoms:
    import networkx as nx  # noqa: PLC0415 - slow to load, and rarely needed

    structure = structure_of(program)
    written = written_states(program)
    components = nx.strongly_connected_components(
        _state_dependence_graph(structure, find_dependences(program), written)
    )
    groups = sorted(sorted(component) for component in components if _has_state(program, component))
    atoms = tuple(_atom(program, group, written) for group in groups)
    of_operation: list[int | None] = [None] * len(program.operations)
    for number, atom in enumerate(atoms):
        for place in atom.operations:
            of_operation[place] = number
    return Atoms(atoms, tuple(of_operation), _homes(structure, of_operation))


def _state_dependence_graph(structure: Structure, dependences: Dependences, written: frozenset[str]) -> nx.DiGraph[int]:
    import networkx as nx  # noqa: PLC0415 - slow to load, and rarely needed

    graph: nx.DiGraph[int] = nx.DiGraph()
    first_access: dict[str, int] = {}
    for place, needs in enumerate(dependences.needs):
        graph.add_node(place)
        graph.add_edges_from((before, place) for before in (*needs.data, *needs.control))
        for state in states_of(structure.program.operations[place]):
            if state in written:
                other = first_access.setdefault(state, place)
                graph.add_edges_from(((place, other), (other, place)))
    return graph


def _has_state(program: Program, component: Iterable[int]) -> bool:
    return any(isinstance(program.operations[place], StateAccess) for place in component)


def _atom(program: Program, group: list[int], written: frozenset[str]) -> Atom:
    touched = {state for place in group for state in states_of(program.operations[place])}
    states = tuple(state.name for state in program.states if state.name in touched)
    lines = tuple(sorted({program.operations[place].span.line for place in group}))
    changing = [state for state in states if state in written]
    name = ", ".join(changing) if changing else f"{', '.join(states)} (line {lines[0]})"
    return Atom(name, states, tuple(group), lines, constant=not changing)


def _homes(structure: Structure, of_operation: list[int | None]) -> tuple[int | None, ...]:
    """Walk backward: a pure operation moves in with its users if they all live in one atom."""
    operations = structure.program.operations
    homes = list(of_operation)
    users: list[set[int | None]] = [set() for _ in operations]
    dependences = find_dependences(structure.program)
    for place in reversed(range(len(operations))):
        if homes[place] is None and isinstance(operations[place], Pure) and len(users[place]) == 1:
            (homes[place],) = users[place]
        if place in structure.live:
            for before in {*dependences.needs[place].data, *control_needs(structure, operations[place])}:
                users[before].add(homes[place])
    return tuple(homes)
