"""Reads and writes of arrays as statements on registers."""

from __future__ import annotations

from backends.p4.expressions import Expressions
from backends.p4.registers import Registers
from compiler.ir.operations import ArrayRead, ArrayUpdate, ArrayWrite, Binary
from compiler.ir.program import ROOT
from compiler.ir.types import bit_width
from compiler.ir.values import Constant, Operand, Value

_BEFORE = -(1 << 32)  # no value of a program has a number as low


class ArrayStatements:
    """Writes array operations into the body that `values` renders."""

    def __init__(self, values: Expressions, registers: Registers) -> None:
        self._values, self._registers = values, registers

    def read(self, operation: ArrayRead) -> None:
        if not self._values.is_used(operation.result):
            return
        index = self._index(operation.index)
        name = self._values.declare(operation.result, wanted=_name_of(operation.result, operation.state))
        self._read_into(name, operation.state, index)

    def write(self, operation: ArrayWrite) -> None:
        self._write(operation.state, self._index(operation.index), self._values.short(operation.value))

    def update(self, operation: ArrayUpdate) -> None:
        """Read, combine and write back, in one place."""
        index = self._index(operation.index)
        cell = self._values.declare(operation.result, wanted=_name_of(operation.result, operation.state))
        self._read_into(cell, operation.state, index)
        before = Value(_BEFORE - operation.result.number, operation.result.type, operation.result.name)
        combined = Binary(
            guard=ROOT,
            span=operation.span,
            result=operation.result,
            operator=operation.operator,
            left=before,
            right=operation.amount,
        )
        self._values.out.line(f"{cell} = {self._values.bits_with(combined, before, cell)};")
        self._write(operation.state, index, cell)

    def _read_into(self, name: str, state: str, index: str) -> None:
        values = self._values
        self._registers.read(values.out, state, into=name, index=index, fresh=values.names)

    def _write(self, state: str, index: str, value: str) -> None:
        self._registers.write(self._values.out, state, index=index, value=value)

    def _index(self, operand: Operand) -> str:
        """As bit<32>."""
        if isinstance(operand, Constant):
            assert isinstance(operand.value, int), "an index is one number"
            return str(operand.value)
        if bit_width(operand.type) == 32:
            return self._values.short(operand)
        return f"(bit<32>) {self._values.short(operand)}"


def _name_of(value: Value, state: str) -> str:
    """The source's name, or the part of the state that is read: "used" of `sessions__used`."""
    return value.name or state.rsplit("__", 1)[-1]
