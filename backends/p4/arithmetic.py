"""Arithmetic, logic, shifts and comparisons as P4 expressions."""

from __future__ import annotations

from backends.p4.division import division
from backends.p4.expression_text import MOST_SHIFT, Operands, Text, side
from backends.p4.lanes import WHOLE
from backends.p4.text import constant_number, type_text, typed_number
from backends.p4.vectors import lane_wise
from compiler.ir.operations import Binary, BinaryOperator, Compare, CompareOperator, Resize
from compiler.ir.types import BOOL, Vector, bit_width
from compiler.ir.values import Constant

_INFIX = {
    BinaryOperator.ADD: "+",
    BinaryOperator.SUB: "-",
    BinaryOperator.MUL: "*",
    BinaryOperator.AND: "&",
    BinaryOperator.OR: "|",
    BinaryOperator.XOR: "^",
    BinaryOperator.SAT_ADD: "|+|",
    BinaryOperator.SAT_SUB: "|-|",
}
_COMPARE = {
    CompareOperator.EQ: "==",
    CompareOperator.NE: "!=",
    CompareOperator.LT: "<",
    CompareOperator.LE: "<=",
    CompareOperator.GT: ">",
    CompareOperator.GE: ">=",
}


def binary_text(values: Operands, operation: Binary) -> Text:
    operator, left, right, of = operation.operator, operation.left, operation.right, operation.result.type
    logical = of == BOOL and operator in (BinaryOperator.AND, BinaryOperator.OR)
    if logical and (values.is_bool(left) or values.is_bool(right)):
        return _logic(values, operation)
    if isinstance(of, Vector) and operator not in WHOLE:
        return lane_wise(values, operation, of)
    if operator in (BinaryOperator.SHL, BinaryOperator.SHR):
        return _shift(values, operation)
    if operator in (BinaryOperator.MIN, BinaryOperator.MAX):
        a, b = values.short(left), values.short(right)
        return Text(f"({a} < {b} ? {a} : {b})" if operator is BinaryOperator.MIN else f"({a} < {b} ? {b} : {a})")
    if operator in (BinaryOperator.DIV, BinaryOperator.MOD):
        assert isinstance(right, Constant), "validated: divisors are constants"
        code = division(values.short(left), constant_number(right), width=bit_width(of), want=operator)
        return Text(code)
    literal_left = isinstance(left, Constant)
    code = f"{values.part(left)} {_INFIX[operator]} {values.part(right, typed=literal_left)}"
    return Text(code, is_atom=False)


def _logic(values: Operands, operation: Binary) -> Text:
    conjunction = operation.operator is BinaryOperator.AND
    left = values.as_bool(operation.left)
    with values.knowing(values.presence.where(operation.left, conjunction)):
        right = values.as_bool(operation.right)
    sign = "&&" if conjunction else "||"
    return Text(f"{side(left, sign)} {sign} {side(right, sign)}", is_bool=True, is_atom=False)


def _shift(values: Operands, operation: Binary) -> Text:
    left, right, width = operation.left, operation.right, bit_width(operation.result.type)
    to_left = operation.operator is BinaryOperator.SHL
    if isinstance(right, Constant):
        amount = constant_number(right)
        if amount >= width:
            return Text(typed_number(0, width), constant=0)
        if amount == 0:
            return values.text(left)
        if amount > MOST_SHIFT:
            zeros = typed_number(0, amount)
            kept = f"{values.short(left)}[{width - 1 - amount}:0]" if to_left else ""
            if to_left:
                return Text(f"({kept} ++ {zeros})")
            return Text(f"({zeros} ++ {values.short(left)}[{width - 1}:{amount}])")
        return Text(f"{values.part(left)} {'<<' if to_left else '>>'} {amount}", is_atom=False)
    sign = "<<" if to_left else ">>"
    by = bit_width(right.type)
    if by <= 8:
        return Text(f"{values.part(left)} {sign} {values.part(right)}", is_atom=False)
    amount = values.short(right)
    if width > MOST_SHIFT + 1:
        return Text(_in_stages(values.part(left), sign, amount, by=by, width=width), is_atom=False)
    shifted = f"{values.part(left)} {sign} (bit<8>) {amount}"
    return Text(f"({amount} > {MOST_SHIFT} ? {typed_number(0, width)} : {shifted})")


def _in_stages(left: str, sign: str, amount: str, *, by: int, width: int) -> str:
    """A shift of a number that is longer than one shift can be: `amount` (a name of `by` bits), stage by stage."""
    code = left
    for done in range(0, min(width, 1 << by), MOST_SHIFT):
        rest = f"({amount} |-| {typed_number(done, by)})" if done else amount
        code = f"({code}) {sign} ({rest} > {MOST_SHIFT} ? 8w{MOST_SHIFT} : (bit<8>) {rest})"
    return code


def compare_text(values: Operands, operation: Compare) -> Text:
    left, right, sign = operation.left, operation.right, _COMPARE[operation.operator]
    if isinstance(left, Constant) and isinstance(right, Constant):
        return Text(f"{values.part(left)} {sign} {values.part(right)}", is_bool=True, is_atom=False)
    both = values.part(left, typed=not isinstance(left, Constant)), values.part(right, typed=False)
    return Text(f"{both[0]} {sign} {both[1]}", is_bool=True, is_atom=False)


def resize_text(values: Operands, operation: Resize) -> Text:
    argument, result = operation.argument, operation.result
    if argument.type == result.type:
        return values.text(argument)
    if isinstance(result.type, Vector) and isinstance(argument.type, Vector):
        return Text(f"{values.lanes.resize(argument.type, result.type)}({values.bits(argument)})")
    text = values.text(argument)
    if text.constant is not None:
        number = text.constant & ((1 << bit_width(result.type)) - 1)
        return Text(typed_number(number, bit_width(result.type)), constant=number)
    return Text(f"({type_text(result.type)}) {values.part(argument)}", is_atom=False)
