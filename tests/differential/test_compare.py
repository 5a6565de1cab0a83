"""The comparison itself: it must see every kind of difference."""

import pytest

from tests.differential.compare import differences
from tests.engines import DigestRecord, Outcome

SOME = Outcome({"lan": [b"one", b"two"]}, {"seen": {"7": 1}}, [DigestRecord("told", 1)])


def test_equal_outcomes_do_not_differ() -> None:
    again = Outcome({"lan": [b"one", b"two"]}, {"seen": {"7": 1}}, [DigestRecord("told", 1)])
    assert differences(SOME, again) == []


@pytest.mark.parametrize(
    ("other", "line"),
    [
        (Outcome({"lan": [b"one"]}, SOME.state, SOME.digests), "packets by lan: 2 became 1; number 1: 74776f became"),
        (Outcome({"lan": [b"two", b"one"]}, SOME.state, SOME.digests), "packets by lan: 2 became 2; number 0"),
        (Outcome({**SOME.emissions, "wan": [b""]}, SOME.state, SOME.digests), "packets by wan: 0 became 1; number 0"),
        (Outcome(SOME.emissions, {"seen": {"7": 2}}, SOME.digests), "state seen: {'7': 1} became {'7': 2}"),
        (Outcome(SOME.emissions, {}, SOME.digests), "state seen: {'7': 1} became None"),
        (Outcome(SOME.emissions, SOME.state, []), "digests: 1 became 0"),
        (Outcome(SOME.emissions, SOME.state, [DigestRecord("told", 2)]), "digests: 1 became 1; number 0"),
    ],
)
def test_what_differs_is_told(other: Outcome, line: str) -> None:
    (found,) = differences(SOME, other)
    assert found.startswith(line)
