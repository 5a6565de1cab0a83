"""The operators on C integers, to the bit: nothing wraps but by the width, nothing is undefined."""

from __future__ import annotations

from backends.c.text import Text, atom, plain
from backends.c.types import container, number_text
from compiler.ir.operations import BinaryOperator, CompareOperator

_INFIX = {
    BinaryOperator.ADD: "+",
    BinaryOperator.SUB: "-",
    BinaryOperator.MUL: "*",
    BinaryOperator.AND: "&",
    BinaryOperator.OR: "|",
    BinaryOperator.XOR: "^",
}
_GROWING = (BinaryOperator.ADD, BinaryOperator.SUB, BinaryOperator.MUL, BinaryOperator.SHL)
_CALLS = {
    BinaryOperator.DIV: "weft_div",
    BinaryOperator.MOD: "weft_mod",
    BinaryOperator.SHL: "weft_shl",
    BinaryOperator.SHR: "weft_shr",
    BinaryOperator.SAT_SUB: "weft_sat_sub",
    BinaryOperator.MIN: "weft_min",
    BinaryOperator.MAX: "weft_max",
}
_COMPARE = {
    CompareOperator.EQ: "==",
    CompareOperator.NE: "!=",
    CompareOperator.LT: "<",
    CompareOperator.LE: "<=",
    CompareOperator.GT: ">",
    CompareOperator.GE: ">=",
}


def masked(text: Text, width: int) -> Text:
    """Cut to `width` bits, where the integer that holds it has more."""
    if width == container(width):
        return text
    return plain(f"{atom(text)} & {number_text((1 << width) - 1, width)}")


def binary(operator: BinaryOperator, left: Text, right: Text, *, width: int) -> Text:
    """`left operator right` for numbers of `width` bits, 2 to 128; a shift's amount is any `uint64_t`."""
    if operator in (BinaryOperator.SHL, BinaryOperator.SHR) and right.constant is not None:
        return _shifted(operator, left, right.constant, width=width)
    if operator in (BinaryOperator.DIV, BinaryOperator.MOD) and right.constant:
        return plain(f"{atom(left)} {'/' if operator is BinaryOperator.DIV else '%'} {atom(right)}")
    if operator is BinaryOperator.SAT_ADD:
        most = number_text((1 << width) - 1, width)
        return Text(f"weft_sat_add{container(width)}({left.code}, {right.code}, {most})")
    call = _CALLS.get(operator)
    if call is not None:
        text = Text(f"{call}{container(width)}({left.code}, {right.code})")
    else:
        text = plain(f"{atom(left)} {_INFIX[operator]} {atom(right)}")
    return masked(text, width) if operator in _GROWING else text


def _shifted(operator: BinaryOperator, left: Text, by: int, *, width: int) -> Text:
    if by >= width:
        return Text(number_text(0, width), constant=0)
    if by == 0:
        return left
    if operator is BinaryOperator.SHR:
        return plain(f"{atom(left)} >> {by}")
    return masked(plain(f"{atom(left)} << {by}"), width)


def logic(operator: BinaryOperator, left: Text, right: Text) -> Text:
    """The same for truth values, as which numbers of one bit are calculated."""
    a, b = _compared_side(left), atom(right)
    match operator:
        case BinaryOperator.ADD | BinaryOperator.SUB | BinaryOperator.XOR:
            return plain(f"{a} != {b}", is_bool=True)
        case BinaryOperator.AND | BinaryOperator.MUL | BinaryOperator.MIN | BinaryOperator.DIV:
            return plain(f"{_side(left, '&&')} && {_side(right, '&&')}", is_bool=True)
        case BinaryOperator.OR | BinaryOperator.SAT_ADD | BinaryOperator.MAX:
            return plain(f"{_side(left, '||')} || {_side(right, '||')}", is_bool=True)
        case BinaryOperator.SAT_SUB:
            return plain(f"{a} && !{b}", is_bool=True)
        case BinaryOperator.MOD:  # by 1 there is no rest, and by 0 it is 0
            return Text("false", is_bool=True, constant=0)
        case BinaryOperator.SHL | BinaryOperator.SHR:  # the amount is a number
            return plain(f"{a} && {b} == 0", is_bool=True)


def _compared_side(text: Text) -> str:
    """The left side of a comparison. Compilers ask whether `!a == b` was meant."""
    return f"({text.code})" if text.code.startswith("!") else atom(text)


def _side(text: Text, sign: str) -> str:
    """One side of `sign`: a chain of the same needs no parentheses."""
    if text.is_atom or text.chain == sign:
        return text.code
    return f"({text.code})"


def compared(operator: CompareOperator, left: Text, right: Text) -> Text:
    """A comparison of integers. Those that always come out alike are written so: compilers complain of them."""
    if right.constant == 0 and operator in (CompareOperator.LT, CompareOperator.GE):
        always = operator is CompareOperator.GE
        return Text("true" if always else "false", is_bool=True, constant=int(always))
    if left.constant == 0 and operator in (CompareOperator.GT, CompareOperator.LE):
        always = operator is CompareOperator.LE
        return Text("true" if always else "false", is_bool=True, constant=int(always))
    return plain(f"{_compared_side(left)} {_COMPARE[operator]} {atom(right)}", is_bool=True)
