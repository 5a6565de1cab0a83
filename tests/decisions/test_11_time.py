"""Time goes back, jumps and ties between ports: ages are never negative, nothing runs backward."""

from __future__ import annotations

import pytest

from tests.decisions.device import OTHER_HOST, Device, udp

TICK_NS = 1 << 20
SECOND = 1_000_000_000

KNOWN = """port lan, wan;
state known: set<ip4> { capacity: 16, idle: 300s }
on lan (p: ipv4) { known.add(p.ipv4.src) else drop; drop }
on wan (p: ipv4) { if known.has(p.ipv4.src) { send lan; } drop }
on lan | wan (_) { drop }
"""

AGES = """port lan, wan;
struct Age { value: time }
state last: time;
on lan (_) { digest Age { value: now - last }; last = now; drop }
on wan (_) { drop }
"""


def is_known(device: Device, at_s: float) -> bool:
    return bool(device.send("wan", udp(), at_s=at_s))


def test_an_entry_used_at_105_is_alive_for_a_packet_from_100() -> None:
    device = Device(KNOWN)
    device.send("lan", udp(), at_s=105)
    assert is_known(device, 100)  # as unsigned numbers its age would be 2^64 - 5
    assert is_known(device, 105 + 300)  # what came from the past has not made it older
    assert not is_known(device, 105 + 300 + 301)


def test_idle_means_alive_for_that_long_and_dead_a_tick_later() -> None:
    for late_ns, alive in ((0, True), (2 * TICK_NS, False)):
        device = Device(KNOWN)
        device.send("lan", udp(), now_ns=7 * SECOND)
        left = device.send("wan", udp(), now_ns=7 * SECOND + 300 * SECOND + late_ns)
        assert bool(left) is alive


def test_a_difference_of_times_is_never_below_zero() -> None:
    device = Device(AGES)
    for at_s in (5, 8, 6, 6, 20):
        device.send("lan", udp(), now_ns=at_s * SECOND)
    assert [digest["value"] for digest in device.digests] == ["5s", "3s", "0s", "0s", "14s"]


@pytest.mark.parametrize("back_ns", [1, SECOND, 3600 * SECOND])
def test_a_bucket_gains_nothing_from_a_clock_that_goes_back_and_forth(back_ns: int) -> None:
    text = """port lan, wan; state limit: meter[1] { rate: 1000, burst: 10 }
        on lan (_) { if limit.take(0, 1) { send wan; } drop } on wan (_) { drop }"""
    device, start = Device(text), 7200 * SECOND
    assert sum(len(device.send("lan", udp(), now_ns=start)) for _ in range(12)) == 10
    for _ in range(20):
        assert device.send("lan", udp(), now_ns=start - back_ns) == []
        assert device.send("lan", udp(), now_ns=start) == []
    assert len(device.send("lan", udp(), now_ns=start + SECOND // 500)) == 1


def test_all_of_a_packet_sees_one_time() -> None:
    text = """port lan, wan; struct Times { first: time, second: time } state x: u32[256];
        on lan (p: ipv4) { let a = now; x[p.ipv4.proto] += 1; digest Times { first: a, second: now }; drop }
        on lan | wan (_) { drop }"""
    device = Device(text)
    device.send("lan", udp(OTHER_HOST), now_ns=123_456_789)
    assert device.digests == [{"first": device.digests[0]["second"], "second": device.digests[0]["second"]}]
    assert device.digests[0]["first"] == "123456789ns"
