"""Add operations to a program, one after another, under guards old and new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from compiler.ir.fields import results
from compiler.ir.operations import (
    ArrayRead,
    ArrayUpdate,
    ArrayWrite,
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    Concat,
    Hash,
    HashAlgorithm,
    Operation,
    PacketFact,
    ReadFact,
    Resize,
    Select,
    Slice,
    TableGet,
    Unary,
    UnaryOperator,
)
from compiler.ir.program import Guard, Program
from compiler.ir.states import Array, TableArray
from compiler.ir.types import BOOL, Bits, Type, bit_width
from compiler.ir.values import FALSE, Constant, Operand, Value, constant, zero
from compiler.source import Span


class Assembler:
    """Operations come out under the guard and with the span of the operation that they stand for."""

    def __init__(self, program: Program) -> None:
        self.guards: list[Guard] = list(program.guards)
        self.operations: list[Operation] = []
        self._guard = 0
        self._span: Span | None = None
        self._name = ""
        self._next = 1 + max((v.number for o in program.operations for v in results(o)), default=0)

    @contextmanager
    def in_place_of(self, operation: Operation) -> Iterator[None]:
        self._guard, self._span = operation.guard, operation.span
        yield

    @contextmanager
    def where(self, condition: Operand) -> Iterator[None]:
        """What follows is carried out only where `condition` is 1."""
        if isinstance(condition, Constant):
            condition = self.copy(condition)
        before = self._guard
        self.guards.append(Guard(before, condition))
        self._guard = len(self.guards) - 1
        yield
        self._guard = before

    @contextmanager
    def called(self, name: str) -> Iterator[None]:
        """Values that are defined meanwhile have this name: generated code is for reading."""
        before, self._name = self._name, name
        yield
        self._name = before

    # --- pure operations; each returns the value it defines

    def copy(self, operand: Operand, into: Value | None = None) -> Value:
        """`operand` under the name `into`."""
        result = self._fresh(operand.type) if into is None else into
        return self._pure(Resize(guard=self._guard, span=self._at, result=result, argument=operand))

    def binary(self, operator: BinaryOperator, left: Operand, right: Operand) -> Value:
        result = self._fresh(left.type)
        return self._pure(
            Binary(guard=self._guard, span=self._at, result=result, operator=operator, left=left, right=right)
        )

    def add(self, left: Operand, right: int | Operand) -> Operand:
        if right == 0:
            return left
        return self.binary(BinaryOperator.ADD, left, _like(left, right))

    def sub(self, left: Operand, right: int | Operand) -> Operand:
        if right == 0:
            return left
        return self.binary(BinaryOperator.SUB, left, _like(left, right))

    def multiplied(self, left: Operand, right: int) -> Operand:
        if right == 1:
            return left
        return self.binary(BinaryOperator.MUL, left, _like(left, right))

    def both(self, left: Operand, right: Operand) -> Value:
        return self.binary(BinaryOperator.AND, left, right)

    def any_of(self, conditions: Iterable[Operand]) -> Operand:
        found: Operand | None = None
        for condition in conditions:
            found = condition if found is None else self.binary(BinaryOperator.OR, found, condition)
        return FALSE if found is None else found

    def all_of(self, conditions: Iterable[Operand]) -> Operand:
        found: Operand = constant(1, 1)
        for condition in conditions:
            found = condition if isinstance(found, Constant) else self.both(found, condition)
        return found

    def flip(self, argument: Operand) -> Value:
        result = self._fresh(argument.type)
        return self._pure(
            Unary(guard=self._guard, span=self._at, result=result, operator=UnaryOperator.NOT, argument=argument)
        )

    def compare(self, operator: CompareOperator, left: Operand, right: int | Operand) -> Value:
        result = self._fresh(BOOL)
        right = _like(left, right)
        return self._pure(
            Compare(guard=self._guard, span=self._at, result=result, operator=operator, left=left, right=right)
        )

    def select(self, condition: Operand, on_true: Operand, on_false: Operand, *, into: Value | None = None) -> Value:
        result = self._fresh(on_true.type) if into is None else into
        select = Select(
            guard=self._guard, span=self._at, result=result, condition=condition, on_true=on_true, on_false=on_false
        )
        return self._pure(select)

    def first_of(self, choices: Iterable[tuple[Operand, Operand]], otherwise: Operand) -> Operand:
        """The operand beside the first condition that is 1."""
        chosen = otherwise
        for condition, operand in reversed(list(choices)):
            chosen = self.select(condition, operand, chosen)
        return chosen

    def resize(self, argument: Operand, width: int) -> Operand:
        if argument.type == Bits(width):
            return argument
        return self.copy_as(argument, Bits(width))

    def copy_as(self, argument: Operand, of: Type) -> Value:
        return self._pure(Resize(guard=self._guard, span=self._at, result=self._fresh(of), argument=argument))

    def slice(self, argument: Operand, high: int, low: int) -> Value:
        result = self._fresh(Bits(high - low + 1))
        return self._pure(Slice(guard=self._guard, span=self._at, result=result, argument=argument, high=high, low=low))

    def concat(self, parts: tuple[Operand, ...]) -> Value:
        result = self._fresh(Bits(sum(bit_width(part.type) for part in parts)))
        return self._pure(Concat(guard=self._guard, span=self._at, result=result, parts=parts))

    def hash(self, algorithm: HashAlgorithm, index: int, parts: tuple[Operand, ...]) -> Value:
        widths = {HashAlgorithm.SHARE: max(1, index.bit_length() - 1), HashAlgorithm.ID_OF_HASH: 16}
        result = self._fresh(Bits(widths.get(algorithm, 32)))
        return self._pure(
            Hash(guard=self._guard, span=self._at, result=result, algorithm=algorithm, index=index, parts=parts)
        )

    def now(self) -> Value:
        return self._pure(ReadFact(guard=self._guard, span=self._at, result=self._fresh(Bits(64)), fact=PacketFact.NOW))

    # --- arrays

    def read(self, array: Array | TableArray, index: Operand) -> Value:
        with self.called(array.name.rsplit("__", 1)[-1]):
            result = self._fresh(array.type)
        if isinstance(array, Array):
            read = ArrayRead(guard=self._guard, span=self._at, state=array.name, result=result, index=index)
        else:
            hit = self._fresh(BOOL)
            read = TableGet(guard=self._guard, span=self._at, state=array.name, key=(index,), hit=hit, values=(result,))
        self.operations.append(read)
        return result

    def write(self, array: Array, index: Operand, value: Operand) -> None:
        self.operations.append(ArrayWrite(guard=self._guard, span=self._at, state=array.name, index=index, value=value))

    def count(self, array: Array, index: Operand, amount: Operand) -> None:
        self.operations.append(
            ArrayUpdate(
                guard=self._guard,
                span=self._at,
                state=array.name,
                result=self._fresh(array.type),
                index=index,
                operator=BinaryOperator.ADD,
                amount=amount,
            )
        )

    def or_zero(self, condition: Operand, value: Operand, into: Value) -> None:
        """`into` is `value` where `condition` is 1, else 0."""
        self.select(condition, value, zero(value.type), into=into)

    @property
    def _at(self) -> Span:
        assert self._span is not None, "operations stand in the place of another one"
        return self._span

    def _fresh(self, of: Type) -> Value:
        self._next += 1
        return Value(self._next - 1, of, self._name)

    def _pure(self, operation: Operation) -> Value:
        self.operations.append(operation)
        return results(operation)[0]


def _like(operand: Operand, number: int | Operand) -> Operand:
    return constant(number, bit_width(operand.type)) if isinstance(number, int) else number
