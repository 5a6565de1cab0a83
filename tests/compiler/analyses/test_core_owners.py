"""Which core packets belong to: by their share, to the one home of what cannot be divided, or to any."""

from __future__ import annotations

from compiler.analyses.core_owners import CoreChoice, CoreOwners, find_core_owners
from compiler.load import load_source
from compiler.source import Source

_BEGINNING = """
use std::net;
shares 16;
port left, right;
"""


def owners(program: str) -> CoreOwners:
    loaded = load_source(Source("test.weft", _BEGINNING + program))
    return find_core_owners(loaded.program)


def choices(found: CoreOwners) -> list[CoreChoice]:
    return [core.choice for core in found.handlers]


def test_a_handler_whose_state_is_sharded_goes_by_the_share() -> None:
    found = owners("""
        state seen: map<ip4, u32> { capacity: 64, idle: 1s }
        on left (p: ipv4) { seen.set(p.ipv4.src, 1) else {} send right; }
        on left (_) { send right }
        on right (_) { send left }
    """)
    assert choices(found) == [CoreChoice.SHARE, CoreChoice.ANY, CoreChoice.ANY]
    assert found.home == ()
    assert found.spreads


def test_what_cannot_be_divided_has_one_home() -> None:
    found = owners("""
        state last: u32;
        on left (p: ipv4) { let before = last; last = p.ipv4.src as u32; if before == 7 { drop } send right; }
        on left (_) { send right }
        on right (_) { send left }
    """)
    assert choices(found) == [CoreChoice.HOME, CoreChoice.ANY, CoreChoice.ANY]
    assert found.home == ("last",)
    assert found.handlers[0].states == ("last",)


def test_a_sharded_state_goes_home_with_an_exclusive_one_of_the_same_handler() -> None:
    found = owners("""
        state last: u32;
        state seen: map<ip4, u32> { capacity: 64, idle: 1s }
        on left (p: ipv4) {
            let before = last;
            last = before ^ p.ipv4.src as u32;
            seen.set(p.ipv4.src, before) else {}
            send right;
        }
        on right (p: ipv4) { if seen.find(p.ipv4.dst).present { drop } send left; }
        on left | right (_) { drop }
    """)
    assert choices(found) == [CoreChoice.HOME, CoreChoice.HOME, CoreChoice.ANY]
    assert set(found.home) == {"last", "seen"}
    assert found.spreads  # packets without state are left for others


def test_counters_are_in_nobodys_way() -> None:
    found = owners("""
        state packets: counter;
        on left | right (_) { packets.add(); send left }
    """)
    assert choices(found) == [CoreChoice.ANY]


def test_where_all_packets_belong_to_one_core_nothing_is_spread() -> None:
    found = owners("""
        state last: u32;
        on left | right (_) { let before = last; last = before ^ 1; if before == 1 { drop } send left }
    """)
    assert choices(found) == [CoreChoice.HOME]
    assert not found.spreads
