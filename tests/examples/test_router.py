"""The router's rules (RFC 1812, RFC 8200), with the routes of tables.toml."""

import pytest
from scapy.layers.inet import IP, TCP, UDP, IPOption_RR
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from tests.examples.corpus import Device

EXPIRED, NO_ROUTE, NO_NEIGHBOUR, NOT_ADDRESSED = range(4)
OWN = {port: f"02:00:00:00:0{port}:0a" for port in range(4)}
FROM_WORLD = Ether(src="02:00:00:00:03:01", dst=OWN[3])
BODY = UDP(sport=1, dport=2) / b"some payload"


def sent_on(out: int, station: str, packet: Scapy) -> list[tuple[str, bytes]]:
    """What should leave for `packet`, as scapy sums it: one hop less, and other MAC addresses."""
    expected = Ether(src=OWN[out], dst=station) / packet.payload.copy()
    if IP in expected:
        expected[IP].ttl -= 1
    else:
        expected[IPv6].hlim -= 1
    return [(f"any[{out}]", bytes(expected))]


@pytest.mark.parametrize(
    ("destination", "out", "station"),
    [
        ("10.0.0.5", 0, "02:00:00:00:00:05"),  # a neighbour itself
        ("10.1.3.3", 1, "02:00:00:00:01:01"),  # behind a gateway
        ("10.1.2.3", 2, "02:00:00:00:02:01"),  # a longer prefix within the one before
        ("10.1.2.255", 2, "02:00:00:00:02:01"),
        ("10.2.0.0", 3, "02:00:00:00:03:01"),  # the default
        ("8.8.8.8", 3, "02:00:00:00:03:01"),
    ],
)
def test_the_longest_prefix_decides(destination: str, out: int, station: str) -> None:
    packet = FROM_WORLD / IP(src="198.51.100.1", dst=destination, ttl=64) / BODY
    assert Device("router").send("any[3]", packet) == sent_on(out, station, packet)


@pytest.mark.parametrize(
    ("destination", "out", "station"),
    [
        ("2001:db8:1::5", 0, "02:00:00:00:00:05"),
        ("2001:db8:2::5", 2, "02:00:00:00:02:01"),
        ("2a00::1", 3, "02:00:00:00:03:01"),
    ],
)
def test_ipv6_has_routes_of_its_own(destination: str, out: int, station: str) -> None:
    packet = FROM_WORLD / IPv6(src="2a00::2", dst=destination, hlim=64) / BODY
    assert Device("router").send("any[3]", packet) == sent_on(out, station, packet)


@pytest.mark.parametrize(("ttl", "passes"), [(0, False), (1, False), (2, True), (255, True)])
def test_a_packet_without_hops_left_is_dropped_and_counted(ttl: int, passes: bool) -> None:
    router = Device("router")
    assert bool(router.send("any[3]", FROM_WORLD / IP(dst="10.0.0.5", ttl=ttl) / BODY)) == passes
    assert bool(router.send("any[3]", FROM_WORLD / IPv6(dst="2001:db8:1::5", hlim=ttl) / BODY)) == passes
    assert router.counted("lost") == ({} if passes else {EXPIRED: 2})


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (FROM_WORLD / IPv6(dst="fd00::1") / BODY, NO_ROUTE),
        (FROM_WORLD / IP(dst="10.0.0.99") / BODY, NO_NEIGHBOUR),
        (FROM_WORLD / IPv6(dst="2001:db8:1::99") / BODY, NO_NEIGHBOUR),
        (Ether(dst="02:00:00:00:00:77") / IP(dst="10.0.0.5") / BODY, NOT_ADDRESSED),
        (Ether(dst=OWN[0]) / IP(dst="10.0.0.5") / BODY, NOT_ADDRESSED),
        (Ether(dst="ff:ff:ff:ff:ff:ff") / IP(dst="255.255.255.255") / BODY, NOT_ADDRESSED),
        (Ether(dst="33:33:00:00:00:01") / IPv6(dst="ff02::1") / BODY, NOT_ADDRESSED),
    ],
    ids=["no-route", "no-neighbour", "no-neighbour6", "other-mac", "mac-of-other-port", "broadcast", "multicast"],
)
def test_what_cannot_be_forwarded_is_counted_by_reason(packet: Scapy, reason: int) -> None:
    router = Device("router")
    assert router.send("any[3]", packet) == []
    assert router.counted("lost") == {reason: 1}


@pytest.mark.parametrize(
    "rest",
    [
        IP(dst="10.0.0.5", options=[IPOption_RR(routers=["0.0.0.0", "0.0.0.0"])]) / BODY,
        IP(dst="10.0.0.5", frag=100, flags="MF", proto=17) / Raw(b"a later fragment"),
        IP(dst="10.0.0.5") / UDP(sport=1, dport=2, chksum=0),
        IP(dst="10.0.0.5") / TCP(chksum=0x1234),
        IP(dst="10.0.0.5", proto=132) / Raw(b"another protocol"),
        IPv6(dst="2001:db8:1::5") / IPv6ExtHdrHopByHop() / BODY,
        IPv6(dst="2001:db8:1::5") / IPv6ExtHdrFragment(offset=9, nh=17) / Raw(b"a later fragment"),
    ],
    ids=["options", "fragment", "no-checksum", "wrong-checksum", "protocol", "hop-by-hop", "fragment6"],
)
def test_what_a_packet_carries_does_not_matter(rest: Scapy) -> None:
    packet = FROM_WORLD / rest
    assert Device("router").send("any[3]", packet) == sent_on(0, "02:00:00:00:00:05", packet)


def test_a_wrong_header_checksum_stays_as_wrong() -> None:
    def checksum_after(checksum: int | None) -> int:
        packet = FROM_WORLD / IP(dst="10.0.0.5", ttl=9, chksum=checksum) / BODY
        ((_, data),) = Device("router").send("any[3]", packet)
        return Ether(data)[IP].chksum

    right = Ether(bytes(FROM_WORLD / IP(dst="10.0.0.5", ttl=9) / BODY))[IP].chksum
    assert (checksum_after(right ^ 0x0400) - checksum_after(None)) % 0xFFFF == ((right ^ 0x0400) - right) % 0xFFFF


def test_hosts_reach_the_world_and_each_other() -> None:
    router = Device("router")
    host = Ether(src="02:00:00:00:00:05", dst=OWN[0]) / IP(src="10.0.0.5", dst="8.8.8.8") / BODY
    assert router.send("any[0]", host) == sent_on(3, "02:00:00:00:03:01", host)
    back = Ether(src="02:00:00:00:00:05", dst=OWN[0]) / IP(src="10.0.0.5", dst="10.0.0.6") / BODY
    assert router.send("any[0]", back) == sent_on(0, "02:00:00:00:00:06", back)


@pytest.mark.parametrize(
    "packet",
    [FROM_WORLD / ARP(), FROM_WORLD / Raw(b"no protocol"), bytes(FROM_WORLD / IP(dst="10.0.0.5"))[:30]],
    ids=["arp", "unknown", "cut"],
)
def test_what_is_not_ip_is_dropped(packet: Scapy | bytes) -> None:
    router = Device("router")
    assert router.send("any[3]", packet) == []
    assert router.counted("lost") == {}
