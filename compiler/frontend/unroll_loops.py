"""Repeat the body of every loop, and compute all numbers that are then known.

Before: no `TCall`; statements may be `SFor`, numbers may depend on loop variables.
After:  no `SFor` and no `TStatic`; every remaining `Static` is a `StaticLiteral`. A branch whose
        condition is such a number is gone, or stands alone, so that `if i + 1 < 8 { v[i + 1] }` is in range.

    for i in 0..2 { a[i] = 0 }    becomes    { a[0] = 0 } { a[1] = 0 }

Errors: W0310 a number does not fit its type, W0311 a lane is out of range, W0312 arithmetic without a
result, W0313 more iterations than can be unrolled, W0614 a program that is too large with all loops unrolled.
"""

from __future__ import annotations

import dataclasses
from typing import NoReturn, TypeVar

from compiler.diagnostics import CompileError, Reporter
from compiler.frontend.rewrite_typed import as_block, map_children, map_handlers
from compiler.frontend.static_arithmetic import StaticArithmeticError, static_result
from compiler.frontend.typed import (
    SExpr,
    SFor,
    TExpr,
    THash,
    TIf,
    TLane,
    TLiteral,
    TLogical,
    TProgram,
    TStatement,
    TStatic,
)
from compiler.frontend.types import VectorType, describe, flatten
from compiler.frontend.variables import Static, StaticLiteral, StaticLocal, StaticOperation
from compiler.ir.types import Bits, Vector
from compiler.source import Span

MOST_ITERATIONS = 4096  # of all loops inside one another, together
MOST_EXPRESSIONS = 200_000  # of a program; the largest examples have some 2,000
_HASH_MEMBERS = 1 << 32

_NodeT = TypeVar("_NodeT", bound=TExpr | TStatement)


def unroll_loops(program: TProgram, reporter: Reporter) -> TProgram:
    return map_handlers(program, expression=_Unroller(reporter).expression)


class _Unroller:
    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._loop_variables: dict[int, int] = {}
        self._depth = 0
        self._iterations = 0  # of the outermost loop that is being unrolled, and all loops in it
        self._expressions = 0  # copies made so far

    def expression(self, expression: TExpr) -> TExpr:
        self._expressions += 1
        if self._expressions > MOST_EXPRESSIONS:
            self._give_up(expression.span)
        match expression:
            case TStatic():
                return self._literal(expression)
            case TLane():
                return self._lane(self._with_parts(expression))
            case THash(index=index, span=span):
                return dataclasses.replace(self._with_parts(expression), index=self._member(index, span))
            case TIf(condition=condition):
                return self._branch(expression, self.expression(condition))
            case TLogical(left=left):
                return self._logical(expression, self.expression(left))
            case _:
                return self._with_parts(expression)

    def _give_up(self, span: Span) -> NoReturn:
        """Functions that call others twice double the program at every level, and loops multiply it."""
        self._reporter.error(
            "W0614",
            "this program is too large",
            span,
            label=f"by here it has {MOST_EXPRESSIONS:,} expressions, with all calls inlined and loops unrolled",
            help="call functions less often, and lower the bounds of loops",
        )
        raise CompileError(*self._reporter.diagnostics)

    def _with_parts(self, node: _NodeT) -> _NodeT:
        return map_children(node, expression=self.expression, statement=self._statement)

    def _statement(self, statement: TStatement) -> tuple[TStatement, ...]:
        match statement:
            case SFor():
                return self._loop(statement)
            case _:
                return (self._with_parts(statement),)

    def _loop(self, loop: SFor) -> tuple[TStatement, ...]:
        first, last = self._number(loop.first, loop.span), self._number(loop.last, loop.span)
        if first is None or last is None:
            return ()
        if self._depth == 0:
            self._iterations = 0
        self._iterations += max(0, last - first)
        if self._iterations > MOST_ITERATIONS:
            self._reporter.error(
                "W0313",
                "this loop takes too many iterations",
                loop.span,
                label=f"more than {MOST_ITERATIONS:,} with the loops around and inside it",
                help="loops are unrolled: lower the bound, or spread the work over several packets",
            )
            return ()
        self._depth += 1
        copies = tuple(self._iteration(loop, number) for number in range(first, last))
        self._depth -= 1
        return copies

    def _iteration(self, loop: SFor, number: int) -> TStatement:
        self._loop_variables[loop.local.number] = number
        return SExpr(self.expression(loop.body), span=loop.body.span)

    def _branch(self, branch: TIf, condition: TExpr) -> TExpr:
        match condition:
            case TLiteral(values=(truth,)):
                return self.expression(branch.then if truth else branch.otherwise)
            case _:
                then, otherwise = self.expression(branch.then), self.expression(branch.otherwise)
                return dataclasses.replace(
                    branch, condition=condition, then=as_block(then), otherwise=as_block(otherwise)
                )

    def _logical(self, logical: TLogical, left: TExpr) -> TExpr:
        match left:
            case TLiteral(values=(truth,)):
                return self.expression(logical.right) if bool(truth) is logical.is_and else left
            case _:
                return dataclasses.replace(logical, left=left, right=self.expression(logical.right))

    def _literal(self, static: TStatic) -> TLiteral:
        number = self._number(static.value, static.span)
        (flat,) = flatten(static.type)
        assert isinstance(flat, (Bits, Vector)), "values are not blobs"
        if number is not None and not 0 <= number < 1 << flat.width:
            self._reporter.error(
                "W0310",
                f"{_shown(number)} does not fit in {describe(static.type)}",
                static.span,
                label=f"{describe(static.type)} has {flat.width} bit{'s'[: flat.width > 1]}",
            )
            number = None
        value = number or 0
        lanes = (value,) * flat.lanes if isinstance(flat, Vector) else value
        return TLiteral((lanes,), type=static.type, span=static.span)

    def _lane(self, lane: TLane) -> TLane:
        vector = lane.value.type
        assert isinstance(vector, VectorType), "only vectors have lanes"
        number = self._number(lane.lane, lane.span)
        if number is not None and not 0 <= number < vector.lanes:
            self._reporter.error(
                "W0311",
                f"there is no lane {_shown(number)} in {describe(vector)}",
                lane.span,
                label=f"lanes are 0 to {vector.lanes - 1}",
            )
            number = None
        return dataclasses.replace(lane, lane=StaticLiteral(number or 0))

    def _member(self, index: Static, span: Span) -> StaticLiteral:
        number = self._number(index, span)
        if number is not None and not 0 <= number < _HASH_MEMBERS:
            self._reporter.error("W0310", f"there is no hash with the number {_shown(number)}", span)
            number = None
        return StaticLiteral(number or 0)

    def _number(self, static: Static, span: Span) -> int | None:
        """The value; None where it has none, which is then reported."""
        try:
            return self._value(static)
        except StaticArithmeticError as error:
            self._reporter.error("W0312", str(error), span)
            return None

    def _value(self, static: Static) -> int:
        match static:
            case StaticLiteral(value=value):
                return value
            case StaticLocal(local=local):
                return self._loop_variables[local.number]
            case StaticOperation(operator=operator, left=left, right=right):
                return static_result(operator, self._value(left), self._value(right))


def _shown(number: int) -> str:
    """Decimal, but hexadecimal where nobody could read that (Python refuses very long decimals)."""
    return str(number) if number.bit_length() <= 64 else hex(number)
