"""State: full, expired, exhausted, stale; what counts as a use and what does not."""

from collections.abc import Sequence

import pytest

from tests.engines import Arrival
from tests.language.running import PROBE, SECOND, TICK_NS, Run, codes_in_handler, probe, seen

SEEN = "struct Seen { value: u32 }"


def program(items: str, body: str) -> str:
    return f"port lan, wan; {PROBE} {SEEN} {items} on lan (p: probe & ipv4) {{ {body} drop }} on lan (_) {{ drop }}"


def at(ticks: int, *, c: int = 0, d: int = 0, e: int = 0) -> Arrival:
    """A probe packet at the start of a tick of stored time."""
    return Arrival("lan", bytes(probe(c=c, d=d, e=e)), ticks * TICK_NS)


def answers(run: Run, items: str, body: str, packets: Sequence[object], entries: str = "") -> list[int]:
    return seen(run(program(items, body), packets, entries=entries))


IDLE = "state m: map<u32, u32> { capacity: 4, idle: 1s }"
IDLE_TICKS = -(-SECOND // TICK_NS)
# e = 1: set to d; e = 2: tell by get; e = 3: tell by peek; e = 4: tell by has
MAP_BODY = """match p.probe.e {
    1 => { m.set(p.probe.c, p.probe.d as u32) else { drop } }
    2 => { let x = m.get(p.probe.c) else { 77 }; digest Seen { value: x }; }
    3 => { let x = m.peek(p.probe.c) else { 77 }; digest Seen { value: x }; }
    4 => { digest Seen { value: m.has(p.probe.c) as u32 }; }
    _ => { m.remove(p.probe.c); }
}"""


# --- maps and sets ------------------------------------------------------------------------------------


def test_full_map(run: Run) -> None:
    items = "state m: map<u32, u32> { capacity: 2 }"
    body = """m.set(p.probe.c, 1) else { digest Seen { value: p.probe.c }; }"""
    outcome = run(program(items, body), [probe(c=1), probe(c=2), probe(c=3), probe(c=2)])
    assert seen(outcome) == [3]
    assert set(outcome.state["m"]) == {"1", "2"}


def test_full_set(run: Run) -> None:
    items = "state known: set<u32> { capacity: 2 }"
    body = "known.add(p.probe.c) else { digest Seen { value: p.probe.c }; }"
    outcome = run(program(items, body), [probe(c=1), probe(c=1), probe(c=2), probe(c=3)])
    assert seen(outcome) == [3]
    assert set(outcome.state["known"]) == {"1", "2"}


def test_fallible_without_else() -> None:
    items = "state m: map<u32, u32> { capacity: 2 }"
    assert codes_in_handler("m.set(p.probe.c, 1); drop", items) == ["W0604"]
    assert codes_in_handler("let x = m.get(p.probe.c); drop", items) == ["W0604"]


def test_expired_entry(run: Run) -> None:
    packets = [at(0, e=1, c=5, d=42), at(IDLE_TICKS, e=3, c=5), at(IDLE_TICKS + 1, e=3, c=5)]
    assert answers(run, IDLE, MAP_BODY, packets) == [42, 77]


def test_idle_is_at_least_the_time_given(run: Run) -> None:
    set_late = Arrival("lan", bytes(probe(e=1, c=5, d=42)), TICK_NS - 1)
    for later, expected in ((SECOND, 42), (SECOND + 2 * TICK_NS, 77)):
        packets = [set_late, Arrival("lan", bytes(probe(e=3, c=5)), TICK_NS - 1 + later)]
        assert answers(run, IDLE, MAP_BODY, packets) == [expected]


def test_use_refreshes(run: Run) -> None:
    for use in (1, 2, 4):
        packets = [at(0, e=1, c=5, d=42), at(IDLE_TICKS, e=use, c=5, d=42), at(2 * IDLE_TICKS, e=3, c=5)]
        assert answers(run, IDLE, MAP_BODY, packets)[-1] == 42, use


def test_peek_does_not_refresh(run: Run) -> None:
    packets = [at(0, e=1, c=5, d=42), at(IDLE_TICKS, e=3, c=5), at(IDLE_TICKS + 1, e=3, c=5)]
    assert answers(run, IDLE, MAP_BODY, packets) == [42, 77]


def test_expired_entry_is_replaced(run: Run) -> None:
    items = "state m: map<u32, u32> { capacity: 1, idle: 1s }"
    packets = [at(0, e=1, c=5, d=42), at(IDLE_TICKS + 1, e=1, c=6, d=43), at(IDLE_TICKS + 1, e=2, c=6)]
    assert answers(run, items, MAP_BODY, packets) == [43]


def test_clock_goes_back(run: Run) -> None:
    packets = [at(5000, e=1, c=5, d=42), at(10, e=2, c=5), at(5000 + IDLE_TICKS, e=3, c=5)]
    assert answers(run, IDLE, MAP_BODY, packets) == [42, 42]


def test_equal_times(run: Run) -> None:
    packets = [at(7, e=2, c=5), at(7, e=1, c=5, d=42), at(7, e=2, c=5), at(7, e=1, c=5, d=43), at(7, e=2, c=5)]
    assert answers(run, IDLE, MAP_BODY, packets) == [77, 42, 43]


def test_remove_absent(run: Run) -> None:
    outcome = run(program(IDLE, MAP_BODY), [at(0, e=1, c=5, d=1), at(0, e=9, c=6), at(0, e=9, c=5), at(0, e=9, c=5)])
    assert outcome.state == {}


def test_absent_entry_reads_zero(run: Run) -> None:
    body = "let entry = m.find(p.probe.c); digest Seen { value: entry.value };"
    assert answers(run, IDLE, body, [probe(c=5)]) == [0]


def test_set_of_a_present_entry(run: Run) -> None:
    items = "state m: map<u32, u32> { capacity: 1 }"
    body = """let entry = m.find(p.probe.c);
        if entry.present { entry.set(entry.value + 1); } else { entry.set(1) else { digest Seen { value: 99 }; } }"""
    outcome = run(program(items, body), [probe(c=5), probe(c=5), probe(c=6)])
    assert outcome.state == {"m": {"5": {"value": 2}}}
    assert seen(outcome) == [99]
    assert codes_in_handler("let entry = m.find(p.probe.c); entry.set(1); drop", items) == ["W0604"]


def test_entry_after_another_write() -> None:
    items = "state m: map<u32, u32> { capacity: 1 }"
    both_found = "let one = m.find(1); let two = m.find(2);"
    assert codes_in_handler(f"{both_found} one.set(10) else drop; two.set(20) else drop; drop", items) == ["W0901"]
    one_by_one = "let one = m.find(1); one.set(10) else drop; let two = m.find(2); two.set(20) else drop; drop"
    assert codes_in_handler(one_by_one, items) == []


# --- leases and indexes -------------------------------------------------------------------------------

LEASE = "state ids: lease<u16 => u32> { range: 10..=12, idle: 1s }"
# e = 1: open; 2: close d; 3: tell value of d
LEASE_BODY = """match p.probe.e {
    1 => {
        let session = ids.open(p.probe.c) else { digest Seen { value: 0 }; drop };
        digest Seen { value: session.id as u32 };
    }
    2 => { ids.close(p.probe.d); }
    _ => { let x = ids.get(p.probe.d) else { 77 }; digest Seen { value: x }; }
}"""


def test_ids_in_turn(run: Run) -> None:
    packets = [at(0, e=1), at(0, e=1), at(0, e=2, d=10), at(0, e=1), at(0, e=1)]
    assert answers(run, LEASE, LEASE_BODY, packets) == [10, 11, 12, 10]


def test_ids_exhausted(run: Run) -> None:
    packets = [*(at(0, e=1) for _ in range(4)), at(IDLE_TICKS + 1, e=1)]
    assert answers(run, LEASE, LEASE_BODY, packets) == [10, 11, 12, 0, 10]


def test_bounded_steps(run: Run) -> None:
    items = "state ids: lease<u16 => u32> { range: 0..4, steps: 2 }"
    packets = [*(at(0, e=1) for _ in range(4)), at(0, e=2, d=3), at(0, e=1), at(0, e=1)]
    # after ids 0 to 3 the hand is at 0: it looks at 0 and 1 in vain, then at 2 and 3
    assert answers(run, items, LEASE_BODY, packets) == [0, 1, 2, 3, 0, 3]


def test_id_outside_the_range(run: Run) -> None:
    assert answers(run, LEASE, LEASE_BODY, [at(0, e=3, d=9), at(0, e=2, d=60000), at(0, e=3, d=60000)]) == [77, 77]


INDEX = "state ids: lease<u16 => u32> { range: 10..=12, idle: 1s } state by: index<u32 => ids> { capacity: 2 }"
# e = 1: find or open by c; 2: close id d; 3: find by c; else: open an id by itself
INDEX_BODY = """match p.probe.e {
    1 => {
        let session = by.find_or_open(p.probe.c, p.probe.c) else { digest Seen { value: 0 }; drop };
        digest Seen { value: session.id as u32 + 1000 * session.is_new as u32 };
    }
    2 => { ids.close(p.probe.d); }
    3 => {
        let session = by.find(p.probe.c) else { digest Seen { value: 77 }; drop };
        digest Seen { value: session.id as u32 };
    }
    _ => {
        let session = ids.open(0) else { digest Seen { value: 0 }; drop };
        digest Seen { value: session.id as u32 };
    }
}"""


def test_find_or_open(run: Run) -> None:
    packets = [at(0, e=1, c=5), at(0, e=1, c=5), at(0, e=1, c=6), at(0, e=3, c=5)]
    assert answers(run, INDEX, INDEX_BODY, packets) == [1010, 10, 1011, 10]


def test_index_without_room(run: Run) -> None:
    # no third place in the index, and the hand of the lease stays where it was
    packets = [at(0, e=1, c=5), at(0, e=1, c=6), at(0, e=1, c=7), at(0, e=9)]
    assert answers(run, INDEX, INDEX_BODY, packets) == [1010, 1011, 0, 12]


def test_reopened_id_is_another_lease(run: Run) -> None:
    items = INDEX.replace("10..=12", "10..=10")
    packets = [at(0, e=1, c=5), at(0, e=2, d=10), at(0, e=9), at(0, e=3, c=5)]
    assert answers(run, items, INDEX_BODY, packets) == [1010, 10, 77]


def test_lease_and_index_share_a_clock(run: Run) -> None:
    body = INDEX_BODY.replace("2 => { ids.close(p.probe.d); }", "2 => { if ids.has(p.probe.d) { drop } }")
    packets = [at(0, e=1, c=5), at(IDLE_TICKS, e=2, d=10), at(2 * IDLE_TICKS, e=3, c=5)]
    assert answers(run, INDEX, body, packets) == [1010, 10]
    assert answers(run, INDEX, body, [packets[0], packets[2]]) == [1010, 77]


# --- arrays, counters, meters -------------------------------------------------------------------------


def test_array_update_gives_the_new_value(run: Run) -> None:
    items = "state cells: u8[4] = 250;"
    body = "let x = cells.add(p.probe.e & 3, 4); digest Seen { value: x as u32 };"
    outcome = run(program(items, body), [probe(e=1), probe(e=1), probe(e=2)])
    assert seen(outcome) == [254, 2, 254]
    assert outcome.state == {"cells": {"1": 2, "2": 254}}


def test_counter(run: Run) -> None:
    items = "state counts: counter[4];"
    packets = [probe(e=1), Arrival("lan", bytes(probe(e=1)), 0, 1500), probe(e=2, c=7)]
    body = "if p.probe.e == 2 { counts.add(2, p.probe.c); } else { counts.add(p.probe.e & 3); }"
    assert run(program(items, body), packets).state == {
        "counts": {"1": {"packets": 2, "bytes": len(probe()) + 1500}, "2": {"packets": 1, "bytes": 7}}
    }
    assert codes_in_handler("let x = counts.get(1); drop", items) == ["W0517"]


def test_meter_boundary(run: Run) -> None:
    items = "state limit: meter { rate: 1_000, burst: 1_500 }"
    body = "digest Seen { value: limit.take(p.probe.c) as u32 };"
    assert answers(run, items, body, [probe(c=1501), probe(c=1000), probe(c=501), probe(c=500), probe(c=1)]) == [
        0,
        1,
        0,
        1,
        0,
    ]


def test_meter_refill(run: Run) -> None:
    items = "state limit: meter { rate: 1_000_000_000, burst: 2_000 }"
    body = "digest Seen { value: limit.take(p.probe.c) as u32 };"

    def take(now_ns: int, tokens: int) -> Arrival:
        return Arrival("lan", bytes(probe(c=tokens)), now_ns)

    # one token a nanosecond; time counts in units of 1,024 ns
    taken = [take(0, 2000), take(1023, 1), take(1024, 1024), take(1024, 1), take(10_000_000, 2001), take(0, 2000)]
    assert answers(run, items, body, taken) == [1, 0, 1, 0, 0, 1]


# --- tables -------------------------------------------------------------------------------------------


def test_table_miss(run: Run) -> None:
    items = "table t: exact<u32 -> u32> { size: 4 } table known: exact<u32> { size: 4 }"
    body = "let x = t.get(p.probe.c) else { 77 }; digest Seen { value: x + 1000 * known.has(p.probe.c) as u32 };"
    entries = "t = [{ key = 5, value = 42 }]\nknown = [{ key = 6 }]\n"
    assert answers(run, items, body, [probe(c=5), probe(c=6), probe(c=7)], entries) == [42, 1077, 77]


def test_table_default(run: Run) -> None:
    items = "table t: exact<u32 -> u32> { size: 4, default: 9 }"
    entries = "t = [{ key = 5, value = 42 }]\n"
    body = "digest Seen { value: t.get(p.probe.c) + 1000 * t.has(p.probe.c) as u32 };"
    assert answers(run, items, body, [probe(c=5), probe(c=6)], entries) == [1042, 9]


def test_longest_prefix(run: Run) -> None:
    items = "table t: lpm<ip4 -> u32> { size: 4, default: 0 }"
    entries = (
        """t = [{ key = "10.0.0.0/8", value = 8 }, { key = "10.1.0.0/16", value = 16 }, { key = "*", value = 1 }]"""
    )
    body = "digest Seen { value: t.get(p.probe.c as ip4) };"
    packets = [probe(c=0x0A010101), probe(c=0x0A020101), probe(c=0x0B000000)]
    assert answers(run, items, body, packets, entries) == [16, 8, 1]


@pytest.mark.parametrize(("priorities", "expected"), [((1, 2), 20), ((2, 1), 10), ((3, 3), 10), ((0, 0), 10)])
def test_priorities(run: Run, priorities: tuple[int, int], expected: int) -> None:
    items = "table t: ternary<u32 -> u32> { size: 4, default: 0 }"
    first, second = priorities
    entries = f"""t = [
        {{ key = {{ value = 0x10, mask = 0xf0 }}, value = 10, priority = {first} }},
        {{ key = {{ value = 0x01, mask = 0x0f }}, value = 20, priority = {second} }},
    ]"""
    assert answers(run, items, "digest Seen { value: t.get(p.probe.c) };", [probe(c=0x11)], entries) == [expected]


def test_mixed_table(run: Run) -> None:
    items = "table t: mixed<exact u8, lpm ip4, range u16 -> u32> { size: 4, default: 0 }"
    entries = """t = [
        { key = [6, "10.0.0.0/8", "1..1023"], value = 1, priority = 9 },
        { key = [6, "10.1.0.0/16", "*"], value = 2 },
        { key = [17, "*", "53"], value = 3 },
    ]"""
    body = "digest Seen { value: t.get((p.probe.e, p.probe.c as ip4, p.probe.d)) };"
    packets = [probe(e=6, c=0x0A020000, d=80), probe(e=6, c=0x0A010000, d=80), probe(e=17, c=1, d=53), probe(e=17)]
    assert answers(run, items, body, packets, entries) == [1, 2, 3, 0]


def test_array_table(run: Run) -> None:
    items = "table t: array<u16>[256];"
    body = "digest Seen { value: t[p.probe.e] as u32 };"
    assert answers(run, items, body, [probe(e=1), probe(e=2)], "t = [10, 11]\n") == [11, 0]


def test_tunable(run: Run) -> None:
    items, body = "tunable limit: u32 = 5;", "digest Seen { value: limit };"
    assert answers(run, items, body, [probe()]) == [5]
    assert answers(run, items, body, [probe()], "[tunables]\nlimit = 6\n") == [6]


# --- reductions ---------------------------------------------------------------------------------------

REDUCE = "state slots: collective::reduce<u32> { slots: 4 }"
REDUCE_BODY = """let verdict = slots.contribute(
    slot: p.probe.d as u32, epoch: 1, round: p.probe.c, tag: 0, member: p.probe.e, members: 0b11, op: 0,
    value: p.probe.a as u32,
);
match verdict {
    Pending => { digest Seen { value: 1 }; }
    Complete(sum) => { digest Seen { value: 1000 + sum }; }
    Repeat(sum) => { digest Seen { value: 2000 + sum }; }
    Stale => { digest Seen { value: 3 }; }
}"""


def test_reduce_completes_once(run: Run) -> None:
    packets = [probe(e=0, a=5), probe(e=0, a=6), probe(e=1, a=7), probe(e=1, a=8), probe(e=0, a=9)]
    assert answers(run, REDUCE, REDUCE_BODY, packets) == [1, 1, 1012, 2012, 2012]


def test_reduce_stale(run: Run) -> None:
    newer = [probe(e=0, c=2, a=5), probe(e=1, c=0, a=7), probe(e=1, c=2, a=7)]
    assert answers(run, REDUCE, REDUCE_BODY, newer) == [1, 3, 1012]


def test_reduce_refuses_strangers(run: Run) -> None:
    packets = [probe(e=2, a=5), probe(e=64, a=5), probe(e=255, a=5), probe(d=4, a=5)]
    assert answers(run, REDUCE, REDUCE_BODY, packets) == [3, 3, 3, 3]


def test_reduce_keeps_one_round_back(run: Run) -> None:
    packets = [probe(e=0, a=5), probe(e=1, a=7), probe(e=0, c=1, a=1), probe(e=1, a=7), probe(e=0, c=2, a=1)]
    assert answers(run, REDUCE, REDUCE_BODY, packets) == [1, 1012, 1, 2012, 1]


# --- shares -------------------------------------------------------------------------------------------


def rss_hash(data: bytes) -> int:
    """The Toeplitz hash of receive side scaling under the key 0x6d5a, repeated."""
    key = int.from_bytes(b"\x6d\x5a" * 8)
    result = 0
    for position in range(8 * len(data)):
        if data[position // 8] >> (7 - position % 8) & 1:
            result ^= key >> (128 - 32 - position) & 0xFFFF_FFFF
    return result


def test_shares_divide_ids(run: Run) -> None:
    items = "shares 2; state ids: lease<u16 => u16> { range: 0..8 } state by: index<u16 => ids> { capacity: 16 }"
    body = """let session = by.find_or_open(p.probe.d) else { digest Seen { value: 99 }; drop };
        digest Seen { value: session.id as u32 };"""
    shares = [rss_hash(number.to_bytes(2)) & 1 for number in range(100)]
    one_share = [number for number in range(100) if shares[number] == 1][:6]
    found = answers(run, items, body, [probe(d=number) for number in one_share])
    owned = {id_ for id_ in range(8) if shares[id_] == 1}
    assert set(found[: len(owned)]) == owned
    assert found[len(owned) :] == [99] * (6 - len(owned))
    assert len(owned) == 4
