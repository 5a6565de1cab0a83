"""The class of every state, on programs that are of it and on programs that nearly are."""

from __future__ import annotations

import pytest

from compiler.analyses import StateClass, StateFact, classify_states
from compiler.ir.operations import BinaryOperator, CompareOperator, PacketFact
from compiler.ir.states import State
from compiler.ir.values import constant
from tests.compiler.analyses.build import (
    Build,
    array_state,
    counter_state,
    lease_state,
    map_state,
    meter_state,
    table_state,
)
from tests.compiler.analyses.programs import bridge, firewall, load_balancer, nat

LISTED = {
    BinaryOperator.ADD: 0,
    BinaryOperator.SAT_ADD: 0,
    BinaryOperator.OR: 0,
    BinaryOperator.XOR: 0,
    BinaryOperator.MAX: 0,
    BinaryOperator.AND: 0xFFFFFFFF,
    BinaryOperator.MIN: 0xFFFFFFFF,
}
UNLISTED = sorted(set(BinaryOperator) - set(LISTED), key=lambda operator: operator.value)


def fact(build: Build, state: str = "cells") -> StateFact:
    build.line += 1
    build.drop()
    return classify_states(build.program()).of(state)


@pytest.mark.parametrize("operator", LISTED)
def test_updates_by_one_listed_operator_merge_from_its_identity(operator: BinaryOperator) -> None:
    build = Build(array_state("cells", initial=5))
    build.line = 3
    build.update("cells", 1, build.field("ipv4.src"), operator)
    build.update("cells", build.resize(build.field("ipv4.proto"), 32), 7, operator)
    found = fact(build)
    assert (found.kind, found.operator, found.identity) == (StateClass.MERGEABLE, operator, LISTED[operator])
    assert found.span.line == 3


@pytest.mark.parametrize("operator", UNLISTED)
def test_an_operator_off_the_list_does_not_merge(operator: BinaryOperator) -> None:
    build = Build(array_state("cells"))
    build.line = 4
    build.update("cells", 1, 3, operator)
    found = fact(build)
    assert found.kind is StateClass.EXCLUSIVE
    assert found.reason.startswith("line 4 ")
    assert found.reason.partition(";")[0].endswith("which does not merge")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (BinaryOperator.ADD, BinaryOperator.OR),
        (BinaryOperator.MAX, BinaryOperator.MIN),
        (BinaryOperator.SAT_ADD, BinaryOperator.ADD),
    ],
)
def test_two_operators_in_two_handlers_do_not_merge(one: BinaryOperator, other: BinaryOperator) -> None:
    build = Build(array_state("cells"))
    with build.handler("lan", build.on_port(0)):
        build.line = 9
        build.update("cells", 0, 1, one)
        build.drop()
    build.line = 14
    build.update("cells", 0, 2, other)
    found = fact(build)
    assert found.kind is StateClass.EXCLUSIVE
    assert found.reason.startswith("line 9 ")
    assert " and line 14 " in found.reason
    assert found.span.line == 14


def test_add_and_or_are_named_with_their_lines() -> None:
    build = Build(array_state("cells"))
    build.line = 9
    build.update("cells", 0, 1)
    build.line = 14
    build.update("cells", 0, 2, BinaryOperator.OR)
    assert fact(build).reason.startswith("line 9 adds and line 14 ors")


def test_saturating_add_and_subtract_do_not_merge() -> None:
    build = Build(array_state("cells"))
    build.update("cells", 0, 1, BinaryOperator.SAT_ADD)
    build.line = 6
    build.update("cells", 0, 1, BinaryOperator.SAT_SUB)
    assert fact(build).reason.startswith("line 6 subtracts with saturation")


def test_a_cell_cleared_by_time_does_not_merge() -> None:
    build = Build(array_state("cells"))
    build.line = 3
    late = build.compare(CompareOperator.GT, build.fact(PacketFact.NOW), 10**9)
    with build.when(late):
        build.line = 4
        build.store("cells", 0, 0)
    build.update("cells", 0, 1)
    found = fact(build)
    assert found.kind is StateClass.EXCLUSIVE
    assert found.reason.startswith("line 4 overwrites `cells`")


def test_a_window_number_in_the_index_merges() -> None:
    build = Build(array_state("cells"))
    window = build.resize(build.binary(BinaryOperator.AND, build.fact(PacketFact.NOW), 1), 32)
    build.update("cells", window, 1)
    assert fact(build).kind is StateClass.MERGEABLE


def test_a_result_that_is_sent_does_not_merge() -> None:
    build = Build(array_state("cells"))
    build.line = 12
    build.write("ipv4.src", build.update("cells", 0, 1))
    found = fact(build)
    assert found.kind is StateClass.EXCLUSIVE
    assert found.reason.startswith("line 12 uses the new value of `cells`")


