from __future__ import annotations

import pytest
from hypothesis import given, settings

from compiler.ir.program import Program
from compiler.ir.verify import verify
from compiler.passes.eliminate_dead_code import eliminate_dead_code
from tests.strategies.meaning import assert_same_meaning
from tests.strategies.packets import Packet, packets
from tests.strategies.programs import programs
from tests.strategies.texts import assert_becomes


@settings(max_examples=3 * settings().max_examples)
@given(programs(states=("pairs",), size=16) | programs(states=("ports", "by_key"), size=16), packets(40))
def test_dropping_keeps_the_meaning(program: Program, traffic: list[Packet]) -> None:
    after = eliminate_dead_code(program)
    verify(after)
    assert_same_meaning(program, after, traffic)


def test_unused_operations_and_guards_go() -> None:
    before = """
        g1 = g0 if %1
        g2 = g1 if %3
        g3 = g0 if %4
        [g0] %1: u1 = header_present ip
        [g0] %2: u16 = read_field udp, sport
        [g1] %3: u1 = header_present udp
        [g2] %5: u16 = binary.add %2, 1u16
        [g0] %4: u1 = header_present odd
        [g3] digest seen, (1u7, 1u48)
        [g0] drop
    """
    after = """
        g1 = g0 if %4
        [g0] %4: u1 = header_present odd
        [g1] digest seen, (1u7, 1u48)
        [g0] drop
    """
    assert_becomes(eliminate_dead_code, before, after)


@pytest.mark.parametrize(
    "read",
    [
        "%2: u48 = array_read numbers, 1u2",
        "%2: u1, (%3: u16, %4: u48) = table_get exact, (1u16)",
        "%2: u1, (%3: u48) = table_get cells, (1u2)",
        "%2: u1, %3: u1, %4: u32, (%5: u16, %6: u48) = map_find pairs, (1u7), refresh=false",
        "%2: u1, %3: u1, %4: u32, (%5: u16[3]) = map_find forever, (1u128), refresh=true",  # has no clock
        "%2: u1, (%3: u16, %4: u7) = lease_get ports, 4u4, refresh=false",
        "%2: u1, (%3: u16, %4: u7) = lease_get kept, 4u16, refresh=true",
        "%2: u1, %3: u4, (%4: u16, %5: u7) = index_find by_key, ports, (1u7), refresh=false",
    ],
)
def test_reads_without_effect_go(read: str) -> None:
    assert_becomes(eliminate_dead_code, f"[g0] {read}\n[g0] drop", "[g0] drop")


@pytest.mark.parametrize(
    "access",
    [
        "array_write numbers, 1u2, 1u48",
        "%2: u48 = array_update.add numbers, 1u2, 1u48",
        "%2: u1, %3: u1, %4: u32, (%5: u16, %6: u48) = map_find pairs, (1u7), refresh=true",
        "%2: u1 = map_put pairs, 1u32, (1u7), (1u16, 1u48)",
        "map_remove pairs, 1u32, (1u7)",
        "%2: u1, (%3: u16, %4: u7) = lease_get ports, 4u4, refresh=true",
        "%2: u1, %3: u4 = lease_open ports, 0u2, (1u16, 1u7)",
        "lease_close ports, 4u4",
        "%2: u1, %3: u4, (%4: u16, %5: u7) = index_find by_key, ports, (1u7), refresh=true",
        "counter_add counts, 1u2, 1u32",
        "%2: u1 = meter_take rate, 1u2, 1u32",
        "write_field ip, ttl, 1u8",
        "clone 1u16",
        "digest seen, (1u7, 1u48)",
    ],
)
def test_effects_stay(access: str) -> None:
    assert_becomes(eliminate_dead_code, f"[g0] {access}\n[g0] drop", f"[g0] {access}\n[g0] drop")


def test_a_read_that_something_needs_stays() -> None:
    before = "[g0] %2: u48 = array_read numbers, 1u2\n[g0] digest seen, (1u7, %2)\n[g0] drop"
    assert_becomes(eliminate_dead_code, before, before)
