"""Many cores do what one does: packets go to the owners of their shares, in any interleaving."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from compiler.analyses.shares import infer_shares
from compiler.ir.program import Program
from compiler.passes.assign_shares import assign_shares
from sim.captures import Packet
from sim.state import NO_ENTRIES
from tests.compiler.analyses.random_programs import random_packets, random_program
from tests.differential.cores import core_differences
from tests.differential.native import needs_compiler
from tests.differential.test_corpus import NAMES, traffic
from tests.examples.corpus import example_entries, example_program

pytestmark = needs_compiler


@pytest.fixture(autouse=True)
def quickly_compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("WEFT_CFLAGS", "-O1")


def packets_of(program: Program, name: str, folder: Path, count: int) -> list[Packet]:
    numbers = {port.name: number for number, port in enumerate(program.ports)}
    return [
        Packet(p.now_ns, p.data, p.wire_length or len(p.data), numbers[p.port]) for p in traffic(name, folder, count)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_on_three_cores(name: str, tmp_path: Path) -> None:
    program, entries = example_program(name), example_entries(name)
    packets = packets_of(program, name, tmp_path, 500)
    assert not core_differences(program, entries, packets, cores=3, random=Random(name))


def generated(number: int) -> list[str]:
    random = Random(number)
    program = random_program(random, shares=8, plain_keys=number % 4 != 0)
    program = assign_shares(program, infer_shares(program))
    packets = [Packet(p.now, p.data, len(p.data), p.port) for p in random_packets(random, 60)]
    return core_differences(program, NO_ENTRIES, packets, cores=random.choice((2, 3, 8)), random=random)


def assert_no_difference(numbers: range) -> None:
    failed = {number: found for number in numbers if (found := generated(number))}
    assert not failed, "\n".join(f"case {number}: {lines[0]}" for number, lines in failed.items())


def test_generated_programs_on_cores() -> None:
    assert_no_difference(range(12))


@pytest.mark.long
@pytest.mark.parametrize("first", range(100, 1100, 100))
def test_many_generated_programs_on_cores(first: int) -> None:
    assert_no_difference(range(first, first + 100))
