from __future__ import annotations

import pytest
from hypothesis import given, settings

from compiler.ir.program import Program
from compiler.ir.verify import verify
from compiler.passes.propagate_copies import propagate_copies
from tests.strategies.meaning import assert_same_meaning
from tests.strategies.packets import Packet, packets
from tests.strategies.programs import programs
from tests.strategies.texts import assert_becomes

READS = """
    [g0] %1: u16 = read_field udp, sport
    [g0] %2: u16[3] = read_field odd, lanes
    [g0] %3: u1 = header_present ip
    [g0] %4: u7 = read_field odd, seven
"""


@settings(max_examples=6 * settings().max_examples)  # the pure operations have many combinations
@given(programs(states=(), size=20) | programs(), packets(6))
def test_propagating_keeps_the_meaning(program: Program, traffic: list[Packet]) -> None:
    after = propagate_copies(program)
    verify(after)
    assert_same_meaning(program, after, traffic)


@pytest.mark.parametrize(
    ("copies", "source"),
    [
        ("%9: u16 = resize %1", "%1"),
        ("%9: u16 = slice %1, high=15, low=0", "%1"),
        ("%9: u16 = concat (%1)", "%1"),
        ("%9: u16 = select %3, %1, %1", "%1"),
        ("%9: u16 = select 1u1, %1, 5u16", "%1"),
        ("%9: u16 = select 0u1, 5u16, %1", "%1"),
        ("%9: u16 = binary.add %1, 0u16", "%1"),
        ("%9: u16 = binary.add 0u16, %1", "%1"),
        ("%9: u16 = binary.sub %1, 0u16", "%1"),
        ("%9: u16 = binary.mul %1, 1u16", "%1"),
        ("%9: u16 = binary.div %1, 1u16", "%1"),
        ("%9: u16 = binary.and %1, 65535u16", "%1"),
        ("%9: u16 = binary.or 0u16, %1", "%1"),
        ("%9: u16 = binary.xor %1, 0u16", "%1"),
        ("%9: u16 = binary.shl %1, 0u7", "%1"),
        ("%9: u16 = binary.min 65535u16, %1", "%1"),
        ("%9: u16 = binary.max %1, %1", "%1"),
        ("%9: u16 = select %3, 7u16, 7u16", "7u16"),
    ],
)
def test_copies(copies: str, source: str) -> None:
    assert_becomes(propagate_copies, f"{READS}[g0] {copies}\n[g0] send %9", f"{READS}[g0] send {source}")


@pytest.mark.parametrize(
    ("first", "second", "source"),
    [
        ("%8: u32 = resize %1", "%9: u16 = resize %8", "%1"),
        ("%8: u32 = resize %1", "%9: u16 = slice %8, high=15, low=0", "%1"),
        ("%8: u23 = concat (%1, %4)", "%9: u16 = slice %8, high=22, low=7", "%1"),
        ("%8: u16 = unary.not %1", "%9: u16 = unary.not %8", "%1"),
        ("%8: u16[3] = vector_make (5u16, %1, 6u16)", "%9: u16 = vector_lane %8, lane=1", "%1"),
        ("%8: u16[3] = vector_make (%1)", "%9: u16 = vector_lane %8, lane=2", "%1"),
    ],
)
def test_copies_of_parts(first: str, second: str, source: str) -> None:
    before = f"{READS}[g0] {first}\n[g0] {second}\n[g0] send %9"
    assert_becomes(propagate_copies, before, f"{READS}[g0] {first}\n[g0] send {source}")


def test_slices_are_joined_again() -> None:
    slices = "[g0] %7: u8 = slice %1, high=15, low=8\n[g0] %8: u8 = slice %1, high=7, low=0\n"
    joined = f"{READS}{slices}[g0] %9: u16 = concat (%7, %8)\n[g0] send %9"
    assert_becomes(propagate_copies, joined, f"{READS}{slices}[g0] send %1")
    swapped = f"{READS}{slices}[g0] %9: u16 = concat (%8, %7)\n[g0] send %9"
    assert_becomes(propagate_copies, swapped, swapped)


def test_lanes_are_joined_again() -> None:
    lanes = "".join(f"[g0] %{5 + i}: u16 = vector_lane %2, lane={i}\n" for i in range(3))
    made = "[g0] %8: u16[3] = vector_make ({})\n[g0] write_field odd, lanes, {}\n[g0] drop"
    before = f"{READS}{lanes}{made.format('%5, %6, %7', '%8')}"
    assert_becomes(propagate_copies, before, f"{READS}{lanes}[g0] write_field odd, lanes, %2\n[g0] drop")
    other = f"{READS}{lanes}{made.format('%5, %7, %6', '%8')}"
    assert_becomes(propagate_copies, other, other)


def test_what_cuts_in_between_stays() -> None:
    cut = f"{READS}[g0] %8: u7 = resize %1\n[g0] %9: u16 = resize %8\n[g0] send %9"
    assert_becomes(propagate_copies, cut, cut)


def test_a_truth_value_compared_with_a_truth_value() -> None:
    before = f"""
        g1 = g0 if %7
        g2 = g0 unless %7
        {READS}
        [g0] %5: u1 = compare.eq %3, 1u1
        [g0] %6: u1 = select %5, 1u1, 0u1
        [g0] %7: u1 = compare.ne 0u1, %6
        [g1] drop
        [g2] flood
    """
    assert_becomes(propagate_copies, before, f"g1 = g0 if %3\ng2 = g0 unless %3\n{READS}[g1] drop\n[g2] flood")


def test_an_unnamed_value_takes_over_the_name_of_its_copy() -> None:
    before = "[g0] %1: u16 = read_field udp, sport\n[g0] %port_2: u16 = resize %1\n[g0] send %port_2"
    assert_becomes(propagate_copies, before, "[g0] %port_1: u16 = read_field udp, sport\n[g0] send %port_1")


def test_a_select_keeps_an_arm_that_is_defined_elsewhere() -> None:
    before = """
        g1 = g0 if %1
        [g0] %1: u1 = header_present ip
        [g1] %2: u16 = read_field udp, sport
        [g0] %3: u16 = select %1, %2, %2
        [g0] send %3
    """
    assert_becomes(propagate_copies, before, before)
