"""Operations of values: `x.sat_add(1)`, `v.sum()`, `x.bits(7, 4)`, `now.since(t)`."""

from __future__ import annotations

from compiler.frontend import ast
from compiler.frontend.check.body import poison
from compiler.frontend.check.state_methods import StateMethodChecker
from compiler.frontend.check.statics import static_int
from compiler.frontend.typed import (
    SLet,
    TBinary,
    TBlock,
    TCompare,
    TExpr,
    TLiteral,
    TLocal,
    TMake,
    TReduce,
    TResize,
    TSlice,
    TUnary,
)
from compiler.frontend.types import BOOLEAN, TIME, IntType, OptionType, VectorType
from compiler.ir.operations import BinaryOperator, CompareOperator, ReduceOperator, UnaryOperator
from compiler.source import Span

_TWO_SIDED = {
    "sat_add": BinaryOperator.SAT_ADD,
    "sat_sub": BinaryOperator.SAT_SUB,
    "min": BinaryOperator.MIN,
    "max": BinaryOperator.MAX,
}
_REDUCTIONS = {operator.value: operator for operator in ReduceOperator}
INTEGER_METHODS = (*_TWO_SIDED, "checked_add", "checked_sub", "bits", "popcount", "leading_zeros")
VECTOR_METHODS = tuple(dict.fromkeys((*_TWO_SIDED, *_REDUCTIONS)))


class ValueMethodChecker(StateMethodChecker):
    """Adds the operations of integers, vectors and times to `StateMethodChecker`."""

    def value_call(self, value: TExpr, name: str, node: ast.Call) -> TExpr | None:
        """`value.name(arguments)`, or None where there is no such built-in operation."""
        match value.type:
            case IntType() as ty if name in INTEGER_METHODS:
                return self._integer(value, ty, name, node)
            case VectorType() as ty if name in VECTOR_METHODS:
                return self._vector(value, ty, name, node)
            case _ if value.type == TIME and name == "since":
                arguments = self.arguments(node, [("earlier", TIME)])
                if arguments is None:
                    return poison(node.span)
                return TBinary(BinaryOperator.SAT_SUB, value, arguments[0], type=TIME, span=node.span)
            case _ if value.type == TIME and name in ("min", "max"):
                arguments = self.arguments(node, [("other", TIME)])
                if arguments is None:
                    return poison(node.span)
                return TBinary(_TWO_SIDED[name], value, arguments[0], type=TIME, span=node.span)
            case _:
                pass
        return None

    def _integer(self, value: TExpr, ty: IntType, name: str, node: ast.Call) -> TExpr:
        if name in _TWO_SIDED:
            arguments = self.arguments(node, [("other", ty)])
            if arguments is None:
                return poison(node.span)
            return TBinary(_TWO_SIDED[name], value, arguments[0], type=ty, span=node.span)
        if name in ("checked_add", "checked_sub"):
            return self._checked(value, ty, name, node)
        if name == "bits":
            return self._bits(value, ty, node)
        if self.arguments(node, []) is None:
            return poison(node.span)
        counted = value if name == "popcount" else self._smeared_inverse(value, ty, node.span)
        return self._popcount(counted, ty, node.span)

    def _checked(self, value: TExpr, ty: IntType, name: str, node: ast.Call) -> TExpr:
        """The sum or difference, or nothing where it does not fit."""
        arguments = self.arguments(node, [("other", ty)])
        if arguments is None or ty.width >= 2048:
            return poison(node.span)
        left, right = self._named("left", value, node.span), self._named("right", arguments[0], node.span)
        add = name == "checked_add"
        operator = BinaryOperator.ADD if add else BinaryOperator.SUB
        result = TBinary(operator, left[1], right[1], type=ty, span=node.span)
        # a wrapped sum is below either side; a difference fits where the left side is not below the right
        fits = TCompare(
            CompareOperator.GE, result if add else left[1], left[1] if add else right[1], type=BOOLEAN, span=node.span
        )
        option = OptionType(ty)
        made = TMake((fits, result), type=option, span=node.span)
        return TBlock((left[0], right[0]), made, type=option, span=node.span)

    def _named(self, name: str, value: TExpr, span: Span) -> tuple[SLet, TLocal]:
        local = self.context.new_local(name, value.type)
        return SLet(local, value, span=span), TLocal(local, type=value.type, span=span)

    def _bits(self, value: TExpr, ty: IntType, node: ast.Call) -> TExpr:
        if len(node.arguments) != 2:
            return self.error("W0322", "`bits` takes the highest and the lowest bit", node.span, help="`x.bits(7, 4)`")
        high = static_int(node.arguments[0].value, self.scope, self.reporter)
        low = static_int(node.arguments[1].value, self.scope, self.reporter)
        if high is None or low is None:
            return poison(node.span)
        if not 0 <= low <= high < ty.width:
            return self.error(
                "W0323", f"bits {high} to {low} of a u{ty.width}", node.span, help="the highest bit comes first"
            )
        return TSlice(value, high, low, type=IntType(high - low + 1), span=node.span)

    def _smeared_inverse(self, value: TExpr, ty: IntType, span: Span) -> TExpr:
        """Ones exactly where `value` has leading zeros."""
        lets: list[SLet] = []
        shift = 1
        while shift < ty.width:
            value = self._once("smeared", value, lets)
            amount = TLiteral((shift,), type=IntType(16), span=span)
            moved = TBinary(BinaryOperator.SHR, value, amount, type=ty, span=span)
            value = TBinary(BinaryOperator.OR, value, moved, type=ty, span=span)
            shift *= 2
        return TBlock(tuple(lets), TUnary(UnaryOperator.NOT, value, type=ty, span=span), type=ty, span=span)

    def _popcount(self, value: TExpr, ty: IntType, span: Span) -> TExpr:
        """Sums of neighbouring fields of 1, 2, 4, ... bits (Warren, "Hacker's Delight", 5-1)."""
        size = 1
        width = 8
        while width < ty.width:
            width *= 2
        wide = IntType(width)
        lets: list[SLet] = []
        value = TResize(value, type=wide, span=span)
        while size < width:
            value = self._once("counted", value, lets)
            mask = sum(((1 << size) - 1) << at for at in range(0, width, 2 * size))
            literal = TLiteral((mask,), type=wide, span=span)
            low = TBinary(BinaryOperator.AND, value, literal, type=wide, span=span)
            amount = TLiteral((size,), type=IntType(16), span=span)
            moved = TBinary(BinaryOperator.SHR, value, amount, type=wide, span=span)
            high = TBinary(BinaryOperator.AND, moved, literal, type=wide, span=span)
            value = TBinary(BinaryOperator.ADD, low, high, type=wide, span=span)
            size *= 2
        result = IntType(32)
        return TBlock(tuple(lets), TResize(value, type=result, span=span), type=result, span=span)

    def _once(self, name: str, value: TExpr, lets: list[SLet]) -> TLocal:
        """A variable for `value`, which is needed twice and must be computed once."""
        let, local = self._named(name, value, value.span)
        lets.append(let)
        return local

    def _vector(self, value: TExpr, ty: VectorType, name: str, node: ast.Call) -> TExpr:
        if name in _REDUCTIONS and not node.arguments:
            return TReduce(_REDUCTIONS[name], value, type=ty.element, span=node.span)
        if name not in _TWO_SIDED:
            return self.error("W0322", f"`{name}` takes no arguments", node.span)
        arguments = self.arguments(node, [("other", ty)])
        if arguments is None:
            return poison(node.span)
        return TBinary(_TWO_SIDED[name], value, arguments[0], type=ty, span=node.span)
