from __future__ import annotations

import pytest
from hypothesis import given, settings

from compiler.ir.program import Handler, Program
from compiler.ir.verify import verify
from compiler.passes.fold_constants import fold_constants
from compiler.source import NOWHERE
from tests.strategies.builder import Builder
from tests.strategies.meaning import assert_same_meaning
from tests.strategies.packets import Packet, packets
from tests.strategies.programs import programs
from tests.strategies.texts import assert_becomes


@settings(max_examples=6 * settings().max_examples)  # the pure operations have many combinations
@given(programs(states=(), size=20) | programs(), packets(6))
def test_folding_keeps_the_meaning(program: Program, traffic: list[Packet]) -> None:
    folded = fold_constants(program)
    verify(folded)
    assert_same_meaning(program, folded, traffic)


@pytest.mark.parametrize(
    ("operation", "value"),
    [
        ("%1: u8 = unary.not 0x0fu8", "0xf0u8"),
        ("%1: u8 = binary.add 250u8, 10u8", "4u8"),
        ("%1: u8 = binary.sub 1u8, 2u8", "255u8"),
        ("%1: u8 = binary.mul 16u8, 17u8", "16u8"),
        ("%1: u8 = binary.div 17u8, 5u8", "3u8"),
        ("%1: u8 = binary.mod 17u8, 5u8", "2u8"),
        ("%1: u8 = binary.div 17u8, 0u8", "0u8"),
        ("%1: u8 = binary.and 12u8, 10u8", "8u8"),
        ("%1: u8 = binary.or 12u8, 10u8", "14u8"),
        ("%1: u8 = binary.xor 12u8, 10u8", "6u8"),
        ("%1: u8 = binary.shl 129u8, 1u7", "2u8"),
        ("%1: u8 = binary.shl 1u8, 8u7", "0u8"),
        ("%1: u8 = binary.shr 128u8, 7u7", "1u8"),
        ("%1: u64 = binary.shr 1u64, 64u64", "0u64"),
        ("%1: u8 = binary.sat_add 250u8, 10u8", "255u8"),
        ("%1: u8 = binary.sat_sub 1u8, 2u8", "0u8"),
        ("%1: u8 = binary.min 1u8, 2u8", "1u8"),
        ("%1: u8 = binary.max 1u8, 2u8", "2u8"),
        ("%1: u16[3] = binary.add (1, 2, 65535)u16[3], (1, 1, 1)u16[3]", "(2, 3, 0)u16[3]"),
        ("%1: u16[3] = binary.shl (1, 2, 65535)u16[3], 8u7", "(256, 512, 65280)u16[3]"),
        ("%1: u1 = compare.lt 1u8, 2u8", "1u1"),
        ("%1: u1 = compare.ge 1u8, 2u8", "0u1"),
        ("%1: u1 = compare.ne (1, 2, 3)u16[3], (1, 2, 4)u16[3]", "1u1"),
        ("%1: u8 = select 1u1, 2u8, 3u8", "2u8"),
        ("%1: u8 = select 0u1, 2u8, 3u8", "3u8"),
        ("%1: u4 = resize 0xabu8", "0xbu4"),
        ("%1: u4 = slice 0xabu8, high=7, low=4", "0xau4"),
        ("%1: u12 = concat (0xau4, 0xbcu8)", "0xabcu12"),
        # zlib.crc32(b"123456789"), and the check values of CRC-16/ARC and CRC-32C
        ("%1: u32 = hash.crc32 (0x313233343536373839u72), index=0", "0xcbf43926u32"),
        ("%1: u16 = hash.crc16 (0x313233343536373839u72), index=0", "0xbb3du16"),
        ("%1: u32 = hash.crc32c (0x313233343536373839u72), index=0", "0xe3069283u32"),
        ("%1: u16[3] = vector_make (1u16, 2u16, 3u16)", "(1, 2, 3)u16[3]"),
        ("%1: u16[3] = vector_make (7u16)", "(7, 7, 7)u16[3]"),
        ("%1: u16 = vector_lane (1, 2, 3)u16[3], lane=2", "3u16"),
        ("%1: u16 = vector_reduce.sum (65535, 2, 3)u16[3]", "4u16"),
        ("%1: u16 = vector_reduce.max (1, 9, 3)u16[3]", "9u16"),
    ],
)
def test_constants_are_computed(operation: str, value: str) -> None:
    used = "[g0] %2: u1 = compare.eq %1, VALUE\n[g0] drop"
    with_value = used.replace("VALUE", value)
    assert_becomes(fold_constants, f"[g0] {operation}\n{with_value}", "[g0] drop")
    # With anything else in its place, the comparison would fold to 0 and send.
    guarded = "g1 = g0 if %2\ng2 = g0 unless %2\n[g0] {}\n[g0] %2: u1 = compare.eq %1, {}\n[g1] drop\n[g2] flood"
    assert_becomes(fold_constants, guarded.format(operation, value), "[g0] drop")


