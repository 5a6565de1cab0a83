"""Shares: equal state keys imply equal share; shares are part of the meaning, so running them apart changes nothing."""

from __future__ import annotations

from itertools import permutations

import pytest
from scapy.layers.inet import UDP

from compiler.analyses import StateClass
from tests.decisions.device import HOST, Device, classes, number, udp

SOURCES_AND_FLOWS = """shares 4;
port lan, wan;
state seen: map<ip4, u32> { capacity: 64 }
state last: map<net::Flow, u8> { capacity: 64 }
on lan (p: ipv4 & l4) {
    let entry = seen.find(p.ipv4.src);
    let n = entry.value + 1;
    entry.set(n) else drop;
    if n > 2 { drop }
    last.set(p.flow(), p.ipv4.ttl) else drop;
    send wan;
}
on lan | wan (_) { drop }
"""

NAT = """shares 4;
pair lan <-> wan;
const PUBLIC: ip4 = 203.0.113.1;
state sessions: lease<u16 => net::Flow> { range: 1024..=1039, idle: 300s }
state by_flow: index<net::Flow => sessions> { capacity: 64 }
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
on lan | wan (_) { drop }
"""

KEY = 0x6D5A6D5A6D5A  # Toeplitz, enough of the periodic key for one 16-bit word


def share(*words: int) -> int:
    """The share, of 4, of 16-bit words: Toeplitz of their XOR, bit by bit as receive-side scaling defines it."""
    folded = 0
    for word in words:
        folded ^= word
    hashed = 0
    for bit in range(16):
        if folded >> (15 - bit) & 1:
            hashed ^= KEY >> (48 - 32 - bit) & 0xFFFF_FFFF
    return hashed & 3


def share_of_flow(sport: int, *, dport: int = 53) -> int:
    source, destination = number(HOST), number("198.51.100.7")
    return share(source >> 16, source & 0xFFFF, destination >> 16, destination & 0xFFFF, sport, dport)


def test_a_state_by_source_and_one_by_flow_are_both_split_by_source() -> None:
    # By flow, two cores would count one source; by source, both states are whole.
    facts = classes(SOURCES_AND_FLOWS)
    assert {fact.state: (fact.kind, fact.share_key) for fact in facts.states} == {
        "seen": (StateClass.SHARDED, (0,)),
        "last": (StateClass.SHARDED, (0,)),  # the source address within the flow
    }


def test_a_source_is_counted_over_all_of_its_flows() -> None:
    device = Device(SOURCES_AND_FLOWS)
    left = [device.send("lan", udp(sport=sport)) for sport in (1, 2, 3, 4)]
    assert [len(emissions) for emissions in left] == [1, 1, 0, 0]


def test_states_by_source_and_by_destination_cannot_both_be_split() -> None:
    text = SOURCES_AND_FLOWS.replace("net::Flow", "ip4").replace("p.flow()", "p.ipv4.dst")
    kinds = {fact.state: fact for fact in classes(text).states}
    assert (kinds["seen"].kind, kinds["last"].kind) == (StateClass.SHARDED, StateClass.EXCLUSIVE)
    assert "two shares" in kinds["last"].reason


def test_the_answer_to_a_translated_packet_finds_its_share_by_its_port_alone() -> None:
    nat = Device(NAT)
    for sport in range(40_000, 40_012):
        out = nat.through("lan", udp(sport=sport))
        if out is not None:  # its share may be full
            assert share(out[UDP].sport) == share_of_flow(sport)
    kinds = {fact.kind for fact in classes(NAT).states}
    assert kinds == {StateClass.SHARDED}


def fates(order: tuple[int, ...], *, shares: int) -> dict[int, tuple[bytes, ...]]:
    """What leaves for each source port, when the packets come in this order."""
    nat = Device(NAT.replace("shares 4", f"shares {shares}"))
    return {sport: tuple(data for _, data in nat.send("lan", udp(sport=sport))) for sport in order}


@pytest.fixture(scope="module")
def two_shares() -> tuple[list[int], list[int]]:
    """Flows of two shares, more of each than it has ports (16 ids in 4 shares)."""
    by_share: dict[int, list[int]] = {0: [], 1: []}
    for sport in range(40_000, 40_200):
        if share_of_flow(sport) in by_share and len(by_share[share_of_flow(sport)]) < 8:
            by_share[share_of_flow(sport)].append(sport)
    return by_share[0], by_share[1]


def test_what_one_share_does_is_not_changed_by_another(two_shares: tuple[list[int], list[int]]) -> None:
    one, other = two_shares
    apart = fates(tuple(one), shares=4) | fates(tuple(other), shares=4)
    assert sum(not left for left in apart.values()) >= 2  # some found their share full
    interleaved = tuple(sport for pair in zip(one, other, strict=True) for sport in pair)
    for order in (tuple(one + other), tuple(other + one), interleaved):
        assert fates(order, shares=4) == apart


def test_with_one_share_the_order_of_two_flows_decides_who_gets_which_port() -> None:
    # The counter-example itself: one hand and one set of ports, so that no cores could run it apart.
    outcomes = {tuple(sorted(fates(order, shares=1).items())) for order in permutations((40_000, 40_001))}
    assert len(outcomes) == 2
