"""Flow facts: what a test showed holds until what it rests on is assigned."""

from __future__ import annotations

import pytest

from compiler.diagnostics import CompileError
from compiler.load import load_source
from compiler.source import Source

PROGRAM = """
use std::net;
pair lan <-> wan;
state cells: u32[16];
state variable: u32;
fn rewrite(p: ipv4 & l4) {{ p.l4.sport = 5000; }}
fn look(x: u16) -> u16 {{ x + 1 }}
on lan (p: ipv4 & tcp) {{ {body} send wan; }}
on lan (_) {{ drop }}
"""


def codes(body: str) -> list[str]:
    try:
        load_source(Source("p.weft", PROGRAM.format(body=body)))
    except CompileError as error:
        return [d.code for d in error.diagnostics]
    return []


@pytest.mark.parametrize(
    "body",
    [
        "if p.tcp.sport < 16 { cells[p.tcp.sport] = 1; }",
        "if !(p.tcp.sport < 16) { drop } cells[p.tcp.sport] = 1;",
        "if p.tcp.sport >= 16 || p.ipv4.ttl == 0 { drop } cells[p.tcp.sport] = 1;",
        "if p.tcp.sport in 3..=15 { cells[p.tcp.sport] = 1; }",
        "let x = p.tcp.sport; if 16 > x { let y = look(x); cells[x] = y as u32; }",
        "let x = p.tcp.sport % 8; cells[x + 8] = 1;",
        "for i in 0..16 { cells[i] = i; }",
    ],
)
def test_a_bound_that_was_shown_lets_an_index_through(body: str) -> None:
    assert codes(body) == []


@pytest.mark.parametrize(
    "body",
    [
        "if p.tcp.sport < 16 { p.tcp.sport = 5000; cells[p.tcp.sport] = 1; }",
        "if p.tcp.sport < 16 { p.l4.sport = 5000; cells[p.tcp.sport] = 1; }",  # another name of the same field
        "if p.tcp.sport < 16 { p.rewrite(); cells[p.tcp.sport] = 1; }",  # a function may write it
        "if variable < 16 { variable = 100; cells[variable] = 1; }",
        "if p.tcp.sport < 16 { } cells[p.tcp.sport] = 1;",
        "if p.tcp.sport < 17 { cells[p.tcp.sport] = 1; }",
        "let mut i = 3u32; for k in 0..4 { if i < 16 { i += 10; cells[i] = k; } }",
        "for i in 0..17 { cells[i] = i; }",
        "let x = p.tcp.sport % 8; cells[x + 9] = 1;",
    ],
)
def test_a_bound_that_no_longer_holds_does_not(body: str) -> None:
    assert codes(body) == ["W0321"]