@pytest.mark.parametrize(
    ("operation", "value"),
    [
        ("binary.and %1, 0u16", 0),
        ("binary.mul 0u16, %1", 0),
        ("binary.sub %1, %1", 0),
        ("binary.xor %1, %1", 0),
        ("binary.sat_sub 0u16, %1", 0),
        ("binary.div %1, 0u16", 0),
        ("binary.shl 0u16, %1", 0),
        ("binary.shl %1, 16u7", 0),
        ("binary.shr %1, 99u7", 0),
    ],
)
def test_results_that_no_packet_can_change(operation: str, value: int) -> None:
    before = f"[g0] %1: u16 = read_field udp, sport\n[g0] %2: u16 = {operation}\n[g0] send %2"
    assert_becomes(fold_constants, before, f"[g0] %1: u16 = read_field udp, sport\n[g0] send {value}u16")


def test_comparing_a_value_with_itself() -> None:
    for operator, ending in (("eq", "drop"), ("le", "drop"), ("ne", "flood"), ("gt", "flood")):
        before = f"""
            g1 = g0 if %2
            g2 = g0 unless %2
            [g0] %1: u16 = read_field udp, sport
            [g0] %2: u1 = compare.{operator} %1, %1
            [g1] drop
            [g2] flood
        """
        assert_becomes(fold_constants, before, f"[g0] %1: u16 = read_field udp, sport\n[g0] {ending}")


@pytest.mark.parametrize(
    ("comparison", "holds"),
    [
        ("lt %1, 0u16", 0),
        ("ge %1, 0u16", 1),
        ("gt %1, 65535u16", 0),
        ("le %1, 65535u16", 1),
        ("gt 0u16, %1", 0),
        ("le 0u16, %1", 1),
        ("lt 65535u16, %1", 0),
        ("ge 65535u16, %1", 1),
    ],
)
def test_comparing_with_the_least_and_the_greatest_number(comparison: str, holds: int) -> None:
    before = f"""
        g1 = g0 if %2
        g2 = g0 unless %2
        [g0] %1: u16 = read_field udp, sport
        [g0] %2: u1 = compare.{comparison}
        [g1] drop
        [g2] flood
    """
    ending = "drop" if holds else "flood"
    assert_becomes(fold_constants, before, f"[g0] %1: u16 = read_field udp, sport\n[g0] {ending}")


