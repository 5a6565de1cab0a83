"""Expressions: what each construct of docs/language.md computes."""

import binascii
import struct
import zlib

import pytest

from tests.engines import Arrival
from tests.language.running import PROBE, SECOND, Run, codes, codes_in_handler, computed, probe, seen

M64 = (1 << 64) - 1


def test_shift_by_width_or_more(run: Run) -> None:
    assert computed(run, "p.probe.a << p.probe.e", "u64", a=M64, e=64) == 0
    assert computed(run, "p.probe.a >> p.probe.d", "u64", a=M64, d=65535) == 0
    assert computed(run, "p.probe.e << p.probe.d", "u8", e=0b101, d=7) == 0b1000_0000
    assert computed(run, "p.probe.e << p.probe.d", "u8", e=255, d=8) == 0


def test_add_wraps(run: Run) -> None:
    assert computed(run, "p.probe.e + 1", "u8", e=255) == 0
    assert computed(run, "p.probe.a + p.probe.b", "u64", a=M64, b=5) == 4


def test_subtract_wraps(run: Run) -> None:
    assert computed(run, "p.probe.d - 1", "u16", d=0) == 65535


def test_multiply_wraps(run: Run) -> None:
    assert computed(run, "p.probe.d * p.probe.d", "u16", d=257) == (257 * 257) % 65536


def test_negate(run: Run) -> None:
    assert computed(run, "-p.probe.e", "u8", e=1) == 255


def test_saturating_operations(run: Run) -> None:
    assert computed(run, "p.probe.e.sat_add(10)", "u8", e=250) == 255
    assert computed(run, "p.probe.e.sat_add(5)", "u8", e=250) == 255
    assert computed(run, "p.probe.e.sat_sub(10)", "u8", e=9) == 0


@pytest.mark.parametrize(("e", "expected"), [(249, 255), (250, 77)])
def test_checked_add(run: Run, e: int, expected: int) -> None:
    assert computed(run, "sum", "u8", before="let sum = p.probe.e.checked_add(6) else { 77 };", e=e) == expected


@pytest.mark.parametrize(("e", "expected"), [(6, 0), (5, 77)])
def test_checked_sub(run: Run, e: int, expected: int) -> None:
    assert computed(run, "rest", "u8", before="let rest = p.probe.e.checked_sub(6) else { 77 };", e=e) == expected


def test_divide_by_zero(run: Run) -> None:
    assert computed(run, "p.probe.c / (p.probe.e as u32)", "u32", c=1000, e=0) == 0
    assert computed(run, "p.probe.c / (p.probe.e as u32)", "u32", c=1000, e=7) == 142


def test_remainder_by_zero(run: Run) -> None:
    assert computed(run, "p.probe.c % (p.probe.e as u32)", "u32", c=1000, e=0) == 0
    assert computed(run, "p.probe.c % (p.probe.e as u32)", "u32", c=1000, e=7) == 6


def test_divide_by_constant_zero() -> None:
    assert codes_in_handler("let x = p.probe.c / 0; drop") == ["W0312"]
    assert codes_in_handler("let x = p.probe.c % 0; drop") == ["W0312"]


def test_number_too_large() -> None:
    assert codes_in_handler("let x = p.probe.e + 256; drop") == ["W0310"]
    assert codes_in_handler("let x = p.probe.e + 255; drop") == []
    assert codes_in_handler("let x: u8 = -1; drop") == ["W0310"]


def test_number_without_width() -> None:
    assert codes_in_handler("let x = if p.probe.e == 0 { 1 } else { 2 }; drop") == ["W0305"]
    assert codes_in_handler("let x = if p.probe.e == 0 { 1u8 } else { 2 }; drop") == []


def test_mixed_widths() -> None:
    assert codes_in_handler("let x = p.probe.e + p.probe.d; drop") == ["W0300"]
    assert codes_in_handler("let x = p.probe.e as u16 + p.probe.d; drop") == []


