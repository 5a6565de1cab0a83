import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import Ether

from sim.captures import Packet
from sim.traffic import Flows, Macs, SizeMix, TrafficError, fixed_size, generate
from sim.traffic.flows import Protocol
from sim.traffic.frames import Kind, Plan, frames
from tests.sim.traffic.observed import with_scapy_checksums

KINDS = [Kind(version, protocol) for version in (4, 6) for protocol in ("tcp", "udp", "icmp")]
ECHO = {4: bytes((8, 0, 0, 0)), 6: bytes((128, 0, 0, 0))}


def plan(kind: Kind, payload: bytes, *, addresses: bytes = b"", ports: bytes = b"\x12\x34\x01\xbb") -> Plan:
    size = 8 if kind.version == 4 else 32
    last = ECHO[kind.version] if kind.protocol == "icmp" else ports
    return Plan(1, 0, kind, (addresses or bytes(range(1, size + 1))) + last, 0x18, 0xFFFFFFF0, 7, payload)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.protocol}{kind.version}")
@given(payload=st.binary(max_size=200))
def test_checksums_and_lengths_are_scapys(kind: Kind, payload: bytes) -> None:
    (packet,) = frames([plan(kind, payload)])
    assert with_scapy_checksums(packet.data) == packet.data
    assert packet.wire_length == len(packet.data) == max(60, kind.header_bytes + len(payload))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.protocol}{kind.version}")
def test_largest_payload(kind: Kind) -> None:
    (packet,) = frames([plan(kind, b"\xff" * 65_000)])
    assert with_scapy_checksums(packet.data) == packet.data


def test_whole_traffic_has_scapys_checksums() -> None:
    flows = Flows.uniform(
        count=50,
        inside=("10.0.0.0/16", "2001:db8:1::/64"),
        outside=("198.51.100.0/24", "2001:db8:2::/64"),
        protocols={"tcp": 1, "udp": 1, "icmp": 1},
    )
    sizes = SizeMix({60: 1, 61: 1, 590: 1, 777: 1, 1514: 1})
    packets = list(generate(flows, packets=1_500, sizes=sizes, churn_per_s=2_000.0))
    layers = (TCP, UDP, ICMP, ICMPv6EchoRequest, ICMPv6EchoReply)
    seen = {layer for packet in packets for layer in layers if layer in Ether(packet.data)}
    assert seen == set(layers)
    assert all(with_scapy_checksums(packet.data) == packet.data for packet in packets)


def test_udp_checksum_zero_is_sent_as_ffff() -> None:
    """The one payload word that makes the sum 0xffff is found by hand: then the checksum would be 0."""
    kind = Kind(4, "udp")
    addresses = b"\0\0\0\x01\0\0\0\x02"
    # Pseudo header: 1 + 2 + protocol 17 + length 10; UDP header: ports 1 and 2, length 10.
    word = 0xFFFF - (1 + 2 + 17 + 10 + 1 + 2 + 10)
    (packet,) = frames([plan(kind, word.to_bytes(2, "big"), addresses=addresses, ports=b"\0\x01\0\x02")])
    assert packet.data[40:42] == b"\xff\xff"
    assert with_scapy_checksums(packet.data) == packet.data


def test_fields_are_where_scapy_reads_them() -> None:
    (packet,) = frames([plan(Kind(4, "tcp"), b"abc")])
    tcp = Ether(packet.data)[TCP]
    ip = Ether(packet.data)[IP]
    assert (ip.src, ip.dst, ip.ttl, ip.len, str(ip.flags)) == ("1.2.3.4", "5.6.7.8", 64, 43, "DF")
    assert (tcp.sport, tcp.dport, tcp.seq, tcp.ack, str(tcp.flags)) == (0x1234, 443, 0xFFFFFFF0, 7, "PA")
    assert bytes(tcp.payload)[:3] == b"abc"
    (packet,) = frames([plan(Kind(6, "icmp"), b"abc")])
    echo = Ether(packet.data)[ICMPv6EchoRequest]
    assert (Ether(packet.data)[IPv6].hlim, echo.id, echo.seq, echo.data) == (64, 0xFFFF, 0xFFF0, b"abc")


def test_identification_counts_packets() -> None:
    packets = list(generate(Flows.uniform(count=20), packets=10_000, sizes=fixed_size(60)))
    numbers = [int.from_bytes(packet.data[18:20], "big") for packet in packets]
    assert numbers == [number & 0xFFFF for number in range(10_000)]


def test_macs_beside_a_router_and_a_bridge() -> None:
    flows = Flows.uniform(count=5)
    for packet in generate(flows, packets=200):
        frame = Ether(packet.data)
        neighbour, device = [("02:00:00:00:00:01", "02:00:00:00:00:0a"), ("02:00:00:00:00:02", "02:00:00:00:00:0b")][
            packet.port
        ]
        assert (frame.src, frame.dst) == (neighbour, device)
    for packet in generate(flows, packets=200, macs=Macs(per_host=True)):
        assert packet.data[:6] == b"\x02\x00" + packet.data[30:34]
        assert packet.data[6:12] == b"\x02\x00" + packet.data[26:30]


def test_hosts_of_ipv6_have_macs_of_their_own() -> None:
    flows = Flows.uniform(count=5, inside="2001:db8:1::/64", outside="2001:db8:2::/64")
    for packet in generate(flows, packets=100, macs=Macs(per_host=True)):
        assert packet.data[:6] == b"\x02\x00" + packet.data[50:54]
        assert packet.data[6:12] == b"\x02\x00" + packet.data[34:38]


def test_oversized_payload_is_refused() -> None:
    with pytest.raises(TrafficError, match="does not fit"):
        list(frames([plan(Kind(4, "udp"), bytes(65_600))]))


def test_packets_are_the_records_of_captures() -> None:
    packets = list(itertools.islice(generate(Flows.uniform(count=3), packets=3), 3))
    assert all(type(packet) is Packet for packet in packets)


def test_protocols_of_kinds() -> None:
    protocols: list[tuple[int, Protocol, int]] = [(4, "tcp", 6), (4, "udp", 17), (4, "icmp", 1), (6, "icmp", 58)]
    assert all(Kind(version, protocol).ip_protocol == number for version, protocol, number in protocols)
