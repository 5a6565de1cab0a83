"""Compute at compile time what does not depend on the packet.

Before: pure operations may read constants only, and guards may have constant conditions.
After:  none do. Operations under a guard that never holds are gone, those under one that always does
        are under its parent. Results that no operand can change (`x & 0`, `x == x`, `x < 0`, `x << 99`) are constants,
        and so are comparisons with numbers that the other side cannot be (`x & 7 == 8`).

    %a: u8 = binary.mul 6u8, 7u8; send under `if %a == 42`     becomes    send, without a guard
"""

from __future__ import annotations

from compiler.ir.fields import results
from compiler.ir.operations import Binary, BinaryOperator, Compare, CompareOperator, Operation
from compiler.ir.program import Program
from compiler.ir.types import BOOL, Type, Vector, bit_width
from compiler.ir.values import Constant, Operand, Value, constant, zero
from compiler.passes.constant_values import constant_value
from compiler.passes.known_bits import KnownBits
from compiler.passes.rewriter import Rewriter

_DIVISIONS = (BinaryOperator.DIV, BinaryOperator.MOD)
_SHIFTS = (BinaryOperator.SHL, BinaryOperator.SHR)
_ZERO_FROM_ZERO = (BinaryOperator.AND, BinaryOperator.MUL)
_ZERO_ON_THE_LEFT = (*_DIVISIONS, BinaryOperator.SHL, BinaryOperator.SHR, BinaryOperator.SAT_SUB)
_ZERO_FROM_EQUALS = (BinaryOperator.SUB, BinaryOperator.XOR, BinaryOperator.SAT_SUB)
_LT, _LE, _GT, _GE = CompareOperator.LT, CompareOperator.LE, CompareOperator.GT, CompareOperator.GE
_SURE_ON_THE_LEFT = ({_GT: 0, _LE: 1}, {_LT: 0, _GE: 1})  # what comparisons give whose left side is 0, or all ones
_SURE_ON_THE_RIGHT = ({_LT: 0, _GE: 1}, {_GT: 0, _LE: 1})
_HOLD_FOR_EQUALS = (CompareOperator.EQ, CompareOperator.LE, CompareOperator.GE)


def fold_constants(program: Program) -> Program:
    rewriter = Rewriter(program)
    definitions = {value.number: o for o in program.operations for value in results(o)}
    bits = KnownBits(definitions)
    for operation in rewriter.operations():
        found = constant_value(operation) or _settled(operation)
        if found is None and isinstance(operation, Compare):
            found = bits.compared(operation)
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
            if operator in _SHIFTS and _is_at_least(right, _lane_width(result.type)):
                return nothing
            if operator in _ZERO_FROM_EQUALS and left == right:
                return nothing
        case Compare(operator=operator, left=left, right=right) if left == right and isinstance(left, Value):
            return Constant(int(operator in _HOLD_FOR_EQUALS), BOOL)
        case Compare(operator=operator, left=left, right=right) if not isinstance(left.type, Vector):
            extremes = zero(left.type), constant(-1, bit_width(left.type))
            for one, other, sure in ((left, right, _SURE_ON_THE_LEFT), (right, left, _SURE_ON_THE_RIGHT)):
                if one in extremes and isinstance(other, Value) and operator in sure[extremes.index(one)]:
                    return Constant(sure[extremes.index(one)][operator], BOOL)
        case _:
            pass
    return None


def _is_at_least(amount: Operand, width: int) -> bool:
    """Whether a shift's amount is a constant that leaves nothing of numbers of this width."""
    if not isinstance(amount, Constant):
        return False
    lanes = amount.value if isinstance(amount.value, tuple) else (amount.value,)
    return all(lane >= width for lane in lanes)


def _lane_width(of: Type) -> int:
    return of.width if isinstance(of, Vector) else bit_width(of)
