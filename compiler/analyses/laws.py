"""What one result of a state access implies of another, in every state of the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.analyses.parse_order import ParseOrder, find_parse_order
from compiler.analyses.value_numbers import ValueNumbers, number_values
from compiler.ir.operations import IndexFind, IndexOpen, LeaseGet, MapFind, Operation, TableGet
from compiler.ir.program import Program
from compiler.ir.states import Table
from compiler.ir.values import Value


@dataclass(frozen=True, slots=True)
class Laws:
    """`implied[expression, truth]`: what else then holds. `zero_unless[expression]`: it is 0 unless that one is 1."""

    program: Program
    numbers: ValueNumbers
    parse_order: ParseOrder
    implied: Mapping[tuple[int, bool], tuple[tuple[int, bool], ...]]
    zero_unless: Mapping[int, int]
    fields: Mapping[tuple[str, str], int]  # (header, field) -> expression


def find_laws(program: Program) -> Laws:
    numbers = number_values(program)
    implied: dict[tuple[int, bool], tuple[tuple[int, bool], ...]] = {}
    zero_unless: dict[int, int] = {}
    for operation in program.operations:
        for one, other in _implications(operation):
            first, second = numbers.of(one), numbers.of(other)
            implied[first, True] = ((second, True),)
            implied[second, False] = ((first, False),)
        found, values = _values_found(program, operation)
        if found is not None:
            zero_unless.update((numbers.of(value), numbers.of(found)) for value in values)
    fields = {
        (str(node.detail[0]), str(node.detail[1])): number
        for number, node in enumerate(numbers.nodes)
        if node.kind == "field"
    }
    return Laws(program, numbers, find_parse_order(program), implied, zero_unless, fields)


def _implications(operation: Operation) -> list[tuple[Value, Value]]:
    match operation:
        case MapFind(present=present, room=room):
            return [(present, room)]
        case IndexOpen(opened=opened, done=done):
            return [(opened, done)]
        case _:
            return []


def _values_found(program: Program, operation: Operation) -> tuple[Value | None, tuple[Value, ...]]:
    """Values that are zero unless the look-up found something."""
    match operation:
        case MapFind(present=found, values=values) | LeaseGet(live=found, values=values):
            return found, values
        case IndexFind(present=found, values=values):
            return found, values
        case TableGet(state=state, hit=found, values=values):
            declared = program.state(state)
            has_default = not isinstance(declared, Table) or declared.default is not None
            return (None, ()) if has_default else (found, values)
        case _:
            return None, ()
