"""Reductions as array operations: what `meaning/slot_protocol.py` says."""

from __future__ import annotations

from compiler.ir.operations import BinaryOperator, CompareOperator, ReduceContribute
from compiler.ir.states import Reduction
from compiler.ir.values import FALSE, Operand, constant
from compiler.meaning.slot_protocol import HALF_RANGE, MAX_MEMBERS, Combine, Verdict
from compiler.passes.expansion.arrays import reduction_arrays
from compiler.passes.expansion.assembler import Assembler


def expand_reduce_contribute(out: Assembler, state: Reduction, contribute: ReduceContribute) -> None:
    arrays = reduction_arrays(state)
    # A bit number of 64 or more leaves no bit, and no such member is one of `members`.
    mine = out.binary(BinaryOperator.SHL, constant(1, MAX_MEMBERS), contribute.member)
    acceptable = _is_acceptable(out, state, contribute, mine)
    with out.where(acceptable):
        bank = _bank(out, contribute)
        seen, total = out.read(arrays.seen, bank), out.read(arrays.total, bank)
        starts = _starts(out, contribute, seen, out.read(arrays.epoch, bank), out.read(arrays.round, bank))
        parts = ((arrays.round, contribute.round), (arrays.tag, contribute.tag), (arrays.operator, contribute.operator))
        same = out.all_of(out.compare(CompareOperator.EQ, out.read(array, bank), part) for array, part in parts)
        goes_on = out.both(same, out.flip(starts))
        again = out.both(goes_on, _shares_a_bit(out, seen, mine))
        combined = out.select(again, total, _combined(out, contribute.operator, total, contribute.value))
        total = out.select(starts, contribute.value, combined)
        seen = out.select(starts, mine, out.binary(BinaryOperator.OR, seen, mine))
        with out.where(starts):
            out.write(arrays.epoch, bank, contribute.epoch)
            for array, part in parts:
                out.write(array, bank, part)
        taken = out.binary(BinaryOperator.OR, starts, goes_on)
        with out.where(taken):
            out.write(arrays.seen, bank, seen)
            out.write(arrays.total, bank, total)
        complete = out.both(taken, out.compare(CompareOperator.EQ, seen, contribute.members))
        answer = out.select(again, _verdict(Verdict.REPEAT), _verdict(Verdict.COMPLETE))
        quiet = out.select(taken, _verdict(Verdict.PENDING), _verdict(Verdict.STALE))
        verdict = out.select(complete, answer, quiet)
    out.select(acceptable, verdict, _verdict(Verdict.STALE), into=contribute.verdict)
    out.or_zero(out.select(acceptable, complete, FALSE), total, contribute.total)


def _is_acceptable(out: Assembler, state: Reduction, contribute: ReduceContribute, mine: Operand) -> Operand:
    exists = out.compare(CompareOperator.LT, contribute.slot, state.slots)
    is_operator = out.compare(CompareOperator.LE, contribute.operator, max(Combine))
    return out.all_of((exists, _shares_a_bit(out, contribute.members, mine), is_operator))


def _bank(out: Assembler, contribute: ReduceContribute) -> Operand:
    """The bank's number; the slot is in range."""
    return out.concat((out.slice(contribute.slot, 30, 0), out.slice(contribute.round, 0, 0)))


def _starts(
    out: Assembler, contribute: ReduceContribute, seen: Operand, epoch: Operand, current_round: Operand
) -> Operand:
    """Whether the bank begins anew with this contribution."""
    ahead = out.sub(contribute.round, current_round)
    later = out.both(out.compare(CompareOperator.NE, ahead, 0), out.compare(CompareOperator.LT, ahead, HALF_RANGE))
    is_empty = out.compare(CompareOperator.EQ, seen, 0)
    return out.any_of((is_empty, out.compare(CompareOperator.NE, epoch, contribute.epoch), later))


def _combined(out: Assembler, operator: Operand, left: Operand, right: Operand) -> Operand:
    choices = [
        (out.compare(CompareOperator.EQ, operator, code), out.binary(combines, left, right))
        for code, combines in ((Combine.SUM, BinaryOperator.ADD), (Combine.OR, BinaryOperator.OR))
    ]
    return out.first_of(choices, out.binary(BinaryOperator.MAX, left, right))


def _shares_a_bit(out: Assembler, left: Operand, right: Operand) -> Operand:
    return out.compare(CompareOperator.NE, out.binary(BinaryOperator.AND, left, right), 0)


def _verdict(verdict: Verdict) -> Operand:
    return constant(verdict, 2)
