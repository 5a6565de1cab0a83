"""One state out of those of several workers: expected values by hand. `tests/differential` has whole runs."""

from __future__ import annotations

from typing import Any

import pytest

from backends.bluefield.manifest import StateOwner
from compiler.ir.program import Program
from compiler.load import load_source
from compiler.meaning.hashing import share_of
from compiler.source import Source
from runtime.bluefield.merge_states import merge_states
from sim.state import build_states

PROGRAM = """\
use std::net;
shares 4;
pair a <-> b;
state numbers: u8[64] = 5;
state pairs: u16[2][2];
state counts: counter[4];
on a (p: ipv4) { numbers[0] += 1; pairs[0] += [1, 2]; counts.add(1); send b; }
on a | b (_) { drop }
"""


@pytest.fixture(scope="module")
def program() -> Program:
    return load_source(Source("merge.weft", PROGRAM)).program


def merged(program: Program, owner: StateOwner, *cells: list[list[Any]]) -> list[list[Any]]:
    """Of each worker the cells of one state that are not as they began; what they come to."""
    copies = [build_states(program) for _ in cells]
    for copy, rows in zip(copies, cells, strict=True):
        copy[owner.name].restore({"cells": rows})
    into = build_states(program)
    others = [StateOwner(s.name, "home") for s in program.states if s.name != owner.name]
    merge_states(program, [owner, *others], copies, into)
    return into[owner.name].snapshot()["cells"]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("operator", "one", "other", "expected"),
    [
        ("add", 7, 9, 11),  # 5 + 2 + 4
        ("add", 255, 10, 4),  # 5 + 250 + 5 = 260, of 8 bits
        ("sat_add", 7, 9, 11),
        ("sat_add", 250, 20, 255),
        ("sat_add", 255, 5, 255),
        ("xor", 5 ^ 3, 5 ^ 6, 5 ^ 3 ^ 6),
        ("or", 5 | 8, 5 | 16, 5 | 8 | 16),
        ("and", 4, 1, 0),
        ("max", 7, 9, 9),
        ("min", 3, 2, 2),
    ],
)
def test_replicas_that_began_with_the_initial_value(
    program: Program, operator: str, one: int, other: int, expected: int
) -> None:
    owner = StateOwner("numbers", "merge", operator)
    assert merged(program, owner, [[0, one], [1, one]], [[0, other]]) == [[0, expected], [1, one]]


def test_lanes_merge_one_by_one(program: Program) -> None:
    owner = StateOwner("pairs", "merge", "add")
    assert merged(program, owner, [[0, [1, 65535]]], [[0, [2, 2]]], [[1, [1, 1]]]) == [[0, [3, 1]], [1, [1, 1]]]


def test_counters_add_up(program: Program) -> None:
    owner = StateOwner("counts", "merge", "add")
    most = hex((1 << 64) - 1)
    assert merged(program, owner, [[1, 2, 128]], [[1, 3, 200], [3, 1, most]], [[3, 1, 2]]) == [[1, 5, 328], [3, 2, 1]]


def test_the_first_worker_has_what_has_one_home(program: Program) -> None:
    assert merged(program, StateOwner("numbers", "home"), [[1, 9]], [[1, 8], [2, 7]]) == [[1, 9]]


def test_each_worker_has_the_cells_of_its_shares(program: Program) -> None:
    owner = StateOwner("numbers", "share")
    everywhere = [[[index, 100 + worker] for index in range(64)] for worker in range(3)]
    found = merged(program, owner, *everywhere)
    assert found == [[index, 100 + share_of((index,), shares=4) % 3] for index in range(64)]
    assert {value for _, value in found} == {100, 101, 102}
