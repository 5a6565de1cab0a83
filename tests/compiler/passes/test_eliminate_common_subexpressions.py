from __future__ import annotations

from hypothesis import given, settings

from compiler.ir.program import Program
from compiler.ir.verify import verify
from compiler.passes.eliminate_common_subexpressions import eliminate_common_subexpressions
from tests.strategies.meaning import assert_same_meaning
from tests.strategies.packets import Packet, packets
from tests.strategies.programs import programs
from tests.strategies.texts import assert_becomes


@settings(max_examples=6 * settings().max_examples)  # the pure operations have many combinations
@given(programs(states=(), size=20) | programs(), packets(6))
def test_sharing_keeps_the_meaning(program: Program, traffic: list[Packet]) -> None:
    after = eliminate_common_subexpressions(program)
    verify(after)
    assert_same_meaning(program, after, traffic)


def test_equal_operations_become_one_and_keep_a_name() -> None:
    before = """
        [g0] %1: u16 = read_field udp, sport
        [g0] %port_2: u16 = read_field udp, sport
        [g0] %3: u16 = binary.add %1, 7u16
        [g0] %4: u16 = binary.add 7u16, %port_2
        [g0] %5: u16 = binary.sub %3, %4
        [g0] send %5
    """
    after = """
        [g0] %port_1: u16 = read_field udp, sport
        [g0] %3: u16 = binary.add %port_1, 7u16
        [g0] %5: u16 = binary.sub %3, %3
        [g0] send %5
    """
    assert_becomes(eliminate_common_subexpressions, before, after)


def test_sides_of_a_difference_are_not_exchanged() -> None:
    before = """
        [g0] %1: u16 = read_field udp, sport
        [g0] %2: u16 = read_field udp, dport
        [g0] %3: u16 = binary.sub %1, %2
        [g0] %4: u16 = binary.sub %2, %1
        [g0] %5: u16 = binary.xor %3, %4
        [g0] send %5
    """
    assert_becomes(eliminate_common_subexpressions, before, before)


def test_what_one_branch_computes_is_not_there_for_the_other() -> None:
    before = """
        g1 = g0 if %1
        g2 = g0 unless %1
        [g0] %1: u1 = header_present ip
        [g1] %2: u16 = read_field udp, sport
        [g1] send %2
        [g2] %3: u16 = read_field udp, sport
        [g2] send %3
    """
    assert_becomes(eliminate_common_subexpressions, before, before)


def test_equal_guards_become_one() -> None:
    before = """
        g1 = g0 if %1
        g2 = g0 if %2
        g3 = g2 if %4
        [g0] %1: u1 = header_present ip
        [g1] digest seen, (1u7, 1u48)
        [g0] %2: u1 = header_present ip
        [g2] digest seen, (2u7, 2u48)
        [g2] %4: u1 = header_present udp
        [g3] digest seen, (3u7, 3u48)
        [g0] drop
    """
    after = """
        g1 = g0 if %1
        g2 = g1 if %4
        [g0] %1: u1 = header_present ip
        [g1] digest seen, (1u7, 1u48)
        [g1] digest seen, (2u7, 2u48)
        [g1] %4: u1 = header_present udp
        [g2] digest seen, (3u7, 3u48)
        [g0] drop
    """
    assert_becomes(eliminate_common_subexpressions, before, after)


def test_reads_of_state_are_not_shared() -> None:
    before = """
        [g0] %1: u48 = array_read numbers, 1u2
        [g0] array_write numbers, 1u2, 5u48
        [g0] %2: u48 = array_read numbers, 1u2
        [g0] digest seen, (0u7, %1)
        [g0] digest seen, (0u7, %2)
        [g0] drop
    """
    assert_becomes(eliminate_common_subexpressions, before, before)
