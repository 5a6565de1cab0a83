"""Forms that users reached for first."""

from __future__ import annotations

import pytest

from compiler.diagnostics import CompileError
from compiler.load import load_source
from compiler.source import Source

PROGRAM = """
use std::net;
pair lan <-> wan;
tunable strict: bool = true;
table known: exact<ip4 -> u8> {{ size: 4 }}
state last: time[4];
state dropped: counter[3];
enum Why {{ Unknown, Old, Strange }}
fn refuse(p: _, why: Why) {{ dropped.add(why); drop }}
{items}
on lan (p: ipv4) {{ {body} send wan; }}
on lan | wan (_) {{ drop }}
"""


def codes(body: str, items: str = "") -> list[str]:
    try:
        loaded = load_source(Source("p.weft", PROGRAM.format(body=body, items=items)))
        return [d.code for d in loaded.warnings if d.code != "W0615"]  # not every program calls `refuse`
    except CompileError as error:
        return [d.code for d in error.diagnostics]


@pytest.mark.parametrize(
    "body",
    [
        "let x = known.get(p.ipv4.dst) else refuse(p, Why::Unknown); if x == 0 { drop }",
        "let x = known.get(p.ipv4.dst) else 7; if x == 0 { drop }",
        "if strict && p.ipv4.ttl == 0 { refuse(p, Why::Old); }",
        "last[0] = max(last[1], now); last[2] = min(now, last[3]);",
    ],
)
def test_what_users_wrote_first_works(body: str) -> None:
    assert codes(body) == []


def test_a_header_that_an_earlier_one_hides_is_told() -> None:
    assert codes("", "header mine on ipv4.proto == 47 && ipv4.frag_offset == 0 { key: u32 }") == ["W0425"]
    assert codes("", "header mine on ipv4.proto == 99 { key: u32 }") == []


def test_a_field_without_fixed_length_is_not_offered_again() -> None:
    with pytest.raises(CompileError) as caught:
        load_source(Source("p.weft", PROGRAM.format(body="if p.ipv4.options == 0 { drop }", items="")))
    found = caught.value.diagnostics[0]
    assert found.code == "W0402"
    assert "no fixed length" in found.message


@pytest.mark.parametrize(
    "body",
    [
        "let x = known.get(p.ipv4.dst) else { broken(p); }; if x == 0 { drop }",
        "let x = known.get(p.ipv4.dst) else broken(p); if x == 0 { drop }",
        "if p.ipv4.ttl == 0 { send wan; } else { broken(p); }",
    ],
)
def test_one_mistake_in_a_function_is_said_once(body: str) -> None:
    assert codes(body, "fn broken(p: _) { droped.add(0); drop }") == ["W0201"]
