"""SYN floods stop, and nobody else is stopped."""

from __future__ import annotations

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy

from tests.examples.reporting import ReportingDevice

MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
SERVER, BOT, CLIENT, TRUSTED = "10.0.0.1", "198.51.100.66", "198.51.100.7", "192.0.2.9"
LIMIT = 50


def syn(source: str, number: int = 0, flags: str = "S") -> Scapy:
    return MACS / IP(src=source, dst=SERVER) / TCP(sport=1024 + number, dport=443, flags=flags)


def flood(device: ReportingDevice, source: str, *, count: int, at_s: float = 0.0, flags: str = "S") -> int:
    """How many of `count` SYNs passed."""
    return sum(bool(device.send("outside", syn(source, n, flags), at_s=at_s)) for n in range(count))


def test_a_source_may_send_its_limit_in_a_window_and_is_then_blocked() -> None:
    device = ReportingDevice("ddos")
    assert flood(device, BOT, count=200) == LIMIT
    assert device.send("outside", MACS / IP(src=BOT, dst=SERVER) / UDP()) == []
    assert flood(device, CLIENT, count=10) == 10
    (report,) = device.reports
    assert (report["name"], report["source"], report["syns"]) == ("Blocked", BOT, LIMIT + 1)
    assert device.counted("stopped") == {0: 151}


def test_a_source_below_the_rate_is_never_blocked() -> None:
    device = ReportingDevice("ddos")
    assert all(flood(device, CLIENT, count=LIMIT, at_s=window / 10) == LIMIT for window in range(20))


def test_a_block_ends_after_60_quiet_seconds() -> None:
    device = ReportingDevice("ddos")
    flood(device, BOT, count=60)
    assert flood(device, BOT, count=1, at_s=59) == 0
    assert flood(device, BOT, count=1, at_s=118) == 0  # it was not quiet
    assert flood(device, BOT, count=1, at_s=179) == 1


@pytest.mark.parametrize("flags", ["A", "SA", "FA", "R", "PA"])
def test_only_first_syns_count(flags: str) -> None:
    assert flood(ReportingDevice("ddos"), CLIENT, count=300, flags=flags) == 300


@pytest.mark.parametrize("flags", ["SE", "SEC", "SP"])
def test_syns_with_other_flags_count_too(flags: str) -> None:
    assert flood(ReportingDevice("ddos"), BOT, count=300, flags=flags) == LIMIT


def test_trusted_sources_are_never_blocked() -> None:
    assert flood(ReportingDevice("ddos"), TRUSTED, count=300) == 300


def test_what_goes_out_and_what_is_no_ipv4_passes() -> None:
    device = ReportingDevice("ddos")
    flood(device, BOT, count=60)
    out = MACS / IP(src=SERVER, dst=BOT) / TCP(flags="SA")
    assert device.send("inside", out) == [("outside", bytes(out))]
    arp = MACS / ARP()
    assert device.send("outside", arp) == [("inside", bytes(arp))]
