"""What the generated C does, against the interpreter: packets, digests, state to the slot, shares, rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backends.c.behaviour_cases import CASES
from tests.backends.c.checks import CHECKS, under_sanitizers
from tests.backends.p4.behaviour_cases import Case
from tests.differential.native import needs_compiler, reference_of

QUICK = [name for name in CHECKS if name != "sanitizers"]
QUICKLY_SANITIZED = ("emissions", "floods", "parsing")

pytestmark = needs_compiler


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("WEFT_CFLAGS", "-O1 -Wall -Wextra -Werror")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_does_what_the_interpreter_does(case: Case) -> None:
    given = case.given()
    reference = reference_of(given)
    assert {check: found for check in QUICK if (found := CHECKS[check](given, reference))} == {}


@pytest.mark.parametrize("case", [c for c in CASES if c.name in QUICKLY_SANITIZED], ids=lambda case: case.name)
def test_nothing_outside_is_touched(case: Case) -> None:
    given = case.given()
    assert under_sanitizers(given, reference_of(given)) == []


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_case_touches_what_is_outside(case: Case) -> None:
    given = case.given()
    assert under_sanitizers(given, reference_of(given)) == []
