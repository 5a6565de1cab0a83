"""The analyses on programs in the language: what a person reads for their own lines."""

from __future__ import annotations

import pytest

from compiler.analyses import Explanation, StateClass, check_entries, explain
from compiler.ir.program import Program
from compiler.load import load_source
from compiler.source import Source

NAT = """\
use std::net;
shares 64;
pair lan <-> wan;
const PUBLIC: ip4 = 203.0.113.1;
state sessions: lease<u16 => net::Flow> { range: 1024..65535, idle: 300s }
state by_flow:  index<net::Flow => sessions>;
on lan (p: ipv4 & l4) {
    let session = by_flow.find_or_open(p.flow()) else drop;
    p.ipv4.src = PUBLIC;
    p.l4.sport = session.id;
    send wan;
}
on wan (p: ipv4 & l4) where p.ipv4.dst == PUBLIC {
    let inner = sessions.get(p.l4.dport) else drop;
    p.ipv4.dst = inner.src;
    p.l4.dport = inner.sport;
    send lan;
}
on lan | wan (p: arp) { send p.port.peer; }
"""

COUNTS = """\
use std::net;
shares 64;
port lan, wan;
state hits: u32[65536];
state flows: map<net::Flow, u32> { capacity: 1024 }
state total: u32 = 5;
on lan (p: ipv4 & l4) {
    hits[p.l4.sport] += 1;
    let e = flows.find(p.flow());
    total += 1;
    e.set(hits[p.l4.sport]) else drop;
    send wan;
}
on wan (_) { total |= 1; drop }
"""

STAMP = """\
use std::net; port lan, wan;
state a: u8 = 0;
state b: u8 = 0;
on lan | wan (p: ipv4) {
    let x = a;
    a = 1;
    let y = b;
    b = 1;
    p.ipv4.ttl = x + y;
    send wan;
}
"""


def program_of(text: str) -> Program:
    return load_source(Source("test.weft", text)).program


def fates(explanation: Explanation) -> set[tuple[str, str]]:
    """(final, the first reason against caching, or "")"""
    return {(group.final, group.reasons[0].text if group.reasons else "") for group in explanation.paths}


def test_the_nat() -> None:
    program = program_of(NAT)
    found = explain(program)
    assert [(fact.state, fact.kind) for fact in found.states.states] == [
        ("sessions", StateClass.SHARDED),
        ("by_flow", StateClass.SHARDED),
    ]
    assert [atom.lines for atom in found.atoms.atoms] == [(8, 14)]
    assert [handler.fields for handler in found.shares.handlers] == [
        ("ipv4.src", "ipv4.dst", "tcp.sport or udp.sport", "tcp.dport or udp.dport"),
        ("tcp.dport or udp.dport",),
    ]
    told = fates(found)
    assert {
        ("send (line 11)", ""),
        ("send (line 11)", "line 8 opens a session and inserts it into `by_flow`"),
        ("send (line 17)", ""),
        ("drop (line 14)", "line 14 does not find the key in `sessions`"),
        ("send (line 19)", ""),
    } <= told
    assert check_entries(program) == ()


def test_a_handler_that_counts_by_port_brings_its_flows_to_that_share() -> None:
    found = explain(program_of(COUNTS))
    kinds = {fact.state: (fact.kind, fact.reason.partition(";")[0]) for fact in found.states.states}
    assert kinds == {
        "hits": (StateClass.SHARDED, "equal (index) imply equal share"),
        "flows": (StateClass.SHARDED, "equal (sport) imply equal share"),
        "total": (StateClass.EXCLUSIVE, "line 10 adds and line 14 ors"),
    }
    reads = "line 8 adds to `hits`, but line 11 reads `hits`"
    sends = [group for group in found.paths if group.final == "send (line 12)"]
    assert sends
    assert all(reads in [reason.text for reason in group.reasons] for group in sends)


def test_two_states_without_a_flow_between_them_are_two_atoms() -> None:
    atoms = explain(program_of(STAMP)).atoms.atoms
    assert [(atom.name, atom.lines) for atom in atoms] == [("a", (5, 6)), ("b", (7, 8))]


@pytest.mark.parametrize(
    ("line", "stops"),
    [
        ("p.ipv4.ttl = p.ipv4.ttl - 1;", ""),
        ("p.ipv4.ttl = p.ipv4.ttl - 2;", "line 6 writes a computed value (ipv4.ttl - 2)"),
        ("if p.length > 100 { drop }", "line 6 decides by the packet's length"),
    ],
)
def test_what_a_line_does_to_a_path(line: str, stops: str) -> None:
    text = "\n".join(
        [
            "use std::net; port lan, wan;",
            "state m: map<ip4, u8> { capacity: 16 }",
            "on lan (p: ipv4) {",
            "    let entry = m.find(p.ipv4.src);",
            "    entry.set(1) else drop;",
            f"    {line}",
            "    send wan;",
            "}",
        ]
    )
    told = fates(explain(program_of(text)))
    assert any(final == "send (line 7)" and reason == stops for final, reason in told)
