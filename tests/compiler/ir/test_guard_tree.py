from __future__ import annotations

from compiler.ir.guard_tree import GuardTree
from compiler.ir.program import ROOT_GUARD, Guard
from compiler.ir.types import BOOL
from compiler.ir.values import Value

A, B, C = (Value(number, BOOL) for number in range(3))
#      0          1: a           2: not a             3: a, b      4: not a, b   5: a, b, c  6: not a, b, not a
TREE = GuardTree(
    (ROOT_GUARD, Guard(0, A), Guard(0, A, False), Guard(1, B), Guard(2, B), Guard(3, C), Guard(4, A, False))
)


def test_chains_end_at_the_root() -> None:
    assert list(TREE.chain(5)) == [5, 3, 1, 0]
    assert list(TREE.chain(0)) == [0]


def test_a_guard_is_within_itself_and_those_around_it() -> None:
    assert [outer for outer in range(7) if TREE.is_within(5, outer)] == [0, 1, 3, 5]


def test_the_innermost_guard_around_two() -> None:
    assert TREE.meet(5, 4) == 0
    assert TREE.meet(5, 1) == 1
    assert TREE.meet(6, 4) == 4


def test_guards_that_need_opposite_conditions_exclude_each_other() -> None:
    assert TREE.splits(5, 4) == (A, True)
    assert TREE.splits(4, 5) == (A, False)
    assert not TREE.are_exclusive(5, 1)
    assert not TREE.are_exclusive(3, 0)
    assert not TREE.are_exclusive(4, 6)
