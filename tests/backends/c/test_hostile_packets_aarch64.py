"""The same packets, the same outputs and the same bytes of state on Arm, in an emulator, as on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from compiler.ir.program import Program
from sim.native import find_compiler
from tests.aarch64 import COMPILER, EMULATOR, needs_emulator
from tests.backends.c.hostile import hostile, run_driver
from tests.backends.c.test_hostile_packets import NAMES
from tests.differential.native import needs_compiler
from tests.differential.test_corpus import traffic
from tests.differential.test_dpdk import case_of
from tests.engines import Arrival
from tests.examples.corpus import example_program

CORES = ("-march=armv8-a", "-march=armv8-a+crc")  # with and without instructions for CRC-32
CASES = range(9_200_000, 9_200_040)

pytestmark = [pytest.mark.long, needs_compiler, needs_emulator]


def assert_same(program: Program, packets: Sequence[Arrival], folder: Path) -> None:
    expected = run_driver(program, packets, folder, compiler=[find_compiler() or "", "-O2"])
    assert expected.processed == len(packets)
    for core in CORES:
        compiler = [COMPILER, "-O2", "-static", core]
        assert run_driver(program, packets, folder, compiler=compiler, launcher=[EMULATOR]) == expected, core


@pytest.mark.parametrize("name", NAMES)
def test_every_example(name: str, tmp_path: Path) -> None:
    assert_same(example_program(name), hostile(Random(8), traffic(name, tmp_path, 300), 20_000), tmp_path)


@pytest.mark.parametrize("number", CASES)
def test_generated_programs(number: int, tmp_path: Path) -> None:
    case = case_of(number)
    assert_same(case.program, hostile(Random(number), case.packets, 5_000), tmp_path)
