"""Storing in an entry that was found, or that has room, cannot fail."""

from __future__ import annotations

import pytest

from compiler.diagnostics import CompileError
from compiler.load import load_source
from compiler.source import Source

PROGRAM = """
use std::net;
pair lan <-> wan;
state flows: map<net::Flow, u32> {{ capacity: 1024 }}
on lan (p: ipv4 & l4) {{ let entry = flows.find(p.flow()); {body} send wan; }}
on lan (_) {{ drop }}
"""


def codes(body: str) -> list[str]:
    try:
        return [d.code for d in load_source(Source("p.weft", PROGRAM.format(body=body))).warnings]
    except CompileError as error:
        return [d.code for d in error.diagnostics]


@pytest.mark.parametrize(
    "body",
    [
        "if entry.present { entry.set(1); }",
        "if entry.has_room { entry.set(1); }",
        "if !entry.present && !entry.has_room { drop } entry.set(1);",
        "if entry.present || entry.has_room { entry.set(1); }",
        "if !entry.has_room { drop } entry.set(entry.value + 1);",
    ],
)
def test_what_was_shown_to_fit_needs_no_else(body: str) -> None:
    assert codes(body) == []


@pytest.mark.parametrize(
    "body",
    [
        "entry.set(1);",
        "if !entry.present { entry.set(1); }",
        "if entry.present || p.ipv4.ttl > 3 { entry.set(1); }",
        "if entry.has_room && p.ipv4.ttl > 3 { } entry.set(1);",
    ],
)
def test_what_may_not_fit_needs_one(body: str) -> None:
    assert codes(body) == ["W0604"]