def test_constant_arithmetic(run: Run) -> None:
    assert computed(run, "N >> 98", "u8", items="const N = 7 << 100;") == 28
    assert computed(run, "2 - 5 + 4", "u8") == 1


def test_cast(run: Run) -> None:
    assert computed(run, "p.probe.d as u8", "u8", d=0x1234) == 0x34
    assert computed(run, "p.probe.e as u64", "u64", e=0xFF) == 0xFF
    assert computed(run, "300 as u8", "u8") == 44
    assert computed(run, "p.probe.c as ip4", "ip4", c=0x0A000001) == "10.0.0.1"


def test_complement(run: Run) -> None:
    assert computed(run, "!p.probe.e", "u8", e=0b0101_0000) == 0b1010_1111


def test_bits(run: Run) -> None:
    assert computed(run, "p.probe.d.bits(11, 4)", "u8", d=0xABCD) == 0xBC


def test_popcount(run: Run) -> None:
    assert computed(run, "p.probe.a.popcount()", "u32", a=M64) == 64
    assert computed(run, "(p.probe.d as u7).popcount()", "u32", d=0xFFFF) == 7


def test_leading_zeros(run: Run) -> None:
    assert computed(run, "p.probe.c.leading_zeros()", "u32", c=0) == 32
    assert computed(run, "p.probe.c.leading_zeros()", "u32", c=1 << 20) == 11
    assert computed(run, "(p.probe.d as u7).leading_zeros()", "u32", d=1) == 6


def test_concat(run: Run) -> None:
    assert computed(run, "concat(p.probe.e, p.probe.d)", "u24", e=0xAB, d=0xCDEF) == 0xABCDEF


def test_comparison_is_unsigned(run: Run) -> None:
    assert computed(run, "p.probe.e > 127", "bool", e=255) is True


def test_logic_short_circuits(run: Run) -> None:
    items = "state asked: u32; fn ask(x: u8) -> bool { asked += 1; x == 7 }"
    source = f"""port lan; {PROBE} {items}
        on lan (p: probe) {{
            if p.probe.e != 0 && ask(p.probe.e) {{ drop }}
            if p.probe.e == 7 || ask(1) {{ drop }}
            drop
        }}
        on lan (_) {{ drop }}"""
    assert run(source, [probe(e=7)]).state == {"asked": {"0": 1}}  # by `&&` only
    assert run(source, [probe(e=0)]).state == {"asked": {"0": 1}}  # by `||` only


def test_membership(run: Run) -> None:
    assert [computed(run, "p.probe.e in 3..5", "bool", e=e) for e in (2, 3, 4, 5)] == [False, True, True, False]
    assert [computed(run, "p.probe.e in 3..=5", "bool", e=e) for e in (2, 5, 6)] == [False, True, False]
    prefix = "p.probe.c as ip4 in 10.128.0.0/9"
    assert [computed(run, prefix, "bool", c=c) for c in (0x0A800000, 0x0AFFFFFF, 0x0A7FFFFF)] == [True, True, False]


def test_vector_lanes_wrap(run: Run) -> None:
    assert computed(run, "p.probe.v + [1; 4]", "u8[4]", v=(255, 0, 7, 254)) == [0, 1, 8, 255]
    assert computed(run, "p.probe.v.sat_add([2; 4])", "u8[4]", v=(255, 0, 7, 254)) == [255, 2, 9, 255]
    assert computed(run, "p.probe.v << 1", "u8[4]", v=(255, 0, 7, 128)) == [254, 0, 14, 0]


def test_vector_reductions(run: Run) -> None:
    v = (200, 100, 7, 9)
    assert computed(run, "p.probe.v.sum()", "u8", v=v) == 316 % 256
    assert computed(run, "p.probe.v.min()", "u8", v=v) == 7
    assert computed(run, "p.probe.v.max()", "u8", v=v) == 200
    assert computed(run, "p.probe.v.xor()", "u8", v=v) == 200 ^ 100 ^ 7 ^ 9


