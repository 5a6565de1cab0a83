"""The skeleton of a program: where values are defined and read, how guards relate, who owns an operation.

Every other analysis starts here. Nothing in it is an approximation but `excludes`, which says only
what the guard tree shows (one condition with both polarities).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.ir.fields import operands, results
from compiler.ir.guard_tree import GuardTree
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    IndexFind,
    IndexOpen,
    Operation,
    Pure,
    StateAccess,
    Unary,
    UnaryOperator,
)
from compiler.ir.program import Program
from compiler.ir.values import Value

OUTSIDE = -1  # the handler of an operation that stands outside all handlers (it chooses one)


def states_of(operation: Operation) -> tuple[str, ...]:
    """The states that `operation` reads or writes; an index operation touches its lease as well."""
    match operation:
        case IndexFind(state=state, lease=lease) | IndexOpen(state=state, lease=lease):
            return (state, lease)
        case _:
            return (operation.state,) if isinstance(operation, StateAccess) else ()


def values_read(operation: Operation) -> tuple[Value, ...]:
    """The operands of `operation` that are not constants."""
    return tuple(operand for operand in operands(operation) if isinstance(operand, Value))


@dataclass(frozen=True, slots=True)
class Structure:
    """Facts that `structure_of` finds; operations and guards are named by their place in the program."""

    program: Program
    defined_by: Mapping[int, int]  # number of a value -> operation
    tree: GuardTree
    handler_of_guard: tuple[int, ...]
    live: frozenset[int]  # operations with an effect, or whose result one of those needs
    used: frozenset[int]  # numbers of values that a live operation reads or that guard one

    def definition(self, value: Value) -> int:
        return self.defined_by[value.number]

    def handler(self, operation: int) -> int:
        """The place in `Program.handlers` of the handler that `operation` belongs to, or OUTSIDE."""
        return self.handler_of_guard[self.program.operations[operation].guard]

    def handler_name(self, handler: int) -> str:
        return self.program.handlers[handler].name if handler != OUTSIDE else "(no handler)"

    def implies(self, guard: int, other: int) -> bool:
        """Whether `other` holds wherever `guard` does, by the tree alone."""
        return self.tree.is_within(guard, other)

    def excludes(self, guard: int, other: int) -> bool:
        """Whether the two guards need one condition with both polarities, so that they never hold together."""
        return self.tree.are_exclusive(guard, other)

    def conditions(self, guard: int) -> dict[int, bool]:
        """What the guard needs: number of the condition -> its truth value.

        Of an `and` that must hold, an `or` that must not, and a `not`, the parts as well.
        """
        steps = (self.program.guards[place] for place in self.tree.chain(guard))
        waiting = [(step.condition, step.polarity) for step in steps if step.condition is not None]
        found: dict[int, bool] = {}
        while waiting:
            condition, truth = waiting.pop()
            if condition.number in found:
                continue
            found[condition.number] = truth
            match self.program.operations[self.definition(condition)]:
                case Unary(operator=UnaryOperator.NOT, argument=part):
                    parts, truth = (part,), not truth
                case Binary(operator=BinaryOperator.AND, left=left, right=right) if truth:
                    parts = (left, right)
                case Binary(operator=BinaryOperator.OR, left=left, right=right) if not truth:
                    parts = (left, right)
                case _:
                    parts = ()
            waiting.extend((part, truth) for part in parts if isinstance(part, Value))
        return found

    def guarded_by(self, operation: int, condition: Value, *, truth: bool = True) -> bool:
        """Whether `operation` is carried out only where `condition` has that truth value."""
        guard = self.program.operations[operation].guard
        return self.conditions(guard).get(condition.number) is truth


def structure_of(program: Program) -> Structure:
    defined_by = {value.number: i for i, op in enumerate(program.operations) for value in results(op)}
    tree = GuardTree(program.guards)
    live, used = _liveness(program, tree, defined_by)
    return Structure(program, defined_by, tree, _handlers(program, tree), live, used)


def _handlers(program: Program, tree: GuardTree) -> tuple[int, ...]:
    by_guard = {handler.guard: place for place, handler in enumerate(program.handlers)}
    guards = range(len(program.guards))
    return tuple(next((by_guard[g] for g in tree.chain(guard) if g in by_guard), OUTSIDE) for guard in guards)


def _liveness(
    program: Program, tree: GuardTree, defined_by: Mapping[int, int]
) -> tuple[frozenset[int], frozenset[int]]:
    live = {place for place, operation in enumerate(program.operations) if not isinstance(operation, Pure)}
    used: set[int] = set()
    seen_guards: set[int] = set()
    waiting = list(live)
    while waiting:
        operation = program.operations[waiting.pop()]
        read = list(values_read(operation))
        for guard in tree.chain(operation.guard):
            if guard in seen_guards:  # and so are those around it
                break
            seen_guards.add(guard)
            condition = program.guards[guard].condition
            if condition is not None:
                read.append(condition)
        for value in read:
            used.add(value.number)
            place = defined_by[value.number]
            if place not in live:
                live.add(place)
                waiting.append(place)
    return frozenset(live), frozenset(used)
