"""Vectors: loops over their lanes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from backends.c.arithmetic import binary, logic
from backends.c.bit_fields import get_lanes
from backends.c.literals import literal
from backends.c.text import Text, atom, plain
from backends.c.types import integer, number_text, stored, words_of
from backends.c.wide import binary_statements
from compiler.ir.fields import results
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    Pure,
    ReadField,
    ReduceOperator,
    Resize,
    Select,
    Unary,
    VectorLane,
    VectorMake,
    VectorReduce,
)
from compiler.ir.types import Bits, Vector
from compiler.ir.values import Constant, Operand

if TYPE_CHECKING:
    from backends.c.expressions import Expressions

_SHIFTS = (BinaryOperator.SHL, BinaryOperator.SHR)
_REDUCE = {
    ReduceOperator.SUM: BinaryOperator.ADD,
    ReduceOperator.MIN: BinaryOperator.MIN,
    ReduceOperator.MAX: BinaryOperator.MAX,
    ReduceOperator.AND: BinaryOperator.AND,
    ReduceOperator.OR: BinaryOperator.OR,
    ReduceOperator.XOR: BinaryOperator.XOR,
}


def lane_number(code: str, width: int) -> Text:
    """A lane, as stored, to calculate with."""
    return plain(f"(uint32_t){code}") if width <= 16 else Text(code)


def lane_binary(
    operator: BinaryOperator, to: str, left: str, right: str, *, width: int, amount: Text | None = None
) -> list[str]:
    """Statements for `to = left operator right` where all three are lanes of `width` bits, as they are stored."""
    if width > 128:
        by = amount.code if amount is not None else f"weft_wide_amount({right}.word, {words_of(width)})"
        return binary_statements(operator, f"{to}.word", f"{left}.word", f"{right}.word", width=width, amount=by)
    one, other = lane_number(left, width), amount or lane_number(right, width)
    if amount is None and operator in _SHIFTS and width > 64:
        other = Text(f"weft_amount({right})")
    if width == 1:
        return [f"{to} = {logic(operator, one, other).code};"]
    text = binary(operator, one, other, width=width)
    return [f"{to} = {_stored(text, width)};"]


def _stored(text: Text, width: int) -> str:
    name = stored(Bits(width)).name
    return f"({name}){atom(text)}" if width <= 16 else text.code


class VectorWriter:
    """Assigns the vectors that operations result in, and reads scalars out of vectors."""

    def __init__(self, values: Expressions) -> None:
        self._values = values

    def write(self, operation: Pure) -> None:
        values, out = self._values, self._values.out
        (result,) = results(operation)
        of = result.type
        assert isinstance(of, Vector), "results are vectors here"
        match operation:
            case Select(condition=condition, on_true=on_true, on_false=on_false):
                test, one, other = values.atom(condition), values.code(on_true), values.code(on_false)
                out.line(f"{values.declare(result)} = {test} ? {one} : {other};")
            case ReadField():
                self._field(operation, of)
            case VectorMake(parts=parts):
                self._made(operation, parts, of)
            case Unary(argument=argument):
                source = self._named(argument)
                self._each(operation, lambda to: self._flipped(to, f"{source}.lane[i]", of.width))
            case Resize(argument=argument):
                source, has = self._named(argument), argument.type
                assert isinstance(has, Vector), "a vector is resized lane by lane"
                self._each(operation, lambda to: self._resized(to, f"{source}.lane[i]", has.width, of.width))
            case Binary():
                self._binary(operation, of)
            case _:
                raise AssertionError(operation)

    def _each(self, operation: Pure, lines: Callable[[str], list[str]]) -> None:
        (result,) = results(operation)
        assert isinstance(result.type, Vector), "results are vectors here"
        name = self._values.declare(result)
        with self._values.out.block(f"for (uint32_t i = 0; i < {result.type.lanes}; i++)"):
            for line in lines(f"{name}.lane[i]"):
                self._values.out.line(line)

    def _named(self, operand: Operand) -> str:
        """A vector's name; constants get a variable, so that lanes can be picked."""
        if not isinstance(operand, Constant):
            return self._values.code(operand)
        name = self._values.names.fresh("lanes")
        self._values.out.line(f"const {stored(operand.type).name} {name} = {literal(operand.value, operand.type)};")
        return name

    @staticmethod
    def _flipped(to: str, lane: str, width: int) -> list[str]:
        if width > 128:
            words = words_of(width)
            return [
                f"weft_wide_not({to}.word, {lane}.word, {words});",
                f"weft_wide_cut({to}.word, {words}, {width});",
            ]
        if width == 1:
            return [f"{to} = !{lane};"]
        mask = number_text((1 << width) - 1, width)
        return [f"{to} = {_stored(plain(f'~{atom(lane_number(lane, width))} & {mask}'), width)};"]

    @staticmethod
    def _resized(to: str, lane: str, has: int, width: int) -> list[str]:
        words, had = words_of(width), words_of(has)
        if width > 128 and has > 128:
            return [
                f"weft_wide_resize({to}.word, {words}, {lane}.word, {had});",
                f"weft_wide_cut({to}.word, {words}, {width});",
            ]
        if width > 128:
            return [f"weft_wide_set({to}.word, {words}, {lane});"]
        if has > 128:
            if width <= 64:
                bits = f"weft_wide_bits({lane}.word, {had}, 0, {width})"
                return [f"{to} = ({stored(Bits(width)).name}){bits};"]
            high = f"weft_wide_bits({lane}.word, {had}, 64, {width - 64})"
            return [f"{to} = WEFT_U128({high}, weft_wide_bits({lane}.word, {had}, 0, 64));"]
        mask = f" & {number_text((1 << width) - 1, width)}" if width < has else ""
        return [f"{to} = ({stored(Bits(width)).name})(({integer(width)}){lane}{mask});"]

    def _binary(self, operation: Binary, of: Vector) -> None:
        operator, right = operation.operator, operation.right
        left = self._named(operation.left)
        amount = self._values.amount(right) if operator in _SHIFTS and not isinstance(right.type, Vector) else None
        if amount is not None and amount.constant is None:
            name = self._values.names.fresh("amount")
            self._values.out.line(f"const uint64_t {name} = {amount.code};")
            amount = Text(name)
        other = "" if amount is not None else f"{self._named(right)}.lane[i]"
        self._each(
            operation,
            lambda to: lane_binary(operator, to, f"{left}.lane[i]", other, width=of.width, amount=amount),
        )

    def _made(self, operation: VectorMake, parts: tuple[Operand, ...], of: Vector) -> None:
        values, out = self._values, self._values.out
        codes = [values.short(part) for part in parts]
        if len(codes) == 1:
            self._each(operation, lambda to: [f"{to} = {self._as_lane(codes[0], of.width)};"])
            return
        name = values.declare(operation.result)
        for lane, code in enumerate(codes):
            out.line(f"{name}.lane[{lane}] = {self._as_lane(code, of.width)};")

    @staticmethod
    def _as_lane(code: str, width: int) -> str:
        return f"({stored(Bits(width)).name}){code}" if width <= 16 else code

    def _field(self, operation: ReadField, of: Vector) -> None:
        values, out = self._values, self._values.out
        start, offset = values.field_start(operation)
        name = values.declare(operation.result)
        if values.presence.is_present(operation.header, values.known):
            get_lanes(out, start, offset, of, name)
            return
        out.line(f"{name} = {literal((0,) * of.lanes, of)};")
        with out.block(f"if (at.{operation.header} >= 0)"):
            get_lanes(out, start, offset, of, name)

    # --- out of vectors

    def scalar(self, operation: Pure) -> Text:
        match operation:
            case VectorLane(argument=argument, lane=lane):
                of = argument.type
                assert isinstance(of, Vector), "lanes are of vectors"
                code = f"{self._named(argument)}.lane[{lane}]"
                if of.width == 1:
                    return plain(f"{code} != 0", is_bool=True)
                return lane_number(code, of.width)
            case VectorReduce(argument=argument, operator=operator):
                return self._reduced(argument, operator)
            case _:
                raise AssertionError(operation)

    def _reduced(self, argument: Operand, operator: ReduceOperator) -> Text:
        """All lanes combined, in a variable of their stored type."""
        of, out = argument.type, self._values.out
        assert isinstance(of, Vector), "lanes are of vectors"
        source, name = self._named(argument), self._values.names.fresh("combined")
        out.line(f"{stored(Bits(of.width)).name} {name} = {source}.lane[0];")
        if of.lanes > 1:
            with out.block(f"for (uint32_t i = 1; i < {of.lanes}; i++)"):
                for line in lane_binary(_REDUCE[operator], name, name, f"{source}.lane[i]", width=of.width):
                    out.line(line)
        if of.width == 1:
            return plain(f"{name} != 0", is_bool=True)
        return lane_number(name, of.width)

    def wide(self, operation: VectorLane | VectorReduce) -> None:
        """The same where lanes are wide."""
        values, out = self._values, self._values.out
        match operation:
            case VectorLane(argument=argument, lane=lane):
                code = f"{self._named(argument)}.lane[{lane}]"
            case VectorReduce(argument=argument, operator=operator):
                code = self._reduced(argument, operator).code
        out.line(f"{values.declare(operation.result)} = {code};")

    def compare(self, operation: Compare) -> Text:
        left, right = self._named(operation.left), self._named(operation.right)
        equal = f"__builtin_memcmp(&{left}, &{right}, sizeof {left}) "
        return plain(equal + ("== 0" if operation.operator is CompareOperator.EQ else "!= 0"), is_bool=True)
