"""The same state: what it means, not where it lies."""

from __future__ import annotations

from itertools import permutations

from sim.control import diff_states
from tests.decisions.device import Device, udp

ONE_SET = """port lan, wan;
state known: map<ip4, u8> { capacity: 4, sets: 1, ways: 4, idle: 60s }
on lan (p: ipv4) { known.set(p.ipv4.src, p.ipv4.ttl) else drop; send wan; }
on lan | wan (_) { drop }
"""


def after(order: tuple[str, ...], *, looked_at_s: float = 0) -> Device:
    device = Device(ONE_SET)
    for source in order:
        device.send("lan", udp(source))
    device.send("wan", b"", at_s=looked_at_s)
    return device


def test_entries_in_other_ways_are_the_same_state() -> None:
    meanings = [after(order).state() for order in permutations(("10.0.0.1", "10.0.0.2", "10.0.0.3"))]
    assert all(diff_states(meanings[0], meaning) == () for meaning in meanings)
    assert set(meanings[0]["known"]) == {"10.0.0.1", "10.0.0.2", "10.0.0.3"}


def test_what_is_dead_and_not_yet_reused_is_absent() -> None:
    assert after(("10.0.0.1", "10.0.0.2"), looked_at_s=61).state()["known"] == {}


def test_a_value_or_an_entry_more_is_another_state() -> None:
    one, two = after(("10.0.0.1",)).state(), after(("10.0.0.1", "10.0.0.2")).state()
    (difference,) = diff_states(one, two)
    assert (difference.state, difference.entry, difference.left) == ("known", "10.0.0.2", None)
