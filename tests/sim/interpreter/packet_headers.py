"""Headers of common packets, as declarations: from their RFCs, with names as in scapy where those are shorter."""

from __future__ import annotations

from compiler.ir.headers import Checksum, ChecksumKind, Condition, Header, HeaderField, Linear, ParseRule
from compiler.ir.pure import CompareOperator
from compiler.ir.types import Bits, Blob, Vector
from tests.sim.interpreter.building import after, header


def _sum(name: str, kind: ChecksumKind, *, zero_means_none: bool = False) -> HeaderField:
    return HeaderField(name, Bits(16), None, 0, checksum=Checksum(kind, zero_means_none))


def _pseudo(name: str, width: int) -> HeaderField:
    return HeaderField(name, Bits(width), None, 0, pseudo=True)


def _size(name: str) -> HeaderField:
    return HeaderField(name, Bits(16), None, 0, is_size=True)


def _ethernet(name: str, *rules: ParseRule) -> Header:
    return header(name, [("dst", 48), ("src", 48), ("type", 16)], rules=rules, swaps=[("dst", "src")])


def _ipv4(name: str, *rules: ParseRule) -> Header:
    return header(
        name,
        [
            ("version", 4),
            ("ihl", 4),
            ("tos", 8),
            _size("len"),
            ("id", 16),
            ("flags", 3),
            ("frag", 13),
            ("ttl", 8),
            _pseudo("proto", 8),
            _sum("chksum", ChecksumKind.HEADER),
            _pseudo("src", 32),
            _pseudo("dst", 32),
            ("options", Blob(40)),
        ],
        rules=rules,
        valid=[
            Condition(Linear((("version", 1),), -4), CompareOperator.EQ),
            Condition(Linear((("ihl", 1),), -5), CompareOperator.GE),
            Condition(Linear((("len", 1), ("ihl", -4)), 0), CompareOperator.GE),
        ],
        blob_length=Linear((("ihl", 4),), -20),
        swaps=[("src", "dst")],
    )


def _tcp(name: str, *rules: ParseRule) -> Header:
    return header(
        name,
        [
            ("sport", 16),
            ("dport", 16),
            ("seq", 32),
            ("ack", 32),
            ("dataofs", 4),
            ("reserved", 3),
            ("flags", 9),
            ("window", 16),
            _sum("chksum", ChecksumKind.TRANSPORT),
            ("urgptr", 16),
            ("options", Blob(40)),
        ],
        rules=rules,
        valid=[Condition(Linear((("dataofs", 1),), -5), CompareOperator.GE)],
        blob_length=Linear((("dataofs", 4),), -20),
        swaps=[("sport", "dport")],
    )


def _udp(name: str, *rules: ParseRule) -> Header:
    return header(
        name,
        [
            ("sport", 16),
            ("dport", 16),
            _size("len"),
            _sum("chksum", ChecksumKind.TRANSPORT, zero_means_none=True),
        ],
        rules=rules,
        swaps=[("sport", "dport")],
    )


IPV4, IPV6, VLAN_TYPE = 0x0800, 0x86DD, 0x8100
ICMP_PROTO, TCP_PROTO, UDP_PROTO = 1, 6, 17
VXLAN_PORT, CHUNK_PORT = 4789, 4242

ETHERNET = _ethernet("ethernet")
VLAN = header(
    "vlan", [("prio", 3), ("dei", 1), ("vlan", 12), ("type", 16)], rules=[after(ETHERNET, ("type", VLAN_TYPE))]
)
IP4 = _ipv4("ipv4", after(ETHERNET, ("type", IPV4)), after(VLAN, ("type", IPV4)))
IP6 = header(
    "ipv6",
    [
        ("version", 4),
        ("tc", 8),
        ("fl", 20),
        ("plen", 16),
        _pseudo("nh", 8),
        ("hlim", 8),
        _pseudo("src", 128),
        _pseudo("dst", 128),
    ],
    rules=[after(ETHERNET, ("type", IPV6)), after(VLAN, ("type", IPV6))],
    valid=[Condition(Linear((("version", 1),), -6), CompareOperator.EQ)],
    swaps=[("src", "dst")],
)
TCP = _tcp("tcp", after(IP4, ("proto", TCP_PROTO), ("frag", 0)), after(IP6, ("nh", TCP_PROTO)))
UDP = _udp("udp", after(IP4, ("proto", UDP_PROTO), ("frag", 0)), after(IP6, ("nh", UDP_PROTO)))
ICMP = header(
    "icmp",
    [("type", 8), ("code", 8), _sum("chksum", ChecksumKind.MESSAGE), ("id", 16), ("seq", 16)],
    rules=[after(IP4, ("proto", ICMP_PROTO), ("frag", 0))],
)
VXLAN = header("vxlan", [("flags", 8), ("r1", 24), ("vni", 24), ("r2", 8)], rules=[after(UDP, ("dport", VXLAN_PORT))])
INNER_ETHERNET = _ethernet("inner_ethernet", after(VXLAN))
INNER_IP4 = _ipv4("inner_ipv4", after(INNER_ETHERNET, ("type", IPV4)))
INNER_TCP = _tcp("inner_tcp", after(INNER_IP4, ("proto", TCP_PROTO), ("frag", 0)))
INNER_UDP = _udp("inner_udp", after(INNER_IP4, ("proto", UDP_PROTO), ("frag", 0)))
CHUNK = header(
    "chunk",
    [("job", 8), ("odd", 1), ("slot", 7), ("round", 32), ("values", Vector(32, 4)), ("nibbles", Vector(4, 6))],
    rules=[after(UDP, ("dport", CHUNK_PORT))],
)

PLAIN = (ETHERNET, IP4, TCP, UDP, ICMP)
EVERY = (
    *(ETHERNET, VLAN, IP4, IP6, TCP, UDP, ICMP),
    *(VXLAN, INNER_ETHERNET, INNER_IP4, INNER_TCP, INNER_UDP, CHUNK),
)