def test_lane_out_of_range() -> None:
    assert codes_in_handler("let x = p.probe.v[4]; drop") == ["W0311"]
    assert codes_in_handler("let x = p.probe.v[p.probe.e]; drop") == ["W0301"]


def test_index_out_of_range() -> None:
    items = "state cells: u32[16];"
    assert codes_in_handler("cells[p.probe.e] = 1; drop", items) == ["W0321"]
    for index in ("p.probe.e % 16", "p.probe.e & 15", "p.probe.e as u4"):
        assert codes_in_handler(f"cells[{index}] = 1; drop", items) == [], index
    assert codes_in_handler("if p.probe.e < 16 { cells[p.probe.e] = 1; } drop", items) == []


@pytest.mark.parametrize(("e", "expected"), [(3, 5), (4, 99), (255, 99)])
def test_index_get(run: Run, e: int, expected: int) -> None:
    items = "state cells: u32[4] = 5;"
    assert computed(run, "x", "u32", items=items, before="let x = cells.get(p.probe.e) else { 99 };", e=e) == expected


def test_match_takes_first_arm(run: Run) -> None:
    chosen = "match p.probe.e { 1..=9 => 1u8, 5 => 2, 10 | 11 => 3, n if n > 200 => 4, _ => 5 }"
    assert [computed(run, chosen, "u8", e=e) for e in (5, 11, 201, 200)] == [1, 3, 4, 5]


def test_match_incomplete() -> None:
    assert codes_in_handler("match p.probe.e { 1 => drop, 2 => send wan }") == ["W0611"]


def test_enum_byte_outside_list(run: Run) -> None:
    source = """port lan, wan;
        enum Kind: u8 { Ask = 1, Answer = 2 }
        header call on udp.dport == 4242 { kind: Kind, rest: u8 }
        struct Seen { value: u8 }
        on lan (p: call) {
            match p.call.kind { Ask => drop, Answer => send wan, _ => {} }
            digest Seen { value: p.call.kind as u8 };
            drop
        }
        on lan (_) { drop }"""
    assert seen(run(source, [probe(a=9 << 56), probe(a=1 << 56), probe(a=2 << 56)])) == [9]
    assert codes(source.replace(", _ => {}", "")) == ["W0611"]


def test_flags_pattern(run: Run) -> None:
    source = """port lan; bits control: u8 { fin, syn, rst, psh, ack }
        header call on udp.dport == 4242 { flags: control, rest: u8 }
        struct Seen { value: u8 }
        on lan (p: call) {
            digest Seen { value: match p.call.flags { control{syn, !ack} => 1u8, control{fin} => 2, _ => 3 } };
            drop
        }
        on lan (_) { drop }"""
    cases = {0b00010: 1, 0b10010: 3, 0b10001: 2, 0b1100_0010: 1, 0: 3}
    assert seen(run(source, [probe(a=flags << 56) for flags in cases])) == list(cases.values())


def test_time_backward(run: Run) -> None:
    items = "state last: time;"
    source = f"""port lan; {PROBE} {items} struct Seen {{ value: time }}
        on lan (p: probe) {{ digest Seen {{ value: now - last }}; last = now; drop }}
        on lan (_) {{ drop }}"""
    times = [5 * SECOND, 7 * SECOND, 6 * SECOND, 6 * SECOND]
    assert seen(run(source, [Arrival("lan", bytes(probe()), t) for t in times])) == ["5s", "2s", "0s", "0s"]


def test_time_ratio(run: Run) -> None:
    source = f"""port lan; {PROBE} struct Seen {{ value: u64 }}
        on lan (p: probe) {{ digest Seen {{ value: now / 1ms }}; drop }} on lan (_) {{ drop }}"""
    assert seen(run(source, [Arrival("lan", bytes(probe()), 7_999_999)])) == [7]


