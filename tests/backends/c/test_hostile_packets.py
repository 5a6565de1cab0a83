"""No packet makes a datapath read or write outside of what it was given."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.backends.c.hostile import hostile, run_under_sanitizers
from tests.differential.cases import random_case
from tests.differential.native import any_case, needs_compiler
from tests.differential.test_corpus import traffic
from tests.examples.corpus import EXAMPLES, example_program

NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/*.weft"))
QUICK = ("nat", "vxlan")
LONG = range(60)

pytestmark = needs_compiler


def assert_survives(name: str, folder: Path, count: int) -> None:
    packets = hostile(Random(7), traffic(name, folder, 300), count)
    assert run_under_sanitizers(example_program(name), packets, folder) == count


@pytest.mark.parametrize("name", QUICK)
def test_an_example(name: str, tmp_path: Path) -> None:
    assert_survives(name, tmp_path, 2_000)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_example(name: str, tmp_path: Path) -> None:
    assert_survives(name, tmp_path, 50_000)


@pytest.mark.long
@pytest.mark.parametrize("number", LONG)
def test_generated_programs(number: int, tmp_path: Path) -> None:
    case = any_case(number) if number % 2 else random_case(number)
    packets = hostile(Random(number), case.packets, 20_000)
    assert run_under_sanitizers(case.program, packets, tmp_path) == len(packets)
