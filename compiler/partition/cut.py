"""A cut: the way that packets take over devices, and where on it each state is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compiler.analyses.structure import Structure, states_of, structure_of, values_read
from compiler.ir.operations import Operation, Pure, StateAccess
from compiler.ir.program import Program
from compiler.ir.values import Value
from compiler.source import Span


@dataclass(frozen=True, slots=True)
class Cut:
    """The devices that a packet visits, in order, and at which visit each state is accessed.

    `path` begins and ends at the device that has the program's ports. A place in it is a *position*.
    `homes[state]` is a position; a state that it does not name is at position 0, and states that packets
    never touch are nowhere.
    """

    path: tuple[str, ...]
    homes: Mapping[str, int] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return len(self.path) - 1

    def positions_of(self, device: str) -> tuple[int, ...]:
        return tuple(position for position, name in enumerate(self.path) if name == device)

    @property
    def devices(self) -> tuple[str, ...]:
        """In the order in which packets first meet them."""
        return tuple(dict.fromkeys(self.path))


class CutError(Exception):
    """A cut that no packets can take, or that changes what the program means. `span`: where, if anywhere."""

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message if span is None else f"{span}: {message}")
        self.span = span


@dataclass(frozen=True, slots=True)
class Positions:
    """`of_operation[i]`: where operation `i` is carried out; for a pure one, the first position where it can be."""

    structure: Structure
    of_operation: tuple[int, ...]

    def of_guard(self, guard: int) -> int:
        """The first position at which it is known whether the guard holds."""
        return max((self._of_condition(number) for number in self.structure.tree.chain(guard)), default=0)

    def _of_condition(self, guard: int) -> int:
        condition = self.structure.program.guards[guard].condition
        return 0 if condition is None else self.of_operation[self.structure.definition(condition)]


def find_positions(program: Program, cut: Cut) -> Positions:
    """Raise `CutError` where an operation would need what is known only at a later position."""
    _check_path(cut)
    _check_homes(program, cut)
    structure = structure_of(program)
    found: list[int] = []
    for operation in program.operations:
        needs = [found[structure.definition(value)] for value in _needed(structure, operation)]
        earliest = max(needs, default=0)
        match operation:
            case _ if isinstance(operation, Pure):
                found.append(earliest)
            case _ if isinstance(operation, StateAccess):
                found.append(_home(operation, cut, earliest))
            case _:
                found.append(cut.last)
    return Positions(structure, tuple(found))


def _needed(structure: Structure, operation: Operation) -> list[Value]:
    conditions = [structure.program.guards[number].condition for number in structure.tree.chain(operation.guard)]
    return [*values_read(operation), *(condition for condition in conditions if condition is not None)]


def _home(operation: StateAccess, cut: Cut, earliest: int) -> int:
    states = states_of(operation)
    homes = {cut.homes.get(state, 0) for state in states}
    if len(homes) > 1:
        raise CutError(f"{' and '.join(states)} are accessed together, so they have to be in one place", operation.span)
    (home,) = homes
    if home < earliest:
        raise CutError(
            f"`{states[0]}` is at {cut.path[home]} (position {home}), but what is asked of it here "
            f"is known only at {cut.path[earliest]} (position {earliest})",
            operation.span,
        )
    return home


def _check_homes(program: Program, cut: Cut) -> None:
    names = {state.name for state in program.states}
    for state, position in cut.homes.items():
        if state not in names:
            raise CutError(f"the program has no state `{state}`")
        if not 0 <= position <= cut.last:
            raise CutError(f"`{state}` cannot be at position {position} of a path of {len(cut.path)}")


def _check_path(cut: Cut) -> None:
    if len(cut.path) < 3 or cut.path[0] != cut.path[-1]:
        raise CutError("a path leaves the device that has the ports, and comes back to it")
    hops = list(zip(cut.path, cut.path[1:], strict=False))
    for here, there in hops:
        if here == there:
            raise CutError(f"the path goes from {here} to itself")
    if len(set(hops)) < len(hops):
        raise CutError("the path takes a link twice in one direction")
