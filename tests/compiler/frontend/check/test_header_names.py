"""Headers are found behind `p.` whatever variables are called."""

from compiler.load import load_source
from compiler.source import Source

PROGRAM = """
use std::net;
port a, b;
fn lower(p: ipv4 & l4, ipv4: u8) { p.ipv4.ttl -= ipv4; }
on a | b (p: ipv4 & tcp) {
    let tcp = p.tcp.sport;
    if tcp == p.tcp.dport && p.has(vlan) { p.vlan.vid = 7; }
    p.lower(1);
    flood
}
on a | b (_) { drop }
"""


def test_a_variable_may_have_the_name_of_a_header() -> None:
    assert load_source(Source("p.weft", PROGRAM)).warnings == ()
