"""What leaves: final operations, clones, digests, templates, and in which order."""

from __future__ import annotations

from typing import Any

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.layers.vxlan import VXLAN

from compiler.ir.emissions import (
    BuiltHeader,
    Clone,
    Digest,
    Drop,
    Flood,
    Multicast,
    Reply,
    Rest,
    Send,
    Template,
)
from compiler.ir.invalid import InvalidProgram
from compiler.ir.types import Bits, Vector
from compiler.ir.values import Constant, constant
from sim.interpreter import Machine, Outcome, UnknownPortError
from sim.interpreter.emit import Emission
from tests.sim.interpreter.building import Builder
from tests.sim.interpreter.frames import FRAME
from tests.sim.interpreter.packet_headers import EVERY

PACKET = bytes(FRAME / IP(src="10.0.0.1", dst="10.0.0.2", ttl=64) / UDP(sport=1000, dport=2000) / b"payload")


def builder(ports: int = 4) -> Builder:
    return Builder(headers=EVERY, ports=ports)


def outcome(b: Builder, data: bytes = PACKET, *, port: int = 0, **fields: Any) -> Outcome:
    groups = fields.pop("groups", None)
    return Machine(b.program(), states={}, groups=groups).process(data, port=port, now=0, **fields)


def test_send_emits_by_the_port_and_ends() -> None:
    b = builder()
    b.send(2)
    found = outcome(b)
    assert found.emissions == [Emission(2, PACKET, len(PACKET))]
    assert isinstance(found.final, Send)
    assert found.digests == []


def test_drop_emits_nothing_and_is_told_apart_by_its_reason() -> None:
    b = builder()
    b.drop("unhandled")
    found = outcome(b)
    assert found.emissions == []
    assert isinstance(found.final, Drop)
    assert found.final.reason == "unhandled"


def test_flood_takes_all_ports_but_the_one_of_arrival_in_order() -> None:
    b = builder(ports=4)
    b.add(Flood)
    assert [e.port for e in outcome(b, port=2).emissions] == [0, 1, 3]
    assert [e.port for e in outcome(b, port=0).emissions] == [1, 2, 3]


def test_multicast_takes_the_ports_of_the_group_in_its_order() -> None:
    b = builder(ports=4)
    b.add(Multicast, group=constant(7, 16))
    assert outcome(b, groups={7: (3, 0, 2)}).emissions == [Emission(p, PACKET, len(PACKET)) for p in (3, 0, 2)]
    assert outcome(b, groups={8: (3,)}).emissions == []


def test_a_reply_leaves_by_the_port_of_arrival_with_sources_and_destinations_swapped() -> None:
    b = builder()
    b.add(Reply)
    ((port, sent, _),) = outcome(b, port=3).emissions
    received, wanted = Ether(PACKET), Ether(PACKET)
    wanted.src, wanted.dst = received.dst, received.src
    wanted[IP].src, wanted[IP].dst = received[IP].dst, received[IP].src
    wanted[UDP].sport, wanted[UDP].dport = received[UDP].dport, received[UDP].sport
    assert port == 3
    assert sent == bytes(wanted)  # a swap leaves every sum as it is


def test_a_reply_swaps_what_the_program_has_written_and_mends_checksums() -> None:
    b = builder()
    b.write("ipv4", "dst", 0x01020304)
    b.write("udp", "sport", 7)
    b.add(Reply)
    sent = Ether(outcome(b).emissions[0].data)
    assert (sent[IP].src, sent[IP].dst) == ("1.2.3.4", "10.0.0.1")
    assert (sent[UDP].sport, sent[UDP].dport) == (2000, 7)
    wanted = sent.copy()
    del wanted[IP].chksum, wanted[UDP].chksum
    assert bytes(sent) == bytes(wanted)


def test_clones_are_snapshots_in_program_order_before_the_final_emission() -> None:
    b = builder()
    b.add(Clone, port=constant(1, 16))
    b.write("ipv4", "ttl", 63)
    b.add(Clone, port=constant(2, 16))
    b.write("ipv4", "ttl", 62)
    b.send(1)
    assert [(e.port, Ether(e.data)[IP].ttl) for e in outcome(b).emissions] == [(1, 64), (2, 63), (1, 62)]


def test_a_dropped_packet_still_leaves_its_clones_and_digests() -> None:
    b = builder()
    b.add(Clone, port=constant(1, 16))
    b.add(Digest, record="seen", values=(b.field("udp", "dport"), constant(5, 7)))
    b.add(Digest, record="again", values=())
    b.drop()
    found = outcome(b)
    assert [e.port for e in found.emissions] == [1]
    assert found.digests == [("seen", (2000, 5)), ("again", ())]


def test_reads_show_the_packet_as_received() -> None:
    b = builder()
    b.write("udp", "dport", 9)
    b.add(Digest, record="port", values=(b.field("udp", "dport"),))
    b.send(0)
    found = outcome(b)
    assert found.digests == [("port", (2000,))]
    assert Ether(found.emissions[0].data)[UDP].dport == 9


