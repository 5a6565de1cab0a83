"""Numbers of more than 128 bits: statements that call the functions of `weft/wide.h`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.c.text import Text, plain
from backends.c.types import integer, is_wide, words_of
from backends.identifiers import as_identifier
from compiler.ir.fields import results
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    Concat,
    Pure,
    ReadField,
    ReadTunable,
    Resize,
    Select,
    Slice,
    Unary,
    VectorLane,
    VectorReduce,
)
from compiler.ir.types import bit_width
from compiler.ir.values import Operand

if TYPE_CHECKING:
    from backends.c.expressions import Expressions

_CALLS = {
    BinaryOperator.ADD: "add",
    BinaryOperator.SUB: "sub",
    BinaryOperator.MUL: "mul",
    BinaryOperator.AND: "and",
    BinaryOperator.OR: "or",
    BinaryOperator.XOR: "xor",
}
_GROWING = (BinaryOperator.ADD, BinaryOperator.SUB, BinaryOperator.MUL, BinaryOperator.SHL)
_SIGNS = {
    CompareOperator.EQ: "==",
    CompareOperator.NE: "!=",
    CompareOperator.LT: "<",
    CompareOperator.LE: "<=",
    CompareOperator.GT: ">",
    CompareOperator.GE: ">=",
}


def binary_statements(
    operator: BinaryOperator, to: str, left: str, right: str, *, width: int, amount: str = ""
) -> list[str]:
    """Statements for `to = left operator right`, all of them addresses of words; a shift's `amount` is a number."""
    words = words_of(width)
    cut = [f"weft_wide_cut({to}, {words}, {width});"] if operator in _GROWING and width % 64 else []
    match operator:
        case BinaryOperator.SHL:
            return [f"weft_wide_shl({to}, {left}, {words}, {amount});", *cut]
        case BinaryOperator.SHR:
            return [f"weft_wide_shr({to}, {words}, {left}, {words}, {amount});"]
        case BinaryOperator.DIV | BinaryOperator.MOD:
            wanted, other = (to, "unused") if operator is BinaryOperator.DIV else ("unused", to)
            call = f"weft_wide_divide({wanted}, {other}, {left}, {right}, {words});"
            return ["{", f"    uint64_t unused[{words}];", f"    {call}", "}"]
        case BinaryOperator.MIN | BinaryOperator.MAX:
            sign = "<=" if operator is BinaryOperator.MIN else ">="
            chosen = f"weft_wide_compare({left}, {right}, {words}) {sign} 0 ? {left} : {right}"
            return [f"weft_wide_copy({to}, {chosen}, {words});"]
        case BinaryOperator.SAT_ADD:
            return [f"weft_wide_sat_add({to}, {left}, {right}, {words}, {width});"]
        case BinaryOperator.SAT_SUB:
            return [f"weft_wide_sat_sub({to}, {left}, {right}, {words});"]
        case _:
            return [f"weft_wide_{_CALLS[operator]}({to}, {left}, {right}, {words});", *cut]


