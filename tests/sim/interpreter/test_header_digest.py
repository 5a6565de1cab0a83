"""What random numbers depend on, and what not: scapy builds the packets, zlib sums their headers."""

from __future__ import annotations

import zlib

import pytest
from scapy.layers import inet
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw

from compiler.ir.emissions import Digest
from compiler.ir.headers import HeaderField, Linear
from compiler.ir.pure import Hash, HashAlgorithm
from compiler.ir.types import Bits, Blob
from compiler.meaning.hashing import random
from sim.interpreter import Machine
from tests.examples.corpus import example_program
from tests.sim.interpreter.building import Builder, after, header
from tests.strategies.declarations import ETH, ICMP, LEAF, ODD, UDP

OPTIONS = HeaderField("options", Blob(40), None, 0)
IPV4_FIELDS = ["version", "ihl", "tos", "length", "id", "fragment", "ttl", "proto", "sum", "src", "dst"]
IPV4_WIDTHS = [4, 4, 8, 16, 16, 16, 8, 8, 16, 32, 32]
IPV4 = header(
    "ip",
    [*zip(IPV4_FIELDS, IPV4_WIDTHS, strict=True), OPTIONS],
    rules=[after(ETH, ("type", 0x0800))],
    blob_length=Linear((("ihl", 4),), -20),
)
HEADERS = (ETH, IPV4, UDP, ICMP, ODD, LEAF)
# The fixed bytes of the declared headers, in order: Ethernet, IPv4, UDP, ICMP (of which two fields are declared),
# and two that no packet here has.
SIZES = {"eth": 14, "ip": 20, "udp": 8, "icmp": 4, "odd": 29, "leaf": 1}
ETHERNET = Ether(dst="02:00:00:00:00:01", src="02:00:00:00:00:02")


def drawn(packet: bytes, *, sites: tuple[int, ...] = (3,), port: int = 1, now: int = 5) -> tuple[int, ...]:
    b = Builder(headers=HEADERS)
    draws = [b.define(Hash, Bits(32), algorithm=HashAlgorithm.RANDOM, index=site, parts=()) for site in sites]
    b.add(Digest, record="drawn", values=tuple(draws))
    b.drop()
    ((_, values),) = Machine(b.program(), states={}).process(packet, port=port, now=now).digests
    return values  # type: ignore[return-value]


def expected(headers: dict[str, bytes], *, site: int = 3, port: int = 1, now: int = 5) -> int:
    """Of a packet with these headers and no others."""
    fixed = [headers.get(name, b"").ljust(size, b"\0")[:size] for name, size in SIZES.items()]
    return random(site, now_ns=now, port=port, digest=zlib.crc32(b"".join(fixed)))


def test_headers_in_order_of_declaration_and_zeros_for_those_that_are_not_there() -> None:
    packet = ETHERNET / inet.IP(src="10.0.0.1", dst="10.0.0.2", ttl=9) / inet.UDP(sport=7, dport=53) / Raw(b"payload")
    built = Ether(bytes(packet))
    ip, udp = bytes(built[inet.IP]), bytes(built[inet.UDP])
    assert drawn(bytes(packet)) == (expected({"eth": bytes(packet), "ip": ip, "udp": udp}),)
    ping = Ether(bytes(ETHERNET / inet.IP(dst="10.0.0.2") / inet.ICMP() / Raw(b"ping")))
    assert drawn(bytes(ping)) == (
        expected({"eth": bytes(ping), "ip": bytes(ping[inet.IP]), "icmp": bytes(ping[inet.ICMP])}),
    )
    assert drawn(b"short") == (expected({}),)


def test_options_are_no_part_of_it() -> None:
    packet = (
        ETHERNET / inet.IP(options=[inet.IPOption_RR(routers=["10.1.1.1", "10.1.1.2"])]) / inet.UDP(sport=7, dport=53)
    )
    built = Ether(bytes(packet))
    assert built[inet.IP].ihl > 5
    headers = {"eth": bytes(built), "ip": bytes(built[inet.IP]), "udp": bytes(built[inet.UDP])}
    assert drawn(bytes(packet)) == (expected(headers),)
    at = 14 + 20 + 4
    assert drawn(_changed(bytes(packet), at)) == drawn(bytes(packet))


@pytest.mark.parametrize(("place", "counts"), [(0, True), (6, True), (22, True), (24, True), (40, True), (42, False)])
def test_every_byte_of_a_header_counts_and_none_of_the_payload(place: int, counts: bool) -> None:
    packet = bytes(ETHERNET / inet.IP() / inet.UDP(sport=7, dport=53) / Raw(b"payload"))
    assert (drawn(_changed(packet, place)) != drawn(packet)) is counts


def test_each_place_draws_its_own_number_of_one_packet() -> None:
    packet = bytes(ETHERNET / inet.IP() / inet.UDP(sport=7, dport=53))
    built = Ether(packet)
    headers = {"eth": packet, "ip": bytes(built[inet.IP]), "udp": bytes(built[inet.UDP])}
    assert drawn(packet, sites=(0, 1, 0)) == tuple(expected(headers, site=site) for site in (0, 1, 0))
    assert drawn(packet, port=0, now=6) == (expected(headers, port=0, now=6),)


def test_one_packet_s_headers_are_not_the_next_one_s() -> None:
    b = Builder(headers=HEADERS)
    b.add(Digest, record="drawn", values=(b.define(Hash, Bits(32), algorithm=HashAlgorithm.RANDOM, index=3, parts=()),))
    b.drop()
    machine = Machine(b.program(), states={})
    sent = [bytes(ETHERNET / Raw(b"one")), bytes(Ether(dst="02:00:00:00:00:07") / Raw(b"two"))]
    found = [machine.process(packet, port=1, now=5).digests for packet in sent]
    assert found == [[("drawn", (expected({"eth": packet}),))] for packet in sent]


def test_a_program_from_source_draws_from_all_that_its_modules_declare() -> None:
    """`telemetry` samples; it uses `std::net`, with VLANs, tunnels and what is inside of them."""
    program = example_program("telemetry")
    (draw,) = [o for o in program.operations if isinstance(o, Hash) and o.algorithm is HashAlgorithm.RANDOM]
    packet: Packet = ETHERNET / Dot1Q(vlan=9) / inet.IP(dst="10.0.0.2") / inet.UDP(sport=7, dport=53) / Raw(b"payload")
    built = Ether(bytes(packet))
    present = {"eth": built, "vlan": built[Dot1Q], "ipv4": built[inet.IP], "udp": built[inet.UDP]}
    sizes = {"eth": 14, "vlan": 4, "ipv4": 20, "udp": 8}
    assert list(sizes) == [h.name for h in program.headers if h.name in sizes]
    joined = b""
    for declared in program.headers:
        name = declared.name
        joined += bytes(present[name])[: sizes[name]] if name in present else bytes(declared.fixed_bytes)
    b = Builder(headers=program.headers)
    b.add(Digest, record="drawn", values=(b.define(Hash, Bits(32), algorithm=draw.algorithm, index=7, parts=()),))
    b.drop()
    ((_, (value,)),) = Machine(b.program(), states={}).process(bytes(packet), port=1, now=5).digests
    assert value == random(7, now_ns=5, port=1, digest=zlib.crc32(joined))


def _changed(packet: bytes, place: int) -> bytes:
    return packet[:place] + bytes([packet[place] ^ 0x40]) + packet[place + 1 :]
