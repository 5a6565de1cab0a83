"""Build programs by hand or by chance: operations come out in order, values get fresh numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from compiler.ir.fields import operands, results
from compiler.ir.headers import Header
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    Concat,
    Hash,
    HashAlgorithm,
    HeaderPresent,
    Operation,
    PacketFact,
    ReadFact,
    ReadField,
    Resize,
    Select,
    Send,
    Slice,
    Unary,
    UnaryOperator,
)
from compiler.ir.program import ROOT, ROOT_GUARD, Guard, Handler, Port, Program, Tunable
from compiler.ir.states import State
from compiler.ir.types import BOOL, Bits, Record, Type, bit_width
from compiler.ir.values import Operand, Value, constant
from compiler.source import NOWHERE

_OperationT = TypeVar("_OperationT", bound=Operation)


class Builder:
    """A program under construction; operations are added under the current guard."""

    def __init__(
        self,
        *,
        headers: tuple[Header, ...] = (),
        states: tuple[State, ...] = (),
        shares: int = 1,
        tunables: tuple[Tunable, ...] = (),
        records: tuple[Record, ...] = (),
        ports: tuple[Port, ...] = (Port("lan", "lan", 1), Port("wan", "wan", 0), Port("dmz", "dmz")),
    ) -> None:
        self._program = Program(
            name="test",
            shares=shares,
            ports=ports,
            headers=headers,
            states=states,
            tunables=tunables,
            records=records,
            guards=(ROOT_GUARD,),
            operations=(),
            handlers=(Handler("any (_)", ROOT, span=NOWHERE),),
        )
        self._guards: list[Guard] = [ROOT_GUARD]
        self._operations: list[Operation] = []
        self._numbers = 0
        self.guard = ROOT

    def value(self, type_: Type, name: str = "") -> Value:
        """A fresh value, for an operation to define."""
        self._numbers += 1
        return Value(self._numbers, type_, name)

    def add(self, kind: type[_OperationT], **fields: Any) -> _OperationT:
        operation = kind(guard=self.guard, span=NOWHERE, **fields)
        self._operations.append(operation)
        return operation

    def guard_of(self, condition: Value, *, polarity: bool = True) -> int:
        self._guards.append(Guard(self.guard, condition, polarity))
        return len(self._guards) - 1

    @contextmanager
    def under(self, guard: int) -> Iterator[None]:
        before, self.guard = self.guard, guard
        yield
        self.guard = before

    def program(self, *, handlers: tuple[Handler, ...] | None = None) -> Program:
        """What was built; states that nothing uses are left out."""
        used = {getattr(o, "state", "") for o in self._operations} | {getattr(o, "lease", "") for o in self._operations}
        used |= {getattr(s, "lease", "") for s in self._program.states if s.name in used}
        return dataclasses.replace(
            self._program,
            guards=tuple(self._guards),
            operations=tuple(self._operations),
            handlers=self._program.handlers if handlers is None else handlers,
            states=tuple(s for s in self._program.states if s.name in used),
        )

    # --- short forms of the operations that tests use most

    def fact(self, fact: PacketFact) -> Value:
        widths = {PacketFact.PORT: 16, PacketFact.LENGTH: 32, PacketFact.NOW: 64}
        return self.add(ReadFact, result=self.value(Bits(widths[fact]), fact.value), fact=fact).result

    def field(self, header: str, field: str) -> Value:
        of = self._program.header(header).field_named(field).type
        return self.add(ReadField, result=self.value(of, f"{header}.{field}"), header=header, field=field).result

    def present(self, header: str) -> Value:
        return self.add(HeaderPresent, result=self.value(BOOL), header=header).result

    def binary(self, operator: BinaryOperator, left: Operand, right: Operand | int, name: str = "") -> Value:
        right = constant(right, bit_width(left.type)) if isinstance(right, int) else right
        return self.add(Binary, result=self.value(left.type, name), operator=operator, left=left, right=right).result

    def compare(self, operator: CompareOperator, left: Operand, right: Operand | int) -> Value:
        right = constant(right, bit_width(left.type)) if isinstance(right, int) else right
        return self.add(Compare, result=self.value(BOOL), operator=operator, left=left, right=right).result

    def select(self, condition: Operand, on_true: Operand, on_false: Operand, name: str = "") -> Value:
        result = self.value(on_true.type, name)
        return self.add(Select, result=result, condition=condition, on_true=on_true, on_false=on_false).result

    def binary_of_constants(self, value: int) -> Value:
        """A truth value that folding knows."""
        return self.binary(BinaryOperator.XOR, constant(value, 1), 0)

    def flip(self, argument: Operand) -> Value:
        return self.add(Unary, result=self.value(argument.type), operator=UnaryOperator.NOT, argument=argument).result

    def resize(self, argument: Operand, width: int) -> Value:
        return self.add(Resize, result=self.value(Bits(width)), argument=argument).result

    def slice(self, argument: Operand, high: int, low: int) -> Value:
        return self.add(Slice, result=self.value(Bits(high - low + 1)), argument=argument, high=high, low=low).result

    def concat(self, *parts: Operand) -> Value:
        width = sum(bit_width(part.type) for part in parts)
        return self.add(Concat, result=self.value(Bits(width)), parts=parts).result

    def hash(self, algorithm: HashAlgorithm, *parts: Operand, index: int = 0) -> Value:
        shared = max(1, index.bit_length() - 1)
        narrow = {HashAlgorithm.CRC16: 16, HashAlgorithm.ID_OF_HASH: 16, HashAlgorithm.SHARE: shared}
        width = narrow.get(algorithm, 32)
        return self.add(Hash, result=self.value(Bits(width)), algorithm=algorithm, index=index, parts=parts).result

    def send(self, port: Operand | int) -> None:
        self.add(Send, port=constant(port, 16) if isinstance(port, int) else port)

    def defined(self) -> list[Value]:
        """Every value defined so far under the current guard or around it."""
        around = {self.guard}
        guard = self.guard
        while guard != ROOT:
            guard = self._guards[guard].parent
            around.add(guard)
        return [value for o in self._operations if o.guard in around for value in results(o)]

    def unused(self) -> list[Value]:
        """Of the `defined` values those that no operation and no guard reads."""
        used = {operand for o in self._operations for operand in operands(o)} | {g.condition for g in self._guards}
        return [value for value in self.defined() if value not in used]