def test_hash_values(run: Run) -> None:
    eight, nine = int.from_bytes(b"12345678"), ord("9")
    assert computed(run, "hash::crc32(p.probe.a, p.probe.e)", "u32", a=eight, e=nine) == zlib.crc32(b"123456789")
    # check values of the catalogue of parametrised CRC algorithms: CRC-32/ISCSI and CRC-16/ARC
    assert computed(run, "hash::crc32c(p.probe.a, p.probe.e)", "u32", a=eight, e=nine) == 0xE3069283
    assert computed(run, "hash::crc16(p.probe.a, p.probe.e)", "u16", a=eight, e=nine) == 0xBB3D


def test_hash_of_odd_widths(run: Run) -> None:
    packed = struct.pack(">I", (0b101 << 9 | 0x1AB) << (32 - 12))[:2]  # 3 and 9 bits, then zeros on the right
    value = computed(run, "hash::crc32(p.probe.e as u3, p.probe.d as u9)", "u32", e=0b101, d=0x1AB)
    assert value == binascii.crc32(packed)


def _splitmix64(state: int) -> int:
    """Steele, Lea, Flood: "Fast splittable pseudorandom number generators", figure 17."""
    z = (state + 0x9E3779B97F4A7C15) & M64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
    return z ^ (z >> 31)


@pytest.mark.parametrize("member", [0, 1, 255])
def test_hash_family(run: Run, member: int) -> None:
    multiplier = _splitmix64(int.from_bytes(b"WEFT\0\0\0\0") + member) | 1
    expected = ((zlib.crc32(b"12345678") * multiplier) & M64) >> 32
    assert computed(run, f"hash::family({member}, p.probe.a)", "u32", a=int.from_bytes(b"12345678")) == expected


def test_crc_has_no_seed() -> None:
    assert codes_in_handler("let x = hash::crc32(p.probe.a, seed: 5); drop") == ["W0514"]


def test_random(run: Run) -> None:
    source = f"""port lan; {PROBE} struct Seen {{ value: (u32, u32) }}
        on lan (p: probe) {{ digest Seen {{ value: (random(), random()) }}; drop }} on lan (_) {{ drop }}"""
    first, again, later, other, payload = seen(
        run(
            source,
            [
                Arrival("lan", bytes(probe(a=1)), 5),
                Arrival("lan", bytes(probe(a=1)), 5),
                Arrival("lan", bytes(probe(a=1)), 6),
                Arrival("lan", bytes(probe(a=2)), 5),
                Arrival("lan", bytes(probe(a=1)) + b"behind the headers", 5),
            ],
        )
    )
    assert first == again == payload
    assert len({first[0], first[1], later[0], other[0]}) == 4


def test_loop_is_unrolled(run: Run) -> None:
    items = "fn digits(v: u8[4]) -> u32 { let mut n = 0u32; for i in 0..4 { n = n * 10 + v[3 - i] as u32; } n }"
    assert computed(run, "digits(p.probe.v)", "u32", items=items, v=(1, 2, 3, 4)) == 4321
    assert codes_in_handler("for i in 0..5000 { clone wan; } drop") == ["W0313"]


def test_recursion() -> None:
    assert "W0602" in codes_in_handler("drop", "fn down(x: u8) -> u8 { if x == 0 { return 0; } down(x - 1) }")


def test_function_ends_handler(run: Run) -> None:
    items = "fn guarded(x: u8) -> u8 { if x == 0 { drop } x }"
    source = f"""port lan, wan; {PROBE} {items}
        on lan (p: probe) {{ let x = guarded(p.probe.e); send wan; }} on lan (_) {{ drop }}"""
    assert list(run(source, [probe(e=0)]).emissions) == []
    assert list(run(source, [probe(e=1)]).emissions) == ["wan"]
