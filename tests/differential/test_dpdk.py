"""DPDK applications over software devices and the interpreter: the programs of examples/, and generated ones.

`random_case(NUMBER)` and `any_case(NUMBER)` are the cases again. The long run takes its range of cases from
WEFT_DIFFERENTIAL_CASES, as in `5000:8000`, where that is set.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.differential.cases import Case, random_case
from tests.differential.compare import differences
from tests.differential.native import any_case
from tests.differential.test_corpus import NAMES, PACKETS, traffic
from tests.dpdk import DpdkEngine, needs_dpdk
from tests.engines import InterpreterEngine
from tests.examples.corpus import example_entries, example_program

QUICK = ("acl", "bridge", "load_balancer", "nat")
QUICK_PACKETS = 300
QUICK_CASES = (7_000_000, 7_000_001, 7_000_002)
AT_ONCE = 20

pytestmark = needs_dpdk


def long_range() -> range:
    chosen = os.environ.get("WEFT_DIFFERENTIAL_CASES")
    first, last = map(int, chosen.split(":")) if chosen else (0, 1_000)
    return range(first, last)


LONG = long_range()


@pytest.fixture(scope="module")
def dpdk() -> DpdkEngine:
    return DpdkEngine()


def case_of(number: int) -> Case:
    return any_case(number) if number % 2 else random_case(number)


def assert_equal(case: Case, engine: DpdkEngine) -> None:
    expected = InterpreterEngine().run(case.program, case.entries, case.packets)
    found = differences(expected, engine.run(case.program, case.entries, case.packets))
    assert not found, f"case {case.number}: {found}"


def assert_example_equal(name: str, engine: DpdkEngine, folder: Path, count: int) -> None:
    packets = tuple(traffic(name, folder, count))
    assert_equal(Case(0, example_program(name), example_entries(name), packets), engine)


@pytest.mark.parametrize("name", QUICK)
def test_an_example(name: str, dpdk: DpdkEngine, tmp_path: Path) -> None:
    assert_example_equal(name, dpdk, tmp_path, QUICK_PACKETS)


@pytest.mark.parametrize("number", QUICK_CASES)
def test_a_generated_program(number: int, dpdk: DpdkEngine) -> None:
    assert_equal(case_of(number), dpdk)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_example_with_many_packets(name: str, dpdk: DpdkEngine, tmp_path: Path) -> None:
    assert_example_equal(name, dpdk, tmp_path, PACKETS)


@pytest.mark.long
@pytest.mark.parametrize("first", range(LONG.start, LONG.stop, AT_ONCE))
def test_many_generated_programs(first: int, dpdk: DpdkEngine) -> None:
    for number in range(first, min(first + AT_ONCE, LONG.stop)):
        assert_equal(case_of(number), dpdk)