def test_an_absent_header_reads_as_zero_and_takes_no_writes() -> None:
    b = builder()
    values = (b.field("tcp", "sport"), b.field("chunk", "values"), b.present("tcp"), b.present("udp"))
    b.add(Digest, record="values", values=values)
    b.write("tcp", "sport", 9)
    b.send(0)
    found = outcome(b)
    assert found.digests == [("values", (0, (0, 0, 0, 0), 0, 1))]
    assert found.emissions[0].data == PACKET


def test_vectors_and_fields_off_byte_boundaries_are_read_and_written() -> None:
    body = bytes([9, 0b1_0101010]) + (77).to_bytes(4, "big") + bytes(range(16)) + bytes([0x12, 0x34, 0x56])
    packet = bytes(FRAME / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=1, dport=4242, chksum=0) / body)
    b = builder()
    names = ("job", "odd", "slot", "round", "values", "nibbles")
    b.add(Digest, record="chunk", values=tuple(b.field("chunk", name) for name in names))
    b.write("chunk", "slot", 0b0000111)
    b.write("chunk", "values", Constant((1, 2, 3, 2**32 - 1), Vector(32, 4)))
    b.write("chunk", "nibbles", Constant((15, 0, 15, 0, 1, 2), Vector(4, 6)))
    b.send(0)
    found = outcome(b, packet)
    lanes = (0x00010203, 0x04050607, 0x08090A0B, 0x0C0D0E0F)
    assert found.digests == [("chunk", (9, 1, 0b0101010, 77, lanes, (1, 2, 3, 4, 5, 6)))]
    changed = b"\x09\x87" + body[2:6] + b"\0\0\0\1\0\0\0\2\0\0\0\3\xff\xff\xff\xff" + b"\xf0\xf0\x12"
    assert found.emissions[0].data == packet[:42] + changed


def test_the_wire_length_of_a_cut_packet_is_kept() -> None:
    b = builder()
    b.write("ipv4", "ttl", 1)
    b.send(0)
    ((_, sent, wire_length),) = outcome(b, PACKET[:44], wire_length=1500).emissions
    assert (len(sent), wire_length) == (44, 1500)


def test_a_packet_from_a_port_that_is_not_there_is_refused() -> None:
    b = builder(ports=2)
    b.drop()
    with pytest.raises(UnknownPortError, match=r"port 2.* 2 ports"):
        outcome(b, port=2)


def test_a_program_that_ends_nowhere_is_refused() -> None:
    b = builder()
    with b.when(b.present("tcp")):
        b.drop()
    with pytest.raises(InvalidProgram):
        outcome(b)


# --- templates ------------------------------------------------------------------------------------------


def built(name: str, **values: int) -> BuiltHeader:
    """A header with these fields; all others, checksums among them, are 1s."""
    declared = next(h for h in EVERY if h.name == name)
    fields = [f for f in declared.fields if isinstance(f.type, Bits)]
    return BuiltHeader(name, tuple(constant(values.get(f.name, -1), f.type.width) for f in fields))  # type: ignore[union-attr]


ETHERNET = built("ethernet", dst=0x020000000002, src=0x020000000001, type=0x0800)


def ip(proto: int, *, size: int) -> BuiltHeader:
    fields = {"version": 4, "ihl": 5, "tos": 0, "len": size, "id": 1, "flags": 0, "frag": 0, "ttl": 64}
    return built("ipv4", **fields, proto=proto, src=0x0A090909, dst=0x0A080808)


def sent_with(template: Template, data: bytes = PACKET, **fields: Any) -> Emission:
    b = builder()
    b.write("ipv4", "ttl", 9)
    b.send(1, packet=template)
    return outcome(b, data, **fields).emissions[0]


def test_a_tunnel_around_the_packet_has_a_header_sum_and_no_udp_sum() -> None:
    size = len(PACKET) + 16
    udp, vxlan = built("udp", sport=999, dport=4789, len=size), built("vxlan", flags=8, r1=0, vni=77, r2=0)
    headers = (ETHERNET, ip(17, size=size + 20), udp, vxlan)
    emission = sent_with(Template(headers, rest=Rest.WHOLE))
    inner = Ether(PACKET)
    inner[IP].ttl = 9
    del inner[IP].chksum
    outer = FRAME / IP(src="10.9.9.9", dst="10.8.8.8") / UDP(sport=999, dport=4789, chksum=0)
    assert emission.data == bytes(outer / VXLAN(vni=77, flags=8) / inner)
    assert emission.wire_length == len(emission.data)


