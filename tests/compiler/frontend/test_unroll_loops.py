"""Loops are repeated, static numbers computed, and what cannot be is reported once, where it stands."""

from __future__ import annotations

import pytest

from compiler.diagnostics import Reporter
from compiler.frontend.rewrite_typed import children
from compiler.frontend.static_arithmetic import StaticArithmeticError, static_result
from compiler.frontend.typed import SExpr, SFor, TExpr, TLane, TLiteral, TLocal, TStatement, TStatic
from compiler.frontend.types import BOOLEAN, STATIC, Ty, VectorType
from compiler.frontend.unroll_loops import unroll_loops
from compiler.frontend.variables import Static, StaticLiteral, StaticLocal, StaticOperation
from compiler.source import NOWHERE, Source, Span
from tests.compiler.frontend import trees as t

I = t.local(1, "i", STATIC)  # noqa: E741
J = t.local(2, "j", STATIC)
VECTOR = t.local(3, "v", VectorType(t.U8, 4))


def plus(left: Static, right: int) -> Static:
    return StaticOperation("+", left, StaticLiteral(right))


def static(value: Static, of: Ty = t.U8, span: Span = NOWHERE) -> TStatic:
    return TStatic(value, type=of, span=span)


def less(left: Static, right: int) -> TStatic:
    return static(StaticOperation("<", left, StaticLiteral(right)), BOOLEAN)


def lane(number: Static) -> TLane:
    return TLane(TLocal(VECTOR, type=VECTOR.type, span=NOWHERE), number, type=t.U8, span=NOWHERE)


def unrolled(*body: TStatement) -> tuple[list[TExpr | TStatement], list[str]]:
    """All nodes of the body afterwards, and the codes reported."""
    reporter = Reporter()
    (handler,) = unroll_loops(t.program(t.handler(*body)), reporter).handlers
    return nodes(handler.body), [diagnostic.code for diagnostic in reporter.diagnostics]


def nodes(node: TExpr | TStatement) -> list[TExpr | TStatement]:
    return [node, *(inner for child in children(node) for inner in nodes(child))]


def literals(found: list[TExpr | TStatement]) -> list[object]:
    return [node.values[0] for node in found if isinstance(node, TLiteral)]


def test_nested_loops_are_repeated_in_order() -> None:
    value = static(StaticOperation("+", StaticOperation("*", StaticLocal(I), StaticLiteral(10)), StaticLocal(J)))
    found, codes = unrolled(t.repeat(I, 2, t.repeat(J, plus(StaticLocal(I), 1), t.put(t.B, value))))
    assert codes == []
    assert literals(found) == [0, 10, 11]
    assert not any(isinstance(node, SFor | TStatic) for node in found)


def test_a_loop_over_nothing_is_gone() -> None:
    found, codes = unrolled(SFor(I, StaticLiteral(5), StaticLiteral(3), t.block(t.drop()), span=NOWHERE))
    assert (len(found), codes) == (1, [])


def test_only_the_branch_that_is_taken_is_looked_at() -> None:
    next_lane = lane(plus(StaticLocal(I), 1))
    guarded = t.choose(less(plus(StaticLocal(I), 1), 4), t.block(value=next_lane), t.block(value=t.number(0)), of=t.U8)
    found, codes = unrolled(t.repeat(I, 4, t.put(t.B, guarded)))
    assert codes == []
    assert [node.lane for node in found if isinstance(node, TLane)] == [StaticLiteral(n) for n in (1, 2, 3)]


def test_a_decided_and_leaves_its_right_side_out() -> None:
    both = t.logical(True, less(StaticLocal(I), 1), t.equal(lane(plus(StaticLocal(I), 3)), t.number(1)))
    found, codes = unrolled(t.repeat(I, 2, SExpr(both, span=NOWHERE)))
    assert codes == []
    assert [node.lane for node in found if isinstance(node, TLane)] == [StaticLiteral(3)]


@pytest.mark.parametrize(("value", "of"), [(256, t.U8), (-1, t.U8), (2, BOOLEAN), (1 << 3000, t.U8)])
def test_a_number_that_does_not_fit_is_reported(value: int, of: Ty) -> None:
    assert unrolled(t.run(static(StaticLiteral(value), of)))[1] == ["W0310"]


@pytest.mark.parametrize("value", [0, 255])
def test_a_number_that_just_fits_is_a_literal(value: int) -> None:
    found, codes = unrolled(t.run(static(StaticLiteral(value))))
    assert (literals(found), codes) == ([value], [])


def test_a_number_fills_every_lane_of_a_vector() -> None:
    found, codes = unrolled(t.run(static(StaticLiteral(7), VECTOR.type)))
    assert (literals(found), codes) == ([(7, 7, 7, 7)], [])


def test_one_mistake_is_reported_once_with_its_place() -> None:
    source = Source("loop.weft", "for i in 0..300 { p.b = i }")
    place = Span(source, 24, 25)
    reporter = Reporter()
    body = t.repeat(I, 260, t.put(t.B, static(StaticLocal(I), span=place)))
    unroll_loops(t.program(t.handler(body)), reporter)
    assert {(d.code, str(d.span)) for d in reporter.diagnostics} == {("W0310", "loop.weft:1:25")}
    assert [d.message for d in reporter.diagnostics] == [f"{n} does not fit in u8" for n in range(256, 260)]


@pytest.mark.parametrize("number", [4, -1])
def test_a_lane_out_of_range_is_reported(number: int) -> None:
    assert unrolled(t.run(lane(StaticLiteral(number))))[1] == ["W0311"]


@pytest.mark.parametrize(("operator", "right"), [("/", 0), ("%", 0), ("<<", -1), ("<<", 1 << 70), (">>", -1)])
def test_arithmetic_without_a_result_is_reported(operator: str, right: int) -> None:
    value = StaticOperation(operator, StaticLiteral(1), StaticLiteral(right))
    assert unrolled(t.run(static(value)))[1] == ["W0312"]
    assert unrolled(t.repeat(I, value, t.drop()))[1] == ["W0312"]


@pytest.mark.parametrize(
    ("operator", "left", "right", "result"),
    [("-", 3, 5, -2), ("/", 7, 2, 3), ("%", 7, 4, 3), ("<<", 1, 100, 1 << 100), ("min", 4, 9, 4), (">=", 4, 4, 1)],
)
def test_static_arithmetic_is_exact(operator: str, left: int, right: int, result: int) -> None:
    assert static_result(operator, left, right) == result


def test_static_numbers_are_bounded() -> None:
    with pytest.raises(StaticArithmeticError, match="4096 bits"):
        static_result("*", 1 << 4000, 1 << 96)


def test_a_loop_nest_of_too_many_iterations_is_reported() -> None:
    assert unrolled(t.repeat(I, 4096, t.run(t.number(0))))[1] == []
    assert unrolled(t.repeat(I, 4097, t.run(t.number(0))))[1] == ["W0313"]
    assert unrolled(t.repeat(I, 1 << 200, t.run(t.number(0))))[1] == ["W0313"]
    nest = t.repeat(I, 63, t.repeat(J, 64, t.run(t.number(0))))  # 63 + 63 * 64 = 4095 iterations
    assert unrolled(nest, nest)[1] == []
    assert unrolled(t.repeat(I, 64, t.repeat(J, 64, t.run(t.number(0)))))[1] == ["W0313"]
