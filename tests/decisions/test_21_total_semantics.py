"""Every construct has a result or is refused. The full list is tests/language; here is what the decision names."""

from __future__ import annotations

import pytest

from tests.decisions.device import Device, codes, udp


def computed(expression: str, of: str, *, ttl: int = 64, before: str = "", items: str = "") -> object:
    """The value of an expression; `ttl` is a number that no compiler knows."""
    text = f"""port lan, wan; {items} struct Seen {{ value: {of} }}
        on lan (p: ipv4) {{ {before} digest Seen {{ value: {expression} }}; drop }} on lan | wan (_) {{ drop }}"""
    device, packet = Device(text), udp()
    packet["IP"].ttl = ttl
    device.send("lan", packet)
    return device.digests[0]["value"]


def refused(body: str, items: str = "") -> list[str]:
    return codes(f"port lan, wan; {items} on lan (p: ipv4) {{ {body} send wan; }} on lan | wan (_) {{ drop }}")


@pytest.mark.parametrize(("shift", "wanted"), [(0, 1), (63, 1 << 63), (64, 0), (65, 0), (255, 0)])
def test_a_shift_by_the_width_or_more_gives_0(shift: int, wanted: int) -> None:
    value = computed("1u64 << p.ipv4.ttl", "u64", ttl=shift)
    assert (int(value, 16) if isinstance(value, str) else value) == wanted


def test_division_and_remainder_by_0_are_0() -> None:
    assert (computed("100u8 / p.ipv4.ttl", "u8", ttl=0), computed("100u8 % p.ipv4.ttl", "u8", ttl=0)) == (0, 0)
    assert computed("100u8 / p.ipv4.ttl", "u8", ttl=7) == 14
    assert refused("let x = p.ipv4.ttl / 0;") == ["W0312"]


@pytest.mark.parametrize(
    ("body", "ok"),
    [
        ("a[9999] = 1;", False),
        ("a[p.ipv4.id] = 1;", False),
        ("a[p.ipv4.id % 100] = 1;", True),
        ("a[p.ipv4.id & 63] = 1;", True),
        ("if p.ipv4.id < 100 { a[p.ipv4.id] = 1; }", True),
        ("if p.ipv4.id <= 100 { a[p.ipv4.id] = 1; }", False),
        ("let x = a.get(p.ipv4.id) else drop;", True),
        ("b[p.ipv4.ttl] = 1;", True),  # 256 cells, and a type of 8 bits
    ],
)
def test_an_index_is_provably_in_range(body: str, ok: bool) -> None:
    assert len(refused(body, "state a: u8[100]; state b: u8[256];")) == (0 if ok else 1)


def test_an_enum_from_the_wire_is_open() -> None:
    items = "enum Kind: u8 { Sum = 0, Or = 1 } header k on ipv4.proto == 253 { kind: Kind }"
    closed = "match p.k.kind { Kind::Sum => drop, Kind::Or => {} } send wan;"
    opened = "match p.k.kind { Kind::Sum => drop, Kind::Or => {} _ => { p.ipv4.ttl = 1; } } send wan;"

    def program(body: str) -> str:
        return f"port lan, wan; {items} on lan (p: ipv4 & k) {{ {body} }} on lan | wan (_) {{ drop }}"

    assert codes(program(closed)) == ["W0611"]
    packet = bytearray(bytes(udp()))
    packet[23], packet[34] = 253, 7  # protocol; a byte that the list does not have
    (left,) = Device(program(opened)).send("lan", bytes(packet))
    assert left[1][22] == 1


@pytest.mark.parametrize(
    ("body", "ok"),
    [
        ("let x: u16 = p.ipv4.id + 10_000;", True),  # a number takes the width of its context
        ("let x: u16 = p.ipv4.id + 100_000;", False),
        ("let x: u8 = p.ipv4.id;", False),  # nothing is narrowed unasked
        ("let x = p.ipv4.id + p.ipv4.ttl;", False),  # nor widened
        ("let x: u8 = p.ipv4.id as u8;", True),
        ("let x: u1 = 1; let y: u1 = x + 1;", True),
        ("let x: u1 = 2;", False),
        ("let x = -p.ipv4.id;", True),
        ("let x: i16 = 1;", False),  # there are no signed numbers
    ],
)
def test_widths_are_spelled_out(body: str, ok: bool) -> None:
    assert (refused(body) == []) is ok


def test_one_bit_wraps_and_lanes_keep_their_width() -> None:
    assert computed("(p.ipv4.ttl.bits(0, 0) + 1) as u8", "u8", ttl=65) == 0
    assert computed("v.sum()", "u8", before="let v = [p.ipv4.ttl, 200u8, 200u8];", ttl=200) == 600 & 255
    assert computed("concat(p.ipv4.ttl.bits(6, 0), 1u1)", "u8", ttl=127) == 255


def test_values_are_packed_big_endian_in_order_of_declaration() -> None:
    items = "struct Inner { a: u4, b: u12 } struct Record { first: Inner, second: (u8, u16), third: u8[2], last: ip4 }"
    value = "Record { first: Inner { a: 1, b: 0x234 }, second: (0x56, 0x789a), third: [0xbc, 0xde], last: 1.2.3.4 }"
    text = f"""port lan, wan; {items}
        on lan (p: ipv4) {{ send wan with packet {{ {value} }}; }} on lan | wan (_) {{ drop }}"""
    assert Device(text).send("lan", udp()) == [("wan", bytes.fromhex("123456789abcde01020304"))]


def test_values_in_a_packet_are_whole_bytes() -> None:
    assert refused("clone wan with packet { (1u4, 2u12) };") == []
    assert refused("clone wan with packet { (1u4, 2u8) };") == ["W0406"]