@pytest.mark.parametrize(
    ("made", "comparison", "holds"),
    [
        ("%2: u16 = binary.and %1, 7u16", "eq %2, 8u16", 0),
        ("%2: u16 = binary.and %1, 7u16", "lt %2, 8u16", 1),
        ("%2: u16 = binary.and %1, 5u16", "ne %2, 2u16", 1),
        ("%2: u16 = binary.or %1, 8u16", "eq %2, 7u16", 0),
        ("%2: u16 = binary.or %1, 8u16", "ge %2, 8u16", 1),
        ("%2: u32 = resize %1", "gt %2, 65535u32", 0),
        ("%2: u32 = resize %1", "lt 65535u32, %2", 0),
        ("%2: u16 = binary.shr %1, 12u7", "le %2, 15u16", 1),
        ("%2: u4 = slice %1, high=3, low=0", "le %2, 15u4", 1),
    ],
)
def test_comparing_with_a_number_that_the_other_side_cannot_be(made: str, comparison: str, holds: int) -> None:
    before = f"[g0] %1: u16 = read_field udp, sport\n[g0] {made}\n[g0] %3: u1 = compare.{comparison}"
    guarded = f"g1 = g0 if %3\ng2 = g0 unless %3\n{before}\n[g1] drop\n[g2] flood"
    ending = "drop" if holds else "flood"
    assert_becomes(fold_constants, guarded, f"[g0] %1: u16 = read_field udp, sport\n[g0] {made}\n[g0] {ending}")


@pytest.mark.parametrize("comparison", ["le %1, 0u16", "gt %1, 0u16", "lt %1, 65535u16", "ge 0u16, %1"])
def test_a_comparison_that_packets_decide_stays(comparison: str) -> None:
    program = f"[g0] %1: u16 = read_field udp, sport\n[g0] %2: u1 = compare.{comparison}\n[g0] %3: u16 = resize %2"
    assert_becomes(fold_constants, f"{program}\n[g0] send %3", f"{program}\n[g0] send %3")


def test_operations_move_out_of_guards_that_hold_and_vanish_under_those_that_do_not() -> None:
    before = """
        g1 = g0 if %1
        g2 = g1 if %2
        g3 = g1 unless %2
        g4 = g0 unless %1
        g5 = g3 if %3
        [g0] %1: u1 = compare.lt 1u8, 2u8
        [g1] %2: u1 = header_present ip
        [g4] digest seen, (1u7, 1u48)
        [g2] drop
        [g3] %3: u1 = binary.and %1, 0u1
        [g5] digest seen, (2u7, 2u48)
        [g3] flood
        [g4] flood
    """
    after = """
        g1 = g0 if %2
        g2 = g0 unless %2
        [g0] %2: u1 = header_present ip
        [g1] drop
        [g2] flood
    """
    assert_becomes(fold_constants, before, after)


def test_a_select_keeps_an_arm_that_is_defined_elsewhere() -> None:
    before = """
        g1 = g0 if %1
        [g0] %1: u1 = header_present ip
        [g1] %2: u16 = read_field udp, sport
        [g0] %3: u16 = select 1u1, %2, 0u16
        [g0] send %3
    """
    assert_becomes(fold_constants, before, before)


def test_what_a_dead_branch_defined_is_zero_in_joins() -> None:
    before = """
        g1 = g0 if %1
        [g0] %1: u1 = compare.gt 1u8, 2u8
        [g1] %2: u16 = read_field udp, sport
        [g0] %3: u1 = header_present ip
        [g0] %4: u16 = select %3, %2, 7u16
        [g0] send %4
    """
    after = """
        [g0] %3: u1 = header_present ip
        [g0] %4: u16 = select %3, 0u16, 7u16
        [g0] send %4
    """
    assert_becomes(fold_constants, before, after)


def test_handlers_follow_their_guards() -> None:
    build = Builder()
    yes = build.binary_of_constants(1)
    taken, skipped = build.guard_of(yes), build.guard_of(yes, polarity=False)
    with build.under(taken):
        build.send(1)
    with build.under(skipped):
        build.send(2)
    handlers = (Handler("taken", taken, span=NOWHERE), Handler("skipped", skipped, span=NOWHERE))
    folded = fold_constants(build.program(handlers=handlers))
    assert [(handler.name, handler.guard) for handler in folded.handlers] == [("taken", 0)]
