from __future__ import annotations

from hypothesis import given

from compiler.ir.operations import TableGet
from compiler.ir.program import Program
from compiler.ir.verify import verify
from compiler.passes.merge_table_lookups import merge_table_lookups
from tests.strategies.meaning import assert_same_meaning
from tests.strategies.packets import Packet, packets
from tests.strategies.programs import programs
from tests.strategies.texts import assert_becomes, written


@given(programs(states=("routes", "exact", "cells")), packets())
def test_merging_keeps_the_meaning(program: Program, traffic: list[Packet]) -> None:
    after = merge_table_lookups(program)
    verify(after)
    assert_same_meaning(program, after, traffic)
    lookups = [sum(isinstance(o, TableGet) for o in p.operations) for p in (program, after)]
    assert lookups[1] <= lookups[0]


def test_two_sides_of_a_branch() -> None:
    before = """
        g1 = g0 if %1
        g2 = g0 unless %1
        [g0] %1: u1 = header_present ip
        [g1] %2: u16 = read_field udp, sport
        [g1] %3: u1, (%4: u16, %5: u48) = table_get exact, (%2)
        [g1] send %4
        [g2] %6: u16 = read_field udp, dport
        [g2] %7: u16 = binary.add %6, 1u16
        [g2] %8: u1, (%9: u16, %10: u48) = table_get exact, (%7)
        [g2] write_field eth, src, %10
        [g2] send %9
    """
    after = """
        g1 = g0 if %1
        g2 = g0 unless %1
        [g0] %1: u1 = header_present ip
        [g1] %2: u16 = read_field udp, sport
        [g2] %6: u16 = read_field udp, dport
        [g2] %7: u16 = binary.add %6, 1u16
        [g0] %key_11: u16 = select %1, %2, %7
        [g0] %3: u1, (%4: u16, %5: u48) = table_get exact, (%key_11)
        [g1] send %4
        [g2] write_field eth, src, %5
        [g2] send %4
    """
    assert_becomes(merge_table_lookups, before, after)


def test_three_arms_of_a_match() -> None:
    before = """
        g1 = g0 unless %1
        g2 = g0 if %1
        g3 = g1 if %2
        g4 = g1 unless %2
        [g0] %1: u1 = header_present udp
        [g2] %3: u1, (%4: u16, %5: u48) = table_get exact, (1u16)
        [g2] send %4
        [g1] %2: u1 = header_present icmp
        [g3] %6: u1, (%7: u16, %8: u48) = table_get exact, (2u16)
        [g3] send %7
        [g4] %9: u1, (%10: u16, %11: u48) = table_get exact, (3u16)
        [g4] send %10
    """
    after = """
        g1 = g0 unless %1
        g2 = g0 if %1
        g3 = g1 if %2
        g4 = g1 unless %2
        [g0] %1: u1 = header_present udp
        [g1] %2: u1 = header_present icmp
        [g1] %key_12: u16 = select %2, 2u16, 3u16
        [g0] %key_13: u16 = select %1, 1u16, %key_12
        [g0] %3: u1, (%4: u16, %5: u48) = table_get exact, (%key_13)
        [g2] send %4
        [g3] send %4
        [g4] send %4
    """
    assert_becomes(merge_table_lookups, before, after)


def test_lookups_that_can_both_happen_stay() -> None:
    before = """
        [g0] %1: u1, (%2: u16, %3: u48) = table_get exact, (1u16)
        [g0] %4: u1, (%5: u16, %6: u48) = table_get exact, (%2)
        [g0] send %5
    """
    assert_becomes(merge_table_lookups, before, before)


def test_a_key_that_a_state_gave_in_between_stays() -> None:
    before = """
        g1 = g0 if %1
        g2 = g0 unless %1
        [g0] %1: u1 = header_present ip
        [g1] %3: u1, (%4: u16, %5: u48) = table_get exact, (1u16)
        [g1] send %4
        [g2] %6: u48 = array_read numbers, 0u2
        [g2] %7: u16 = resize %6
        [g2] %8: u1, (%9: u16, %10: u48) = table_get exact, (%7)
        [g2] send %9
    """
    assert_becomes(merge_table_lookups, before, before)


def test_an_index_is_not_read_where_neither_branch_would() -> None:
    def program(table: str, key: str, values: str) -> str:
        return f"""
            g1 = g0 if %1
            g2 = g0 unless %1
            g3 = g2 if %2
            g4 = g2 unless %2
            [g0] %1: u1 = header_present ip
            [g1] %3: u1, ({values.format(4, 5)}) = table_get {table}, (1{key})
            [g1] flood
            [g2] %2: u1 = header_present odd
            [g3] %6: u1, ({values.format(7, 8)}) = table_get {table}, (2{key})
            [g3] flood
            [g4] drop
        """

    of_array = program("cells", "u2", "%{}: u48")
    assert_becomes(merge_table_lookups, of_array, of_array)
    of_table = merge_table_lookups(written(program("exact", "u16", "%{}: u16, %{}: u48")))
    assert sum(isinstance(operation, TableGet) for operation in of_table.operations) == 1
