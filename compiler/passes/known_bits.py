"""What is known of the bits of a number before any packet comes: which can be 1, and which always are."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.ir.operations import Binary, BinaryOperator, Compare, CompareOperator, Operation, Resize, Slice
from compiler.ir.types import BOOL, Bits, bit_width
from compiler.ir.values import Constant, Operand

_DEEPEST = 8  # operations looked through


class KnownBits:
    """Answers by the definitions of values, by number."""

    def __init__(self, definitions: Mapping[int, Operation]) -> None:
        self._definitions = definitions

    def of(self, operand: Operand, depth: int = _DEEPEST) -> tuple[int, int]:
        """(bits that can be 1, bits that always are) of a number."""
        everything = (1 << bit_width(operand.type)) - 1
        if isinstance(operand, Constant):
            assert isinstance(operand.value, int), "numbers only"
            return operand.value, operand.value
        definition = self._definitions.get(operand.number) if depth else None
        match definition:
            case Resize(argument=argument):
                can, must = self.of(argument, depth - 1)
                return can & everything, must & everything
            case Slice(argument=argument, low=low):
                can, must = self.of(argument, depth - 1)
                return can >> low & everything, must >> low & everything
            case Binary(operator=BinaryOperator.AND, left=left, right=right):
                (a, b), (c, d) = self.of(left, depth - 1), self.of(right, depth - 1)
                return a & c, b & d
            case Binary(operator=BinaryOperator.OR, left=left, right=right):
                (a, b), (c, d) = self.of(left, depth - 1), self.of(right, depth - 1)
                return a | c, b | d
            case Binary(operator=BinaryOperator.SHR, left=left, right=Constant(value=int(by))):
                can, must = self.of(left, depth - 1)
                return can >> by, must >> by
            case _:
                return everything, 0

    def compared(self, operation: Compare) -> Constant | None:
        """What the comparison always gives; None where it depends on the packet."""
        left, right, operator = operation.left, operation.right, operation.operator
        if not isinstance(left.type, Bits):
            return None
        (left_most, left_least), (right_most, right_least) = self.of(left), self.of(right)
        found: bool | None = None
        match operator:
            case CompareOperator.EQ | CompareOperator.NE:
                if left_least & ~right_most or right_least & ~left_most:
                    found = operator is CompareOperator.NE
            case CompareOperator.LT | CompareOperator.GE:
                if left_most < right_least:
                    found = operator is CompareOperator.LT
                elif left_least >= right_most:
                    found = operator is CompareOperator.GE
            case CompareOperator.GT | CompareOperator.LE:
                if left_least > right_most:
                    found = operator is CompareOperator.GT
                elif left_most <= right_least:
                    found = operator is CompareOperator.LE
        return None if found is None else Constant(int(found), BOOL)
