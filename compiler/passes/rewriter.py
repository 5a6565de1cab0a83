"""Walk over a program once and build another one: values are replaced, guards follow by themselves.

A pass reads the operations one after another, already with its replacements, and keeps each, changed
or not, or puts an operand in the place of what it defines. A guard whose condition has become a
constant vanishes: its operations move to the parent where it holds, and disappear where it does not.
Guards that nothing is under are left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from compiler.ir.fields import operands, replace_operands, replace_results, results
from compiler.ir.guard_tree import GuardTree
from compiler.ir.operations import Operation
from compiler.ir.program import ROOT, ROOT_GUARD, Guard, Handler, Program
from compiler.ir.values import Constant, Operand, Value, zero

_DEAD = -1


class Rewriter:
    """One walk; call `operations` once, then `finished`. `merge_guards`: equal guards become one."""

    def __init__(self, program: Program, *, merge_guards: bool = False) -> None:
        self._program = program
        self._merge_guards = merge_guards
        self._tree = GuardTree(program.guards)
        self._replaced: dict[Value, Operand] = {}
        self._guards: dict[int, int] = {ROOT: ROOT}  # the guard of the old program that stands for each of them
        self._same: dict[Guard, int] = {}
        self._defined_under: dict[Value, int] = {}
        self._kept: list[Operation] = []
        self._names: dict[Value, str] = {}

    def operations(self) -> Iterator[Operation]:
        """The operations that can be carried out, with replacements made; keep or replace each before the next."""
        for operation in self._program.operations:
            guard = self._guard(operation.guard)
            if guard == _DEAD:
                # Only the arm of a select that is never taken can still name these.
                self._replaced.update((value, zero(value.type)) for value in results(operation))
            else:
                yield dataclasses.replace(replace_operands(operation, self.current), guard=guard)

    def current(self, operand: Operand) -> Operand:
        """What stands for `operand` by now."""
        return self._replaced.get(operand, operand) if isinstance(operand, Value) else operand

    def keep(self, operation: Operation) -> None:
        for value in results(operation):
            self._defined_under[value] = operation.guard
        self._kept.append(operation)

    def replace(self, value: Value, operand: Operand) -> None:
        """Put `operand` in the place of `value` from here on. An unnamed value takes over the name."""
        self._replaced[value] = operand
        if isinstance(operand, Value) and value.name and not operand.name:
            self._names.setdefault(operand, value.name)

    def is_available(self, operand: Operand, guard: int) -> bool:
        """Whether `operand` is defined wherever `guard` holds."""
        return isinstance(operand, Constant) or self._tree.is_within(guard, self._defined_under[operand])

    def finished(self) -> Program:
        """The new program, its guards numbered without gaps and in their old order."""
        guards = self._used_guards()
        numbers = {guard: number for number, guard in enumerate(guards)}
        return dataclasses.replace(
            self._program,
            guards=tuple(self._rebuilt(guard, numbers) for guard in guards),
            operations=tuple(self._renamed(o, numbers) for o in self._kept),
            handlers=tuple(self._handlers(numbers)),
        )

    def _guard(self, number: int) -> int:
        """The guard that stands for guard `number`, or `_DEAD`. Its condition has been met by now."""
        if number not in self._guards:
            self._guards[number] = self._resolved(number, self._program.guards[number])
        return self._guards[number]

    def _resolved(self, number: int, guard: Guard) -> int:
        assert guard.condition is not None
        parent, condition = self._guard(guard.parent), self.current(guard.condition)
        if parent == _DEAD:
            return _DEAD
        if isinstance(condition, Constant):
            return parent if (condition.value == 1) == guard.polarity else _DEAD
        same = self._same.setdefault(Guard(parent, condition, guard.polarity), number)
        return same if self._merge_guards else number

    def _used_guards(self) -> list[int]:
        """Root first, parents before children."""
        found: dict[int, None] = {ROOT: None}

        def place(number: int) -> None:
            if number not in found:
                place(self._guard(self._program.guards[number].parent))
                found[number] = None

        for number in sorted({operation.guard for operation in self._kept}):
            place(number)
        return list(found)

    def _rebuilt(self, number: int, numbers: dict[int, int]) -> Guard:
        guard = self._program.guards[number]
        if guard.condition is None:
            return ROOT_GUARD
        condition = self.current(guard.condition)
        assert isinstance(condition, Value), "guards with constant conditions are gone"
        return Guard(numbers[self._guard(guard.parent)], self._named(condition), guard.polarity)

    def _renamed(self, operation: Operation, numbers: dict[int, int]) -> Operation:
        def named(operand: Operand) -> Operand:
            return self._named(operand) if isinstance(operand, Value) else operand

        if self._names:
            if any(operand in self._names for operand in operands(operation) if isinstance(operand, Value)):
                operation = replace_operands(operation, named)
            operation = replace_results(operation, self._named)
        return dataclasses.replace(operation, guard=numbers[operation.guard])

    def _named(self, value: Value) -> Value:
        name = self._names.get(value)
        return value if name is None else dataclasses.replace(value, name=name)

    def _handlers(self, numbers: dict[int, int]) -> Iterator[Handler]:
        """Those that can still be reached."""
        for handler in self._program.handlers:
            number = numbers.get(self._guards.get(handler.guard, _DEAD))
            if number is not None:
                yield dataclasses.replace(handler, guard=number)
