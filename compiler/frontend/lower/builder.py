"""Appends operations to the straight line, and folds truth values on the way.

Control flow makes many truth values that are constant or equal to another one; folding them here is
what makes guards siblings. All other folding is left to passes.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from compiler.frontend.lower.guards import DEAD, GuardTable
from compiler.ir.fields import results
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    HeaderPresent,
    Operation,
    PacketFact,
    ReadFact,
    ReadField,
    ReadTunable,
    Select,
    Unary,
    UnaryOperator,
)
from compiler.ir.types import BOOL, Bits, Type
from compiler.ir.values import FALSE, TRUE, Constant, Operand, Value
from compiler.source import Span

_COMPARISONS: dict[CompareOperator, Callable[[int, int], bool]] = {
    CompareOperator.EQ: python.eq,
    CompareOperator.NE: python.ne,
    CompareOperator.LT: python.lt,
    CompareOperator.LE: python.le,
    CompareOperator.GT: python.gt,
    CompareOperator.GE: python.ge,
}
_FACT_WIDTHS = {PacketFact.PORT: 16, PacketFact.LENGTH: 32, PacketFact.NOW: 64}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an operation stands: the guard that it is under, and what it comes from."""

    guard: int
    span: Span


class Builder:
    def __init__(self) -> None:
        self.guards = GuardTable()
        self.operations: list[Operation] = []
        self._numbers = count()
        self._defined_under: dict[int, int] = {}  # number of a value -> guard
        self._reads: dict[tuple[str, ...], Value] = {}  # the last value that each read defined

    def value(self, of: Type, name: str = "") -> Value:
        """A new value, for an operation to define."""
        return Value(next(self._numbers), of, name)

    def emit(self, operation: Operation) -> None:
        if operation.guard == DEAD:
            return
        self.operations.append(operation)
        for value in results(operation):
            self._defined_under[value.number] = operation.guard

    def is_visible(self, operand: Operand, guard: int) -> bool:
        """Whether the operand is defined wherever `guard` holds."""
        if isinstance(operand, Constant) or guard == DEAD:
            return True
        under = self._defined_under.get(operand.number)
        return under is not None and self.guards.is_within(guard, under)

    # --- truth values ---------------------------------------------------------------------------

    def negation(self, place: Place, of: Operand, name: str = "") -> Operand:
        if isinstance(of, Constant):
            return FALSE if of.value else TRUE
        original = self.guards.negation_of(of)
        if original is not None:
            return original
        result = self.value(BOOL, name)
        self.emit(Unary(guard=place.guard, span=place.span, result=result, operator=UnaryOperator.NOT, argument=of))
        self.guards.note_negation(result, of)
        return result

    def conjunction(self, place: Place, left: Operand, right: Operand, name: str = "") -> Operand:
        if FALSE in (left, right):
            return FALSE
        if left in (TRUE, right):
            return right
        if right == TRUE:
            return left
        return self.binary(place, BinaryOperator.AND, left, right, name)

    def disjunction(self, place: Place, left: Operand, right: Operand, name: str = "") -> Operand:
        if TRUE in (left, right):
            return TRUE
        if left in (FALSE, right):
            return right
        if right == FALSE:
            return left
        return self.binary(place, BinaryOperator.OR, left, right, name)

    def comparison(
        self, place: Place, operator: CompareOperator, left: Operand, right: Operand, name: str = ""
    ) -> Operand:
        match left, right:
            case Constant(value=int(one)), Constant(value=int(other)):
                return TRUE if _COMPARISONS[operator](one, other) else FALSE
            case _:
                pass
        result = self.value(BOOL, name)
        self.emit(Compare(guard=place.guard, span=place.span, result=result, operator=operator, left=left, right=right))
        return result

    # --- other pure operations ------------------------------------------------------------------

    def binary(self, place: Place, operator: BinaryOperator, left: Operand, right: Operand, name: str = "") -> Operand:
        result = self.value(left.type, name)
        self.emit(Binary(guard=place.guard, span=place.span, result=result, operator=operator, left=left, right=right))
        return result

    def select(self, place: Place, condition: Operand, on_true: Operand, on_false: Operand, name: str = "") -> Operand:
        """`on_true` where `condition`, else `on_false`; either may be undefined where it is not taken."""
        if isinstance(condition, Constant):
            return on_true if condition.value else on_false
        original = self.guards.negation_of(condition)
        if original is not None:
            return self.select(place, original, on_false, on_true, name)
        if on_true == condition:
            on_true = TRUE
        if on_false == condition:
            on_false = FALSE
        if on_true == on_false:
            return on_true
        if (on_true, on_false) == (TRUE, FALSE):
            return condition
        if (on_true, on_false) == (FALSE, TRUE):
            return self.negation(place, condition, name)
        result = self.value(on_true.type, name)
        self.emit(
            Select(
                guard=place.guard,
                span=place.span,
                result=result,
                condition=condition,
                on_true=on_true,
                on_false=on_false,
            )
        )
        return result

    # --- what is known of a packet: the same wherever it is read ----------------------------------

    def fact(self, place: Place, fact: PacketFact) -> Value:
        def read(result: Value) -> Operation:
            return ReadFact(guard=place.guard, span=place.span, result=result, fact=fact)

        return self._read(place, ("fact", fact.value), Bits(_FACT_WIDTHS[fact]), read)

    def field(self, place: Place, header: str, field: str, of: Type) -> Value:
        """As received."""

        def read(result: Value) -> Operation:
            return ReadField(guard=place.guard, span=place.span, result=result, header=header, field=field)

        return self._read(place, (header, field), of, read)

    def header_present(self, place: Place, header: str) -> Value:
        def read(result: Value) -> Operation:
            return HeaderPresent(guard=place.guard, span=place.span, result=result, header=header)

        return self._read(place, (header, "present"), BOOL, read, kind="presence")

    def tunable(self, place: Place, name: str, of: Type) -> Value:
        def read(result: Value) -> Operation:
            return ReadTunable(guard=place.guard, span=place.span, result=result, tunable=name)

        return self._read(place, (name,), of, read, kind="tunable")

    def _read(
        self, place: Place, name: tuple[str, ...], of: Type, read: Callable[[Value], Operation], kind: str = "field"
    ) -> Value:
        known = self._reads.get((kind, *name))
        if known is not None and self.is_visible(known, place.guard):
            return known
        result = self.value(of, ".".join(name) if name[0] != "fact" else name[1])
        self.emit(read(result))
        self._reads[(kind, *name)] = result
        return result
