"""Parsing, judged by where scapy finds the headers and by a second, naive parser."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from compiler.ir.headers import Condition, Header, Linear
from compiler.ir.pure import CompareOperator
from compiler.ir.types import Bits, Blob
from sim.interpreter.parse import build_parser
from tests.sim.interpreter.building import after, header
from tests.sim.interpreter.frames import FRAME
from tests.sim.interpreter.packet_headers import EVERY

PARSE = build_parser(EVERY)
NAMES = [h.name for h in EVERY]


def present(data: bytes) -> dict[str, int]:
    offsets, _ = PARSE(data)
    return {name: at for name, at in zip(NAMES, offsets, strict=True) if at >= 0}


def lengths(packet: Packet) -> list[int]:
    """Bytes of each layer's header, by scapy."""
    sizes, layer = [], packet
    while layer and not isinstance(layer, Raw):
        sizes.append(len(layer) - len(layer.payload))
        layer = layer.payload
    return sizes


TUNNEL = (
    FRAME
    / IP(dst="192.0.2.9")
    / UDP(sport=5000, dport=4789)
    / VXLAN(vni=7)
    / FRAME
    / IP(options=[IPOption(b"\x94\x04\0\0")])
    / TCP()
)
CASES = {
    "tcp": (FRAME / IP(dst="192.0.2.9") / TCP(options=[("MSS", 1460)]) / b"hello", ["ethernet", "ipv4", "tcp"]),
    "udp": (FRAME / IP(dst="192.0.2.9") / UDP(sport=9, dport=9) / b"hello", ["ethernet", "ipv4", "udp"]),
    "icmp": (FRAME / IP(dst="192.0.2.9") / ICMP(type=8) / b"ping", ["ethernet", "ipv4", "icmp"]),
    "vlan": (FRAME / Dot1Q(vlan=5) / IP(dst="192.0.2.9") / TCP(), ["ethernet", "vlan", "ipv4", "tcp"]),
    "ipv6": (
        FRAME / IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(sport=9, dport=9) / b"x",
        ["ethernet", "ipv6", "udp"],
    ),
    "options": (FRAME / IP(options=[IPOption(b"\x44\x0c\x05\0" + b"\0" * 8)]) / TCP(), ["ethernet", "ipv4", "tcp"]),
    "vxlan": (
        TUNNEL,
        ["ethernet", "ipv4", "udp", "vxlan", "inner_ethernet", "inner_ipv4", "inner_tcp"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_headers_are_where_scapy_puts_them(name: str) -> None:
    packet, names = CASES[name]
    starts, at = {}, 0
    for header_name, size in zip(names, lengths(packet), strict=True):
        starts[header_name] = at
        at += size
    assert present(bytes(packet)) == starts
    assert PARSE(bytes(packet))[1] == at


@pytest.mark.parametrize("name", CASES)
def test_a_header_cut_anywhere_is_absent_and_so_is_all_behind_it(name: str) -> None:
    packet, names = CASES[name]
    data, sizes = bytes(packet), lengths(packet)
    for cut in range(len(data)):
        whole = sum(sum(sizes[: count + 1]) <= cut for count in range(len(sizes)))
        assert list(present(data[:cut])) == sorted(names[:whole], key=NAMES.index), cut


def test_a_later_fragment_has_no_transport_header() -> None:
    assert list(present(bytes(FRAME / IP(frag=100, flags="MF", proto=17) / (b"x" * 64)))) == ["ethernet", "ipv4"]
    assert "udp" in present(bytes(FRAME / IP(frag=0, flags="MF") / UDP(sport=1, dport=2) / (b"x" * 64)))


@pytest.mark.parametrize(("field", "value"), [("version", 5), ("ihl", 4), ("ihl", 15), ("len", 19)])
def test_an_invalid_header_is_absent_and_ends_parsing(field: str, value: int) -> None:
    packet = FRAME / IP(**{field: value}) / TCP()  # 15 words of header are more than there are bytes
    assert list(present(bytes(packet))) == ["ethernet"]


def test_of_several_rules_the_first_header_in_declaration_order_counts_even_where_it_is_invalid() -> None:
    first = header("first", [("x", 8)])
    never = Condition(Linear((("y", 1),), -300), CompareOperator.GE)
    strict = header("strict", [("y", 8)], rules=[after(first, ("x", 0x10, 0xF0))], valid=[never])
    loose = header("loose", [("z", 8)], rules=[after(first, ("x", 0x12)), after(first, ("x", 0x30, 0xF0))])
    parse = build_parser((first, strict, loose))
    assert parse(b"\x12\0") == ([0, -1, -1], 1)  # `strict` was chosen and is invalid; `loose` is not tried
    assert parse(b"\x35\0") == ([0, -1, 1], 2)
    assert parse(b"\x99\0") == ([0, -1, -1], 1)


@pytest.mark.parametrize(("length", "found"), [(0, False), (1, False), (2, True), (6, True), (7, False)])
def test_a_blob_is_no_shorter_than_nothing_and_no_longer_than_declared(length: int, found: bool) -> None:
    only = header("only", [("n", 8), ("rest", Blob(4))], blob_length=Linear((("n", 1),), -2))
    assert build_parser((only,))(bytes([length]) + bytes(20))[0] == ([0] if found else [-1])


def test_fields_off_byte_boundaries_decide() -> None:
    first = header("first", [("a", 3), ("b", 10), ("c", 3)])
    second = header("second", [("x", 8)], rules=[after(first, ("b", 0x2A5), ("c", 0b010, 0b110))])
    parse = build_parser((first, second))
    whole = lambda a, b, c: (a << 13 | b << 3 | c).to_bytes(2, "big") + b"\0"  # noqa: E731
    assert parse(whole(7, 0x2A5, 0b010))[0] == [0, 2]
    assert parse(whole(0, 0x2A5, 0b011))[0] == [0, 2]
    assert parse(whole(0, 0x2A5, 0b110))[0] == [0, -1]
    assert parse(whole(0, 0x2A4, 0b010))[0] == [0, -1]


# --- a naive parser, straight from the rules' text ---------------------------------------------------------

COMPARE = {
    CompareOperator.EQ: lambda a: a == 0,
    CompareOperator.NE: lambda a: a != 0,
    CompareOperator.LT: lambda a: a < 0,
    CompareOperator.LE: lambda a: a <= 0,
    CompareOperator.GT: lambda a: a > 0,
    CompareOperator.GE: lambda a: a >= 0,
}


def naive(headers: tuple[Header, ...], data: bytes) -> dict[str, int]:
    bits = "".join(f"{byte:08b}" for byte in data)
    found: dict[str, int] = {}
    current, at = next(h for h in headers if not h.rules), 0

    def value(of: Header, name: str) -> int:
        field = of.field_named(name)
        assert isinstance(field.type, Bits)
        start = 8 * found.get(of.name, at) + field.offset
        return int(bits[start : start + field.type.width], 2)

    def total(of: Header, linear: Linear) -> int:
        return sum(scale * value(of, name) for name, scale in linear.terms) + linear.constant

    while True:
        size = current.fixed_bytes
        if at + size > len(data):
            return found
        if current.blob_length is not None:
            blob = total(current, current.blob_length)
            if not 0 <= blob <= 40:
                return found
            size += blob
        if at + size > len(data) or not all(COMPARE[c.operator](total(current, c.linear)) for c in current.valid):
            return found
        found[current.name] = at
        at += size
        for candidate in headers:
            if any(
                rule.previous == current.name
                and all(value(current, name) & mask == wanted for name, wanted, mask in rule.matches)
                for rule in candidate.rules
            ):
                current = candidate
                break
        else:
            return found


def mutated(data: bytes, changes: list[tuple[int, int]], keep: int) -> bytes:
    copy = bytearray(data)
    for at, byte in changes:
        copy[at % len(copy)] = byte
    return bytes(copy[: keep % (len(copy) + 1)])


SEEDS = [bytes(packet) for packet, _ in CASES.values()]


def hostile_packet(rng: random.Random) -> bytes:
    seed = rng.choice(SEEDS)
    if rng.random() < 0.1:
        return rng.randbytes(rng.randrange(120))
    changes = [(rng.randrange(len(seed)), rng.randrange(256)) for _ in range(rng.choice((1, 2, 5)))]
    return mutated(seed, changes, rng.choice((len(seed), rng.randrange(len(seed)))))


@given(
    st.sampled_from(sorted(CASES)), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255))), st.integers(0, 300)
)
def test_mutated_packets_parse_as_the_rules_say(name: str, changes: list[tuple[int, int]], keep: int) -> None:
    data = mutated(bytes(CASES[name][0]), changes, keep)
    assert present(data) == naive(EVERY, data)


def test_hostile_packets_parse_as_the_rules_say() -> None:
    rng = random.Random(14)
    for _ in range(2_000):
        data = hostile_packet(rng)
        assert present(data) == naive(EVERY, data), data.hex()


@pytest.mark.long
def test_many_hostile_packets_parse_as_the_rules_say() -> None:
    rng = random.Random(15)
    for _ in range(100_000):
        data = hostile_packet(rng)
        assert present(data) == naive(EVERY, data), data.hex()
