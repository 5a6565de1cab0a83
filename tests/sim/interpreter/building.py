"""Programs built by hand: a builder that keeps track of guards and values, and the headers of common packets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from compiler.ir.headers import Condition, Header, HeaderField, Linear, ParseRule
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    Drop,
    HeaderPresent,
    Operation,
    ReadField,
    Send,
    WriteField,
)
from compiler.ir.program import ROOT, Guard, Port, Program, Tunable
from compiler.ir.states import State
from compiler.ir.types import BOOL, Bits, Record, Type, bit_width
from compiler.ir.values import Constant, Operand, Value, constant
from compiler.source import NOWHERE


class Builder:
    """Collects operations under the guard that is open, and gives out values."""

    def __init__(
        self,
        *,
        headers: Sequence[Header] = (),
        states: Sequence[State] = (),
        tunables: Sequence[Tunable] = (),
        records: Sequence[Record] = (),
        ports: int = 2,
        shares: int = 1,
    ) -> None:
        names = {header.name for header in headers}
        self._headers = {
            h.name: replace(h, rules=tuple(rule for rule in h.rules if rule.previous in names)) for h in headers
        }
        self._states, self._tunables, self._records = tuple(states), tuple(tunables), tuple(records)
        self._ports, self._shares = ports, shares
        self._guards = [Guard(ROOT, None)]
        self._open = ROOT
        self._operations: list[Operation] = []
        self._values = 0

    def program(self) -> Program:
        return Program(
            name="built",
            shares=self._shares,
            ports=tuple(Port(f"p{number}", f"p{number}") for number in range(self._ports)),
            headers=tuple(self._headers.values()),
            states=self._states,
            tunables=self._tunables,
            records=self._records,
            guards=tuple(self._guards),
            operations=tuple(self._operations),
            handlers=(),
        )

    def value(self, of: Type) -> Value:
        self._values += 1
        return Value(self._values - 1, of)

    def bits(self, width: int) -> Value:
        return self.value(Bits(width))

    def add(self, kind: type, **fields: Any) -> None:
        self._operations.append(kind(guard=self._open, span=NOWHERE, **fields))

    def define(self, kind: type, of: Type, **fields: Any) -> Value:
        """An operation with one result, and that result."""
        result = self.value(of)
        self.add(kind, result=result, **fields)
        return result

    @contextmanager
    def when(self, condition: Value, polarity: bool = True) -> Iterator[None]:
        outside = self._open
        self._guards.append(Guard(outside, condition, polarity))
        self._open = len(self._guards) - 1
        yield
        self._open = outside

    def close_over(self, condition: Value, polarity: bool) -> None:
        """What follows stands under this guard: the other side of a block that ended the packet."""
        self._guards.append(Guard(self._open, condition, polarity))
        self._open = len(self._guards) - 1

    def field(self, header: str, field: str) -> Value:
        return self.define(ReadField, self._headers[header].field_named(field).type, header=header, field=field)

    def present(self, header: str) -> Value:
        return self.define(HeaderPresent, BOOL, header=header)

    def write(self, header: str, field: str, value: Operand | int) -> None:
        if isinstance(value, int):
            value = Constant(value, self._headers[header].field_named(field).type)
        self.add(WriteField, header=header, field=field, value=value)

    def binary(self, operator: BinaryOperator, left: Operand, right: Operand) -> Value:
        return self.define(Binary, left.type, operator=operator, left=left, right=right)

    def equal(self, left: Operand, right: Operand) -> Value:
        return self.define(Compare, BOOL, operator=CompareOperator.EQ, left=left, right=right)

    def send(self, port: int | Operand, **fields: Any) -> None:
        self.add(Send, port=constant(port, 16) if isinstance(port, int) else port, **fields)

    def drop(self, reason: str = "drop") -> None:
        self.add(Drop, reason=reason)


def header(
    name: str,
    fields: Sequence[tuple[str, int | Type] | HeaderField],
    *,
    rules: Sequence[ParseRule] = (),
    valid: Sequence[Condition] = (),
    blob_length: Linear | None = None,
    swaps: Sequence[tuple[str, str]] = (),
) -> Header:
    """A header whose fields stand side by side; whole `HeaderField`s have their offsets filled in."""
    placed, offset = [], 0
    for field in fields:
        if not isinstance(field, HeaderField):
            field_name, of = field
            field = HeaderField(field_name, Bits(of) if isinstance(of, int) else of, None, 0)
        placed.append(replace(field, offset=offset))
        offset += bit_width(field.type)
    return Header(name, tuple(placed), tuple(rules), tuple(valid), blob_length, tuple(swaps), span=NOWHERE)


def after(previous: Header, *matches: tuple[str, int] | tuple[str, int, int]) -> ParseRule:
    """After `previous` where each field has the value, under a mask where one is given."""

    def whole(name: str) -> int:
        return (1 << bit_width(previous.field_named(name).type)) - 1

    return ParseRule(previous.name, tuple(m if len(m) == 3 else (*m, whole(m[0])) for m in matches))
