"""Checksums after rewriting: sums that scapy computes from nothing, and the corners of RFC 1624."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption
from scapy.layers.inet6 import IPv6, in6_chksum
from scapy.layers.l2 import Dot1Q, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet
from scapy.utils import checksum as scapy_checksum

from compiler.ir.headers import Checksum, ChecksumKind, HeaderField
from compiler.ir.types import Bits
from compiler.ir.values import constant
from sim.interpreter import Machine
from sim.interpreter.checksums import updated_checksum
from tests.sim.interpreter.building import Builder, after, header
from tests.sim.interpreter.frames import FRAME
from tests.sim.interpreter.packet_headers import EVERY


def rewritten(data: bytes, *writes: tuple[str, str, int]) -> bytes:
    """The packet after a program that writes these fields and sends it."""
    b = Builder(headers=EVERY)
    for name, field, value in writes:
        b.write(name, field, value)
    b.send(1)
    ((port, sent, wire_length),) = Machine(b.program(), states={}).process(data, port=0, now=0).emissions
    assert port == 1
    assert wire_length == len(sent) == len(data)
    return sent


def summed_again(packet: Packet) -> bytes:
    """The packet with every checksum computed anew by scapy."""
    copy = packet.copy()
    layer = copy
    while layer:
        if "chksum" in layer.fields:
            del layer.chksum
        layer = layer.payload
    return bytes(copy)


ADDRESS = {"src": "10.1.2.3", "dst": "192.0.2.9"}
PACKETS = {
    "tcp": FRAME / IP(**ADDRESS) / TCP(sport=1234, dport=80) / b"some payload",
    "odd": FRAME / IP(**ADDRESS) / TCP(sport=1234, dport=80) / b"odd",
    "udp": FRAME / IP(**ADDRESS) / UDP(sport=1234, dport=53) / b"question",
    "options": FRAME / IP(options=[IPOption(b"\x94\x04\0\0")], **ADDRESS) / UDP(sport=1, dport=53) / b"x",
    "vlan": FRAME / Dot1Q(vlan=9) / IP(**ADDRESS) / TCP(sport=1234, dport=80) / b"payload",
}


def l4_of(name: str) -> str:
    return "udp" if name in ("udp", "options") else "tcp"


@pytest.mark.parametrize("name", PACKETS)
def test_translated_packets_have_the_checksums_that_scapy_computes(name: str) -> None:
    packet, l4 = PACKETS[name], l4_of(name)
    sent = rewritten(
        bytes(packet),
        ("ipv4", "src", 0xCB007101),
        ("ipv4", "dst", 0xC6336407),
        ("ipv4", "ttl", 63),
        (l4, "sport", 4711),
        (l4, "dport", 8080),
    )
    wanted = packet.copy()
    wanted[IP].src, wanted[IP].dst, wanted[IP].ttl = "203.0.113.1", "198.51.100.7", 63
    wanted[IP].payload.sport, wanted[IP].payload.dport = 4711, 8080
    assert sent == summed_again(wanted)


@given(st.sampled_from(sorted(PACKETS)), st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1), st.integers(0, 255))
def test_any_translation_has_the_checksums_that_scapy_computes(name: str, address: int, port: int, tos: int) -> None:
    packet, l4 = PACKETS[name], l4_of(name)
    sent = rewritten(bytes(packet), ("ipv4", "dst", address), (l4, "sport", port), ("ipv4", "tos", tos))
    wanted = packet.copy()
    wanted[IP].dst = ".".join(str(byte) for byte in address.to_bytes(4, "big"))
    wanted[IP].tos = tos
    wanted[IP].payload.sport = port
    assert sent == summed_again(wanted)


def test_addresses_of_ipv6_count_in_the_transport_checksum() -> None:
    packet = FRAME / IPv6(src="2001:db8::1", dst="2001:db8::2") / TCP(sport=5, dport=6) / b"hello"
    address = int("20010db8" + "0" * 22 + "ff", 16)
    wanted = packet.copy()
    wanted[IPv6].src = "2001:db8::ff"
    assert rewritten(bytes(packet), ("ipv6", "src", address)) == summed_again(wanted)


def test_the_protocol_counts_as_a_number_in_the_pseudo_header() -> None:
    packet = bytes(FRAME / IP(**ADDRESS) / TCP(sport=1, dport=2) / b"x")
    sent = rewritten(packet, ("ipv4", "proto", 99))
    segment = bytearray(sent[34:])
    segment[16:18] = b"\0\0"
    pseudo = sent[26:34] + struct.pack(">HH", 99, len(segment))
    assert int.from_bytes(sent[50:52], "big") == scapy_checksum(pseudo + bytes(segment))


def test_an_echo_with_another_id() -> None:
    packet = FRAME / IP(**ADDRESS) / ICMP(type=8, id=77, seq=3) / b"ping"
    wanted = packet.copy()
    wanted[ICMP].id = 0x1234
    assert rewritten(bytes(packet), ("icmp", "id", 0x1234)) == summed_again(wanted)


def test_addresses_do_not_count_in_the_checksum_of_icmp() -> None:
    packet = FRAME / IP(**ADDRESS) / ICMP(type=8, id=77, seq=3) / b"ping"
    wanted = packet.copy()
    wanted[IP].src = "1.2.3.4"
    assert rewritten(bytes(packet), ("ipv4", "src", 0x01020304)) == summed_again(wanted)


def test_a_udp_checksum_of_zero_stays_zero() -> None:
    packet = FRAME / IP(**ADDRESS) / UDP(sport=1234, dport=53, chksum=0) / b"question"
    sent = rewritten(bytes(packet), ("ipv4", "src", 0x01020304), ("udp", "sport", 9))
    assert Ether(sent)[UDP].chksum == 0
    assert Ether(sent)[UDP].sport == 9
    wanted = packet.copy()
    wanted[IP].src, wanted[UDP].sport = "1.2.3.4", 9
    del wanted[IP].chksum
    assert sent == bytes(wanted)


def test_a_computed_udp_checksum_of_zero_is_sent_as_all_ones() -> None:
    packet = FRAME / IP(**ADDRESS) / UDP(sport=0, dport=53) / b"question"
    total = Ether(bytes(packet))[UDP].chksum  # with a source port of `total` the sum of all words is all ones
    sent = rewritten(bytes(packet), ("udp", "sport", total))
    assert Ether(sent)[UDP].chksum == 0xFFFF
    wanted = packet.copy()
    wanted[UDP].sport = total
    assert in_scapy_zero_is_all_ones(sent) == in_scapy_zero_is_all_ones(summed_again(wanted))


def in_scapy_zero_is_all_ones(data: bytes) -> bytes:
    """scapy, too, sends 0xffff for a sum of 0; this holds for any version that might not."""
    return data[:40] + (b"\xff\xff" if data[40:42] == b"\0\0" else data[40:42]) + data[42:]


@pytest.mark.parametrize("wrong", [1, 0x8000, 0x1234])
def test_a_corrupt_checksum_stays_wrong_by_the_same_amount(wrong: int) -> None:
    packet = Ether(bytes(PACKETS["tcp"]))
    right = packet[TCP].chksum
    packet[TCP].chksum = (right + wrong) % 0xFFFF
    sent = Ether(rewritten(bytes(packet), ("tcp", "sport", 9), ("ipv4", "src", 0x01020304)))
    wanted = Ether(summed_again(sent))
    assert (sent[TCP].chksum - wanted[TCP].chksum) % 0xFFFF == (packet[TCP].chksum - right) % 0xFFFF != 0
    assert sent[IP].chksum == wanted[IP].chksum


def test_writing_what_is_there_touches_no_checksum() -> None:
    packet = Ether(bytes(PACKETS["tcp"]))
    packet[TCP].chksum, packet[IP].chksum = 0xFFFF, 0xFFFF  # 0xffff and 0 are the same sum: a touch would show
    data = bytes(packet)
    assert rewritten(data, ("tcp", "sport", 1234), ("ipv4", "src", 0x0A010203), ("ipv4", "ttl", 64)) == data


def test_a_word_that_stays_does_not_count_beside_one_that_changes() -> None:
    # Of a checksum 0xffff, the words 0xffff -> 0 leave 0xffff; any other word counted would make it 0.
    packet = FRAME / IP(**ADDRESS) / TCP(sport=0xFFFF, dport=80, seq=5, chksum=0xFFFF)
    sent = rewritten(bytes(packet), ("tcp", "sport", 0), ("tcp", "dport", 80), ("tcp", "seq", 5))
    assert Ether(sent)[TCP].chksum == 0xFFFF


def test_the_worked_example_of_rfc_1624() -> None:
    assert updated_checksum(0xDD2F, [(0x5555, 0x3285)]) == 0x0000


def vxlan(outer_checksum: int | None) -> Packet:
    inner = FRAME / IP(src="172.16.0.1", dst="172.16.0.2") / UDP(sport=7, dport=9) / b"inside"
    return FRAME / IP(**ADDRESS) / UDP(sport=5000, dport=4789, chksum=outer_checksum) / VXLAN(vni=5) / inner


def inside(packet: Packet) -> Packet:
    return packet[VXLAN].payload


def test_a_change_inside_a_tunnel_changes_the_inner_checksums_and_the_outer_one() -> None:
    packet = vxlan(None)
    wanted = packet.copy()
    inside(wanted)[IP].src, inside(wanted)[UDP].dport = "172.16.9.9", 99
    sent = rewritten(bytes(packet), ("inner_ipv4", "src", 0xAC100909), ("inner_udp", "dport", 99))
    assert sent == summed_again(wanted)


def test_an_outer_checksum_of_none_stays_none() -> None:
    packet = vxlan(0)
    sent = Ether(rewritten(bytes(packet), ("inner_ipv4", "src", 0xAC100909)))
    assert sent[UDP].chksum == 0
    wanted = packet.copy()
    inside(wanted)[IP].src = "172.16.9.9"
    assert bytes(inside(sent)) == summed_again(inside(wanted))


def test_outer_addresses_do_not_count_inside() -> None:
    packet = vxlan(None)
    wanted = packet.copy()
    wanted[IP].dst = "1.2.3.4"
    assert rewritten(bytes(packet), ("ipv4", "dst", 0x01020304)) == summed_again(wanted)


def test_ipv6_udp_over_scapys_own_pseudo_header() -> None:
    packet = FRAME / IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(sport=5, dport=6) / b"hello"
    sent = Ether(rewritten(bytes(packet), ("udp", "dport", 1000), ("ipv6", "hlim", 1)))
    datagram = sent[UDP].copy()
    datagram.chksum = 0
    assert sent[UDP].chksum == in6_chksum(17, sent[IPv6], bytes(datagram))


def test_words_are_counted_from_the_start_of_the_header_with_the_checksum() -> None:
    """At an odd place of the packet, and with an odd byte at its end that counts as the high one."""
    first = header("first", [("x", 8)])
    total = HeaderField("sum", Bits(16), None, 0, checksum=Checksum(ChecksumKind.MESSAGE))
    second = header("second", [total, ("a", 8), ("b", 16)], rules=[after(first)])
    third = header("third", [("c", 8), ("d", 8)], rules=[after(second)])
    b = Builder(headers=(first, second, third))
    for name, value in (("a", 0x11), ("b", 0x2233)):
        b.write("second", name, constant(value, 8 if name == "a" else 16))
    b.write("third", "d", 0x55)
    b.send(0)
    machine = Machine(b.program(), states={})
    body = bytes([0xA0, 0xB0, 0xC0, 0xD0, 0xE0])
    packet = b"\x07" + scapy_checksum(b"\0\0" + body).to_bytes(2, "big") + body
    changed = bytes([0x11, 0x22, 0x33, 0xD0, 0x55])
    ((_, sent, _),) = machine.process(packet, port=0, now=0).emissions
    assert sent == b"\x07" + scapy_checksum(b"\0\0" + changed).to_bytes(2, "big") + changed
