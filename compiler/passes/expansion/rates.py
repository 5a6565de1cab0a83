"""Meters and counters as array operations: what `meaning/token_bucket.py` says."""

from __future__ import annotations

from compiler.ir.operations import BinaryOperator, CompareOperator, CounterAdd, MeterTake
from compiler.ir.states import Counter, Meter
from compiler.ir.types import Bits, bit_width
from compiler.ir.values import constant
from compiler.meaning.token_bucket import CREDIT_SHIFT, TIME_SHIFT
from compiler.passes.expansion.arrays import counter_arrays, meter_arrays
from compiler.passes.expansion.assembler import Assembler


def expand_meter_take(out: Assembler, state: Meter, take: MeterTake) -> None:
    arrays = meter_arrays(state)
    width = bit_width(arrays.credit.type)
    now = out.resize(out.slice(out.now(), 63, TIME_SHIFT), 64)
    last = out.read(arrays.last, take.index)
    most = constant(arrays.constants.most_elapsed, 64)
    elapsed = out.binary(BinaryOperator.MIN, out.binary(BinaryOperator.SAT_SUB, now, last), most)
    refill = out.binary(BinaryOperator.MUL, out.resize(elapsed, width), constant(arrays.constants.refill, width))
    credit = out.add(out.read(arrays.credit, take.index), refill)
    credit = out.binary(BinaryOperator.MIN, credit, constant(arrays.constants.full, width))
    cost = out.resize(out.concat((take.amount, constant(0, CREDIT_SHIFT))), width)
    conforms = out.copy(out.compare(CompareOperator.GE, credit, cost), take.conforms)
    out.write(arrays.credit, take.index, out.select(conforms, out.sub(credit, cost), credit))
    out.write(arrays.last, take.index, out.binary(BinaryOperator.MAX, last, now))


def expand_counter_add(out: Assembler, state: Counter, add: CounterAdd) -> None:
    arrays = counter_arrays(state)
    out.count(arrays.packets, add.index, constant(1, 64))
    out.count(arrays.bytes, add.index, out.copy_as(add.amount, Bits(64)))
