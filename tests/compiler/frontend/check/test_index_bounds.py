"""What is known of an index through branches and calls."""

from __future__ import annotations

import pytest

from compiler.diagnostics import CompileError
from compiler.load import load_source
from compiler.source import Source

_PROGRAM = """
use std::net;
port wire;
state cells: u32[8];
fn low(x: u32) -> u32 {{ {function} }}
on wire (p: ipv4) {{ cells[{index}] += 1; drop }}
on wire (_) {{ drop }}
"""


def load(index: str, function: str = "x % 8") -> None:
    load_source(Source("bounds.weft", _PROGRAM.format(function=function, index=index)))


@pytest.mark.parametrize("index", ["low(p.length)", "if p.length > 9 { low(p.length) } else { 7 }"])
def test_a_bound_is_seen_through_calls_and_branches(index: str) -> None:
    load(index)


@pytest.mark.parametrize(
    ("index", "function"),
    [
        ("low(p.length)", "x % 9"),
        ("low(p.length)", "if x > 3 { return x; } x % 8"),
        ("low(p.length)", "if x > 3 { x % 8 } else { 8 }"),
        ("low(p.length) + 1", "x % 8"),
    ],
)
def test_an_index_that_can_be_out_of_range_is_refused(index: str, function: str) -> None:
    with pytest.raises(CompileError, match="this index can be up to"):
        load(index, function)
