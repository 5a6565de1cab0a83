"""DPDK applications whose flows get rules in a software eSwitch, and the interpreter.

Rules come late, in another order than they were asked for, or not at all; packets on their way to the core are
overtaken by those that rules serve. `served_case(NUMBER)` is a generated case again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from tests.differential.cases import Case
from tests.differential.compare import differences
from tests.differential.long_range import long_range
from tests.differential.test_corpus import NAMES, PACKETS
from tests.differential.test_dpdk import SANITIZERS, example_case
from tests.dpdk import needs_dpdk
from tests.engines import Arrival
from tests.eswitch.engine import EswitchEngine, inversions, judged
from tests.eswitch.programs import served_case
from tests.examples.corpus import example_entries, example_program

DEVICES = ("", "delay=4,hold=3", "delay=6,hold=4,reorders=1,fails=30", "templates=0,fails=20")
QUICK = ("acl", "nat", "router")
QUICK_CASES = 6
AT_ONCE = 20

pytestmark = needs_dpdk

LONG = long_range(range(1_000))


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


def bursts(*, count: int, length: int, pause_ns: int) -> list[Arrival]:
    """`count` bursts of one UDP flow, `length` packets 10 us apart each."""
    head = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="10.0.0.7", dst="192.0.2.9")
    data = bytes(head / UDP(sport=5000, dport=53) / Raw(b"12345678"))
    times = [burst * pause_ns + number * 10_000 for burst in range(count) for number in range(length)]
    return [Arrival("lan", data, 1_000_000_000 + now) for now in times]


SLOW_WAY = "hold=8,delay=3,seed=4"  # 0.4 s to the core, and 0.15 s until a rule is there


def overtaken(*rules: str, pause_ns: int) -> tuple[int, EswitchEngine]:
    options = ("--rule-after", "1", "--rule-idle", "9000", "--rule-check", "100", *rules)
    engine, packets = EswitchEngine(SLOW_WAY, rules=options), bursts(count=12, length=40, pause_ns=pause_ns)
    engine.run(example_program("nat"), example_entries("nat"), packets)
    return inversions(packets, engine.served), engine


def test_a_rule_that_waits_for_a_gap_lets_no_packet_overtake_another() -> None:
    number, engine = overtaken("--rule-gap", "600000", "--rule-limit", "0", pause_ns=2_000_000_000)
    assert engine.served.hits > 100
    assert number == 0


def test_a_rule_without_a_gap_may_and_it_is_counted() -> None:
    number, engine = overtaken("--rule-gap", "0", "--rule-limit", "0", pause_ns=200_000_000)
    late = int(re.search(r"rules, late: (\d+)", engine.printed)[1])  # type: ignore[index]
    assert number > 0
    assert late > 0


def served_by_rules(packets: Sequence[Arrival]) -> list[bool]:
    """Of the packets in their order, through the NAT: whether a rule served each."""
    engine = EswitchEngine()
    engine.run(example_program("nat"), example_entries("nat"), packets)
    by_rule = {sequence: number is not None for sequence, number in engine.served.order}
    return [by_rule[sequence] for sequence in range(len(packets))]


def at_seconds(*times: float, data: bytes | None = None) -> list[Arrival]:
    (usual,) = bursts(count=1, length=1, pause_ns=0)
    return [Arrival("lan", data or usual.data, int((1 + time) * 1e9)) for time in times]


@pytest.mark.parametrize("place", [24, 40])  # the checksum of IPv4, and of UDP
def test_no_rule_serves_a_packet_with_a_wrong_checksum(place: int) -> None:
    (usual,) = at_seconds(0)
    broken = usual.data[:place] + bytes([usual.data[place] ^ 1]) + usual.data[place + 1 :]
    packets = [*at_seconds(0, 1, 2), *at_seconds(3, data=broken), *at_seconds(3.1)]
    assert served_by_rules(packets)[2:] == [True, False, True]


def test_a_rule_goes_when_no_packet_comes() -> None:
    assert served_by_rules(at_seconds(0, 1, 2, 6, 7))[2:] == [True, False, True]  # idle for 2 s at most
