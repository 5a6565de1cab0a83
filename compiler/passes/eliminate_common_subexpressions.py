"""Compute equal things once.

Before: pure operations may be equal to earlier ones, and guards to other guards.
After:  no pure operation is equal to an earlier one that is carried out wherever it is; equal guards are
        one guard. The first operation's value stands for both, under a name of the source if either had one.

    %a: u16 = read_field udp, sport; %b: u16 = read_field udp, sport     becomes    %a alone
"""

from __future__ import annotations

import dataclasses

from compiler.ir.operations import Binary, BinaryOperator, Compare, CompareOperator, Operation, Pure
from compiler.ir.program import ROOT, Program
from compiler.ir.values import Constant, Operand, Value
from compiler.passes.rewriter import Rewriter

_COMMUTATIVE = (
    BinaryOperator.ADD,
    BinaryOperator.MUL,
    BinaryOperator.AND,
    BinaryOperator.OR,
    BinaryOperator.XOR,
    BinaryOperator.SAT_ADD,
    BinaryOperator.MIN,
    BinaryOperator.MAX,
    CompareOperator.EQ,
    CompareOperator.NE,
)


def eliminate_common_subexpressions(program: Program) -> Program:
    rewriter = Rewriter(program, merge_guards=True)
    earlier: dict[Operation, list[Value]] = {}
    for operation in rewriter.operations():
        if not isinstance(operation, Pure):
            rewriter.keep(operation)
            continue
        values = earlier.setdefault(_without_place(operation), [])
        same = next((value for value in values if rewriter.is_available(value, operation.guard)), None)
        if same is not None:
            rewriter.replace(operation.result, same)
        else:
            values.append(operation.result)
            rewriter.keep(operation)
    return rewriter.finished()


def _without_place(operation: Pure) -> Operation:
    """A form that equal operations have in common."""
    same = dataclasses.replace(operation, guard=ROOT, result=Value(0, operation.result.type))
    if isinstance(same, Binary | Compare) and same.operator in _COMMUTATIVE:
        left, right = sorted((same.left, same.right), key=_order)
        return dataclasses.replace(same, left=left, right=right)
    return same


def _order(operand: Operand) -> tuple[int, str]:
    return (-1, str(operand.value)) if isinstance(operand, Constant) else (operand.number, "")
