"""Flows are reported by what was sent, counted here; the rest passes as it is."""

from __future__ import annotations

import random
from collections import Counter

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from sim.state import ControlEntries
from tests.examples.reporting import ReportingDevice

MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
LOW_THRESHOLD = ControlEntries(tunables={"threshold": 3_000})


def datagram(sport: int, size: int, *, host: str = "10.0.0.5") -> Scapy:
    packet = MACS / IP(src=host, dst="198.51.100.7") / UDP(sport=sport, dport=443)
    return packet / Raw(bytes(size - len(packet)))


def source_of(report: dict[str, object]) -> tuple[object, object]:
    """Port and address of the flow's source."""
    flow = report["flow"]
    assert report["name"] == "HeavyHitter" and isinstance(flow, dict)
    return flow["sport"], flow["src"]


def reports(device: ReportingDevice) -> list[tuple[object, object]]:
    """(source port, bytes) of each report."""
    return [(source_of(report)[0], report["bytes"]) for report in device.reports]


def test_a_flow_is_reported_once_when_it_passes_the_threshold() -> None:
    device = ReportingDevice("heavy_hitter", entries=LOW_THRESHOLD)
    for _ in range(3):
        device.send("left", datagram(1, 1000))
    assert reports(device) == []  # 3,000 are not more than 3,000
    for _ in range(5):
        device.send("left", datagram(1, 1000))
    assert reports(device) == [(1, 4000)]


def test_every_window_begins_anew() -> None:
    device = ReportingDevice("heavy_hitter", entries=LOW_THRESHOLD)
    for second in range(3):
        for _ in range(4):
            device.send("right", datagram(1, 1000), at_s=second)
    assert reports(device) == [(1, 4000)] * 3
    for fifth in range(20):
        device.send("left", datagram(2, 700), at_s=10 + fifth / 5)  # 3,500 a second
    assert [port for port, _ in reports(device)[3:]] == [2] * 4


def test_the_reported_flows_are_those_above_the_threshold() -> None:
    device = ReportingDevice("heavy_hitter", entries=ControlEntries(tunables={"threshold": 20_000}))
    rng = random.Random(1)
    flows = [(sport, f"10.0.{host}.1") for sport in range(1, 31) for host in range(10)]
    sent: Counter[tuple[int, str]] = Counter()
    for sport, host in rng.choices(flows, weights=[1 / (i + 1) for i in range(300)], k=3000):
        size = rng.randint(60, 1500)
        sent[sport, host] += size
        device.send("left", datagram(sport, size, host=host))
    heavy = {flow for flow, size in sent.items() if size > 20_000}
    reported = [source_of(report) for report in device.reports]
    assert len(reported) == len(set(reported))
    assert heavy == set(reported)  # 300 flows in 4,096 columns: no estimate is off in all three rows


def test_the_heaviest_flows_are_kept_with_their_bytes() -> None:
    device = ReportingDevice("heavy_hitter")
    for sport in range(1, 100):
        for _ in range(sport % 10 + 1):
            device.send("left", datagram(sport, 100))
    kept: Counter[int] = Counter()
    for port, count in zip(device.cells("heaviest.keys.sport"), device.cells("heaviest.counts"), strict=True):
        if count:
            kept[port] += count
    assert kept == {sport: 100 * (sport % 10 + 1) for sport in range(1, 100)}  # 1,024 cells hold 99 flows


def test_packets_pass_unchanged_both_ways() -> None:
    device = ReportingDevice("heavy_hitter")
    for packet in (datagram(1, 60), MACS / IP() / TCP(), MACS / IP() / ICMP(), MACS / ARP(), Raw(b"x")):
        assert device.send("left", packet) == [("right", bytes(packet))]
        assert device.send("right", packet) == [("left", bytes(packet))]