@pytest.mark.parametrize(
    ("rest", "header", "kept"),
    [
        (Rest.NOTHING, "", b""),
        (Rest.PAYLOAD, "", b"payload"),
        (Rest.FROM, "udp", PACKET[34:]),
        (Rest.AFTER, "udp", b"payload"),
        (Rest.AFTER, "ipv4", PACKET[34:]),
        (Rest.FROM, "tcp", b""),
        (Rest.AFTER, "tcp", b""),
    ],
)
def test_the_rest_begins_where_the_template_says(rest: Rest, header: str, kept: bytes) -> None:
    data = (constant(0xABC, 12), constant(0xD, 4), Constant((1, 2), Vector(8, 2)))
    emission = sent_with(Template((), data, rest, header))
    assert emission.data == b"\xab\xcd\x01\x02" + kept


def test_options_belong_to_the_header_that_has_them() -> None:
    options = [IPOption(b"\x94\x04\0\0")]
    packet = bytes(FRAME / IP(src="10.0.0.1", dst="10.0.0.2", options=options) / UDP(sport=1, dport=2) / b"xyz")
    assert sent_with(Template((), rest=Rest.AFTER, header="ipv4"), packet).data == packet[38:]


def test_a_tag_pushed_in_front_of_the_network_header() -> None:
    vlan = built("vlan", prio=3, dei=0, vlan=100, type=0x0800)
    headers = (built("ethernet", dst=0x020000000002, src=0x020000000001, type=0x8100), vlan)
    sent = sent_with(Template(headers, rest=Rest.AFTER, header="ethernet")).data
    wanted = Ether(PACKET)
    wanted[IP].ttl = 9
    del wanted[IP].chksum
    assert sent == bytes(FRAME / Dot1Q(prio=3, vlan=100) / wanted[IP])


def test_a_tunnel_taken_off() -> None:
    inner = FRAME / IP(src="172.16.0.1", dst="172.16.0.2") / UDP(sport=7, dport=9) / b"inside"
    packet = bytes(FRAME / IP(src="1.1.1.1", dst="2.2.2.2") / UDP(sport=5, dport=4789) / VXLAN() / inner)
    b = builder()
    b.write("inner_ipv4", "dst", 0xAC100909)
    b.send(1, packet=Template((), rest=Rest.FROM, header="inner_ethernet"))
    wanted = inner.copy()
    wanted[IP].dst = "172.16.9.9"
    assert outcome(b, packet).emissions[0].data == bytes(wanted)


def test_transport_sums_of_built_headers_are_full_sums_where_zero_means_a_sum() -> None:
    tcp = built("tcp", sport=1, dport=2, seq=3, ack=4, dataofs=5, reserved=0, flags=2, window=100, urgptr=0)
    sent = sent_with(Template((ETHERNET, ip(6, size=43), tcp), data=(constant(0x616263, 24),))).data
    segment = TCP(sport=1, dport=2, seq=3, ack=4, flags="S", window=100)
    assert sent == bytes(FRAME / IP(id=1, src="10.9.9.9", dst="10.8.8.8", ttl=64) / segment / b"abc")
    echo = built("icmp", type=0, code=0, id=5, seq=6)
    sent = sent_with(Template((ETHERNET, ip(1, size=35), echo), rest=Rest.PAYLOAD)).data
    answer = ICMP(type=0, id=5, seq=6) / b"payload"
    assert sent == bytes(FRAME / IP(id=1, src="10.9.9.9", dst="10.8.8.8", ttl=64) / answer)


def test_a_built_transport_header_in_ipv6() -> None:
    six = built("ipv6", version=6, tc=0, fl=0, plen=27, nh=6, hlim=64, src=1, dst=2)
    tcp = built("tcp", sport=1, dport=2, seq=3, ack=4, dataofs=5, reserved=0, flags=2, window=100, urgptr=0)
    ethernet = built("ethernet", dst=0x020000000002, src=0x020000000001, type=0x86DD)
    sent = sent_with(Template((ethernet, six, tcp), rest=Rest.PAYLOAD)).data
    segment = TCP(sport=1, dport=2, seq=3, ack=4, flags="S", window=100)
    assert sent == bytes(FRAME / IPv6(src="::1", dst="::2") / segment / b"payload")


def test_what_the_capture_cut_off_counts_where_the_rest_reaches_the_end() -> None:
    assert sent_with(Template((ETHERNET,), rest=Rest.WHOLE), wire_length=1000).wire_length == 1000 + 14
    assert sent_with(Template((ETHERNET,), rest=Rest.FROM, header="udp"), wire_length=1000).wire_length == 1000 - 20
    assert sent_with(Template((ETHERNET,)), wire_length=1000).wire_length == 14


def test_a_templates_rest_is_swapped_in_a_reply_and_its_headers_are_not() -> None:
    b = builder()
    b.add(Reply, packet=Template((ETHERNET,), rest=Rest.FROM, header="ipv4"))
    sent = Ether(outcome(b).emissions[0].data)
    assert (sent.dst, sent.src) == (FRAME.dst, FRAME.src)
    assert (sent[IP].src, sent[UDP].sport) == ("10.0.0.2", 2000)
