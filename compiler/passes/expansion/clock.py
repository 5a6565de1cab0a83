"""Stored time as operations: what `meaning/clock.py` says."""

from __future__ import annotations

from compiler.ir.operations import CompareOperator
from compiler.ir.states import TICK_SHIFT, TICK_WIDTH
from compiler.ir.values import Operand, constant
from compiler.passes.expansion.assembler import Assembler


def now_tick(out: Assembler) -> Operand:
    with out.called("tick"):
        return out.slice(out.now(), TICK_SHIFT + TICK_WIDTH - 1, TICK_SHIFT)


def is_expired(out: Assembler, *, tick: Operand, last: Operand, idle_ticks: int) -> Operand:
    """Whether more than `idle_ticks` have passed; the age is 0 where the clock went back."""
    with out.called("elapsed"):
        elapsed = out.sub(tick, last)
    with out.called("age"):
        age = out.select(_went_back(out, elapsed), constant(0, TICK_WIDTH), elapsed)
    with out.called("expired"):
        return out.compare(CompareOperator.GT, age, idle_ticks)


def later(out: Assembler, *, tick: Operand, last: Operand) -> Operand:
    """What a refresh stores: the clock never runs backward."""
    with out.called("elapsed"):
        elapsed = out.sub(tick, last)
    with out.called("latest"):
        return out.select(_went_back(out, elapsed), last, tick)


def _went_back(out: Assembler, elapsed: Operand) -> Operand:
    return out.slice(elapsed, TICK_WIDTH - 1, TICK_WIDTH - 1)