def test_a_result_that_only_guards_an_effect_does_not_merge() -> None:
    build = Build(array_state("cells"), counter_state("hits"))
    build.line = 5
    many = build.compare(CompareOperator.GT, build.update("cells", 0, 1), 9)
    with build.when(many):
        build.count("hits", 0)
    assert fact(build).reason.startswith("line 5 uses the new value of `cells`")


def test_a_result_that_only_unused_arithmetic_reads_merges() -> None:
    build = Build(array_state("cells"))
    build.binary(BinaryOperator.ADD, build.update("cells", 0, 1), 1)
    assert fact(build).kind is StateClass.MERGEABLE


def test_a_read_in_another_handler_does_not_merge() -> None:
    build = Build(array_state("cells"))
    with build.handler("lan", build.on_port(0)):
        build.update("cells", 0, 1)
        build.drop()
    build.line = 21
    build.write("ipv4.src", build.read("cells", 0))
    assert fact(build).reason.startswith("line 21 reads `cells`")


def test_amounts_that_depend_on_the_state_by_way_of_another_do_not_merge() -> None:
    build = Build(array_state("cells"), array_state("other"))
    build.line = 3
    build.store("other", 0, build.update("cells", 0, 1))
    build.line = 4
    build.update("cells", 1, build.read("other", 0))
    assert fact(build).reason.startswith("line 3 uses the new value of `cells`")


def test_amounts_from_another_state_merge() -> None:
    build = Build(array_state("cells"), array_state("other"))
    build.store("other", 0, build.field("ipv4.src"))
    build.update("cells", 1, build.read("other", 0))
    program_fact = fact(build)
    assert program_fact.kind is StateClass.MERGEABLE


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (table_state("cells", 16, [8]), StateClass.CONSTANT),
        (array_state("cells"), StateClass.CONSTANT),
        (lease_state("cells"), StateClass.CONSTANT),
        (map_state("cells", [16], [8]), StateClass.CONSTANT),
    ],
)
def test_what_no_packet_writes_is_constant(state: State, kind: StateClass) -> None:
    build = Build(state)
    port = build.field("udp.dport")
    match state.name, type(state).__name__:
        case _, "Table":
            build.table("cells", port, [8])
        case _, "Array":
            build.write("ipv4.src", build.read("cells", 3))
        case _, "Lease":
            build.lease_get("cells", port)
        case _:
            build.find("cells", [port], [8])
    assert fact(build).kind is kind


def test_one_insert_makes_a_map_no_constant() -> None:
    build = Build(map_state("cells", [32], [8]))
    found = build.find("cells", [build.binary(BinaryOperator.ADD, build.field("ipv4.src"), 1)], [8])
    build.insert(found, constant(1, 8))
    assert fact(build).kind is StateClass.EXCLUSIVE


def test_counters_merge_by_type_and_meters_do_not() -> None:
    build = Build(counter_state("hits"), meter_state("cells"), shares=4)
    build.count("hits", 1)
    build.line = 8
    build.meter("cells", build.resize(build.hash(build.field("ipv4.src")), 32))
    build.drop()
    algebra = classify_states(build.program())
    assert algebra.kind("hits") is StateClass.MERGEABLE
    assert algebra.kind("cells") is StateClass.EXCLUSIVE
    assert "line 8 enters `cells` by a hash" in algebra.of("cells").reason


def test_a_meter_indexed_by_a_header_field_is_sharded() -> None:
    build = Build(meter_state("cells"), shares=4)
    build.meter("cells", build.resize(build.field("udp.dport"), 32))
    assert fact(build).kind is StateClass.SHARDED


def test_the_headline_programs() -> None:
    kinds = {
        name: found.kind
        for program in (nat(), firewall(shares=8), load_balancer(counts="counter"), bridge())
        for found in classify_states(program).states
        for name in (found.state,)
    }
    assert kinds == {
        "sessions": StateClass.SHARDED,
        "by_flow": StateClass.SHARDED,
        "flows": StateClass.SHARDED,
        "refused": StateClass.MERGEABLE,
        "backends": StateClass.CONSTANT,
        "maglev": StateClass.CONSTANT,
        "connections": StateClass.EXCLUSIVE,  # the program declares no shares
        "seen": StateClass.MERGEABLE,
        "bytes": StateClass.CONSTANT,
        "stations": StateClass.EXCLUSIVE,
    }


def test_one_share_names_the_declaration_that_would_split() -> None:
    reason = classify_states(nat(shares=1)).of("by_flow").reason
    assert "`shares 64;` would split it by (ipv4.src, ipv4.dst, " in reason
