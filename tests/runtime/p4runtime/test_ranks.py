from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from runtime.p4runtime.device_state import Row
from runtime.p4runtime.ranks import MAX_PRIORITY, STEP, by_precedence, with_priorities
from sim.state import Prefix, TableEntry, Ternary

NUMBERS = st.integers(0, 30)


def row(number: int, priority: int = 0) -> Row:
    return Row(1, (Ternary(number, 0xFF),), priority, 7, ())


def rows(numbers: list[int]) -> list[Row]:
    return [row(number) for number in numbers]


def kept(current: list[Row], assigned: tuple[Row, ...]) -> int:
    held = {found.identity for found in current}
    return sum(found.identity in held for found in assigned)


def test_precedence_is_prefix_then_priority_then_order() -> None:
    written = [
        TableEntry((Prefix(0, 0), Ternary(0, 0)), (1,), priority=9),
        TableEntry((Prefix(0x0A000000, 8), Ternary(0, 0)), (2,)),
        TableEntry((Prefix(0x0A000000, 8), Ternary(1, 1)), (3,), priority=1),
        TableEntry((Prefix(0x0B000000, 8), Ternary(2, 2)), (4,)),
    ]
    assert [entry.values for entry in by_precedence(written)] == [(3,), (2,), (4,), (1,)]


def test_an_empty_switch_gets_round_numbers() -> None:
    assert [found.priority for found in with_priorities(rows([4, 5, 6]), [])] == [3 * STEP, 2 * STEP, STEP]


def test_a_new_rule_moves_no_other() -> None:
    current = list(with_priorities(rows([1, 2, 3]), []))
    for place in range(4):
        numbers = [1, 2, 3]
        numbers.insert(place, 9)
        assigned = with_priorities(rows(numbers), current)
        assert kept(current, assigned) == 3


def test_a_rule_that_moves_is_the_only_one_that_changes() -> None:
    current = list(with_priorities(rows([1, 2, 3, 4, 5]), []))
    assert kept(current, with_priorities(rows([5, 1, 2, 3, 4]), current)) == 4


def test_where_there_is_no_room_all_are_numbered_anew() -> None:
    current = [row(1, 2), row(2, 1)]
    assert [found.priority for found in with_priorities(rows([1, 9, 2]), current)] == [3 * STEP, 2 * STEP, STEP]


def test_a_key_that_stands_twice_keeps_both_priorities() -> None:
    current = [row(1, 500), row(1, 900)]
    assert [found.priority for found in with_priorities(rows([1, 1]), current)] == [900, 500]


def test_there_is_room_at_the_ends_of_the_range() -> None:
    current = [row(1, MAX_PRIORITY), row(2, 1)]
    assigned = with_priorities(rows([1, 3, 2]), current)
    assert [found.priority for found in assigned][::2] == [MAX_PRIORITY, 1]
    fresh = with_priorities(rows([3, 1, 2, 4]), current)
    assert [found.priority for found in fresh] == [4 * STEP, 3 * STEP, 2 * STEP, STEP]


@given(
    st.lists(NUMBERS, max_size=8, unique=True),
    st.dictionaries(NUMBERS, st.integers(1, 40), max_size=8).filter(lambda d: len(set(d.values())) == len(d)),
)
def test_priorities_fall_and_as_many_as_possible_stay(wanted: list[int], held: dict[int, int]) -> None:
    current = [row(number, priority * STEP) for number, priority in held.items()]
    assigned = with_priorities(rows(wanted), current)
    priorities = [found.priority for found in assigned]
    assert all(high > low for high, low in pairwise(priorities))
    assert all(0 < priority <= MAX_PRIORITY for priority in priorities)
    assert [replace(found, priority=0) for found in assigned] == rows(wanted)
    # All of the longest falling subsequences, found by looking at every one; STEP leaves room for the others.
    present = [held[number] for number in wanted if number in held]
    best = max(
        length
        for length in range(len(present) + 1)
        if any(all(a > b for a, b in pairwise(chosen)) for chosen in combinations(present, length))
    )
    assert kept(current, assigned) == best


@given(st.lists(NUMBERS, max_size=20, unique=True))
def test_the_same_rules_again_change_nothing(numbers: list[int]) -> None:
    current = list(with_priorities(rows(numbers), []))
    assert list(with_priorities(rows(numbers), current)) == current
