"""Operators of the IR on known numbers, and on half-known ones where that decides the result."""

from __future__ import annotations

from compiler.ir.operations import BinaryOperator, CompareOperator


def apply_binary(operator: BinaryOperator, left: int | None, right: int | None, *, width: int) -> int | None:
    """The result in `width` bits; None where it depends on what is not known."""
    full = (1 << width) - 1
    if left is None or right is None:
        known = {left, right} - {None}
        if operator is BinaryOperator.AND and 0 in known:
            return 0
        return full if operator is BinaryOperator.OR and full in known else None
    match operator:
        case BinaryOperator.ADD:
            return left + right & full
        case BinaryOperator.SUB:
            return left - right & full
        case BinaryOperator.MUL:
            return left * right & full
        case BinaryOperator.DIV:
            return left // right if right else 0
        case BinaryOperator.MOD:
            return left % right if right else 0
        case BinaryOperator.AND:
            return left & right
        case BinaryOperator.OR:
            return left | right
        case BinaryOperator.XOR:
            return left ^ right
        case BinaryOperator.SHL:
            return left << right & full if right < width else 0
        case BinaryOperator.SHR:
            return left >> right if right < width else 0
        case BinaryOperator.SAT_ADD:
            return min(left + right, full)
        case BinaryOperator.SAT_SUB:
            return max(left - right, 0)
        case BinaryOperator.MIN:
            return min(left, right)
        case BinaryOperator.MAX:
            return max(left, right)


def apply_compare(operator: CompareOperator, left: int, right: int) -> bool:
    match operator:
        case CompareOperator.EQ:
            return left == right
        case CompareOperator.NE:
            return left != right
        case CompareOperator.LT:
            return left < right
        case CompareOperator.LE:
            return left <= right
        case CompareOperator.GT:
            return left > right
        case CompareOperator.GE:
            return left >= right
