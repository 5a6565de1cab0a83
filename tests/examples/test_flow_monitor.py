"""No packet and no byte of a flow is lost between exports and what the cells still hold."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from sim.state import ControlEntries
from tests.examples.corpus import START_S
from tests.examples.reporting import ReportingDevice

MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
A, B = "10.0.0.5", "198.51.100.7"


def segment(flags: str = "A", *, sport: int = 1, size: int = 100) -> Scapy:
    packet = MACS / IP(src=A, dst=B) / TCP(sport=sport, dport=443, flags=flags)
    return packet / Raw(bytes(size - len(packet)))


def exports(device: ReportingDevice) -> list[tuple[object, ...]]:
    """(source port, packets, bytes, reason) of each export."""
    found: list[tuple[object, ...]] = []
    for report in device.reports:
        record = report["record"]
        assert report["name"] == "Export" and isinstance(record, dict) and isinstance(record["flow"], dict)
        found.append((record["flow"]["sport"], record["packets"], record["bytes"], report["reason"]))
    return found


@pytest.mark.parametrize("last", ["FA", "R", "RA", "FPA"])
def test_a_flow_that_ends_is_exported_with_its_sums_and_times(last: str) -> None:
    device = ReportingDevice("flow_monitor")
    for number, flags in enumerate(["S", "A", "PA"]):
        device.send("left", segment(flags, size=100 + number), at_s=number)
    assert device.reports == []
    device.send("left", segment(last, size=200), at_s=3)
    (report,) = device.reports
    record = report["record"]
    assert isinstance(record, dict)
    assert record["flow"] == {"src": A, "dst": B, "proto": 6, "sport": 1, "dport": 443}
    assert (record["packets"], record["bytes"]) == (4, 503)
    assert exports(device)[0][3] == "Ended"
    device.send("left", segment("FA", size=60), at_s=4)  # said again: a record of its own
    assert exports(device)[1:] == [(1, 1, 60, "Ended")]


def test_directions_are_flows_of_their_own() -> None:
    device = ReportingDevice("flow_monitor")
    back = MACS / IP(src=B, dst=A) / TCP(sport=443, dport=1, flags="R")
    device.send("left", segment())
    device.send("right", back)
    assert exports(device) == [(443, 1, len(back), "Ended")]


def test_a_flow_that_lasts_is_exported_every_timeout() -> None:
    device = ReportingDevice("flow_monitor", entries=ControlEntries(tunables={"active_timeout": 10_000}))
    for second in range(35):
        device.send("left", segment(), at_s=second)
    # Records begin at 0, 11 and 22 s: a record ends with the first packet that is 10 s later.
    assert exports(device) == [(1, 11, 1100, "Lasting")] * 3


def test_the_clock_may_go_back_without_an_export() -> None:
    device = ReportingDevice("flow_monitor")
    for second in (100, 99, 50, 101):
        device.send("left", segment(), at_s=second)
    device.send("left", segment("R"), at_s=0)
    record = device.reports[0]["record"]
    assert isinstance(record, dict)
    assert START_S == 1_000_000
    assert (record["first"], record["last"]) == ("1000000s", "1000101s")


def test_nothing_is_lost_when_flows_displace_each_other() -> None:
    device, rng = ReportingDevice("flow_monitor"), random.Random(3)
    sent_packets, sent_bytes = Counter[int](), Counter[int]()
    for _ in range(2_500):
        sport, size = rng.randint(1, 4_000), rng.randint(60, 300)
        flags = rng.choices(["A", "FA"], weights=[9, 1])[0]
        packet = MACS / IP(src=A, dst=B) / TCP(sport=sport, dport=443, flags=flags) / bytes(size - 54)
        device.send("left", packet)
        sent_packets[sport] += 1
        sent_bytes[sport] += size
    reasons = Counter(reason for *_, reason in exports(device))
    assert reasons["Displaced"] > 100 and reasons["Ended"] > 100
    packets, octets = Counter[int](), Counter[int]()
    for sport, count, size, _ in exports(device):
        packets[int(str(sport))] += int(str(count))
        octets[int(str(sport))] += int(str(size))
    columns = [device.cells(f"records.{name}") for name in ("flow.sport", "packets", "bytes")]
    for sport, count, size in zip(*columns, strict=True):
        if count:
            packets[sport] += count
            octets[sport] += size
    assert packets == sent_packets
    assert octets == sent_bytes


def test_everything_passes_unchanged() -> None:
    device = ReportingDevice("flow_monitor")
    for packet in (segment(), segment("R"), MACS / IP() / UDP(), MACS / IP() / ICMP(), MACS / ARP(), Raw(b"")):
        assert device.send("left", packet) == [("right", bytes(packet))]
        assert device.send("right", packet) == [("left", bytes(packet))]
