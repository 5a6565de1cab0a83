"""Pieces of programs, with shim headers between them, on the real bmv2 and on the interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.ir.states import Table, TableArray
from compiler.partition.cut import Cut, CutError
from tests.bmv2 import Bmv2Engine, needs_bmv2
from tests.differential.cases import Case
from tests.differential.harness import check, keep, reason_to_leave_out
from tests.differential.pieces import cases_of, piece_cases
from tests.differential.test_corpus import NAMES, traffic
from tests.examples.corpus import example_entries, example_program

PACKETS = 400
PATH = ("switch", "host", "switch")
QUICK = range(4_000_000, 4_000_003)
LONG = range(4_000_000, 4_000_200)
AT_ONCE = 10

pytestmark = needs_bmv2


@pytest.fixture(scope="module")
def bmv2() -> Bmv2Engine:
    return Bmv2Engine()


def assert_equal(cases: list[Case], engine: Bmv2Engine) -> int:
    """The number of packets that were compared."""
    compared = 0
    for case in cases:
        if reason_to_leave_out(case) is None:
            found = check(case, engine)
            assert not found, f"{case.program.name} of case {case.number} ({keep(case, found)}): " + "\n".join(found)
            compared += len(case.packets)
    return compared


@pytest.mark.parametrize("number", QUICK)
def test_the_pieces_of_a_generated_program(number: int, bmv2: Bmv2Engine) -> None:
    assert_equal(piece_cases(number), bmv2)


@pytest.mark.long
@pytest.mark.parametrize("first", range(LONG.start, LONG.stop, AT_ONCE))
def test_the_pieces_of_many_generated_programs(first: int, bmv2: Bmv2Engine) -> None:
    assert sum(assert_equal(piece_cases(number), bmv2) for number in range(first, first + AT_ONCE))


def with_state_on_the_host(name: str, folder: Path, packets: int) -> list[Case]:
    """The example with all that packets write behind the switch, and tables on it as far as they can be asked there."""
    program = example_program(name)
    homes = {state.name: int(not isinstance(state, Table | TableArray)) for state in program.states}
    asked_first = Cut(PATH, homes)
    entries, arrivals = example_entries(name), traffic(name, folder, packets)
    try:
        return cases_of(program, asked_first, entries, arrivals)
    except CutError:  # a table is asked for what a state has told
        return cases_of(program, Cut(PATH, dict.fromkeys(homes, 1)), entries, arrivals)


@pytest.mark.parametrize("name", ["bridge"])
def test_an_example_with_its_state_on_the_host(name: str, bmv2: Bmv2Engine, tmp_path: Path) -> None:
    assert assert_equal(with_state_on_the_host(name, tmp_path, 200), bmv2)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_example_with_its_state_on_the_host(name: str, bmv2: Bmv2Engine, tmp_path: Path) -> None:
    assert assert_equal(with_state_on_the_host(name, tmp_path, PACKETS), bmv2)