class WideWriter:
    """Assigns the wide results of operations, and reads scalars out of wide operands."""

    def __init__(self, values: Expressions) -> None:
        self._values = values

    def write(self, operation: Pure) -> None:
        values, out = self._values, self._values.out
        (result,) = results(operation)
        width, words = bit_width(result.type), words_of(bit_width(result.type))
        match operation:
            case Select(condition=condition, on_true=on_true, on_false=on_false):
                test, one, other = values.atom(condition), values.code(on_true), values.code(on_false)
                name = values.declare(result)
                out.line(f"{name} = {test} ? {one} : {other};")
                return
            case Unary(argument=argument):
                source = values.code(argument)
                lines = [f"weft_wide_not({{0}}, {source}.word, {words});", f"weft_wide_cut({{0}}, {words}, {width});"]
            case Binary(operator=operator, left=left, right=right):
                a = f"{values.code(left)}.word"
                shifts = operator in (BinaryOperator.SHL, BinaryOperator.SHR)
                amount = values.amount(right).code if shifts else ""
                b = "" if shifts else f"{values.code(right)}.word"
                lines = binary_statements(operator, "{0}", a, b, width=width, amount=amount)
                lines = [line.replace("{", "{{").replace("}", "}}").replace("{{0}}", "{0}") for line in lines]
            case Resize(argument=argument):
                lines = self._resized(argument, words, width)
            case Slice(argument=argument, low=low):
                from_words = words_of(bit_width(argument.type))
                lines = [
                    f"weft_wide_shr({{0}}, {words}, {values.code(argument)}.word, {from_words}, {low});",
                    f"weft_wide_cut({{0}}, {words}, {width});",
                ]
            case Concat(parts=parts):
                lines = [f"weft_wide_zero({{0}}, {words});", *self._parts(parts, width)]
            case ReadField():
                self._field(operation)
                return
            case ReadTunable(tunable=tunable):
                lines = [f"weft_wide_copy({{0}}, state->tunables[0].{as_identifier(tunable)}.word, {words});"]
            case VectorLane() | VectorReduce():
                values.vectors.wide(operation)
                return
            case _:
                raise AssertionError(operation)
        name = values.declare(result)
        for line in lines:
            out.line(line.format(f"{name}.word"))

    def _resized(self, argument: Operand, words: int, width: int) -> list[str]:
        values = self._values
        if is_wide(argument.type):
            from_words = words_of(bit_width(argument.type))
            return [
                f"weft_wide_resize({{0}}, {words}, {values.code(argument)}.word, {from_words});",
                f"weft_wide_cut({{0}}, {words}, {width});",
            ]
        return [f"weft_wide_set({{0}}, {words}, {values.code(argument)});"]

    def _parts(self, parts: tuple[Operand, ...], width: int) -> list[str]:
        lines: list[str] = []
        low = width
        for part in parts:
            low -= bit_width(part.type)
            lines.extend(self._put(self._values.short(part), low, bit_width(part.type)))
        return lines

    @staticmethod
    def _put(name: str, low: int, width: int) -> list[str]:
        if width <= 64:
            return [f"weft_wide_put({{0}}, {low}, {width}, {name});"]
        if width <= 128:
            return [
                f"weft_wide_put({{0}}, {low}, 64, (uint64_t){name});",
                f"weft_wide_put({{0}}, {low + 64}, {width - 64}, (uint64_t)({name} >> 64));",
            ]
        return [
            f"weft_wide_put({{0}}, {low + at}, {min(64, width - at)}, {name}.word[{at // 64}]);"
            for at in range(0, width, 64)
        ]

    def _field(self, operation: ReadField) -> None:
        values, out = self._values, self._values.out
        width, words = bit_width(operation.result.type), words_of(bit_width(operation.result.type))
        start, offset = values.field_start(operation)
        name = values.declare(operation.result)
        read = f"weft_wide_get_field({name}.word, {words}, {start}, {offset}, {width});"
        if values.presence.is_present(operation.header, values.known):
            out.line(read)
            return
        with out.block(f"if (at.{operation.header} >= 0)"):
            out.line(read)
        with out.block("else"):
            out.line(f"weft_wide_zero({name}.word, {words});")

    def bits(self, argument: Operand, low: int, width: int) -> Text:
        """A scalar of `width` bits out of a wide operand."""
        words, name = words_of(bit_width(argument.type)), self._values.code(argument)
        if width <= 64:
            code = f"weft_wide_bits({name}.word, {words}, {low}, {width})"
            if width == 1:
                return plain(f"{code} != 0", is_bool=True)
            return plain(f"(uint32_t){code}") if integer(width) == "uint32_t" else Text(code)
        high = f"weft_wide_bits({name}.word, {words}, {low + 64}, {width - 64})"
        return Text(f"WEFT_U128({high}, weft_wide_bits({name}.word, {words}, {low}, 64))")

    def compare(self, operation: Compare) -> Text:
        left, right = self._values.code(operation.left), self._values.code(operation.right)
        words = words_of(bit_width(operation.left.type))
        sign = _SIGNS[operation.operator]
        return plain(f"weft_wide_compare({left}.word, {right}.word, {words}) {sign} 0", is_bool=True)
