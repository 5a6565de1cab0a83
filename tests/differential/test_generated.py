"""Generated programs on the real bmv2 and on the interpreter: packets, digests and state are the same.

A failure names the case and the folder that is left of it; `random_case(NUMBER)` is the case again. The long run
takes its range of cases from WEFT_DIFFERENTIAL_CASES, as in `5000:8000`, where that is set.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.bmv2 import Bmv2Engine, needs_bmv2
from tests.differential.cases import random_case
from tests.differential.coverage import CASES, Coverage
from tests.differential.harness import check_cases, reason_to_leave_out
from tests.differential.long_range import long_range

QUICK = range(3_000_000, 3_000_006)
AT_ONCE = 20
MOST_LEFT_OUT = 0.05

LONG = long_range(CASES)


@pytest.fixture(scope="module")
def bmv2() -> Bmv2Engine:
    return Bmv2Engine()


def assert_equal(cases: range, engine: Bmv2Engine) -> None:
    tally = check_cases(cases, engine)
    assert tally.cases == len(cases)
    assert not tally.failed, "\n\n".join(tally.failed.values())


@needs_bmv2
@pytest.mark.parametrize("number", QUICK)
def test_a_generated_program(number: int, bmv2: Bmv2Engine) -> None:
    assert_equal(range(number, number + 1), bmv2)


@needs_bmv2
@pytest.mark.long
@pytest.mark.parametrize("first", range(LONG.start, LONG.stop, AT_ONCE))
def test_many_generated_programs(first: int, bmv2: Bmv2Engine) -> None:
    assert_equal(range(first, min(first + AT_ONCE, LONG.stop)), bmv2)


@pytest.mark.long
def test_the_generated_programs_carry_out_and_skip_every_kind_of_operation() -> None:
    coverage, left_out = Coverage(), Counter[str]()
    for number in LONG:
        case = random_case(number)
        reason = reason_to_leave_out(case)
        if reason is None:
            coverage.add(case)
        else:
            left_out[reason] += 1
    assert not coverage.missing(), coverage.table()
    assert left_out.total() <= MOST_LEFT_OUT * len(LONG), left_out
