"""DPDK applications over software devices and the interpreter: the programs of examples/, and generated ones.

`random_case(NUMBER)` and `any_case(NUMBER)` are the cases again. The long run takes its range of cases from
WEFT_DIFFERENTIAL_CASES, as in `5000:8000`, where that is set.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from compiler.analyses.shares import infer_shares
from compiler.passes.assign_shares import assign_shares
from sim.state import NO_ENTRIES
from tests.compiler.analyses.random_programs import random_packets, random_program
from tests.differential.cases import Case, random_case
from tests.differential.compare import differences
from tests.differential.long_range import long_range
from tests.differential.native import any_case
from tests.differential.test_corpus import NAMES, PACKETS, traffic
from tests.dpdk import DpdkEngine, needs_dpdk
from tests.engines import Arrival, InterpreterEngine, Outcome
from tests.examples.corpus import example_entries, example_program

WORKERS = 2
SANITIZERS = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
QUICK = ("acl", "bridge", "load_balancer", "nat")
QUICK_PACKETS = 300
QUICK_CASES = (7_000_000, 7_000_001, 7_000_002)
AT_ONCE = 20

pytestmark = needs_dpdk

LONG = long_range(range(1_000))


@pytest.fixture(scope="module")
def dpdk() -> DpdkEngine:
    return DpdkEngine()


@pytest.fixture(scope="module")
def workers() -> DpdkEngine:
    return DpdkEngine(workers=WORKERS)


def case_of(number: int) -> Case:
    return any_case(number) if number % 2 else random_case(number)


def sharded_case(number: int) -> Case:
    """A generated program whose state is split eight ways, as far as it can be."""
    random = Random(number)
    program = random_program(random, shares=8, plain_keys=number % 4 != 0)
    names = [port.name for port in program.ports]
    packets = tuple(Arrival(names[p.port], p.data, p.now) for p in random_packets(random, 60))
    return Case(number, assign_shares(program, infer_shares(program)), NO_ENTRIES, packets)


def assert_equal(case: Case, engine: DpdkEngine) -> None:
    expected = InterpreterEngine().run(case.program, case.entries, case.packets)
    found = engine.run(case.program, case.entries, case.packets)
    if engine.workers > 1:
        expected, found = without_order(expected), without_order(found)
    wrong = differences(expected, found)
    assert not wrong, f"case {case.number}: {wrong}"


def without_order(outcome: Outcome) -> Outcome:
    """Packets of different shares leave in whichever order."""
    emissions = {port: sorted(packets) for port, packets in outcome.emissions.items()}
    return Outcome(emissions, outcome.state, sorted(outcome.digests, key=str))


def example_case(name: str, folder: Path, count: int) -> Case:
    return Case(0, example_program(name), example_entries(name), tuple(traffic(name, folder, count)))


@pytest.mark.parametrize("name", QUICK)
def test_an_example(name: str, dpdk: DpdkEngine, tmp_path: Path) -> None:
    assert_equal(example_case(name, tmp_path, QUICK_PACKETS), dpdk)


@pytest.mark.parametrize("number", QUICK_CASES)
def test_a_generated_program(number: int, dpdk: DpdkEngine) -> None:
    assert_equal(case_of(number), dpdk)


def test_workers_hand_packets_to_the_owners_of_their_shares(workers: DpdkEngine, tmp_path: Path) -> None:
    case = example_case("nat", tmp_path, 2_000)
    assert_equal(case, workers)
    assert workers.handed_over > 0  # one capture comes in by one queue, which one worker has


@pytest.mark.parametrize("number", (1, 2))
def test_a_generated_program_on_several_workers(number: int, workers: DpdkEngine) -> None:
    assert_equal(sharded_case(number), workers)


def test_packets_of_a_flow_keep_their_order(workers: DpdkEngine) -> None:
    packets = flows(count=40, length=50)
    outcome = workers.run(example_program("nat"), example_entries("nat"), packets)
    sent = outcome.emissions["wan"]
    assert len(sent) == len(packets)
    last: dict[bytes, int] = {}
    for packet in sent:
        flow, number = packet[34:36], int.from_bytes(packet[42:46])  # the translated source port; the payload
        assert last.get(flow, -1) < number
        last[flow] = number
    assert len(last) == 40


def flows(*, count: int, length: int) -> list[Arrival]:
    """`length` packets of each of `count` flows in turn, numbered in their payload."""
    ether = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    heads = [ether / IP(src="10.0.0.7", dst="192.0.2.9") / UDP(sport=5000 + n, dport=53) for n in range(count)]
    return [
        Arrival("lan", bytes(head / Raw(number.to_bytes(4))), 1_000 * number)
        for number in range(length)
        for head in heads
    ]


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 200, AT_ONCE))
def test_many_generated_programs_on_several_workers(first: int, workers: DpdkEngine) -> None:
    for number in range(first, first + AT_ONCE):
        assert_equal(sharded_case(number), workers)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_example_on_several_workers(name: str, workers: DpdkEngine, tmp_path: Path) -> None:
    assert_equal(example_case(name, tmp_path, PACKETS), workers)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_example_under_sanitizers(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")  # of EAL
    for count in (1, WORKERS):
        assert_equal(example_case(name, tmp_path, 1_000), DpdkEngine(workers=count, flags=SANITIZERS))


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_example_with_many_packets(name: str, dpdk: DpdkEngine, tmp_path: Path) -> None:
    assert_equal(example_case(name, tmp_path, PACKETS), dpdk)


@pytest.mark.long
@pytest.mark.parametrize("first", range(LONG.start, LONG.stop, AT_ONCE))
def test_many_generated_programs(first: int, dpdk: DpdkEngine) -> None:
    for number in range(first, min(first + AT_ONCE, LONG.stop)):
        assert_equal(case_of(number), dpdk)
