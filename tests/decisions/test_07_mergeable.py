"""Mergeable: one operator, results unused, replicas from the identity; what is not said here does not merge."""

from __future__ import annotations

import pytest

from compiler.analyses import StateClass, StateFact
from compiler.ir.operations import BinaryOperator
from tests.decisions.device import classes

USES = "use std::sketch;"


def fact_of_x(uses: str, declared: str = "state x: u32[256];") -> StateFact:
    text = f"""{USES} use std::collective; port lan, wan; {declared} state other: u32[256];
        on lan (p: ipv4) {{ let i = p.ipv4.proto; {uses} send wan; }}
        on wan (p: ipv4) {{ let i = p.ipv4.proto; drop }}
        on lan | wan (_) {{ drop }}"""
    return next(fact for fact in classes(text).states if fact.state.split(".")[0] == "x")


@pytest.mark.parametrize(
    ("uses", "operator", "identity"),
    [
        ("x[i] += 1;", BinaryOperator.ADD, 0),
        ("x[i] += p.length; if p.ipv4.ttl > 3 { x[i] += 7; }", BinaryOperator.ADD, 0),
        ("let _ = x.sat_add(i, 1);", BinaryOperator.SAT_ADD, 0),
        ("x[i] |= 4;", BinaryOperator.OR, 0),
        ("x[i] ^= 4;", BinaryOperator.XOR, 0),
        ("x[i] &= 4;", BinaryOperator.AND, 0xFFFF_FFFF),
        ("let _ = x.max(i, p.length);", BinaryOperator.MAX, 0),
        ("let _ = x.min(i, p.length);", BinaryOperator.MIN, 0xFFFF_FFFF),
        ("x[(now / 1s) as u8] += 1;", BinaryOperator.ADD, 0),  # the window's number is part of the index
    ],
)
def test_updates_by_one_operator_merge(uses: str, operator: BinaryOperator, identity: int) -> None:
    fact = fact_of_x(uses)
    assert (fact.kind, fact.operator, fact.identity) == (StateClass.MERGEABLE, operator, identity)


@pytest.mark.parametrize(
    "uses",
    [
        "x[i] += 1; x[i] |= 2;",  # each a monoid, together none
        "let _ = x.sat_add(i, 1); let _ = x.sat_sub(i, 1);",
        "let _ = x.sat_sub(i, 1);",
        "if p.ipv4.ttl == 0 { x[i] = 0; } x[i] += 1;",  # a reset, by time or by anything
        "let n = x.add(i, 1); if n > 9 { drop }",
        "let n = x.add(i, 1); p.ipv4.ttl = n as u8;",
        "let n = x[i]; other[i] = n; x[i] += 1;",
        "let n = x.add(i, 1); other[n as u8] += 1;",  # the result moves another state's cell
        "x[i] = x[i] + 1;",  # a read and a write, whatever they come to
    ],
)
def test_what_looks_mergeable_and_is_not(uses: str) -> None:
    assert fact_of_x(uses).kind is StateClass.EXCLUSIVE


def test_the_initial_value_is_merged_once() -> None:
    # N replicas that each began at 5 would come to 5 N.
    fact = fact_of_x("x += 1;", "state x: u32 = 5;")
    assert (fact.kind, fact.identity) == (StateClass.MERGEABLE, 0)


def test_a_sketch_merges_until_its_answers_are_used() -> None:
    declared = "state x: sketch::CountMin<ip4, rows: 3>;"
    assert fact_of_x("let _ = x.add(p.ipv4.src, 1);", declared).kind is StateClass.MERGEABLE
    assert fact_of_x("if x.add(p.ipv4.src, 1) > 9 { drop }", declared).kind is StateClass.EXCLUSIVE
    windowed = "state x: sketch::CountMin<ip4, rows: 3, window: 1s>;"
    assert fact_of_x("let _ = x.add(p.ipv4.src, 1);", windowed).kind is StateClass.EXCLUSIVE


def test_a_reduction_is_accumulated_then_read() -> None:
    uses = """match x.contribute(slot: i as u32, epoch: 0, round: 0, tag: 0, member: 0, members: 3, op: 0, value: 1) {
        Pending | Stale => drop, Complete(sum) | Repeat(sum) => { p.ipv4.id = sum as u16; }
    }"""
    uses = uses.replace("Complete(sum) | Repeat(sum) =>", "Complete(sum) => {} Repeat(sum) =>")
    assert fact_of_x(uses, "state x: collective::reduce<u32> { slots: 256 }").kind is StateClass.ACCUMULATE
