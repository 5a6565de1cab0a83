"""The inferred share function, by hand, and its claim: shares run apart give what the whole gives."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.analyses import Shares, StateClass, classify_states, infer_shares
from compiler.analyses.structure import OUTSIDE
from compiler.ir.operations import BinaryOperator
from compiler.ir.program import Program
from compiler.ir.states import State
from compiler.ir.values import constant
from tests.compiler.analyses.build import Build, array_state, index_state, lease_state, map_state
from tests.compiler.analyses.programs import FLOW, FLOW_WIDTHS, bridge, firewall, nat, pool_nat, reversed_flow
from tests.compiler.analyses.random_programs import random_packets, random_program
from tests.compiler.analyses.split_runs import run_by_shares, run_whole


def shares_of(build: Build) -> Shares:
    build.drop()
    return infer_shares(build.program())


def sharded(shares: Shares) -> dict[str, tuple[int, ...]]:
    return {found.state: found.share_key for found in shares.sharded}


def by_source_beside_by_flow(first: str) -> Program:
    """A[src] += 1; if A[src] > 9 ...; and B[flow], in either order of declaration."""
    states: list[State] = [map_state("A", [32], [32]), map_state("B", FLOW_WIDTHS, [32])]
    build = Build(*(states if first == "A" else states[::-1]), shares=64)
    flow = build.fields(*FLOW)
    for state, key in (("A", flow[:1]), ("B", flow)):
        found = build.find(state, key, [32])
        build.insert(found, build.binary(BinaryOperator.ADD, found.values[0], 1))
    build.drop()
    return build.program()


@pytest.mark.parametrize("first", ["A", "B"])
def test_the_coarsest_key_wins_whatever_is_declared_first(first: str) -> None:
    shares = infer_shares(by_source_beside_by_flow(first))
    assert sharded(shares) == {"A": (0,), "B": (0,)}
    assert [handler.fields for handler in shares.handlers] == [("ipv4.src",)]


def test_the_nat_finds_its_share_by_flow_and_by_port() -> None:
    shares = infer_shares(nat())
    assert [handler.fields for handler in shares.handlers] == [
        ("ipv4.src", "ipv4.dst", "tcp.sport or udp.sport", "tcp.dport or udp.dport"),  # no protocol: RSS has none
        ("tcp.dport or udp.dport",),
    ]
    assert sharded(shares) == {"sessions": (0,), "by_flow": (0, 1, 2, 3)}
    assert shares.exclusive == ()
    assert next(found.capacity for found in shares.sharded if found.state == "sessions") == 64_512


def test_a_map_with_a_pool_splits_by_the_map_key() -> None:
    shares = infer_shares(pool_nat())
    assert set(sharded(shares)) == {"outbound", "ports"}


def test_ids_of_more_than_16_bits_are_not_split_nor_their_index() -> None:
    shares = infer_shares(nat(id_width=17))
    assert sharded(shares) == {}
    assert {found.state for found in shares.exclusive} == {"sessions", "by_flow"}
    assert all("17 bits" in found.reason for found in shares.exclusive)


def test_a_lease_asked_by_a_computed_id_is_not_split() -> None:
    build = Build(lease_state("ids"), map_state("m", [32], [16]), shares=4)
    found = build.find("m", build.fields("ipv4.src"), [16])
    opened = build.lease_open("ids")
    build.insert(found, opened.id)
    build.line = 7
    build.lease_get("ids", found.values[0])  # an id from a map: which share's?
    shares = shares_of(build)
    assert sharded(shares) == {"m": (0,)}
    reason = shares.reason("ids")
    assert reason is not None
    assert reason.reason.startswith("line 7 enters `ids` by (value of `m`")


def session_program(*, id_width: int = 16, first: int = 1024, guarded: bool = True) -> Build:
    """Per session, found by its flow on line 3: a map and an array entered by the session's id."""
    build = Build(
        lease_state("ids", width=id_width, first=first, last=65_000),
        index_state("by_flow", FLOW_WIDTHS, "ids"),
        map_state("last", [32], [32]),
        array_state("seen", 65_536),
        shares=4,
    )
    build.line = 3
    session = build.index_open("by_flow", "ids", build.fields(*FLOW), id_width=id_width)
    if guarded:
        with build.when(session.done, truth=False):
            build.drop()
        build.enter(session.done)
    number = build.resize(session.id, 32)
    build.insert(build.find("last", [number], [32]), constant(1, 32))
    build.write("ipv4.id", build.update("seen", number, 1))
    return build


