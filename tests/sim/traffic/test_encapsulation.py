import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Dot1Q, Ether
from scapy.layers.vxlan import VXLAN

from sim.captures import Packet
from sim.traffic import Flows, TrafficError, generate, with_vlan, with_vxlan
from tests.sim.traffic.observed import seen, with_scapy_checksums


def inner() -> list[Packet]:
    return list(generate(Flows.uniform(count=20, protocols={"tcp": 1, "udp": 1, "icmp": 1}), packets=300))


def test_vlan_tag_is_scapys() -> None:
    for plain, tagged in zip(inner(), with_vlan(inner(), vlan=100, priority=5), strict=True):
        frame = Ether(plain.data)
        expected = Ether(src=frame.src, dst=frame.dst) / Dot1Q(vlan=100, prio=5, type=0x0800) / frame.payload
        assert tagged.data == bytes(expected)
        assert tagged.wire_length == plain.wire_length + 4
        assert (tagged.time_ns, tagged.port) == (plain.time_ns, plain.port)


def test_vlan_can_depend_on_the_packet() -> None:
    tags = [Ether(packet.data)[Dot1Q].vlan for packet in with_vlan(inner(), vlan=lambda packet: 10 + packet.port)]
    assert tags == [10 + packet.port for packet in inner()]


def test_vxlan_carries_the_frame_untouched() -> None:
    tunnelled = list(with_vxlan(inner(), vni=0xABCDEF, source="192.0.2.1", destination="192.0.2.2"))
    for plain, packet in zip(inner(), tunnelled, strict=True):
        outer = Ether(packet.data)
        assert (outer[IP].src, outer[IP].dst, outer[IP].len) == ("192.0.2.1", "192.0.2.2", len(plain.data) + 36)
        assert (outer[UDP].dport, outer[UDP].chksum, outer[UDP].len) == (4789, 0, len(plain.data) + 16)
        assert (int(outer[VXLAN].flags), outer[VXLAN].vni) == (8, 0xABCDEF)
        assert packet.data[50:] == plain.data
        header = IP(packet.data[14:34])
        del header.chksum
        assert bytes(header) == packet.data[14:34]
        assert packet.wire_length == len(packet.data) == len(plain.data) + 50


def test_source_port_of_vxlan_is_the_flows() -> None:
    ports: dict[object, set[int]] = {}
    tunnelled = list(with_vxlan(inner(), vni=1, source="192.0.2.1", destination="192.0.2.2"))
    for fields, packet in zip(seen(inner()), tunnelled, strict=True):
        ports.setdefault((fields.ends, fields.source), set()).add(int.from_bytes(packet.data[34:36], "big"))
    assert all(len(of_flow) == 1 for of_flow in ports.values())
    used = set.union(*ports.values())
    assert len(used) > 20
    assert all(49_152 <= port <= 65_535 for port in used)


def test_functions_compose() -> None:
    tagged = with_vlan(inner(), vlan=7)
    packets = with_vlan(with_vxlan(tagged, vni=3, source="192.0.2.1", destination="192.0.2.2"), vlan=8)
    frame = Ether(next(packets).data)
    assert [frame[Dot1Q].vlan, frame[VXLAN].vni, frame[VXLAN].payload[Dot1Q].vlan] == [8, 3, 7]


def test_bad_tags_are_refused() -> None:
    with pytest.raises(TrafficError, match="vlan"):
        with_vlan([], vlan=4_096)
    with pytest.raises(TrafficError, match="priority"):
        with_vlan([], vlan=1, priority=8)
    with pytest.raises(TrafficError, match="vlan -1"):
        list(with_vlan(inner(), vlan=lambda packet: -1))
    with pytest.raises(TrafficError, match="vni"):
        with_vxlan([], vni=2**24, source="192.0.2.1", destination="192.0.2.2")
    with pytest.raises(TrafficError, match="IPv4"):
        with_vxlan([], vni=1, source="192.0.2.1", destination="2001:db8::1")
    big = Packet(0, bytes(65_500), 65_500, 0)
    with pytest.raises(TrafficError, match="does not fit"):
        list(with_vxlan([big], vni=1, source="192.0.2.1", destination="192.0.2.2"))


def test_checksums_inside_stay_valid() -> None:
    for packet in with_vxlan(inner(), vni=1, source="192.0.2.1", destination="192.0.2.2"):
        assert with_scapy_checksums(packet.data[50:]) == packet.data[50:]
