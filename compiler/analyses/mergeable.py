"""States whose replicas can be merged.

A state is mergeable iff every operation on it, in every handler, is an update by one and the same
operator of a closed list, and no operation with an effect needs an update's result. Counters are
mergeable by type.

Proof obligation. Nothing reads the state, so amounts, indexes and guards of its updates cannot
depend on it, not even through another state; a run therefore performs on each cell a fixed multiset
of updates, wherever the packets run. Each listed operator is commutative and associative with an
identity, so folding the replicas, all started at the identity, and the declared initial value once,
gives the cell's value in any order. A cell cleared by time, or a second operator (also its inverse),
breaks this: then the state is exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.analyses.structure import Structure, states_of, structure_of
from compiler.ir.operations import ArrayRead, ArrayUpdate, ArrayWrite, BinaryOperator, Operation
from compiler.ir.program import Program
from compiler.ir.states import Array, Counter
from compiler.ir.types import Bits, Vector
from compiler.source import Span

OPERATORS = frozenset(
    {
        BinaryOperator.ADD,
        BinaryOperator.SAT_ADD,
        BinaryOperator.OR,
        BinaryOperator.AND,
        BinaryOperator.XOR,
        BinaryOperator.MAX,
        BinaryOperator.MIN,
    }
)
_ALL_ONES = frozenset({BinaryOperator.AND, BinaryOperator.MIN})


@dataclass(frozen=True, slots=True)
class Merge:
    """How replicas merge: fold `operator` over them and the initial value; replicas start at `identity`."""

    operator: BinaryOperator
    identity: int
    span: Span  # of the first update


def identity_of(operator: BinaryOperator, width: int) -> int:
    """The number that leaves every number of `width` bits as it is. `operator` is one of OPERATORS."""
    return (1 << width) - 1 if operator in _ALL_ONES else 0


def find_mergeable(program: Program) -> Mapping[str, Merge]:
    """How each mergeable state merges; other states are missing."""
    structure = structure_of(program)
    accesses: dict[str, list[int]] = {}
    for place, operation in enumerate(program.operations):
        for name in states_of(operation):
            accesses.setdefault(name, []).append(place)
    found = {}
    for state in program.states:
        places = accesses.get(state.name)
        if not places:
            continue
        first = program.operations[places[0]]
        if isinstance(state, Counter):
            found[state.name] = Merge(BinaryOperator.ADD, 0, first.span)
        elif isinstance(state, Array) and isinstance(first, ArrayUpdate) and not obstacle(structure, places):
            width = state.type.width if isinstance(state.type, Bits | Vector) else 0
            found[state.name] = Merge(first.operator, identity_of(first.operator, width), first.span)
    return found


def obstacle(structure: Structure, places: list[int]) -> tuple[str, Span] | None:
    """Why an array with these accesses does not merge (words and place), or None where it does."""
    operations = [structure.program.operations[place] for place in places]
    first: ArrayUpdate | None = None
    for operation in operations:
        line = f"line {operation.span.line}"
        match operation:
            case ArrayRead(state=state):
                return f"{line} reads `{state}`", operation.span
            case ArrayWrite(state=state):
                return f"{line} overwrites `{state}`", operation.span
            case ArrayUpdate(state=state, result=result) if result.number in structure.used:
                return f"{line} uses the new value of `{state}`", operation.span
            case ArrayUpdate(operator=operator) if operator not in OPERATORS:
                return f"{line} {verb(operation)}, which does not merge", operation.span
            case ArrayUpdate(operator=operator) if first is not None and operator is not first.operator:
                return f"line {first.span.line} {verb(first)} and {line} {verb(operation)}", operation.span
            case ArrayUpdate():
                first = first or operation
            case _:
                pass
    return None


_VERBS = {
    BinaryOperator.ADD: "adds",
    BinaryOperator.SAT_ADD: "adds with saturation",
    BinaryOperator.SUB: "subtracts",
    BinaryOperator.SAT_SUB: "subtracts with saturation",
    BinaryOperator.MUL: "multiplies",
    BinaryOperator.DIV: "divides",
    BinaryOperator.MOD: "takes a remainder",
    BinaryOperator.AND: "ands",
    BinaryOperator.OR: "ors",
    BinaryOperator.XOR: "xors",
    BinaryOperator.SHL: "shifts left",
    BinaryOperator.SHR: "shifts right",
    BinaryOperator.MIN: "takes the minimum",
    BinaryOperator.MAX: "takes the maximum",
}


def verb(operation: Operation) -> str:
    """What an `ArrayUpdate` does, for people."""
    assert isinstance(operation, ArrayUpdate)
    return _VERBS[operation.operator]
