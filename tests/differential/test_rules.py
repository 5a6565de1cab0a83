"""DPDK applications whose flows get rules in a software eSwitch, and the interpreter.

Rules come late, in another order than they were asked for, or not at all; packets on their way to the core are
overtaken by those that rules serve. `served_case(NUMBER)` is a generated case again.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.differential.cases import Case
from tests.differential.compare import differences
from tests.differential.test_corpus import NAMES, PACKETS
from tests.differential.test_dpdk import SANITIZERS, example_case
from tests.dpdk import needs_dpdk
from tests.eswitch.engine import EswitchEngine, judged
from tests.eswitch.programs import served_case

DEVICES = ("", "delay=4,hold=3", "delay=6,hold=4,reorders=1,fails=30", "templates=0,fails=20")
QUICK = ("acl", "nat", "router")
QUICK_CASES = 6
AT_ONCE = 20

pytestmark = needs_dpdk


def long_range() -> range:
    chosen = os.environ.get("WEFT_DIFFERENTIAL_CASES")
    first, last = map(int, chosen.split(":")) if chosen else (0, 1_000)
    return range(first, last)


LONG = long_range()


@pytest.fixture(scope="module")
def engine() -> EswitchEngine:
    return EswitchEngine()


def assert_equal(case: Case, engine: EswitchEngine, device: str) -> Counter[str]:
    """What the run did, by kinds of events."""
    engine.device = f"{device},seed={case.number}".lstrip(",")
    found = engine.run(case.program, case.entries, case.packets)
    wrong = differences(judged(case.program, case.entries, case.packets, engine.served), found)
    assert not wrong, f"case {case.number} on {engine.device}: {wrong}"
    return engine.served.events


@pytest.mark.parametrize("name", QUICK)
def test_an_example(name: str, engine: EswitchEngine, tmp_path: Path) -> None:
    done = assert_equal(example_case(name, tmp_path, 600), engine, DEVICES[1])
    assert done["hit"] > 10
    assert done["gone"] == done["made"] > 0


def test_generated_programs(engine: EswitchEngine) -> None:
    done: Counter[str] = Counter()
    for number in range(QUICK_CASES):
        done += assert_equal(served_case(number), engine, DEVICES[number % len(DEVICES)])
    assert done["hit"] > 50


@pytest.mark.long
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", NAMES)
def test_every_example(name: str, device: str, engine: EswitchEngine, tmp_path: Path) -> None:
    assert_equal(example_case(name, tmp_path, PACKETS), engine, device)


@pytest.mark.long
@pytest.mark.parametrize("first", range(LONG.start, LONG.stop, AT_ONCE))
def test_many_generated_programs(first: int, engine: EswitchEngine) -> None:
    for number in range(first, min(first + AT_ONCE, LONG.stop)):
        assert_equal(served_case(number), engine, DEVICES[number % len(DEVICES)])


@pytest.mark.long
@pytest.mark.parametrize("name", QUICK)
def test_examples_under_sanitizers(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")  # of EAL
    assert_equal(example_case(name, tmp_path, 1_000), EswitchEngine(flags=SANITIZERS), DEVICES[2])
