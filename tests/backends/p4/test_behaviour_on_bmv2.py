"""What the generated P4 does on the real bmv2, against the interpreter: packets, digests and state."""

from __future__ import annotations

import pytest

from tests.backends.p4.behaviour_cases import CASES, Case
from tests.bmv2 import Bmv2Engine, needs_bmv2
from tests.engines import InterpreterEngine

pytestmark = needs_bmv2


@pytest.fixture(scope="module")
def bmv2() -> Bmv2Engine:
    return Bmv2Engine()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_switch_does_what_the_interpreter_does(case: Case, bmv2: Bmv2Engine) -> None:
    program, packets = case.program(), case.arrivals()
    entries = case.control_entries(program)
    wanted, found = InterpreterEngine().run(program, entries, packets), bmv2.run(program, entries, packets)
    for port in {**wanted.emissions, **found.emissions}:
        assert list(found.emissions.get(port, ())) == list(wanted.emissions.get(port, ())), port
    assert found.digests == wanted.digests
    assert found.state == wanted.state
