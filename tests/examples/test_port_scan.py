"""Scanners are reported once a window; clients of few services are not."""

from __future__ import annotations

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet as Scapy

from tests.examples.reporting import ReportingDevice

MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
SCANNER, CLIENT = "198.51.100.66", "198.51.100.7"
LIMIT = 64


def probe(
    number: int, *, kind: type[Scapy] = TCP, source: str = SCANNER, across: bool = False, flags: str = "S"
) -> Scapy:
    host = f"10.0.{number >> 8}.{number & 255}" if across else "10.0.0.1"
    transport = kind(sport=40000, dport=443 if across else 1 + number)
    if kind is TCP:
        transport.flags = flags
    return MACS / IP(src=source, dst=host) / transport


@pytest.mark.parametrize("kind", [TCP, UDP])
@pytest.mark.parametrize("across", [False, True], ids=["ports", "hosts"])
def test_a_scan_is_reported_once_a_window_and_passes(kind: type[Scapy], across: bool) -> None:
    device = ReportingDevice("port_scan")
    for number in range(300):
        packet = probe(number, kind=kind, across=across)
        assert device.send("outside", packet, at_s=number / 1000) == [("inside", bytes(packet))]
        assert len(device.reports) == (number >= LIMIT)
    report = device.reports[0]
    last = probe(LIMIT, kind=kind, across=across)
    assert (report["name"], report["source"], report["attempts"]) == ("Scan", SCANNER, LIMIT + 1)
    assert (report["last_host"], report["last_port"]) == (last[IP].dst, last[kind].dport)
    for number in range(300):
        device.send("outside", probe(number, kind=kind, across=across), at_s=10 + number / 1000)
    assert len(device.reports) == 2


def test_the_same_attempt_again_is_no_new_one() -> None:
    device = ReportingDevice("port_scan")
    for turn in range(100):
        for number in range(LIMIT // 2):
            device.send("outside", probe(number, source=CLIENT), at_s=turn / 1000)
    assert device.reports == []


@pytest.mark.parametrize("flags", ["A", "SA", "R", "FA"])
def test_packets_that_open_nothing_do_not_count(flags: str) -> None:
    device = ReportingDevice("port_scan")
    for number in range(300):
        device.send("outside", probe(number, flags=flags))
    assert device.reports == []


def test_a_slow_scan_stays_below_the_limit() -> None:
    device = ReportingDevice("port_scan")
    for number in range(300):
        device.send("outside", probe(number), at_s=number * 10 / LIMIT)
    assert device.reports == []


def test_the_inside_may_scan_and_all_else_passes() -> None:
    device = ReportingDevice("port_scan")
    for number in range(100):
        packet = probe(number)
        assert device.send("inside", packet) == [("outside", bytes(packet))]
    ping = MACS / IP() / ICMP()
    assert device.send("outside", ping) == [("inside", bytes(ping))]
    assert device.reports == []
