"""Flowlet switching: a path lasts as long as a flow does not pause for more than 500 us."""

import itertools
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from sim.state import NO_ENTRIES
from tests.examples.corpus import Device

MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
PATHS = [f"paths[{number}]" for number in range(4)]
US = 1e-6


@cache
def segment(flow: int, *, kind: type[Scapy] = TCP) -> bytes:
    return bytes(MACS / IP(src=f"10.0.0.{flow}", dst="198.51.100.7") / kind(sport=1_000 + flow, dport=443) / b"data")


def path_of(device: Device, flow: int, *, at_s: float) -> str:
    packet = segment(flow)
    ((port, data),) = device.send("hosts", packet, at_s=at_s)
    assert data == packet
    return port


def test_a_flow_without_pauses_keeps_its_path() -> None:
    device = Device("flowlet")
    for flow in range(20):
        assert len({path_of(device, flow, at_s=number * 499 * US) for number in range(50)}) == 1


def test_a_pause_of_exactly_the_gap_changes_nothing() -> None:
    device = Device("flowlet")
    for flow in range(20):
        assert len({path_of(device, flow, at_s=number * 500 * US) for number in range(50)}) == 1


def test_after_longer_pauses_every_path_is_drawn_evenly() -> None:
    device = Device("flowlet")
    drawn = [path_of(device, 1, at_s=number * 502 * US) for number in range(2_000)]
    # Binomial with p = 1/4: mean 500, standard deviation 19; six of these.
    assert all(abs(count - 500) < 116 for count in Counter(drawn).values())
    assert set(drawn) == set(PATHS)
    changes = sum(first != second for first, second in itertools.pairwise(drawn))
    assert abs(changes - 1_500) < 116


def test_one_flow_does_not_wake_another() -> None:
    device = Device("flowlet")
    first = path_of(device, 1, at_s=0.0)
    for number in range(1, 40):
        at_s = number * 400 * US
        path_of(device, 2, at_s=at_s)  # a busy flow
        assert path_of(device, 1, at_s=at_s) == first


def test_the_two_directions_and_protocols_are_flows_of_their_own() -> None:
    device = Device("flowlet")
    ((_, data),) = device.send("hosts", segment(1, kind=UDP))
    assert data == segment(1, kind=UDP)
    assert len({path_of(device, flow, at_s=1.0) for flow in range(60)}) == 4


def test_the_gap_is_set_while_running() -> None:
    patient = Device("flowlet", entries=replace(NO_ENTRIES, tunables={"gap": 1_000_000}))
    assert len({path_of(patient, 1, at_s=float(number)) for number in range(50)}) == 1
    hasty = Device("flowlet", entries=replace(NO_ENTRIES, tunables={"gap": 0}))
    assert len({path_of(hasty, 1, at_s=number * 2 * US) for number in range(50)}) == 4


def test_a_clock_that_goes_back_is_no_pause() -> None:
    device = Device("flowlet")
    first = path_of(device, 1, at_s=100.0)
    assert all(path_of(device, 1, at_s=100.0 - number) == first for number in range(1, 20))


@pytest.mark.parametrize(
    "packet",
    [
        MACS / IP() / ICMP(),
        MACS / IP(frag=9, proto=6) / Raw(b"a later fragment"),
        MACS / IPv6() / TCP(),
        MACS / ARP(),
        MACS / Raw(b"no protocol"),
    ],
    ids=["icmp", "fragment", "ipv6", "arp", "unknown"],
)
def test_what_belongs_to_no_flow_takes_the_first_path(packet: Scapy) -> None:
    device = Device("flowlet")
    assert all(device.send("hosts", packet, at_s=float(n)) == [("paths[0]", bytes(packet))] for n in range(8))


@pytest.mark.parametrize("path", PATHS)
def test_what_comes_back_goes_to_the_hosts(path: str) -> None:
    assert Device("flowlet").send(path, segment(1)) == [("hosts", segment(1))]
