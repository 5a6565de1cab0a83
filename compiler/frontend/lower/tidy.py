"""Remove what lowering made and nothing uses: truth values and reads, and guards that guard nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import get_args

from compiler.frontend.lower.source_steps import SourceStep
from compiler.ir.fields import operands, results
from compiler.ir.operations import Operation, Pure
from compiler.ir.program import ROOT, Guard, Handler
from compiler.ir.values import Value


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    guards: tuple[Guard, ...]
    operations: tuple[Operation, ...]
    handlers: tuple[Handler, ...]
    steps: tuple[SourceStep, ...] = ()


def without_unused(line: Line) -> Line:
    """The same line, but for pure operations that no effect or step depends on and guards without either."""
    needed: set[int] = set()  # numbers of values
    guards = {ROOT}
    kept: list[Operation] = []

    def need_guard(guard: int) -> None:
        while guard not in guards:
            guards.add(guard)
            condition = line.guards[guard].condition
            assert condition is not None, "only the root has none"
            needed.add(condition.number)
            guard = line.guards[guard].parent

    for handler in line.handlers:
        need_guard(handler.guard)
    for step in line.steps:
        need_guard(step.guard)
        needed.update(operand.number for operand in step.operands if isinstance(operand, Value))
    for operation in reversed(line.operations):
        if isinstance(operation, get_args(Pure)) and not any(value.number in needed for value in results(operation)):
            continue
        kept.append(operation)
        need_guard(operation.guard)
        needed.update(operand.number for operand in operands(operation) if isinstance(operand, Value))
    return _renumbered(line, sorted(guards), kept[::-1])


def _renumbered(line: Line, guards: Sequence[int], operations: Sequence[Operation]) -> Line:
    """With the listed guards only, numbered from 0 again."""
    number = {old: new for new, old in enumerate(guards)}
    return Line(
        tuple(dataclasses.replace(line.guards[old], parent=number[line.guards[old].parent]) for old in guards),
        tuple(dataclasses.replace(operation, guard=number[operation.guard]) for operation in operations),
        tuple(dataclasses.replace(handler, guard=number[handler.guard]) for handler in line.handlers),
        tuple(step.under_guard(number[step.guard]) for step in line.steps),
    )
