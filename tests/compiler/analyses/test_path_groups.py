"""Rows of paths, on small programs whose paths a person can list."""

from __future__ import annotations

from compiler.analyses import PathGroup, explain, render_explanation
from compiler.load import load_source
from compiler.source import Source

PROGRAM = """use std::net; use std::tcp;
port a;
port b;
tunable limit: u32 = 5;
state seen: map<ip4, u32> { capacity: 64, idle: 10s }
table peers: exact<ip4 -> ip4> { size: 8 }
on a (p: ipv4 & tcp) {
    match p.tcp.flags {
        tcp::flags{syn, !ack} => {}
        _ => drop,
    }
    let n = seen.get(p.ipv4.src) else drop;
    if n > limit { reply }
    p.ipv4.src = 203.0.113.9;
    send b;
}
on a (p: ipv4 & l4) {
    let to = peers.get(p.ipv4.dst) else drop;
    p.ipv4.dst = to;
    p.l4.dport = 53;
    send b;
}
on a (p: eth) {
    if p.eth.src.is_multicast() { drop }
    send b;
}
on a | b (_) { drop }
"""


def rows(text: str) -> list[PathGroup]:
    return list(explain(load_source(Source("row.weft", text)).program).paths)


def row(text: str, handler: str, final: str) -> PathGroup:
    (found,) = [group for group in rows(text) if group.handler == handler and group.final == final]
    return found


def test_conditions_are_told_in_source_text_with_their_lines() -> None:
    sent = row(PROGRAM, "a (p: ipv4 & tcp)", "send (line 15)")
    assert sent.match == ("`tcp::flags{syn, !ack}` on line 9",)
    assert (sent.key, sent.rewrites) == (("ipv4.src",), ("ipv4.src = 203.0.113.9",))
    assert row(PROGRAM, "a (p: eth)", "send (line 25)").match == ("not `p.eth.src.is_multicast()` on line 24",)


def test_equal_rows_for_tcp_and_udp_are_one_under_the_name_that_the_handler_has() -> None:
    sent = row(PROGRAM, "a (p: ipv4 & l4)", "send (line 21)")
    assert sent.rewrites == ("ipv4.dst = to", "l4.dport = 53")
    assert (sent.key, sent.decisions) == (("ipv4.dst",), ())


def test_a_row_says_only_what_tells_it_from_rows_of_the_same_end() -> None:
    text = PROGRAM.replace("{ reply }", "{ if p.ipv4.ttl > 9 { clone b; } reply }")
    replies = [group for group in rows(text) if group.final == "reply (line 13)"]
    # Replying is the reason with and without the clone, which is one more.
    assert [(group.decisions, group.paths, group.folded) for group in replies] == [((), 1, 1)]
    assert [reason.text for reason in replies[0].reasons] == ["line 13 replies"]


SKETCH = """use std::net;
use std::sketch::{TopK, CountMin};
port a;
port b;
state heavy: TopK<net::Flow, slots: 64, stages: 6>;
state often: CountMin<net::Flow>;
on a (p: ipv4 & l4) {
    heavy.add(p.flow(), 1);
    if often.add(p.flow(), 1) > 9 { drop }
    send b;
}
on a | b (_) { drop }
"""


def test_a_sketch_is_told_as_one_object_with_the_users_lines() -> None:
    program = load_source(Source("sketch.weft", SKETCH)).program
    explanation = explain(program, limit=50)
    text = render_explanation(explanation)
    assert not explanation.complete
    assert "heavy (6 arrays): exclusive: line 8 reads `heavy`" in text
    assert "<std" not in text
    assert "heavy.keys" not in text
    sent = [group for group in explanation.paths if group.final == "send (line 10)"]
    assert sent and all(group.reasons[0].text == "line 8 writes `heavy`" for group in sent)
    assert "at least" in text
    assert text.count("more paths than were followed") == 1
    assert [group.final for group in explanation.paths][-1] == "drop (line 12)"  # a large handler hides no other


def test_a_look_up_that_only_refreshes_is_cacheable_where_it_finds_its_entry() -> None:
    text = PROGRAM.replace("    p.l4.dport = 53;\n", "    seen.find(p.ipv4.src);\n")
    found = [group for group in rows(text) if group.final == "send (line 21)"]
    assert [(group.decisions, group.key) for group in found if group.cacheable] == [
        (("the key is in `seen` (line 20)",), ("ipv4.dst", "ipv4.src"))
    ]
    assert [reason.text for group in found for reason in group.reasons] == ["line 20 does not find the key in `seen`"]


def test_equal_conditions_of_two_handlers_have_a_line_each() -> None:
    text = """use std::net;
port a, b;
on a (p: ipv4) {
    if p.length < p.ipv4.total_length as u32 { drop }
    send b;
}
on b (p: ipv4) {
    let n = p.ipv4.total_length as u32;
    if p.length < n { drop }
    send a;
}
on a | b (_) { drop }
"""
    told = render_explanation(explain(load_source(Source("p.weft", text)).program))
    assert "line 4 decides by the packet's length" in told
    assert "line 9 decides by the packet's length" in told
