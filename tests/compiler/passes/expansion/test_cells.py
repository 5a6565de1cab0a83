"""States pushed into the arrays of an expanded program, and read off them again."""

from __future__ import annotations

import dataclasses
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.ir.program import Program
from compiler.passes.expand_state import expand_state
from compiler.passes.expansion.arrays import expanded_entries, lease_arrays
from compiler.passes.expansion.cells import cells_of_snapshots
from compiler.passes.expansion.snapshots import source_snapshots
from sim.state import ArrayState, LeaseState
from tests.strategies.declarations import SHARES, STATES, TICK_NS, a_lease
from tests.strategies.meaning import Outcomes, plain_snapshots
from tests.strategies.packets import Packet, packets
from tests.strategies.programs import programs
from tests.strategies.texts import written

GROUPS_OF_STATES = (
    ("numbers", "bits", "lanes"),
    ("pairs", "halves"),
    ("forever", "members"),
    ("ports", "kept", "by_key"),
    ("by_pair", "split"),
    ("rate", "dry", "counts"),
    ("sums", "height"),
)


def pushed(source: Program, snapshots: dict[str, dict[str, object]]) -> Outcomes:
    """The expanded program before any packet, with these states."""
    found = Outcomes(expand_state(source), [], arrays=expanded_entries(source))
    cells = cells_of_snapshots(source, snapshots)
    assert {name: len(held) for name, held in cells.items()} == {n: len(held) for n, held in found.cells().items()}
    for name, held in cells.items():
        state = found.states[name]
        assert isinstance(state, ArrayState)
        state.cells[:] = held
    return found


def assert_goes_on(source: Program, before: list[Packet], after: list[Packet]) -> None:
    """The state that `before` leaves survives the way through the arrays, and the run goes on from them."""
    assert_run_goes_on(source, Outcomes(source, before), after)


def assert_run_goes_on(source: Program, run: Outcomes, after: list[Packet]) -> None:
    left, before = run.snapshots(), len(run.packets)
    continued = pushed(source, left)
    assert source_snapshots(source, continued.cells()) == plain_snapshots(left)
    run.go_on(after)
    continued.go_on(after)
    assert continued.packets == run.packets[before:]
    assert source_snapshots(source, continued.cells()) == plain_snapshots(run.snapshots())


@pytest.mark.parametrize("states", GROUPS_OF_STATES, ids="+".join)
def test_a_run_goes_on_in_the_arrays(states: tuple[str, ...]) -> None:
    @given(programs(states=states, size=7), packets(24), st.integers(0, 24))
    def holds(source: Program, traffic: list[Packet], cut: int) -> None:
        assert_goes_on(source, traffic[:cut], traffic[cut:])

    holds()


def test_the_groups_name_every_state_that_packets_write() -> None:
    tables = {"routes", "exact", "ranked", "cells"}
    assert {name for group in GROUPS_OF_STATES for name in group} == {state.name for state in STATES} - tables


def test_a_state_at_the_start_is_every_cell_at_its_start() -> None:
    source = written("[g0] drop")
    cells = cells_of_snapshots(source, Outcomes(source, []).snapshots())
    assert cells == Outcomes(expand_state(source), [], arrays=expanded_entries(source)).cells()
    assert cells["bits"] == [1, 1, 1, 1]
    assert cells["lanes"] == [(0, 0, 0)] * 4
    assert cells["by_key__id"] == [3, 3, 3, 3]  # the first id of its lease


def test_snapshots_by_hand() -> None:
    found = cells_of_snapshots(
        written("[g0] drop"),
        {
            "numbers": {"cells": [[2, 9]]},
            "pairs": {"entries": [[3, [5], [6, "0xffffffffffff"], 8]], "failed_inserts": 1},
            "ports": {"leases": [[4, 2, 0, None], [7, 3, 11, [12, 13]]], "hands": [1], "failed_inserts": 0},
            "counts": {"cells": [[1, 2, "0xffffffffffffffff"]]},
        },
    )
    changed = {name: {at: cell for at, cell in enumerate(cells) if cell} for name, cells in found.items()}
    assert changed == {
        "numbers": {2: 9},
        "pairs__used": {3: 1},
        "pairs__key0": {3: 5},
        "pairs__value0": {3: 6},
        "pairs__value1": {3: (1 << 48) - 1},
        "pairs__last": {3: 8},
        "ports__used": {4: 1},
        "ports__generation": {1: 2, 4: 3},
        "ports__value0": {4: 12},
        "ports__value1": {4: 13},
        "ports__last": {4: 11},
        "ports__hand": {0: 1},
        "counts__packets": {1: 2},
        "counts__bytes": {1: (1 << 64) - 1},
    }


def test_an_open_lease_whose_generation_has_wrapped_is_seen() -> None:
    source = written("[g0] drop")
    snapshot: dict[str, object] = {"leases": [[4, 0, 11, [12, 13]]], "hands": [1]}
    found = source_snapshots(source, {**pushed(source, Outcomes(source, []).snapshots()).cells()}) | {"ports": snapshot}
    assert source_snapshots(source, cells_of_snapshots(source, found))["ports"] == snapshot


WALKING = """
    g1 = g0 if %2
    [g0] %1: u7 = read_field odd, seven
    [g0] %2: u1 = slice %1, high=6, low=6
    [g0] %3: u2 = slice %1, high=1, low=0
    [g0] %4: u128 = read_field odd, wide
    [g0] %5: u16 = resize %4
    [g1] lease_close walked, %5
    [g0] %6: u1, %7: u16 = lease_open walked, %3, (1u16, 2u7)
    [g0] %8: u7 = resize %6
    [g0] %9: u48 = resize %7
    [g0] digest seen, (%8, %9)
    [g0] drop
"""
FIRST = 0xC000


def walking() -> Program:
    """A lease of so many ids that `open` walks over positions and needs no table of them."""
    lease = a_lease("walked", 16, FIRST, 0xFFFF, sharded=True, idle_ticks=4)
    assert lease_arrays(lease, SHARES).walk > lease.steps
    # Checked as written for `split`, which has the same types.
    program = written(WALKING.replace("walked", "split"))
    return dataclasses.replace(program, states=(dataclasses.replace(lease, name="split"),))


def opening(share: int, closes: bool, id_: int, tick: int) -> Packet:
    data = bytes(12) + b"\x88\xb5" + bytes([closes << 6 | share]) + (FIRST + id_).to_bytes(16, "big") + bytes(12)
    return Packet(data, 0, tick * TICK_NS, len(data))


openings = st.lists(
    st.builds(opening, st.integers(0, 3), st.booleans(), st.integers(0, 60), st.integers(10, 14)), max_size=24
)


@given(openings, openings)
def test_hands_that_walk_go_on(before: list[Packet], after: list[Packet]) -> None:
    assert_goes_on(walking(), before, after)


@settings(max_examples=6)
@given(openings, st.integers(0, (1 << 64) - 1), st.tuples(*[st.sampled_from([0, 1, 2000, 4094, 4095])] * SHARES))
def test_hands_that_walk_pass_ids_that_are_taken(after: list[Packet], seed: int, hands: tuple[int, ...]) -> None:
    random, source = Random(seed), walking()
    ids = [id_ for id_ in range(FIRST, 1 << 16) if random.random() < 0.8]
    leases = [[id_, 1, random.choice([5, 8, 9]), [id_ & 7, 1]] for id_ in ids]
    run = Outcomes(source, [])
    state = run.states["split"]
    assert isinstance(state, LeaseState)
    state.restore({"leases": leases, "hands": list(hands), "failed_inserts": 0})
    assert_run_goes_on(source, run, after)
