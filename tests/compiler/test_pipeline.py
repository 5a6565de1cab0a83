from __future__ import annotations

import pytest
from hypothesis import given

from compiler.ir.program import Program
from compiler.ir.states import Map
from compiler.pipeline import PASSES, UnknownPassError, run_passes
from tests.strategies.meaning import assert_same_meaning, assert_same_meaning_expanded
from tests.strategies.packets import Packet, packets
from tests.strategies.programs import programs
from tests.strategies.texts import lines_of, written

PROGRAM = """
    g1 = g0 if %2
    [g0] %1: u7 = read_field odd, seven
    [g0] %2: u1 = compare.ge %1, %1
    [g1] %3: u1, %4: u1, %5: u32, (%6: u16, %7: u48) = map_find pairs, (%1), refresh=true
    [g0] %8: u16 = binary.add 3u16, 4u16
    [g0] send %8
"""


@given(programs(), packets())
def test_the_whole_pipeline_keeps_the_meaning(program: Program, traffic: list[Packet]) -> None:
    source = run_passes(program, until="assign_shares", check=True)  # shares are part of the meaning
    assert_same_meaning(source, run_passes(program, check=True), traffic)
    expanded = run_passes(program, also=("merge_table_lookups", "expand_state"), check=True)
    assert_same_meaning_expanded(source, expanded, traffic)


@given(programs())
def test_passes_come_to_rest(program: Program) -> None:
    """What sharing subexpressions makes equal is folded by a second run, which leaves nothing for a third."""
    twice = run_passes(run_passes(program))
    for step in PASSES:
        if not step.on_request and step.name not in ("assign_shares", "propagate_copies"):
            assert len(step.run(twice).operations) == len(twice.operations), step.name


def test_what_every_pass_needs_is_provided_by_an_earlier_one() -> None:
    provided: set[str] = set()
    for step in PASSES:
        assert set(step.needs) <= provided, step.name
        provided.update(step.provides)
    assert len({step.name for step in PASSES}) == len(PASSES)


def test_the_run_ends_where_it_is_told() -> None:
    program = written(PROGRAM)
    folded = run_passes(program, until="fold_constants")
    assert lines_of(folded)[-3:] == [
        "[g0] %1: u7 = read_field odd, seven",
        "[g0] %3: u1, %4: u1, %5: u32, (%6: u16, %7: u48) = map_find pairs, (%1), refresh=true",
        "[g0] send 7u16",
    ]
    assert len(folded.headers) == 6
    assert [header.name for header in run_passes(program).headers] == ["eth", "ip", "udp", "odd"]


def test_passes_on_request_run_when_asked_for() -> None:
    program = written(PROGRAM)
    assert any(isinstance(state, Map) for state in run_passes(program).states)
    assert not any(isinstance(state, Map) for state in run_passes(program, also=("expand_state",)).states)
    assert not any(isinstance(state, Map) for state in run_passes(program, until="expand_state").states)


def test_an_unknown_pass_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownPassError, match="no pass is called unroll; there are assign_shares, fold_constants"):
        run_passes(written(PROGRAM), until="unroll")
