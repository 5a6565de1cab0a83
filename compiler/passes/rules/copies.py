"""Copies of a program's expressions under other guards: reading state, without any effect."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import reduce

from compiler.analyses.laws import Laws
from compiler.ir.fields import replace_operands, replace_results, results
from compiler.ir.operations import (
    ArrayRead,
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    HeaderPresent,
    IndexFind,
    IndexOpen,
    LeaseGet,
    MapFind,
    Operation,
    Pure,
    ReadField,
    Resize,
    TableGet,
    Unary,
    UnaryOperator,
)
from compiler.ir.program import ROOT, ROOT_GUARD, Guard
from compiler.ir.types import BOOL, Bits, Type
from compiler.ir.values import FALSE, Constant, Operand, Value, constant
from compiler.source import Span


class Copies:
    """Operations and guards of a program in the making. What is worked out under a guard is known below it."""

    def __init__(self, laws: Laws) -> None:
        self._laws = laws
        self._program = laws.program
        self.operations: list[Operation] = []
        self.guards: list[Guard] = [ROOT_GUARD]
        self._known: list[dict[object, Operand]] = [{}]
        self._children: dict[Guard, int] = {}
        self._next = 0

    def child(self, parent: int, condition: Operand, *, holds: bool = True) -> int | None:
        """The guard under `parent` where the condition is so; None where it never is."""
        if isinstance(condition, Constant):
            return parent if bool(condition.value) is holds else None
        guard = Guard(parent, condition, holds)
        if guard not in self._children:
            self._children[guard] = len(self.guards)
            self.guards.append(guard)
            self._known.append({})
        return self._children[guard]

    def expression(self, number: int, guard: int) -> Operand:
        """The value of one of the program's expressions."""
        node = self._laws.numbers.nodes[number]
        if node.kind == "constant":
            value = node.detail[0]
            assert not isinstance(value, str), "constants are numbers"
            return Constant(value, node.type)
        found = self._look_up(number, guard)
        if found is None:
            self._work_out(number, guard)
            found = self._look_up(number, guard)
            assert found is not None, "it was worked out"
        return found

    def operand(self, operand: Operand, guard: int) -> Operand:
        return self.expression(self._laws.numbers.of(operand), guard)

    def _look_up(self, key: object, guard: int) -> Operand | None:
        while True:
            if key in self._known[guard]:
                return self._known[guard][key]
            if guard == ROOT:
                return None
            guard = self.guards[guard].parent

    def _work_out(self, number: int, guard: int) -> None:
        place = self._laws.numbers.nodes[number].operation
        assert place is not None, "what is no constant has an operation"
        source = self._program.operations[place]
        if isinstance(source, Pure):
            self._pure(source, number, guard)
        else:
            self.access(source, guard)

    def _pure(self, source: Pure, number: int, guard: int) -> None:
        made = replace_operands(source, lambda o: self.operand(o, guard))
        assert isinstance(made, Pure), "it is the same operation"
        self._known[guard][number] = self._append(dataclasses.replace(made, guard=guard), source.result.type)

    def access(self, source: Operation, guard: int, *, refresh: bool = False) -> None:
        """A look-up as the program makes it, of what is there; its results are known from here on."""
        numbers = self._laws.numbers
        if isinstance(source, IndexOpen):
            self._known[guard][numbers.of(source.opened)] = FALSE
            found = IndexFind(
                guard=guard,
                span=source.span,
                state=source.state,
                lease=source.lease,
                key=source.key,
                present=source.done,
                id=source.id,
                values=source.values,
                refresh=refresh,
            )
        else:
            assert isinstance(source, ArrayRead | TableGet | MapFind | LeaseGet | IndexFind), "others are not read"
            found = source
            if isinstance(found, MapFind | LeaseGet | IndexFind):
                found = dataclasses.replace(found, refresh=refresh)
        before = results(found)
        made = replace_operands(found, lambda o: self.operand(o, guard))
        fresh = {value: self._fresh(value.type, value.name) for value in before}
        made = replace_results(made, lambda v: fresh[v])
        self.operations.append(dataclasses.replace(made, guard=guard))
        if not refresh:
            self._known[guard].update((numbers.of(value), fresh[value]) for value in before)

    # --- expressions that the program need not have

    def present(self, header: str, guard: int, span: Span) -> Operand:
        return self._once(
            ("present", header), guard, HeaderPresent(guard=guard, span=span, result=_NONE, header=header)
        )

    def field(self, header: str, name: str, of: Type, guard: int, span: Span) -> Operand:
        read = ReadField(guard=guard, span=span, result=Value(-1, of), header=header, field=name)
        return self._once(("field", header, name), guard, read)

    def masked(self, operand: Operand, mask: int, guard: int, span: Span) -> Operand:
        of = operand.type
        assert isinstance(of, Bits), "only numbers are compared"
        if mask == (1 << of.width) - 1:
            return operand
        by = constant(mask, of.width)
        return self._binary(BinaryOperator.AND, operand, by, guard, span)

    def shifted(self, operand: Operand, amount: int, guard: int, span: Span) -> Operand:
        return self._binary(BinaryOperator.SHL, operand, constant(amount, 16), guard, span) if amount else operand

    def resized(self, operand: Operand, width: int, guard: int, span: Span) -> Operand:
        if operand.type == Bits(width):
            return operand
        return self._append(
            Resize(guard=guard, span=span, result=Value(-1, Bits(width)), argument=operand), Bits(width)
        )

    def equal(self, left: Operand, right: Operand, guard: int, span: Span) -> Operand:
        made = Compare(guard=guard, span=span, result=_NONE, operator=CompareOperator.EQ, left=left, right=right)
        return self._append(made, BOOL)

    def all_of(self, conditions: Sequence[Operand], guard: int, span: Span) -> Operand:
        """Whether all of them hold; there is one at least."""
        both = BinaryOperator.AND
        return reduce(lambda one, other: self._binary(both, one, other, guard, span), conditions)

    def negated(self, condition: Operand, guard: int, span: Span) -> Operand:
        made = Unary(guard=guard, span=span, result=_NONE, operator=UnaryOperator.NOT, argument=condition)
        return self._append(made, BOOL)

    def _binary(self, operator: BinaryOperator, left: Operand, right: Operand, guard: int, span: Span) -> Operand:
        result = Value(-1, left.type)
        made = Binary(guard=guard, span=span, result=result, operator=operator, left=left, right=right)
        return self._append(made, left.type)

    def _once(self, key: object, guard: int, made: Pure) -> Operand:
        found = self._look_up(key, guard)
        if found is None:
            found = self._known[guard][key] = self._append(made, made.result.type)
        return found

    def _append(self, made: Pure, of: Type) -> Value:
        value = self._fresh(of, made.result.name)
        self.operations.append(dataclasses.replace(made, result=value))
        return value

    def _fresh(self, of: Type, name: str = "") -> Value:
        self._next += 1
        return Value(self._next - 1, of, name)


_NONE = Value(-1, BOOL)