def test_what_is_kept_by_a_session_id_lies_in_the_sessions_share() -> None:
    assert sharded(shares_of(session_program())) == {"ids": (0,), "by_flow": (0, 1, 2, 3), "last": (0,), "seen": (0,)}


def test_what_is_kept_by_the_id_of_a_lease_that_is_not_split_is_not_split() -> None:
    build = session_program(id_width=17)
    build.states = (*build.states, map_state("plain", [32], [32]))
    build.insert(build.find("plain", build.fields("ipv4.src"), [32]), constant(1, 32))
    assert sharded(shares_of(build)) == {"plain": (0,)}


def test_the_id_of_a_look_up_that_found_nothing_is_in_no_share() -> None:
    """Without a guard, id 0 of a full table would be entered by packets of every share."""
    assert sharded(shares_of(session_program(guarded=False))) == {"ids": (0,), "by_flow": (0, 1, 2, 3)}


@pytest.mark.parametrize("first", [0, 1])
def test_asking_a_lease_for_id_0_is_harmless_where_no_share_has_it(first: int) -> None:
    build = Build(lease_state("ids", first=first), index_state("by_flow", FLOW_WIDTHS, "ids"), shares=4)
    found = build.index_open("by_flow", "ids", build.fields(*FLOW))
    build.lease_get("ids", found.id)
    assert set(sharded(shares_of(build))) == ({"ids", "by_flow"} if first else set())


def test_both_directions_of_a_flow_agree_in_one_handler() -> None:
    build = Build(map_state("flows", FLOW_WIDTHS, [8]), shares=4)
    flow = build.fields(*FLOW)
    build.insert(build.find("flows", flow, [8]), constant(1, 8))
    build.find("flows", reversed_flow(flow), [8])
    assert sharded(shares_of(build)) == {"flows": (0, 1, 2, 3)}


def test_half_a_reversal_does_not_agree_by_its_ports_alone() -> None:
    """(src, dst, sport) and (dst, src, sport) agree; (src, sport) and (dst, sport) only by the port."""
    build = Build(map_state("m", [32, 16], [8]), shares=4)
    src, dst, sport = build.fields("ipv4.src", "ipv4.dst", "l4.sport")
    build.insert(build.find("m", (src, sport), [8]), constant(1, 8))
    build.find("m", (dst, sport), [8])
    assert sharded(shares_of(build)) == {"m": (1,)}


def test_a_key_that_cancels_itself_tells_no_shares_apart() -> None:
    build = Build(map_state("m", [32, 32], [8]), shares=4)
    src, dst = build.fields("ipv4.src", "ipv4.dst")
    build.insert(build.find("m", (src, src), [8]), constant(1, 8))
    build.insert(build.find("m", (dst, dst), [8]), constant(1, 8))
    assert sharded(shares_of(build)) == {}


def test_slices_and_concatenations_are_the_fields_they_are_made_of() -> None:
    build = Build(map_state("a", [32], [8]), map_state("b", [16, 16], [8]), shares=4)
    (src,) = build.fields("ipv4.src")
    halves = build.slice(src, 31, 16), build.slice(src, 15, 0)
    build.insert(build.find("a", [build.concat(*halves)], [8]), constant(1, 8))
    build.insert(build.find("b", halves[::-1], [8]), constant(1, 8))
    assert sharded(shares_of(build)) == {"a": (0,), "b": (0, 1)}


