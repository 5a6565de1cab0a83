"""Check that a program is well formed.

A program is valid when its declarations are (`verify_declarations`), its operations have the types
that they need (`verify_types`), every value is defined once and before it is used, under a guard
that holds wherever the use is carried out, and every execution ends in exactly one final operation
(`verify_endings`).
"""

from __future__ import annotations

from compiler.ir.fields import operands, results
from compiler.ir.guard_tree import GuardTree
from compiler.ir.invalid import InvalidProgram
from compiler.ir.operations import Operation, Select
from compiler.ir.program import ROOT, ROOT_GUARD, Program
from compiler.ir.types import BOOL
from compiler.ir.values import Constant, Operand, Value
from compiler.ir.verify_declarations import verify_declarations
from compiler.ir.verify_endings import verify_endings
from compiler.ir.verify_types import verify_constant, verify_operation


def verify(program: Program) -> None:
    """Raise `InvalidProgram` if `program` breaks a rule of the IR."""
    verify_declarations(program)
    _verify_guards(program)
    _verify_definitions(program)
    for operation in program.operations:
        for operand in operands(operation):
            if isinstance(operand, Constant):
                verify_constant(operand, operation.span)
        verify_operation(program, operation)
    verify_endings(program)


def _verify_guards(program: Program) -> None:
    if not program.guards or program.guards[ROOT] != ROOT_GUARD:
        raise InvalidProgram("guard 0 is not the root guard")
    for number, guard in enumerate(program.guards[1:], start=1):
        if guard.condition is None or guard.condition.type != BOOL:
            raise InvalidProgram(f"guard {number} has no truth value as its condition")
        if not ROOT <= guard.parent < number:
            raise InvalidProgram(f"guard {number} comes before its parent {guard.parent}")
    for handler in program.handlers:
        if not 0 <= handler.guard < len(program.guards):
            raise InvalidProgram(f"handler {handler.name} has no guard {handler.guard}", handler.span)


def _verify_definitions(program: Program) -> None:
    tree = GuardTree(program.guards)
    defined: dict[int, tuple[Value, int]] = {}  # number: the value and the guard that it is defined under
    opened = {ROOT}  # guards whose conditions are defined
    conditions_under = _definition_guards(program)
    for number, guard in enumerate(program.guards[1:], start=1):
        assert guard.condition is not None
        under = conditions_under.get(guard.condition)
        if under is None or not tree.is_within(guard.parent, under):
            raise InvalidProgram(f"the condition of guard {number} is not defined under its parent")
    for operation in program.operations:
        if not 0 <= operation.guard < len(program.guards):
            raise InvalidProgram(f"there is no guard {operation.guard}", operation.span)
        if operation.guard not in opened:
            for number in tree.chain(operation.guard):
                condition = program.guards[number].condition
                if condition is not None and condition.number not in defined:
                    raise InvalidProgram(f"guard {number} is used before its condition is defined", operation.span)
                opened.add(number)
        anywhere = _used_anywhere(operation)
        for operand in operands(operation):
            if isinstance(operand, Value):
                _verify_use(operand, operation, defined, None if operand in anywhere else tree)
        for value in results(operation):
            if value.number in defined:
                raise InvalidProgram(f"value {value.number} is defined twice", operation.span)
            defined[value.number] = (value, operation.guard)


def _definition_guards(program: Program) -> dict[Value, int]:
    return {value: operation.guard for operation in program.operations for value in results(operation)}


def _used_anywhere(operation: Operation) -> tuple[Operand, ...]:
    """Operands that may be defined under any guard: a select takes only the arm that it needs."""
    if not isinstance(operation, Select):
        return ()
    return tuple(arm for arm in (operation.on_true, operation.on_false) if arm != operation.condition)


def _verify_use(
    value: Value, operation: Operation, defined: dict[int, tuple[Value, int]], tree: GuardTree | None
) -> None:
    found = defined.get(value.number)
    if found is None:
        raise InvalidProgram(f"value {value.number} is used before it is defined", operation.span)
    definition, guard = found
    if definition != value:
        raise InvalidProgram(f"value {value.number} is not what its definition says", operation.span)
    if tree is not None and not tree.is_within(operation.guard, guard):
        raise InvalidProgram(f"value {value.number} is used where it may not be defined", operation.span)
