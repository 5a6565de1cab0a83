from __future__ import annotations

import dataclasses
from collections import Counter

from hypothesis import given

from compiler.ir.operations import TableGet
from compiler.ir.program import Program
from compiler.ir.states import Table, TableArray
from compiler.ir.verify import verify
from compiler.passes.copy_tables import copy_tables, table_copies
from compiler.passes.expand_state import expand_state
from compiler.passes.expansion.arrays import expanded_entries
from compiler.passes.expansion.snapshots import source_snapshots
from compiler.pipeline import run_passes
from tests.strategies.declarations import a_table
from tests.strategies.meaning import Outcomes, plain_snapshots
from tests.strategies.packets import Packet, packets
from tests.strategies.programs import programs
from tests.strategies.texts import assert_becomes, lines_of, written


def lookups(program: Program) -> Counter[str]:
    return Counter(o.state for o in program.operations if isinstance(o, TableGet))


@given(programs(states=("routes", "exact", "cells"), size=14), packets())
def test_copying_keeps_the_meaning(program: Program, traffic: list[Packet]) -> None:
    after = copy_tables(program)
    verify(after)
    found = Outcomes(after, traffic, copies=table_copies(program, after))
    assert found.packets == Outcomes(program, traffic).packets
    assert set(lookups(after).values()) <= {1}
    assert lookups(after).total() == lookups(program).total()


@given(programs(states=("by_pair", "split", "routes"), size=8), packets())
def test_what_expanding_looks_up_is_copied_too(program: Program, traffic: list[Packet]) -> None:
    source = run_passes(program, until="assign_shares")
    after = run_passes(program, also=("merge_table_lookups", "expand_state", "copy_tables"), check=True)
    assert set(lookups(after).values()) <= {1}
    expected = Outcomes(source, traffic)
    found = Outcomes(after, traffic, arrays=expanded_entries(source), copies=table_copies(source, after))
    assert found.packets == expected.packets
    assert source_snapshots(source, found.cells()) == plain_snapshots(expected.snapshots())


TWO_EACH = """
    g1 = g0 if %1
    [g0] %1: u1, (%2: u16, %3: u48) = table_get exact, (1u16)
    [g1] %4: u1, (%5: u16, %6: u48) = table_get exact, (%2)
    [g0] %7: u1, (%8: u48) = table_get cells, (1u2)
    [g0] %9: u1, (%10: u48) = table_get cells, (2u2)
    [g0] %11: u1, (%12: u16, %13: u48) = table_get exact, (3u16)
    [g0] send %2
"""


def test_further_lookups_go_to_copies() -> None:
    after = copy_tables(written(TWO_EACH))
    verify(after)
    assert [o.state for o in after.operations if isinstance(o, TableGet)] == [
        "exact",
        "exact__2",
        "cells",
        "cells__2",
        "exact__3",
    ]
    before = lines_of(written(TWO_EACH))
    assert [line.replace("__2", "").replace("__3", "") for line in lines_of(after)] == before


def test_a_copy_is_declared_as_its_table_is_and_stands_behind_it() -> None:
    program = written(TWO_EACH)
    after = copy_tables(program)
    tables = [state for state in after.states if isinstance(state, Table | TableArray)]
    assert [t.name for t in tables] == ["routes", "exact", "exact__2", "exact__3", "ranked", "cells", "cells__2"]
    for table in tables:
        name = table.name.split("__")[0]
        assert dataclasses.replace(table, name=name) == program.state(name)
    assert table_copies(program, after) == {
        "routes": ("routes",),
        "exact": ("exact", "exact__2", "exact__3"),
        "ranked": ("ranked",),
        "cells": ("cells", "cells__2"),
    }


def test_one_lookup_each_changes_nothing() -> None:
    one = "[g0] %1: u1, (%2: u16, %3: u48) = table_get exact, (1u16)\n[g0] send %2"
    assert_becomes(copy_tables, one, one)
    assert copy_tables(written(one)).states == written(one).states


def test_names_that_are_taken_are_left_out() -> None:
    exact = written(TWO_EACH).state("exact")
    assert isinstance(exact, Table)
    lookalike = a_table("exact__2", exact.key, exact.match, exact.default)
    program = written(TWO_EACH)
    program = dataclasses.replace(program, states=(*program.states, lookalike))
    after = copy_tables(program)
    verify(after)
    copies = table_copies(program, after)
    assert copies["exact"] == ("exact", "exact__3", "exact__4")
    assert copies["exact__2"] == ("exact__2",)


def test_tables_of_a_split_lease_are_named_after_themselves() -> None:
    opening = "[g0] %1: u1, %2: u16 = lease_open split, 1u2, (1u16, 1u7)\n[g0] send %2"
    source = written(opening)
    after = copy_tables(expand_state(source))
    verify(after)
    copies = table_copies(source, after)
    assert copies["split__order"] == ("split__order", "split__order__2", "split__order__3")  # three steps
    assert copies["split__length"][0] == "split__length"
