"""Arrays, counters and meters: cells that are found by their index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.c.layout import Member, Region, Struct
from backends.c.literals import literal
from backends.c.states.state_code import function
from backends.c.text import Text
from backends.c.types import U64, U128, calculated, stored
from backends.c.vectors import lane_binary
from backends.writer import Writer
from compiler.ir.accesses import ArrayRead, ArrayUpdate, ArrayWrite, CounterAdd, MeterTake, StateAccess
from compiler.ir.leaf_values import filled
from compiler.ir.operations import BinaryOperator
from compiler.ir.states import Array, Counter, Meter
from compiler.ir.types import Vector, bit_width
from compiler.ir.values import Value
from compiler.meaning.token_bucket import bucket_constants

if TYPE_CHECKING:
    from backends.c.expressions import Expressions

_SHIFTS = (BinaryOperator.SHL, BinaryOperator.SHR)


class ArrayCode:
    """The C of one array."""

    def __init__(self, state: Array, *, name: str) -> None:
        self._state, self._name = state, name

    def regions(self) -> list[Region]:
        return [Region(self._state.name, "cells", stored(self._state.type), self._state.cells)]

    def write_init(self, out: Writer) -> None:
        state = self._state
        if state.initial == 0:
            return
        out.line(f"for (uint32_t i = 0; i < {state.cells}; i++)")
        value = literal(filled(state.type, state.initial), state.type)
        out.line(f"    state->{self._name}_cells[i] = {value};")

    def write_functions(self, out: Writer) -> None:
        pass

    def write_call(self, operation: StateAccess, values: Expressions) -> None:
        out = values.out
        match operation:
            case ArrayRead(index=index, result=result):
                if values.is_used(result):
                    assign_stored(values, result, self._cell(values.number(index).code))
            case ArrayWrite(index=index, value=value):
                code = values.code(value)
                out.line(f"{self._cell(values.number(index).code)} = {code};")
            case ArrayUpdate():
                self._update(operation, values)
            case _:
                raise AssertionError(operation)

    def _cell(self, index: str) -> str:
        return f"state->{self._name}_cells[{index}]"

    def _update(self, operation: ArrayUpdate, values: Expressions) -> None:
        of, operator, out = self._state.type, operation.operator, values.out
        cell = self._cell(values.short(operation.index))
        by_number = operator in _SHIFTS and not isinstance(operation.amount.type, Vector)
        amount: Text | None = None
        if by_number:
            text = values.amount(operation.amount)
            name = values.names.fresh("amount")
            out.line(f"const uint64_t {name} = {text.code};")
            amount = Text(name)
        right = "" if by_number else values.short(operation.amount)
        if isinstance(of, Vector):
            with out.block(f"for (uint32_t i = 0; i < {of.lanes}; i++)"):
                lane = f"{cell}.lane[i]"
                for line in lane_binary(operator, lane, lane, f"{right}.lane[i]", width=of.width, amount=amount):
                    out.line(line)
        else:
            for line in lane_binary(operator, cell, cell, right, width=bit_width(of), amount=amount):
                out.line(line)
        if values.is_used(operation.result):
            assign_stored(values, operation.result, cell)


def assign_stored(values: Expressions, result: Value, code: str) -> None:
    """Give a result the variable that holds what is stored at `code` now."""
    if result.number in values.in_place:
        name = values.named(result)
        values.out.line(f"const {calculated(result.type)} {name} = {code};")
    else:
        values.out.line(f"{values.declare(result)} = {code};")


class CounterCode:
    """The C of one counter."""

    def __init__(self, state: Counter, *, name: str) -> None:
        self._state, self._name = state, name

    def regions(self) -> list[Region]:
        cell = Struct(f"{self._name}_cell", (Member("packets", U64), Member("bytes", U64)))
        return [Region(self._state.name, "cells", cell, self._state.cells)]

    def write_init(self, out: Writer) -> None:
        pass

    def write_functions(self, out: Writer) -> None:
        pass

    def write_call(self, operation: StateAccess, values: Expressions) -> None:
        assert isinstance(operation, CounterAdd), "counters count"
        index = values.short(operation.index)
        values.out.line(f"state->{self._name}_cells[{index}].packets++;")
        values.out.line(f"state->{self._name}_cells[{index}].bytes += {values.code(operation.amount)};")


class MeterCode:
    """The C of one meter: exact token buckets, in 2^-24 tokens and units of 1,024 ns."""

    def __init__(self, state: Meter, *, name: str, block: str) -> None:
        self._state, self._name, self._block = state, name, block
        self._constants = bucket_constants(rate=state.rate, burst=state.burst)
        constants = self._constants
        most = 2 * constants.full + constants.refill + constants.refill * constants.most_elapsed
        self._credit = U64 if most < 1 << 64 else U128

    def regions(self) -> list[Region]:
        bucket = Struct(f"{self._name}_bucket", (Member("credit", self._credit), Member("last", U64)))
        return [Region(self._state.name, "buckets", bucket, self._state.cells)]

    def write_init(self, out: Writer) -> None:
        out.line(f"for (uint32_t i = 0; i < {self._state.cells}; i++)")
        out.line(f"    state->{self._name}_buckets[i].credit = {self._number(self._constants.full)};")

    def _number(self, number: int) -> str:
        if number < 1 << 64:
            return f"{number:#x}u"
        return f"WEFT_U128({number >> 64:#x}u, {number & (1 << 64) - 1:#x}u)"

    def write_functions(self, out: Writer) -> None:
        constants, of = self._constants, self._credit.name
        lines = [
            f"struct {self._name}_bucket *bucket = &state->{self._name}_buckets[index];",
            "const uint64_t time = now >> 10;",
            "uint64_t elapsed = time > bucket->last ? time - bucket->last : 0;",
            f"if (elapsed > {self._number(constants.most_elapsed)})",
            f"    elapsed = {self._number(constants.most_elapsed)};",
            f"{of} credit = bucket->credit + ({of})elapsed * {self._number(constants.refill)};",
            f"if (credit > {self._number(constants.full)})",
            f"    credit = {self._number(constants.full)};",
            f"const {of} cost = ({of})amount << 24;",
            "const bool conforms = credit >= cost;",
            "bucket->credit = conforms ? credit - cost : credit;",
            "if (time > bucket->last)",
            "    bucket->last = time;",
            "return conforms;",
        ]
        out.line(f"// meter `{self._state.name}`: {self._state.rate} tokens a second, at most {self._state.burst}")
        head = f"bool {self._name}_take(struct {self._block} *state, uint64_t now, uint32_t index, uint32_t amount)"
        function(out, head, lines)

    def write_call(self, operation: StateAccess, values: Expressions) -> None:
        assert isinstance(operation, MeterTake), "meters are taken from"
        index, amount = values.number(operation.index).code, values.code(operation.amount)
        call = f"{self._name}_take(state, packet.now, {index}, {amount})"
        if values.is_used(operation.conforms):
            assign_stored(values, operation.conforms, call)
        else:
            values.out.line(f"(void){call};")
