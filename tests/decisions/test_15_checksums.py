"""Checksums are part of emission: no delta, no touch; corrupt stays corrupt. scapy judges.

The corners of the arithmetic itself are in tests/sim/interpreter/test_checksums.py; here programs cause them.
"""

from __future__ import annotations

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet as Scapy

from tests.decisions.device import HOST, MACS, SERVER, Device, codes, tcp, udp

NEW_SOURCE = "203.0.113.1"


def sent(body: str, packet: Scapy | bytes, *, takes: str = "ipv4") -> Scapy:
    device = Device(f"port lan, wan; on lan (p: {takes}) {{ {body} send wan; }} on lan | wan (_) {{ drop }}")
    out = device.through("lan", packet)
    assert out is not None
    return out


def resummed(packet: Scapy) -> bytes:
    """The packet with all checksums made by scapy."""
    fresh = Ether(bytes(packet))
    for layer in (IP, TCP, UDP):
        if layer in fresh:
            del fresh[layer].chksum
    return bytes(fresh)


@pytest.mark.parametrize("packet", [tcp(), udp(more=b"odd"), tcp(flags="SEC")], ids=["tcp", "udp", "ecn"])
def test_a_translated_packet_has_the_checksums_of_a_new_one(packet: Scapy) -> None:
    out = sent(f"p.ipv4.src = {NEW_SOURCE}; p.l4.sport = 1024; p.ipv4.ttl -= 1;", packet, takes="ipv4 & l4")
    assert (out[IP].src, out.payload.payload.sport) == (NEW_SOURCE, 1024)
    assert bytes(out) == resummed(out)


def test_writing_and_writing_back_is_no_change_to_the_bit() -> None:
    packet = udp(more=b"abc")
    packet[UDP].chksum, packet[IP].chksum = 0xFFFF, 0x1234  # both wrong, and one a form that sums never give
    body = "let old = p.ipv4.src; p.ipv4.src = 1.2.3.4; p.ipv4.src = old; p.udp.dport = p.udp.dport;"
    assert bytes(sent(body, packet, takes="ipv4 & udp")) == bytes(packet)


def test_a_corrupt_packet_stays_corrupt() -> None:
    packet = Ether(bytes(tcp()))
    packet[TCP].chksum ^= 0x0101
    out = sent(f"p.ipv4.src = {NEW_SOURCE};", packet)
    good = Ether(resummed(out))
    assert out[IP].chksum == good[IP].chksum  # the header's own was right and is right
    assert out[TCP].chksum != good[TCP].chksum


def test_a_datagram_without_a_checksum_gets_none() -> None:
    packet = udp()
    packet[UDP].chksum = 0
    assert sent(f"p.ipv4.src = {NEW_SOURCE}; p.udp.sport = 9;", packet, takes="ipv4 & udp")[UDP].chksum == 0


def test_a_sum_that_comes_to_zero_is_sent_as_all_ones() -> None:
    base = Ether(bytes(udp(sport=1000)))
    # A source port that makes the sum 0: what is missing to all ones goes into the port.
    port = (1000 + base[UDP].chksum) % 0xFFFF
    out = sent(f"p.udp.sport = {port};", base, takes="udp")
    assert out[UDP].chksum == 0xFFFF
    assert bytes(out) == resummed(out)


def test_a_new_tunnel_has_a_header_sum_and_no_udp_sum() -> None:
    text = f"""port lan, wan;
        on lan (p: ipv4) {{
            p.ipv4.src = {NEW_SOURCE};
            send wan with packet {{
                eth {{ dst: 02:00:00:00:00:09, src: 02:00:00:00:00:08, type: 0x0800 }},
                ipv4 {{ proto: 17, src: 192.0.2.1, dst: 192.0.2.2 }},
                udp {{ sport: 50_000, dport: 4789 }}, vxlan {{ vni: 5 }}, p
            }};
        }}
        on lan | wan (_) {{ drop }}"""
    out = Device(text).through("lan", tcp())
    assert out is not None
    inner = tcp()
    inner[IP].src = NEW_SOURCE
    outer = Ether(dst="02:00:00:00:00:09", src="02:00:00:00:00:08") / IP(src="192.0.2.1", dst="192.0.2.2", id=0)
    assert bytes(out) == bytes(outer / UDP(sport=50_000, dport=4789, chksum=0) / VXLAN(vni=5, flags=8) / inner)


def test_a_change_inside_a_tunnel_reaches_the_outer_sum() -> None:
    packet = MACS / IP(src=HOST, dst=SERVER) / UDP(sport=9, dport=4789) / VXLAN(vni=3) / tcp()
    out = sent(f"p.inner_ipv4.dst = {NEW_SOURCE};", packet, takes="inner_ipv4 & inner_tcp & udp")
    inner = tcp()
    inner[IP].dst = NEW_SOURCE
    assert bytes(out) == bytes(MACS / IP(src=HOST, dst=SERVER) / UDP(sport=9, dport=4789) / VXLAN(vni=3) / inner)


@pytest.mark.parametrize(
    "headers",
    [
        "eth { type: 0x0800 }, ipv4 { proto: 6 }, tcp { dport: 5 }",
        'eth { type: 0x86dd }, ipv6 { next: 17, src: "2001:db8::1", dst: "2001:db8::2" }, udp { dport: 5 }',
    ],
)
def test_a_sum_that_needs_the_payload_is_refused_for_new_headers(headers: str) -> None:
    text = f"port lan, wan; on lan (p: ipv4) {{ send wan with packet {{ {headers}, p.payload() }}; }}"
    assert codes(f"{text} on lan | wan (_) {{ drop }}") == ["W0420"]


def test_programs_do_not_write_checksums() -> None:
    for field in ("ipv4.checksum", "udp.checksum"):
        text = f"port lan, wan; on lan (p: ipv4 & udp) {{ p.{field} = 0; send wan; }} on lan | wan (_) {{ drop }}"
        assert codes(text) == ["W0419"]


def test_the_invariant_crc_of_a_new_rdma_packet_is_zero() -> None:
    text = """use std::rdma; port lan, wan; state out: rdma::Session<slots: 64, record: 4>;
        on lan (p: ipv4) { send wan with out.write(1, 7u32); } on lan | wan (_) { drop }"""
    out = Device(text).send("lan", udp())
    assert out[0][1][-8:] == bytes([0, 0, 0, 7, 0, 0, 0, 0])
