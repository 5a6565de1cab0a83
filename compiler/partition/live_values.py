"""Which values have to be carried to each position: results of states that are needed there or later.

Pure values are not carried. Whoever needs one works it out again from the packet, which crosses a cut as
it was received, and from the results that are carried.
"""

from __future__ import annotations

from collections.abc import Iterable

from compiler.analyses.structure import values_read
from compiler.ir.fields import results
from compiler.ir.operations import Pure
from compiler.ir.values import Value
from compiler.partition.cut import Cut, Positions


def find_needed(positions: Positions, operations: Iterable[int], guards: Iterable[int] = ()) -> frozenset[int]:
    """The operations whose results `operations` need, and what tells whether `guards` hold, through pure ones."""
    structure = positions.structure
    program = structure.program
    found: set[int] = set()
    waiting: list[Value] = []

    def ask(guard: int) -> None:
        conditions = (program.guards[number].condition for number in structure.tree.chain(guard))
        waiting.extend(condition for condition in conditions if condition is not None)

    def read(place: int) -> None:
        waiting.extend(values_read(program.operations[place]))
        ask(program.operations[place].guard)

    for place in operations:
        read(place)
    for guard in guards:
        ask(guard)
    while waiting:
        place = structure.definition(waiting.pop())
        if place not in found:
            found.add(place)
            if isinstance(program.operations[place], Pure):
                read(place)
    return frozenset(found)


def find_live(positions: Positions, cut: Cut) -> tuple[tuple[Value, ...], ...]:
    """For each position, the results of earlier states that it or a later one needs, in program order."""
    structure = positions.structure
    program = structure.program
    wanted: list[tuple[Value, ...]] = []
    for position in range(len(cut.path)):
        after = [
            place
            for place, operation in enumerate(program.operations)
            if not isinstance(operation, Pure) and positions.of_operation[place] >= position
        ]
        needed = find_needed(positions, after)
        used = _used_values(positions, {*after, *(p for p in needed if isinstance(program.operations[p], Pure))})
        wanted.append(
            tuple(
                value
                for place in sorted(needed)
                if not isinstance(program.operations[place], Pure) and positions.of_operation[place] < position
                for value in _results(positions, place)
                if value in used
            )
        )
    return tuple(wanted)


def _results(positions: Positions, place: int) -> tuple[Value, ...]:
    return results(positions.structure.program.operations[place])


def _used_values(positions: Positions, places: set[int]) -> set[Value]:
    structure = positions.structure
    program = structure.program
    used: set[Value] = set()
    for place in places:
        operation = program.operations[place]
        used.update(values_read(operation))
        for number in structure.tree.chain(operation.guard):
            condition = program.guards[number].condition
            if condition is not None:
                used.add(condition)
    return used
