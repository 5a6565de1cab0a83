"""No text breaks the front end: it loads, or is refused with places that can be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.inputs import corpus, fuzz_input
from tests.fuzz.property import outcome


@pytest.mark.parametrize("first", range(0, 100, 25))
def test_wrong_programs(first: int) -> None:
    for number in range(first, first + 25):
        outcome(fuzz_input(number))


@pytest.mark.long
@pytest.mark.parametrize("first", range(1_000, 6_000, 250))
def test_many_wrong_programs(first: int) -> None:
    for number in range(first, first + 250):
        outcome(fuzz_input(number))


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    outcome(text)


@given(st.sampled_from(corpus()), st.integers(0, 20_000))
def test_programs_cut_off_anywhere(text: str, end: int) -> None:
    outcome(text[: end % len(text)])
