"""IP packets with checksums right, wrong and absent, built by scapy, for the programs of `behaviour_cases.py`."""

from __future__ import annotations

import random

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

# The checksum that comes out as 0 when the destination 10.4.5.6 becomes 10.0.0.77: RFC 1624, equation 3.
_BECOMES_0 = (0x0A00 - 0x0A04 + 0x004D - 0x0506) % 0xFFFF


def some(rng: random.Random, width: int) -> int:
    """A number of a width; the ends of its range come often."""
    top = (1 << width) - 1
    near = rng.choice([0, 1, 2, 3, top, top - 1, top >> 1, (top >> 1) + 1, top // 3])
    return rng.choice([near & top, rng.getrandbits(width), rng.getrandbits(width)])


def with_an_error(rng: random.Random, packet: Packet) -> bytes:
    """Now and then one bit is wrong, so that checksums are."""
    data = bytearray(bytes(packet))
    if rng.random() < 0.1:
        data[rng.randrange(14, len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _transport(rng: random.Random) -> Packet:
    dport = rng.choice([80, 1500, 1500, 2500, 5000, 999, 1000, 1999, 2000])
    if rng.random() < 0.4:
        return TCP(sport=some(rng, 16), dport=dport, flags="A", seq=rng.getrandbits(32), options=[("NOP", None)] * 4)
    udp = UDP(sport=some(rng, 16), dport=dport)
    if rng.random() < 0.3:
        udp.chksum = 0
    return udp


def _ip4(rng: random.Random) -> Packet:
    address = ".".join(["10", *(str(rng.randrange(256)) for _ in range(3))])
    return IP(src=address, dst="10.4.5.6", id=some(rng, 16), ttl=some(rng, 8))


def ip_packet(rng: random.Random) -> Packet:
    link = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    ip = _ip4(rng)
    ip6 = IPv6(src=f"2001:db8::{rng.randrange(65536):x}", dst="2001:db8::2", hlim=rng.randrange(256))
    payload = Raw(rng.randbytes(rng.randrange(9)))
    match rng.randrange(8):
        case 0:
            return link / ip / ICMP(type=8, id=rng.randrange(65536), seq=2) / payload
        case 1:
            return link / ip6 / ICMPv6EchoRequest(id=rng.randrange(65536)) / payload
        case 2 | 3:
            return link / ip6 / _transport(rng) / payload
        case 4:
            ip.options = b"\x01\x01\x01\x00"
        case _:
            pass
    return link / ip / _transport(rng) / payload


def tunnel_packet(rng: random.Random) -> Packet:
    link = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    payload = Raw(rng.randbytes(rng.randrange(1, 9)))
    kind = rng.randrange(6)
    if kind == 0:
        plain = _ip4(rng)
        plain.proto = 99
        return link / plain / payload
    if kind == 1:
        udp = UDP(sport=rng.choice([5, 6]), dport=6)
        if rng.random() < 0.3:
            udp.chksum = _BECOMES_0
        return link / _ip4(rng) / udp / payload
    if kind == 2:  # what is written is there already, and the checksum is one that no sum comes out as
        same = _ip4(rng)
        same.ttl, same.chksum = 7, 0xFFFF
        return link / same / UDP(sport=6, dport=6) / payload
    inner = UDP(sport=some(rng, 16), dport=7)
    outer = UDP(sport=9, dport=4789)
    for udp in (inner, outer):
        if rng.random() < 0.4:
            udp.chksum = 0
    return link / _ip4(rng) / outer / VXLAN(vni=7) / Ether() / _ip4(rng) / inner / payload
