"""Compute at compile time what does not depend on the packet.

Before: pure operations may read constants only, and guards may have constant conditions.
After:  none do. Operations under a guard that never holds are gone, those under one that always does
        are under its parent. Results that no operand can change (`x & 0`, `x == x`) are constants.

    %a: u8 = binary.mul 6u8, 7u8; send under `if %a == 42`     becomes    send, without a guard
"""

from __future__ import annotations

from compiler.ir.fields import results
from compiler.ir.operations import Binary, BinaryOperator, Compare, CompareOperator, Operation
from compiler.ir.program import Program
from compiler.ir.types import BOOL
from compiler.ir.values import Constant, Value, zero
from compiler.passes.constant_values import constant_value
from compiler.passes.rewriter import Rewriter

_DIVISIONS = (BinaryOperator.DIV, BinaryOperator.MOD)
_ZERO_FROM_ZERO = (BinaryOperator.AND, BinaryOperator.MUL)
_ZERO_ON_THE_LEFT = (*_DIVISIONS, BinaryOperator.SHL, BinaryOperator.SHR, BinaryOperator.SAT_SUB)
_ZERO_FROM_EQUALS = (BinaryOperator.SUB, BinaryOperator.XOR, BinaryOperator.SAT_SUB)
_HOLD_FOR_EQUALS = (CompareOperator.EQ, CompareOperator.LE, CompareOperator.GE)


def fold_constants(program: Program) -> Program:
    rewriter = Rewriter(program)
    for operation in rewriter.operations():
        found = constant_value(operation) or _settled(operation)
        if found is None:
            rewriter.keep(operation)
        else:
            rewriter.replace(results(operation)[0], found)
    return rewriter.finished()


def _settled(operation: Operation) -> Constant | None:
    """The result where one operand, or that both are the same, decides it."""
    match operation:
        case Binary(operator=operator, left=left, right=right, result=result):
            nothing = zero(result.type)
            if operator in _ZERO_FROM_ZERO and nothing in (left, right):
                return nothing
            if operator in _ZERO_ON_THE_LEFT and left == nothing:
                return nothing
            if operator in _DIVISIONS and right == nothing:
                return nothing
            if operator in _ZERO_FROM_EQUALS and left == right:
                return nothing
        case Compare(operator=operator, left=left, right=right) if left == right and isinstance(left, Value):
            return Constant(int(operator in _HOLD_FOR_EQUALS), BOOL)
        case _:
            pass
    return None
