"""The native engine and the interpreter: the programs of examples/, and generated ones.

`random_case(NUMBER)` and `any_case(NUMBER)` are the cases again. The long run takes its range of cases from
WEFT_DIFFERENTIAL_CASES, as in `5000:8000`, where that is set.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.load import load_source
from compiler.pipeline import run_passes
from compiler.source import Source
from sim.state import NO_ENTRIES
from tests.differential.cases import Case, random_case
from tests.differential.long_range import long_range
from tests.differential.native import any_case, assert_no_difference, native_differences, needs_compiler
from tests.differential.test_corpus import NAMES, PACKETS, traffic
from tests.differential.test_pieces import piece_cases
from tests.engines import Arrival
from tests.examples.corpus import example_entries, example_program

QUICK = 20
AT_ONCE = 100

pytestmark = needs_compiler

LONG = long_range(range(10_000))


@pytest.fixture(autouse=True)
def quickly_compiled(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Many small programs: what optimisation gains is less than what it takes. None of them is kept."""
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv("WEFT_CFLAGS", "-O1 -Wall -Wextra -Werror")
    yield
    shutil.rmtree(cache)


def corpus_case(name: str, folder: Path, count: int) -> Case:
    return Case(0, example_program(name), example_entries(name), tuple(traffic(name, folder, count)))


@pytest.mark.parametrize("name", NAMES)
def test_an_example(name: str, tmp_path: Path) -> None:
    assert not native_differences(corpus_case(name, tmp_path, 1_000))


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_example_with_many_packets(name: str, tmp_path: Path) -> None:
    assert not native_differences(corpus_case(name, tmp_path, 5 * PACKETS))


def cases_of(numbers: range) -> list[Case]:
    return [any_case(number) if number % 2 else random_case(number) for number in numbers]


def test_generated_programs() -> None:
    assert_no_difference(cases_of(range(5_000_000, 5_000_000 + QUICK)))


def test_pieces_of_generated_programs() -> None:
    assert_no_difference(case for number in range(4) for case in piece_cases(number))


@pytest.mark.long
@pytest.mark.parametrize("first", range(LONG.start, LONG.stop, AT_ONCE))
def test_many_generated_programs(first: int) -> None:
    assert_no_difference(cases_of(range(first, min(first + AT_ONCE, LONG.stop))))


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 400, AT_ONCE))
def test_the_pieces_of_many_generated_programs(first: int) -> None:
    assert_no_difference(case for number in range(first, first + AT_ONCE) for case in piece_cases(number))


def test_headers_may_have_names_that_c_has_a_meaning_for() -> None:
    text = """
        use std::net;
        port lan;
        header long on eth.type == 0x88b5 { int: u8, next: u8 }
        header parsed on long.next == 1 { payload: u8 }
        header data on parsed.payload == 2 { here: u8 }
        on lan (p: data) { p.data.here = p.long.int; reply }
        on lan (p: long) { p.long.int = 7; reply }
        on lan (_) { drop }
    """
    program = run_passes(load_source(Source("test.weft", text)).program, until="assign_shares")
    bodies = (b"\x01\x01\x02\x03", b"\x01\x01\x03\x03", b"\x01\x00", b"\x01", b"")
    packets = tuple(Arrival("lan", bytes(12) + b"\x88\xb5" + body) for body in bodies)
    assert not native_differences(Case(0, program, NO_ENTRIES, packets))
