"""Domains against counting through all numbers of a few bits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from compiler.analyses.domains import MIRRORED, NEGATED, anything
from compiler.ir.operations import CompareOperator

WIDTH = 4
ALL = range(2**WIDTH)
PYTHON = {
    CompareOperator.EQ: int.__eq__,
    CompareOperator.NE: int.__ne__,
    CompareOperator.LT: int.__lt__,
    CompareOperator.LE: int.__le__,
    CompareOperator.GT: int.__gt__,
    CompareOperator.GE: int.__ge__,
}
Fact = tuple[CompareOperator, int, int]
numbers = st.integers(0, 2**WIDTH - 1)


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    operator = draw(st.sampled_from(list(CompareOperator)))
    is_order = operator not in (CompareOperator.EQ, CompareOperator.NE)
    return operator, 2**WIDTH - 1 if is_order else draw(numbers), draw(numbers)


def holds(fact: Fact, x: int) -> bool:
    operator, mask, number = fact
    return bool(PYTHON[operator](x & mask, number))


@given(st.lists(facts(), max_size=5), facts())
def test_no_number_is_lost_and_no_answer_is_wrong(known: list[Fact], asked: Fact) -> None:
    left = set(ALL)
    domain = anything(WIDTH)
    for fact in known:
        left = {x for x in left if holds(fact, x)}
        narrowed = domain.with_fact(*fact)
        if narrowed is None:
            assert left == set()
            return
        domain = narrowed
    assert domain.value is None or left <= {domain.value}
    answers = {holds(asked, x) for x in left}
    allowed = answers if len(answers) == 1 else set() if answers else {True, False}
    assert domain.compare(*asked) in {None, *allowed}


@given(st.lists(facts(), max_size=4))
def test_within_a_few_numbers_contradictions_are_seen(known: list[Fact]) -> None:
    left = set(ALL)
    domain = anything(WIDTH)
    for fact in known:
        left = {x for x in left if holds(fact, x)}
        narrowed = domain.with_fact(*fact)
        assert (narrowed is None) == (left == set())
        if narrowed is None:
            return
        domain = narrowed


@given(st.sampled_from(list(CompareOperator)), numbers, numbers)
def test_negated_and_mirrored_operators(operator: CompareOperator, left: int, right: int) -> None:
    truth = PYTHON[operator](left, right)
    assert PYTHON[NEGATED[operator]](left, right) is not truth
    assert PYTHON[MIRRORED[operator]](right, left) is truth