@pytest.mark.parametrize("kind", ["hash", "computed", "constant", "port"])
def test_arrays_are_split_only_by_header_fields(kind: str) -> None:
    build = Build(array_state("cells", 65536), shares=4)
    field = build.resize(build.field("udp.dport"), 32)
    build.line = 5
    index = {
        "hash": lambda: build.hash(field),
        "computed": lambda: build.binary(BinaryOperator.ADD, field, 1),
        "constant": lambda: constant(3, 32),
        "port": lambda: build.resize(build.read("cells", field), 32),
    }[kind]()
    build.store("cells", index, 1)
    shares = shares_of(build)
    assert sharded(shares) == {}
    (whole,) = shares.exclusive
    assert "line 5" in whole.reason
    assert ("by a hash" in whole.reason) == (kind == "hash")


def test_an_array_indexed_by_a_header_field_is_split() -> None:
    build = Build(array_state("cells", 65536), shares=4)
    index = build.resize(build.field("udp.dport"), 32)
    build.store("cells", index, build.read("cells", index))
    shares = shares_of(build)
    assert sharded(shares) == {"cells": (0,)}


def test_a_narrow_field_does_not_bring_a_flow_map_down() -> None:
    build = Build(array_state("cells", 256), map_state("flows", FLOW_WIDTHS, [8]), shares=4)
    flow = build.fields(*FLOW)
    build.store("cells", build.resize(flow[4], 32), 1)
    build.insert(build.find("flows", flow, [8]), constant(1, 8))
    shares = shares_of(build)
    assert sharded(shares) == {"flows": (0, 1, 2, 3)}
    reason = shares.reason("cells")
    assert reason is not None


def test_a_narrow_field_alone_splits_its_state() -> None:
    build = Build(array_state("cells", 256), shares=4)
    build.store("cells", build.resize(build.field("ipv4.proto"), 32), 1)
    assert sharded(shares_of(build)) == {"cells": (0,)}


def test_a_bridge_learns_and_looks_up_in_two_shares() -> None:
    (whole,) = infer_shares(bridge()).exclusive
    assert whole.reason == (
        "one packet enters `stations` by (eth.src) on line 4 and `stations` by (eth.dst) on line 7: two shares"
    )
    assert whole.span.line == 7


def test_the_firewall_finds_one_share_from_both_sides() -> None:
    shares = infer_shares(firewall(shares=1))
    assert shares.declared == 1
    inside, outside = shares.handlers
    assert inside.fields[:2] == ("ipv4.src", "ipv4.dst")
    assert outside.fields[:2] == ("ipv4.dst", "ipv4.src")
    assert sharded(shares) == {"flows": (0, 1, 2, 3)}


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from([2, 4]))
def test_shares_run_apart_equal_the_whole(seed: int, number: int) -> None:
    """Every packet's fate and every state at the end; only programs without exclusive states can claim it."""
    random = Random(seed)
    while True:
        program = random_program(random, shares=number, plain_keys=random.random() < 0.8)
        kinds = {fact.kind for fact in classify_states(program).states}
        if StateClass.SHARDED in kinds and StateClass.EXCLUSIVE not in kinds:
            break
    packets = random_packets(random, 40)
    assert run_by_shares(program, packets) == run_whole(program, packets)


@pytest.mark.parametrize("program", [nat(shares=4, first=1, last=24), firewall(shares=4), pool_nat(shares=2)])
def test_the_headline_programs_run_apart(program: Program) -> None:
    packets = random_packets(Random(7), 400)
    assert run_by_shares(program, packets) == run_whole(program, packets)


def test_a_wrong_share_function_would_be_noticed() -> None:
    program = by_source_beside_by_flow("A")
    packets = random_packets(Random(3), 200)
    assert run_by_shares(program, packets) == run_whole(program, packets)
    by_flow = {OUTSIDE: ("ipv4.src", "ipv4.dst", "udp.sport", "udp.dport")}
    with pytest.raises(AssertionError, match="of A is in two shares"):
        run_by_shares(program, packets, fields=by_flow)
