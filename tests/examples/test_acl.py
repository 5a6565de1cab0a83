"""The access list of tables.toml: priorities, prefixes, ranges, counters."""

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_NOP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from sim.state import ControlEntries
from tests.examples.corpus import Device

MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
ADMIN, ANYONE, BARRED = "198.51.100.9", "203.0.113.9", "192.0.2.9"


@pytest.mark.parametrize(
    ("source", "destination", "layer", "rule", "passes"),
    [
        (ANYONE, "10.0.0.7", TCP(sport=5000, dport=443), 2, True),
        (ANYONE, "10.0.1.7", TCP(sport=5000, dport=443), None, False),  # outside the prefix
        (ANYONE, "10.0.0.7", UDP(sport=5000, dport=443), None, False),  # another protocol
        (ANYONE, "10.0.0.25", TCP(sport=5000, dport=25), 3, True),
        (ANYONE, "10.0.0.26", TCP(sport=5000, dport=25), None, False),
        (ANYONE, "10.0.0.53", UDP(sport=5000, dport=53), 4, True),
        (ADMIN, "10.9.9.9", TCP(sport=5000, dport=22), 5, True),
        (ANYONE, "10.9.9.9", TCP(sport=5000, dport=22), None, False),
        (ANYONE, "10.0.0.7", ICMP(), 6, True),
        (ANYONE, "10.0.0.7", TCP(sport=1023, dport=1024), 7, True),
        (ANYONE, "10.0.0.7", TCP(sport=1, dport=65535), 7, True),
        (ANYONE, "10.0.0.7", TCP(sport=0, dport=1024), None, False),
        (ANYONE, "10.0.0.7", TCP(sport=1024, dport=1024), None, False),
        (ANYONE, "10.0.0.7", UDP(sport=1023, dport=1023), None, False),
        (BARRED, "10.0.0.7", TCP(sport=5000, dport=443), 1, False),  # also matches 2: the higher priority wins
        (BARRED, "10.0.0.7", ICMP(), 1, False),
    ],
)
def test_the_first_rule_decides_and_counts(
    source: str, destination: str, layer: Scapy, rule: int | None, passes: bool
) -> None:
    acl = Device("acl")
    packet = MACS / IP(src=source, dst=destination) / layer
    assert acl.send("outside", packet) == ([("inside", bytes(packet))] if passes else [])
    assert acl.counted("matched") == ({} if rule is None else {rule: 1})
    assert acl.counted("unmatched") == ({0: 1} if rule is None else {})


def test_options_and_wrong_checksums_do_not_matter() -> None:
    packet = MACS / IP(src=ANYONE, dst="10.0.0.7", options=[IPOption_NOP()] * 4) / TCP(dport=443, chksum=1)
    assert Device("acl").send("outside", packet) == [("inside", bytes(packet))]


def test_a_later_fragment_has_no_ports_and_matches_rules_without_them_alone() -> None:
    acl = Device("acl")
    first = MACS / IP(src=ANYONE, dst="10.0.0.7", flags="MF") / TCP(sport=5000, dport=443)
    # Its bytes look like a TCP header to port 443, which they are not.
    later = MACS / IP(src=ANYONE, dst="10.0.0.7", frag=3, proto=6) / Raw(bytes(TCP(sport=5000, dport=443)))
    assert acl.send("outside", first) == [("inside", bytes(first))]
    assert acl.send("outside", later) == []
    assert (acl.counted("matched"), acl.counted("unmatched")) == ({2: 1}, {0: 1})


def test_a_header_cut_short_has_no_ports() -> None:
    cut = bytes(MACS / IP(src=ANYONE, dst="10.0.0.7") / TCP(sport=5000, dport=443))[:40]
    assert Device("acl").send("outside", cut) == []


@pytest.mark.parametrize(
    "packet",
    [MACS / IP(src="10.0.0.7", dst=BARRED) / TCP(), MACS / IPv6() / UDP(), MACS / ARP(), MACS / Raw(b"no protocol")],
    ids=["ipv4", "ipv6", "arp", "unknown"],
)
def test_from_inside_everything_passes(packet: Scapy) -> None:
    acl = Device("acl")
    assert acl.send("inside", packet) == [("outside", bytes(packet))]
    assert acl.counted("matched") == acl.counted("unmatched") == {}


@pytest.mark.parametrize(
    ("packet", "passes"),
    [(MACS / ARP(), True), (MACS / IPv6() / TCP(dport=443), False), (MACS / Raw(b"no protocol"), False)],
    ids=["arp", "ipv6", "unknown"],
)
def test_from_outside_arp_passes_and_other_protocols_do_not(packet: Scapy, passes: bool) -> None:
    assert bool(Device("acl").send("outside", packet)) == passes


def test_an_empty_list_lets_nothing_in() -> None:
    acl = Device("acl", entries=ControlEntries())
    assert acl.send("outside", MACS / IP(src=ANYONE, dst="10.0.0.7") / TCP(dport=443)) == []
    assert acl.counted("unmatched") == {0: 1}
