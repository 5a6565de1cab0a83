"""Use values themselves instead of copies of them.

Before: operations may only hand a value on: resizes to the same width, selects with equal sides or a
        constant condition, `x + 0`, slices of concatenations, cuts of what was extended.
After:  their users read the value itself. Source names move to the value where it has none.

    %b: u16 = resize %a; %c: u16 = binary.add %b, 0u16; send %c     becomes    send %a
"""

from __future__ import annotations

import dataclasses

from compiler.ir.fields import results
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    Concat,
    Operation,
    Resize,
    Select,
    Slice,
    Unary,
    VectorLane,
    VectorMake,
)
from compiler.ir.program import Program
from compiler.ir.types import BOOL, Bits, Type, Vector, bit_width
from compiler.ir.values import FALSE, TRUE, Constant, Operand, zero
from compiler.passes.rewriter import Rewriter

_B = BinaryOperator
_ZERO_RIGHT = (_B.ADD, _B.SUB, _B.OR, _B.XOR, _B.SHL, _B.SHR, _B.SAT_ADD, _B.SAT_SUB, _B.MAX)
_ZERO_LEFT = (_B.ADD, _B.OR, _B.XOR, _B.SAT_ADD, _B.MAX)
_ONES = (_B.AND, _B.MIN)
_IDEMPOTENT = (_B.AND, _B.OR, _B.MIN, _B.MAX)

_Definitions = dict[Operand, Operation]


def propagate_copies(program: Program) -> Program:
    rewriter = Rewriter(program)
    definitions: _Definitions = {}
    for operation in rewriter.operations():
        operation = _narrowed(operation, definitions)
        source = _copied(operation, definitions)
        # The side that a select takes may be defined where the select is not.
        if source is not None and rewriter.is_available(source, operation.guard):
            rewriter.replace(results(operation)[0], source)
            continue
        definitions.update((value, operation) for value in results(operation))
        rewriter.keep(operation)
    return rewriter.finished()


def _copied(operation: Operation, definitions: _Definitions) -> Operand | None:
    """The operand that `operation` hands on unchanged."""
    match operation:
        case Resize(argument=argument, result=result) if argument.type == result.type:
            return argument
        case Slice(argument=argument, result=result) if argument.type == result.type:
            return argument
        case Slice():
            return _sliced_part(operation, definitions)
        case Concat(parts=(only,)):
            return only
        case Concat():
            return _rejoined(operation, definitions)
        case Select(condition=condition, on_true=on_true, on_false=on_false):
            if isinstance(condition, Constant):
                return on_true if condition == TRUE else on_false
            if on_true == on_false:
                return on_true
            return condition if (on_true, on_false) == (TRUE, FALSE) else None
        case Binary():
            return _identity(operation)
        case Compare(operator=operator, left=left, right=right) if left.type == BOOL:
            kept = {CompareOperator.EQ: TRUE, CompareOperator.NE: FALSE}.get(operator)
            return left if right == kept else right if left == kept else None
        case Unary(argument=argument):
            inner = definitions.get(argument)
            return inner.argument if isinstance(inner, Unary) else None
        case VectorLane(argument=argument, lane=lane):
            made = definitions.get(argument)
            return made.parts[lane % len(made.parts)] if isinstance(made, VectorMake) else None
        case VectorMake():
            return _remade(operation, definitions)
        case _:
            return None


def _narrowed(operation: Operation, definitions: _Definitions) -> Operation:
    """The same operation on an earlier value: what only extends or cuts in between does not matter."""
    match operation:
        case Resize(argument=argument):
            inner = definitions.get(argument)
            if isinstance(inner, Resize):
                width, source, target = map(_lane_width, (argument.type, inner.argument.type, operation.result.type))
                if width >= min(source, target):
                    return dataclasses.replace(operation, argument=inner.argument)
        case Slice(argument=argument, high=high, low=low):
            inner = definitions.get(argument)
            if isinstance(inner, Slice):
                return dataclasses.replace(
                    operation, argument=inner.argument, high=high + inner.low, low=low + inner.low
                )
            if isinstance(inner, Resize) and high < bit_width(inner.argument.type):
                return dataclasses.replace(operation, argument=inner.argument)
        case _:
            pass
    return operation


def _lane_width(of: Type) -> int:
    return of.width if isinstance(of, (Bits, Vector)) else 0


def _identity(operation: Binary) -> Operand | None:
    left, right, operator = operation.left, operation.right, operation.operator
    if operator in _ZERO_RIGHT and right == zero(right.type):
        return left
    if operator in _ZERO_LEFT and left == zero(left.type):
        return right
    if operator in _ONES and right == _ones(right.type):
        return left
    if operator in _ONES and left == _ones(left.type):
        return right
    if operator in (_B.MUL, _B.DIV) and right == _one(right.type):
        return left
    if operator is _B.MUL and left == _one(left.type):
        return right
    return left if operator in _IDEMPOTENT and left == right else None


def _ones(of: Type) -> Constant:
    return _every_lane(of, (1 << _lane_width(of)) - 1)


def _one(of: Type) -> Constant:
    return _every_lane(of, 1)


def _every_lane(of: Type, value: int) -> Constant:
    return Constant((value,) * of.lanes if isinstance(of, Vector) else value, of)


def _sliced_part(operation: Slice, definitions: _Definitions) -> Operand | None:
    """The part of a concatenation that is cut out again, whole."""
    inner = definitions.get(operation.argument)
    if not isinstance(inner, Concat):
        return None
    low = 0
    for part in reversed(inner.parts):
        if (operation.low, operation.high) == (low, low + bit_width(part.type) - 1):
            return part
        low += bit_width(part.type)
    return None


def _rejoined(operation: Concat, definitions: _Definitions) -> Operand | None:
    """The value whose slices, in order and without gaps, are joined to the whole again."""
    slices = [definitions.get(part) for part in operation.parts]
    first = slices[0]
    if not isinstance(first, Slice) or first.argument.type != operation.result.type:
        return None
    low = bit_width(first.argument.type)
    for part in slices:
        if not isinstance(part, Slice) or part.argument != first.argument or part.high != low - 1:
            return None
        low = part.low
    return first.argument if low == 0 else None


def _remade(operation: VectorMake, definitions: _Definitions) -> Operand | None:
    """The vector whose lanes, in order, are put together again."""
    lanes = [definitions.get(part) for part in operation.parts]
    first = lanes[0]
    if not isinstance(first, VectorLane) or first.argument.type != operation.result.type:
        return None
    same = all(
        isinstance(lane, VectorLane) and lane.argument == first.argument and lane.lane == place
        for place, lane in enumerate(lanes)
    )
    wide = isinstance(operation.result.type, Vector) and len(lanes) == operation.result.type.lanes
    return first.argument if same and wide else None
