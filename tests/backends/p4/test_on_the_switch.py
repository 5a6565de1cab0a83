"""Small programs on the real switch, each for something that was once wrong there."""

from __future__ import annotations

import dataclasses
from random import Random

import pytest

from compiler.ir.program import Program
from compiler.ir.states import Table, TableArray
from sim.state import ControlEntries
from tests.bmv2 import Bmv2Engine, needs_bmv2
from tests.differential.compare import differences
from tests.engines import Arrival, InterpreterEngine
from tests.strategies.meaning import CELLS, ENTRIES
from tests.strategies.packets import random_packets
from tests.strategies.programs import GROUPS
from tests.strategies.texts import written

pytestmark = needs_bmv2


@pytest.fixture(scope="module")
def bmv2() -> Bmv2Engine:
    return Bmv2Engine()


def assert_same(engine: Bmv2Engine, program: Program, *, groups: dict[int, tuple[int, ...]] | None = None) -> None:
    entries = ControlEntries(
        tables={s.name: ENTRIES[s.name] for s in program.states if isinstance(s, Table)},
        arrays={s.name: CELLS[s.name] for s in program.states if isinstance(s, TableArray)},
        multicast=GROUPS if groups is None else groups,
    )
    packets = [Arrival(program.ports[p.port].name, p.data, p.now, p.wire_length) for p in random_packets(Random(1), 60)]
    expected = InterpreterEngine().run(program, entries, packets)
    assert not differences(expected, engine.run(program, entries, packets))


def only(program: Program, *states: str) -> Program:
    """Without the states that it does not name."""
    return dataclasses.replace(program, states=tuple(s for s in program.states if s.name in states))


def test_a_cell_that_the_control_plane_left_zero_is_a_hit(bmv2: Bmv2Engine) -> None:
    program = written("""
        g1 = g0 if %3
        g2 = g0 unless %3
        [g0] %1: u7 = read_field odd, seven
        [g0] %2: u2 = slice %1, high=1, low=0
        [g0] %3: u1, (%4: u48) = table_get cells, (%2)
        [g1] digest seen, (1u7, %4)
        [g1] send 1u16
        [g2] drop reason=drop
    """)
    assert_same(bmv2, only(program, "cells"))


def test_a_packet_for_a_port_that_does_not_exist_leaves_nowhere(bmv2: Bmv2Engine) -> None:
    for line in ("send 32769u16", "send 3u16", "send 510u16", "clone 513u16\nsend 1u16"):
        program = written("\n".join(f"[g0] {part}" for part in line.split("\n")))
        assert_same(bmv2, only(program))


def test_a_computed_port_that_does_not_exist_is_not_cut_to_one_that_does(bmv2: Bmv2Engine) -> None:
    program = written("""
        [g0] %1: u16 = read_field udp, sport
        [g0] %2: u2 = slice %1, high=1, low=0
        [g0] %3: u7 = resize 0u7
        [g0] %4: u18 = concat (%2, 0u7, %3, %2)
        [g0] %5: u16 = slice %4, high=17, low=2
        [g0] clone %5
        [g0] send %5
    """)
    assert_same(bmv2, only(program))


def test_a_lease_whose_ids_are_listed_by_share(bmv2: Bmv2Engine) -> None:
    program = written("""
        [g0] %1: u7 = read_field odd, seven
        [g0] %2: u2 = slice %1, high=1, low=0
        [g0] %3: u16 = resize %2
        [g0] %4: u1, %5: u1, %6: u16, (%7: u16, %8: u7) = index_open by_pair, split, (%3, 1u16), (%3, %1)
        [g0] %9: u1, %10: u16 = lease_open split, %2, (%6, %8)
        [g0] %11: u1, (%12: u16, %13: u7) = lease_get split, %10, refresh=true
        [g0] %14: u48 = concat (%6, %10, %7)
        [g0] digest seen, (%13, %14)
        [g0] drop reason=drop
    """)
    assert_same(bmv2, only(program, "split", "by_pair"))


def test_a_state_that_nothing_writes_is_not_asked_for(bmv2: Bmv2Engine) -> None:
    program = written("""
        [g0] %1: u1, %2: u1, %3: u32, (%4: u16, %5: u48) = map_find pairs, (1u7), refresh=false
        [g0] send 1u16
    """)
    assert_same(bmv2, only(program, "pairs"))


def test_a_truth_value_written_to_an_array_of_single_bits(bmv2: Bmv2Engine) -> None:
    program = written("""
        [g0] %1: u1 = header_present udp
        [g0] %2: u1 = array_update.or bits, 1u2, %1
        [g0] %3: u1 = array_update.and bits, 2u2, %1
        [g0] send 1u16
    """)
    assert_same(bmv2, only(program, "bits"))


def test_what_p4c_sees_to_be_unreachable_is_not_asked_for(bmv2: Bmv2Engine) -> None:
    program = written("""
        g1 = g0 if %4
        [g0] %1: u7 = read_field odd, seven
        [g0] %2: u7 = binary.and %1, 3u7
        [g0] %3: u16 = resize %2
        [g0] %4: u1 = compare.gt %2, 0x7fu7
        [g1] %5: u1, (%6: u16, %7: u48) = table_get exact, (%3)
        [g1] digest seen, (1u7, %7)
        [g0] send 1u16
    """)
    assert_same(bmv2, only(program, "exact"))
