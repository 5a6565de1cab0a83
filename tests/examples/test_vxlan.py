"""The VXLAN gateway (RFC 7348), with the segments and stations of tables.toml."""

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from tests.examples.corpus import Device

OWN_IP, OWN_MAC = "192.0.2.1", "02:00:00:00:00:0c"
HERE, THERE = "02:00:0a:00:00:05", "02:00:0a:00:01:01"
CONTENTS = [
    IP(src="10.0.0.5", dst="10.0.1.1") / TCP(sport=1, dport=2) / b"text",
    IP(src="10.0.0.5", dst="10.0.1.1", frag=9, proto=17) / Raw(b"a later fragment"),
    IPv6() / UDP() / b"text",
    Dot1Q(vlan=7) / IP() / UDP(),
    ARP(),
    Raw(b"no protocol"),
    Raw(b""),
]
NAMES = ["tcp", "fragment", "ipv6", "tagged", "arp", "unknown", "empty"]


def outer(ip: str, mac: str, *, vni: int, sport: int, inner: Scapy) -> bytes:
    """What RFC 7348 asks for, as scapy builds it: no UDP checksum, do not fragment."""
    header = IP(src=OWN_IP, dst=ip, id=0, flags="DF", ttl=64) / UDP(sport=sport, dport=4789, chksum=0)
    return bytes(Ether(src=OWN_MAC, dst=mac) / header / VXLAN(flags=8, vni=vni) / inner)


def encapsulated(gateway: Device, port: str, inner: Scapy) -> Scapy:
    ((out, data),) = gateway.send(port, inner)
    assert out == "underlay"
    return Ether(data)


@pytest.mark.parametrize("content", CONTENTS, ids=NAMES)
@pytest.mark.parametrize(
    ("port", "destination", "vni", "ip", "mac"),
    [
        ("local[0]", THERE, 5001, "192.0.2.2", "02:00:00:00:00:02"),
        ("local[0]", "02:00:0a:00:01:02", 5001, "192.0.2.3", "02:00:00:00:00:03"),
        ("local[1]", THERE, 5002, "192.0.2.3", "02:00:00:00:00:03"),  # the same address in another segment
        ("local[0]", "ff:ff:ff:ff:ff:ff", 5001, "239.1.1.1", "01:00:5e:01:01:01"),
        ("local[1]", "02:00:0a:00:09:09", 5002, "239.1.1.2", "01:00:5e:01:01:02"),  # nobody knows it
    ],
    ids=["station", "other-gateway", "other-segment", "broadcast", "unknown-station"],
)
def test_a_frame_goes_to_the_gateway_of_its_station(
    port: str, destination: str, vni: int, ip: str, mac: str, content: Scapy
) -> None:
    inner = Ether(src=HERE, dst=destination) / content
    sent = encapsulated(Device("vxlan"), port, inner)
    assert 49152 <= sent[UDP].sport <= 65535
    assert bytes(sent) == outer(ip, mac, vni=vni, sport=sent[UDP].sport, inner=inner)


def test_the_packets_of_a_flow_have_one_source_port_and_flows_have_many() -> None:
    gateway = Device("vxlan")

    def source_port(number: int, body: bytes) -> int:
        inner = Ether(src=HERE, dst=THERE) / IP(src="10.0.0.5", dst="10.0.1.1") / UDP(sport=number, dport=53) / body
        return encapsulated(gateway, "local[0]", inner)[UDP].sport

    ports = [source_port(number, b"first") for number in range(200)]
    assert [source_port(number, b"and another") for number in range(200)] == ports
    assert len(set(ports)) > 190


@pytest.mark.parametrize("content", CONTENTS, ids=NAMES)
@pytest.mark.parametrize("checksum", [0, None, 0x1234], ids=["none", "right", "wrong"])
def test_a_frame_from_another_gateway_comes_out_as_it_went_in(content: Scapy, checksum: int | None) -> None:
    inner = Ether(src=THERE, dst=HERE) / content
    udp = UDP(sport=50_000, dport=4789, chksum=checksum)
    packet = Ether(dst=OWN_MAC) / IP(src="192.0.2.2", dst=OWN_IP) / udp / VXLAN(vni=5002) / inner
    assert Device("vxlan").send("underlay", packet) == [("local[1]", bytes(inner))]


def arriving(
    *, source: str = "192.0.2.2", dst: str = OWN_IP, vni: int = 5001, flags: int = 8, port: int = 4789
) -> Scapy:
    inner = Ether(src=THERE, dst=HERE) / IP() / UDP()
    return Ether(dst=OWN_MAC) / IP(src=source, dst=dst) / UDP(dport=port) / VXLAN(vni=vni, flags=flags) / inner


def test_what_goes_to_the_group_of_a_segment_comes_in_too() -> None:
    sent = Device("vxlan").send("underlay", arriving(dst="239.1.1.1"))
    assert [port for port, _ in sent] == ["local[0]"]


@pytest.mark.parametrize(
    "packet",
    [
        arriving(source="192.0.2.99"),
        arriving(dst="192.0.2.7"),
        arriving(vni=5003),
        arriving(flags=0),
        arriving(port=4790),
        bytes(arriving())[:55],
        Ether(dst=OWN_MAC) / IPv6() / UDP(dport=4789) / VXLAN(vni=5001) / Ether(),
        Ether(dst=OWN_MAC) / IP(src="192.0.2.2", dst=OWN_IP, frag=9, proto=17) / Raw(b"a later fragment"),
        Ether() / ARP(),
    ],
    ids=["stranger", "not-us", "no-segment", "no-vni-flag", "no-vxlan", "cut", "ipv6", "fragment", "arp"],
)
def test_everything_else_from_the_underlay_is_dropped(packet: Scapy | bytes) -> None:
    assert Device("vxlan").send("underlay", packet) == []


def test_a_port_without_a_segment_is_dead() -> None:
    assert Device("vxlan").send("local[7]", Ether(src=HERE, dst=THERE) / IP() / UDP()) == []


def test_two_gateways_are_a_wire_between_two_segments() -> None:
    # The same program at both ends: what one sends is addressed to the other after the routers between them.
    inner = Ether(src=HERE, dst=THERE) / IP(src="10.0.0.5", dst="10.0.1.1") / TCP() / b"text"
    sent = encapsulated(Device("vxlan"), "local[0]", inner)
    sent[IP].src, sent[IP].dst = "192.0.2.2", OWN_IP
    assert Device("vxlan").send("underlay", sent) == [("local[0]", bytes(inner))]
