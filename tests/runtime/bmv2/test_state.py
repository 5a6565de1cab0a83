"""States of a running switch: read, written, and the same as the interpreter's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from thrift.transport.TTransport import TTransportException

from compiler.ir.program import Program
from compiler.load import load_source
from compiler.passes.expand_state import expand_state
from compiler.passes.expansion.arrays import expanded_entries
from compiler.source import Source
from runtime.bmv2 import state as switch_state
from runtime.bmv2.errors import PacketsPassedError, SwitchError, SwitchLostError, WrongProgramError
from runtime.bmv2.registers import differing_runs
from runtime.bmv2.state import PulledState, pull_state, push_state
from runtime.bmv2.thrift_client import SwitchClient
from sim.state import ArrayState, CounterState, LeaseState, MapState, RunState, build_states
from tests.runtime.bmv2.compiled import PACKETS_SEEN, held, hold, manifest_of, switch_for
from tests.runtime.bmv2.fake_switch import FakeSwitch, serving
from tests.strategies.meaning import Outcomes, plain_snapshots
from tests.strategies.packets import Packet, packets
from tests.strategies.programs import programs

GROUPS_OF_STATES = (
    ("numbers", "bits", "lanes"),
    ("pairs", "halves"),
    ("forever", "members"),
    ("ports", "kept", "by_key"),
    ("by_pair", "split"),
    ("rate", "dry", "counts"),
    ("sums", "height"),
)

SMALL = """\
port a;
state seen: map<u16, u32> { capacity: 4, sets: 1, ways: 4, idle: 60s }
state ids: lease<u16 => u32> { range: 10..=13, idle: 60s }
state keys: index<u16 => ids>;
state total: counter;
state wide: u128[3];
on a (_) {
    let entry = seen.find(1u16);
    entry.set(1u32) else drop;
    let id = keys.find_or_open(1u16, 2u32) else drop;
    total.add(1);
    wide[0] = 1;
    drop
}
"""


@pytest.fixture(autouse=True)
def packets_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch_state, "_ONE_PACKET_S", 0)


@contextmanager
def client_of(switch: FakeSwitch) -> Iterator[SwitchClient]:
    with serving(switch) as port, SwitchClient("127.0.0.1", port, timeout_s=5) as client:
        yield client


def pulled(switch: FakeSwitch, program: Program, **more: object) -> PulledState:
    with client_of(switch) as client:
        return pull_state(manifest_of(program), program, client, **more)  # type: ignore[arg-type]


def snapshots(states: Mapping[str, RunState]) -> dict[str, object]:
    """With numbers as numbers, without what only the interpreter counts."""
    plain = plain_snapshots({name: state.snapshot() for name, state in states.items()})
    assert isinstance(plain, dict)
    return plain


@pytest.fixture(scope="module")
def small() -> Program:
    return load_source(Source("small.weft", SMALL)).program


@pytest.mark.parametrize("states", GROUPS_OF_STATES, ids="+".join)
def test_what_packets_leave_is_read_and_written(states: tuple[str, ...]) -> None:
    @given(programs(states=states, size=7), packets(20))
    def holds(source: Program, traffic: list[Packet]) -> None:
        expected = snapshots(Outcomes(source, traffic).states)
        manifest, on_switch = (
            manifest_of(source),
            Outcomes(expand_state(source), traffic, arrays=expanded_entries(source)),
        )
        first, second = switch_for(manifest), switch_for(manifest)
        hold(first, manifest, on_switch.cells())
        with client_of(first) as client:
            found = pull_state(manifest, source, client)
        of_switch = {name: state for name, state in expected.items() if name in snapshots(found.states)}
        assert snapshots(found.states) == of_switch
        with client_of(second) as client:
            push_state(manifest, source, found.states, client)
            assert push_state(manifest, source, found.states, client).requests == 0
            assert snapshots(pull_state(manifest, source, client).states) == of_switch

    holds()


def test_a_switch_that_has_just_started_holds_what_the_program_starts_with(small: Program) -> None:
    manifest = manifest_of(small)
    with client_of(switch_for(manifest)) as client:
        start = build_states(small)
        assert snapshots(pull_state(manifest, small, client).states) == snapshots(start)
        assert push_state(manifest, small, start, client).cells == 0


def test_the_time_is_the_switch_s(small: Program) -> None:
    switch = switch_for(manifest_of(small))
    switch.now_us = 77
    assert pulled(switch, small).clock.switch_ns == 77_000
    assert pulled(switch, small, now_ns=5).clock.switch_ns == 5


def test_a_test_build_cannot_tell_the_time(small: Program) -> None:
    manifest = manifest_of(small, test_header=True)
    with client_of(switch_for(manifest)) as client:
        with pytest.raises(SwitchError, match="test build"):
            pull_state(manifest, small, client)
        assert pull_state(manifest, small, client, now_ns=9).clock.switch_ns == 9


def test_only_what_is_asked_for_is_read(small: Program) -> None:
    switch = switch_for(manifest_of(small))
    found = pulled(switch, small, only=["keys"])
    assert list(found.states) == ["ids", "keys"]  # an index is nothing without its lease
    whole = switch_for(manifest_of(small))
    pulled(whole, small)
    assert switch.calls.count("bm_register_read_all") < whole.calls.count("bm_register_read_all")
    with pytest.raises(SwitchError, match="did you mean `seen`"):
        pulled(switch, small, only=["sen"])


def passing(switch: FakeSwitch, *, times: int) -> Callable[[str], None]:
    """A packet passes at each of the first reads of a register array."""
    left = [times]

    def pass_packet(name: str) -> None:
        if name == "bm_register_read_all" and left[0]:
            left[0] -= 1
            switch.registers[PACKETS_SEEN].cells[0] += 1

    return pass_packet


def test_a_state_read_while_packets_passed_is_read_again(small: Program) -> None:
    switch = switch_for(manifest_of(small))
    switch.before = passing(switch, times=1)
    assert not pulled(switch, small).moving
    arrays = sum(len(array.words) for array in manifest_of(small).arrays)
    assert switch.calls.count("bm_register_read_all") == 2 * arrays


def test_a_state_that_never_rests_is_refused_or_marked(small: Program) -> None:
    switch = switch_for(manifest_of(small))
    switch.before = passing(switch, times=10_000)
    with pytest.raises(PacketsPassedError, match="each of the 3 times"):
        pulled(switch, small, attempts=3)
    assert pulled(switch, small, moving=True, attempts=2).moving


def test_nonsense_read_while_packets_pass_is_the_packets_doing(small: Program) -> None:
    switch = switch_for(manifest_of(small))
    switch.registers["Ingress.ids__hand__word0"].cells[0] = 9  # there are four ids
    with pytest.raises(WrongProgramError, match="hold no state of the program: ids"):
        pulled(switch, small)
    switch.before = passing(switch, times=10_000)
    with pytest.raises(PacketsPassedError, match="while packets passed"):
        pulled(switch, small, moving=True)


def test_nothing_is_pushed_into_passing_packets(small: Program) -> None:
    manifest, states = manifest_of(small), build_states(small)
    counter = states["total"]
    assert isinstance(counter, CounterState)
    counter.add(0, 60)
    switch = switch_for(manifest)
    switch.before = passing(switch, times=10_000)
    with client_of(switch) as client:
        with pytest.raises(PacketsPassedError, match="nothing was written"):
            push_state(manifest, small, states, client)
        assert switch.calls.count("bm_register_write") == 0
        assert push_state(manifest, small, states, client, moving=True).moving
    assert switch.registers["Ingress.total__packets__word0"].cells == [1]


def test_a_packet_in_the_middle_of_a_push_is_told(small: Program) -> None:
    manifest, states = manifest_of(small), build_states(small)
    counter = states["total"]
    assert isinstance(counter, CounterState)
    counter.add(0, 60)
    switch = switch_for(manifest)

    def pass_packet(name: str) -> None:
        switch.registers[PACKETS_SEEN].cells[0] += name == "bm_register_write"

    switch.before = pass_packet
    with client_of(switch) as client, pytest.raises(PacketsPassedError, match="a mixture"):
        push_state(manifest, small, states, client)


def test_a_switch_that_dies_while_it_is_written_says_how_far_it_got(small: Program) -> None:
    manifest, states = manifest_of(small), build_states(small)
    array = states["wide"]
    assert isinstance(array, ArrayState)
    array.cells[:] = [1, 1 << 127, 3]
    switch = switch_for(manifest)

    def die(name: str) -> None:
        if name == "bm_register_write" and switch.calls.count(name) == 3:
            raise TTransportException(message="gone")

    switch.before = die
    with client_of(switch) as client, pytest.raises(SwitchLostError, match="2 of 3 writes were made"):
        push_state(manifest, small, states, client)


def test_equal_cells_are_written_at_once_and_others_are_left_alone(small: Program) -> None:
    manifest, states = manifest_of(small), build_states(small)
    array = states["wide"]
    assert isinstance(array, ArrayState)
    array.cells[:] = [5, 5, 5]
    switch = switch_for(manifest)
    with client_of(switch) as client:
        pushed = push_state(manifest, small, states, client)
        assert (pushed.cells, pushed.requests) == (3, 1)
        array.cells[2] = 6
        pushed = push_state(manifest, small, states, client)
        assert (pushed.cells, pushed.requests) == (1, 1)
    assert switch.registers["Ingress.wide__word0"].cells == [5, 5, 6]


def test_a_lease_goes_on_where_it_was(small: Program) -> None:
    manifest, states = manifest_of(small), build_states(small)
    lease, seen = states["ids"], states["seen"]
    assert isinstance(lease, LeaseState) and isinstance(seen, MapState)
    assert [lease.open((value,), 0, 5) for value in (7, 8)] == [10, 11]
    lease.close(10)
    seen.put(seen.find((3,), 6, False)[2], (3,), (9,), 6)
    switch = switch_for(manifest)
    with client_of(switch) as client:
        push_state(manifest, small, states, client)
        found = pull_state(manifest, small, client).states
    lease = found["ids"]
    assert isinstance(lease, LeaseState)
    assert [lease.open((value,), 0, 5) for value in (1, 2, 3, 4)] == [12, 13, 10, -1]
    registers = held(switch)
    assert registers["Ingress.ids__generation__word0"] == [1, 1, 0, 0]
    assert registers["Ingress.ids__used__word0"] == [0, 1, 0, 0]
    assert registers["Ingress.ids__hand__word0"] == [2]
    assert sorted(registers["Ingress.seen__key0__word0"]) == [0, 0, 0, 3]


def test_a_folder_of_two_compilations_is_refused(small: Program) -> None:
    other = load_source(Source("small.weft", SMALL.replace("u128[3]", "u128[4]"))).program
    with client_of(switch_for(manifest_of(small))) as client, pytest.raises(WrongProgramError, match="array `wide`"):
        pull_state(manifest_of(small), other, client)


@pytest.mark.parametrize(("width", "cells", "content"), [(63, 2, 0), (64, 3, 1 << 63)])
def test_a_register_of_another_shape_is_another_program_s(small: Program, width: int, cells: int, content: int) -> None:
    switch = switch_for(manifest_of(small))
    switch.add_register("Ingress.wide__word126", width=width, cells=cells)
    switch.registers["Ingress.wide__word126"].cells[0] = content
    with pytest.raises(WrongProgramError, match="not as the manifest says"):
        pulled(switch, small)


def test_a_switch_that_changes_what_is_written_is_told(small: Program) -> None:
    manifest, states = manifest_of(small), build_states(small)
    array = states["wide"]
    assert isinstance(array, ArrayState)
    array.cells[0] = 1 << 62
    switch = switch_for(manifest)
    switch.registers["Ingress.wide__word0"].width = 8
    with (
        client_of(switch) as client,
        pytest.raises(SwitchError, match=r"does not hold what was written: register `Ingress\.wide__word0`"),
    ):
        push_state(manifest, small, states, client)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=12))
def test_ranges_turn_one_array_into_the_other(cells: list[tuple[int, int]]) -> None:
    found, wanted = [now for now, _ in cells], [then for _, then in cells]
    written = list(found)
    for start, end in differing_runs(found, wanted):
        assert found[start] != wanted[start] and found[end - 1] != wanted[end - 1]
        written[start:end] = [wanted[start]] * (end - start)
    assert written == wanted


@pytest.mark.parametrize(
    ("found", "wanted", "ranges"),
    [
        ([0, 0, 0, 0], [1, 1, 2, 1], [(0, 2), (2, 3), (3, 4)]),
        ([0, 1, 0, 0], [1, 1, 1, 0], [(0, 3)]),
        ([1, 1], [1, 1], []),
        ([0, 1, 1, 0], [1, 1, 1, 1], [(0, 4)]),
        ([0, 0, 5, 0], [1, 0, 5, 1], [(0, 1), (3, 4)]),
    ],
)
def test_ranges_are_as_few_as_runs_of_one_value(
    found: list[int], wanted: list[int], ranges: list[tuple[int, int]]
) -> None:
    assert list(differing_runs(found, wanted)) == ranges
