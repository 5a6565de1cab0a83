"""States of every kind as tables and as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.ir.program import Program
from compiler.load import load_source
from compiler.source import Source
from sim.captures import Packet
from sim.interpreter import Run
from sim.state import ControlEntries, Exact, TableEntry, build_states
from tests.weft.command_line import question
from weft.state_view import render_ticks, selected_states, states_data, states_tables
from weft.terminal import plain_table

PROGRAM = """\
use std::net;
port a;
enum Kind: u8 { First = 1, Second = 2 }
struct Held { who: mac, kind: Kind }
state held: Held[8];
state lanes: u16[4][2];
state forever: map<(ip4, u16), (bool, time)> { capacity: 8 }
state fading: map<u16, ip4> { capacity: 8, idle: 60s }
state members: set<mac> { capacity: 8, idle: 60s }
state rate: meter[4] { rate: 1, burst: 100 }
state untouched: counter;
table known: exact<ip4 -> u8> { size: 4 }

on a (p: ipv4 & udp) {
    held[3] = Held { who: p.eth.src, kind: Kind::First };
    lanes[1] = [1, 2, 3, 40000];
    let one = forever.find((p.ipv4.src, p.udp.sport));
    one.set((true, 90s)) else drop;
    let two = fading.find(p.udp.sport);
    two.set(192.0.2.9) else drop;
    let three = members.find(p.eth.dst);
    three.add() else drop;
    if !rate.take(2, 30u32) { untouched.add(); }
    let found = known.get(p.ipv4.dst) else drop;
    drop
}
on a (_) { drop }
"""
S = 1_000_000_000
TICK = 1 << 20


@pytest.fixture(scope="module")
def program() -> Program:
    return load_source(Source("kinds.weft", PROGRAM), directory=Path()).program


def tables(program: Program, *names: str, seconds: float = 0, limit: int | None = None, count: int = 1) -> list[str]:
    """After a packet at 1,000 s (and more, from other ports, a second apart), so many seconds later."""
    entries = ControlEntries(tables={"known": (TableEntry((Exact(0xC0000235),), (7,)),)})
    run = Run(program, entries=entries)
    for number in range(count):
        data = bytes(question(client="10.0.0.1", port=40_000 + number))
        run.feed([Packet((1_000 + number) * S, data, len(data), 0)])
    wanted = selected_states(names, run.states)
    states = {name: state for name, state in run.states.items() if wanted is None or name in wanted}
    shown = states_tables(program, states, int((1_000 + count - 1 + seconds) * S), limit=limit)
    return "\n".join(plain_table(table) for table in shown if table.rows).splitlines()


def test_structs_in_arrays_have_columns(program: Program) -> None:
    assert tables(program, "held") == [
        "held: 1 of 8 cells are not as at the start",
        "  cell  who                kind",
        "  3     02:00:00:00:00:01  First",
    ]


def test_vectors_stand_in_one_column(program: Program) -> None:
    assert tables(program, "lanes") == [
        "lanes: 1 of 2 cells are not as at the start",
        "  cell  value",
        "  1     (1, 2, 3, 40000)",
    ]


def test_maps_without_a_clock_tell_no_times(program: Program) -> None:
    assert tables(program, "forever") == [
        "forever: 1 of 8",
        "  0         1      value.0  value.1",
        "  10.0.0.1  40000  true     90s",
    ]


def test_last_uses_in_front_and_no_more_than_asked_for(program: Program) -> None:
    assert tables(program, "fading", seconds=5, limit=2, count=3) == [
        "fading: 3 of 8; 2 shown",
        "  key    value      idle   expires in",
        "  40002  192.0.2.9  5.0 s  55.0 s",
        "  40001  192.0.2.9  6.0 s  54.0 s",
    ]
    assert tables(program, "fading", seconds=59, count=3)[2:] == [
        "  40002  192.0.2.9  59.0 s  1.0 s",
        "  40001  192.0.2.9  60.0 s  0.0 s",
    ]


def test_sets_have_keys_alone(program: Program) -> None:
    assert tables(program, "members", seconds=30) == [
        "members: 1 of 8",
        "  key                idle    expires in",
        "  02:00:00:00:00:02  30.0 s  30.0 s",
    ]


def test_buckets_say_what_they_hold_now(program: Program) -> None:
    # A second earns floor(1,024 * 2^24 / 10^9) = 17 units in each of its 10^9 / 1,024 parts: 0.9895 tokens.
    assert tables(program, "rate", seconds=10) == [
        "rate: 1 of 4 buckets are not full, which is 100 tokens",
        "  cell  tokens",
        "  2     79.9",
    ]


def test_tables_show_what_the_control_plane_filled_in(program: Program) -> None:
    assert tables(program, "known") == ["known: 1 of 4", "  key         value", "  192.0.2.53      7"]


def test_states_that_hold_nothing_are_named_at_the_end(program: Program) -> None:
    states = build_states(program)
    (only,) = states_tables(program, states, 0)
    names = "held, lanes, forever, fading, members, rate, untouched, known"
    assert " ".join(str(line) for (line,) in only.rows) == f"empty, or as at the start: {names}"


def test_an_array_of_structs_answers_to_its_name_and_to_its_fields() -> None:
    states = ["held.who", "held.kind", "holder"]
    assert selected_states(["held"], states) == ["held.who", "held.kind"]
    assert selected_states(["holder", "held.kind", "none"], states) == ["holder", "held.kind", "none"]
    assert selected_states([], states) is None


def test_data_is_whole_and_plain(program: Program) -> None:
    run = Run(program)
    data = bytes(question(client="10.0.0.1", port=40_000))
    run.feed([Packet(1_000 * S, data, len(data), 0)])
    found = states_data(program, run.states, 1_030 * S)
    assert found["forever"] == [{"key": ["10.0.0.1", 40_000], "value": [True, "90s"]}]
    assert found["lanes"] == [{"entry": "1", "value": [1, 2, 3, 40_000]}]
    assert found["untouched"] == []
    (fading,) = found["fading"]
    idle, left = fading.pop("idle_ns"), fading.pop("expires_in_ns")
    assert fading == {"key": 40_000, "value": "192.0.2.9"}
    assert isinstance(idle, int) and isinstance(left, int)
    assert abs(idle - 30 * S) <= TICK and abs(idle + left - 60 * S) <= TICK


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0.0 s"), (0.04, "0.0 s"), (9, "9.0 s"), (119, "119.0 s"), (300, "5.0 min"), (7201, "2.0 h"), (1e6, "11.6 d")],
)
def test_times_have_the_unit_that_suits_them(seconds: float, shown: str) -> None:
    assert render_ticks(round(seconds * S / TICK)) == shown
