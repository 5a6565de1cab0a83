from __future__ import annotations

import dataclasses
import errno
import json
from pathlib import Path

import pytest

from compiler.ir.program import Port, Program
from compiler.ir.states import Array, Counter, Index, Lease, Map, MatchKind, Meter, Reduction, Table
from compiler.ir.types import Bits, Enumeration, Record, Scalar, Vector, VectorShape, leaf_types
from compiler.source import NOWHERE
from sim.control import StateFileError, abstract_state, diff_states, load_state, save_state
from sim.state import (
    ArrayState,
    ControlEntries,
    CounterState,
    IndexState,
    MapState,
    MeterState,
    Prefix,
    ReductionState,
    RunState,
    TableEntry,
    build_states,
)

FLOW = Record("Flow", (("src", Scalar("ip4", 32)), ("sport", Scalar("uint", 16))))
PHASE = Enumeration("Phase", 8, (("Opening", 0), ("Open", 1)))
SALT = 0x1234_5678_9ABC_DEF0
NOW = 7 << 20

PROGRAM = Program(
    name="nat",
    shares=4,
    ports=(Port("lan", "lan"), Port("wan", "wan")),
    headers=(),
    states=(
        Lease(
            name="sessions",
            span=NOWHERE,
            id_width=16,
            first=1024,
            last=65535,
            values=leaf_types(FLOW),
            value_shape=FLOW,
            idle_ticks=100,
            sharded=True,
        ),
        Index(
            name="by_flow",
            span=NOWHERE,
            key=leaf_types(FLOW),
            key_shape=FLOW,
            lease="sessions",
            capacity=16,
            sets=4,
            ways=8,
            share_key=(0, 1),
        ),
        Map(
            name="phases",
            span=NOWHERE,
            key=leaf_types(FLOW),
            values=leaf_types(PHASE),
            key_shape=FLOW,
            value_shape=PHASE,
            capacity=16,
            sets=4,
            ways=8,
            idle_ticks=100,
        ),
        Table(
            name="routes",
            span=NOWHERE,
            key=(Bits(32),),
            match=(MatchKind.PREFIX,),
            key_shape=Scalar("ip4", 32),
            values=(Bits(16),),
            value_shape=Scalar("port", 16),
            size=4,
            default=None,
        ),
        Array(name="last", span=NOWHERE, type=Bits(64), cells=4, shape=Scalar("time", 64)),
        Counter(name="refused", span=NOWHERE, cells=4),
        Meter(name="police", span=NOWHERE, cells=2, rate=1_000_000, burst=100),
        Reduction(name="sums", span=NOWHERE, type=Vector(32, 2), shape=VectorShape(Scalar("uint", 32), 2), slots=2),
    ),
    tunables=(),
    records=(),
    guards=(),
    operations=(),
    handlers=(),
)
A, B = (0x0A000001, 1111), (0x0A000002, 2222)


def run() -> dict[str, RunState]:
    """A run whose meaning is `MEANING`."""
    entries = ControlEntries(tables={"routes": (TableEntry((Prefix(0x0A000000, 8),), (1,)),)})
    states = build_states(PROGRAM, entries, salt=SALT)
    index, phases, last = states["by_flow"], states["phases"], states["last"]
    counter, meter, sums = states["refused"], states["police"], states["sums"]
    assert isinstance(index, IndexState) and isinstance(phases, MapState) and isinstance(last, ArrayState)
    assert isinstance(counter, CounterState) and isinstance(meter, MeterState) and isinstance(sums, ReductionState)
    index.open(A, A, 5)
    for key, phase in ((A, 0), (B, 9)):
        phases.put(phases.find(key, 6, True)[2], key, (phase,), 6)
    last.cells[2] = 1_500_000
    counter.add(3, 64)
    meter.take(1, 25, NOW)
    sums.contribute(1, 3, 8, 0, 5, 0b110_0000, 2, (10, 20))
    return states


def meaning(session: str) -> dict[str, object]:
    return {
        "sessions": {session: {"value": {"src": "10.0.0.1", "sport": 1111}, "last_tick": 5}},
        "by_flow": {"src=10.0.0.1, sport=1111": int(session)},
        "phases": {
            "src=10.0.0.1, sport=1111": {"value": "Opening", "last_tick": 6},
            "src=10.0.0.2, sport=2222": {"value": 9, "last_tick": 6},
        },
        "routes": {"10.0.0.0/8": {"value": "wan"}},
        "last": {"2": "1500us"},
        "refused": {"3": {"packets": 1, "bytes": 64}},
        "police": {"1": {"tokens": 75.0, "credit": 75 << 24}},
        "sums": {
            "slot 1 bank 0": {"epoch": 3, "round": 8, "tag": 0, "operator": "max", "seen": [5], "total": [10, 20]}
        },
    }


def test_the_meaning_of_a_state_is_said_in_the_sources_words() -> None:
    found = abstract_state(PROGRAM, run(), NOW)
    (session,) = found["sessions"]
    assert found == meaning(session)


def test_what_has_expired_has_no_meaning_and_buckets_fill_with_time() -> None:
    found = abstract_state(PROGRAM, run(), 1 << 40)
    assert [found[name] for name in ("sessions", "by_flow", "phases", "police")] == [{}, {}, {}, {}]
    assert found["refused"] == {"3": {"packets": 1, "bytes": 64}}


def test_layout_has_no_meaning() -> None:
    """Two orders of insertion put the keys in other ways."""
    states = [build_states(PROGRAM, salt=SALT)["phases"] for _ in range(2)]
    first, second = states
    assert isinstance(first, MapState) and isinstance(second, MapState)
    keys = [(0x0A000000 + i, 0) for i in range(8)]
    for state, order in ((first, keys), (second, keys[::-1])):
        for key in order:
            state.put(state.find(key, 0, True)[2], key, (1,), 0)
    assert first.snapshot() != second.snapshot()
    assert diff_states(abstract_state(PROGRAM, {"m": first}, 0), abstract_state(PROGRAM, {"m": second}, 0)) == ()


def test_of_a_key_in_two_ways_the_lowest_counts() -> None:
    state = build_states(PROGRAM, salt=SALT)["phases"]
    assert isinstance(state, MapState)
    slot = state.find(A, 0, True)[2]
    state.put(slot + 1, A, (0,), 0)
    state.put(slot, A, (1,), 0)
    found = abstract_state(PROGRAM, {"phases": state}, 0)
    assert found == {"phases": {"src=10.0.0.1, sport=1111": {"value": "Open", "last_tick": 0}}}


def test_a_state_file_brings_the_exact_state_back(tmp_path: Path) -> None:
    states = run()
    save_state(tmp_path / "nat.json", PROGRAM, states, NOW, salt=SALT)
    saved = load_state(tmp_path / "nat.json", PROGRAM)
    assert (saved.now_ns, saved.salt) == (NOW, SALT)
    assert {n: s.snapshot() for n, s in saved.states.items()} == {n: s.snapshot() for n, s in states.items()}
    for state in (states, saved.states):
        index = state["by_flow"]
        assert isinstance(index, IndexState)
        index.open(B, B, 7)
    assert saved.states["by_flow"].snapshot() == states["by_flow"].snapshot()
    assert [path.name for path in tmp_path.iterdir()] == ["nat.json"]  # nothing temporary is left


def test_a_state_file_holds_a_view_for_people(tmp_path: Path) -> None:
    states = run()
    save_state(tmp_path / "nat.json", PROGRAM, states, NOW, salt=SALT)
    text = (tmp_path / "nat.json").read_text()
    assert json.loads(text)["view"] == abstract_state(PROGRAM, states, NOW)
    lines = [line for line in text.splitlines() if '"src=10.0.0.2, sport=2222": {"value": 9, "last_tick": 6}' in line]
    assert len(lines) == 1  # one line an entry


def test_a_difference_names_state_and_entry() -> None:
    left, right = run(), run()
    phases, counter = right["phases"], right["refused"]
    assert isinstance(phases, MapState) and isinstance(counter, CounterState)
    phases.put(phases.find(B, 6, True)[2], B, (1,), 6)
    phases.remove(phases.find(A, 6, True)[2], A)
    counter.add(0, 100)
    found = diff_states(abstract_state(PROGRAM, left, NOW), abstract_state(PROGRAM, right, NOW))
    assert [str(difference) for difference in found] == [
        'phases[src=10.0.0.1, sport=1111]: {"value": "Opening", "last_tick": 6} -> absent',
        'phases[src=10.0.0.2, sport=2222]: {"value": 9, "last_tick": 6} -> {"value": "Open", "last_tick": 6}',
        'refused[0]: absent -> {"packets": 1, "bytes": 100}',
    ]


def test_every_kind_of_state_can_differ() -> None:
    fresh = abstract_state(PROGRAM, build_states(PROGRAM), NOW)
    found = diff_states(fresh, abstract_state(PROGRAM, run(), NOW))
    assert {difference.state for difference in found} == {state.name for state in PROGRAM.states}


# --- files that are not what they should be ------------------------------------------------------------------


def saved_text(tmp_path: Path) -> str:
    save_state(tmp_path / "good.json", PROGRAM, run(), NOW, salt=SALT)
    return (tmp_path / "good.json").read_text()


def load_text(tmp_path: Path, text: str, program: Program = PROGRAM) -> None:
    (tmp_path / "bad.json").write_text(text)
    load_state(tmp_path / "bad.json", program)


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.6, 0.999])
def test_a_truncated_file_is_refused(tmp_path: Path, fraction: float) -> None:
    text = saved_text(tmp_path).rstrip()
    with pytest.raises(StateFileError, match="not a state file"):
        load_text(tmp_path, text[: int(fraction * len(text))])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "not a state file: `format` is not 'weft-state'"),
        ("{}", "not a state file: `format` is not 'weft-state'"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5000, "not a state file"),
        ('{"format": "weft-state", "version": 2}', "this release reads state files of version 1, not 2"),
        ('{"format": "weft-state", "version": 1}', "`program` is missing"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(StateFileError) as caught:
        load_text(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "bad.json"))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("shares", 8, "shares: saved with 8 shares, and the program has 4 now"),
        ("shares", "x", "shares: expected a whole number, found 'x'"),
        ("salt", -1, "salt: -1 is outside"),
        ("now_ns", 1.5, "now_ns: expected a whole number, found 1.5"),
        ("states", [], "states: expected the states by name, found a list of 0"),
        ("states", {"session": {}}, "the program has no state of this name (did you mean `sessions`?)"),
        ("states", {}, "sessions: the file has no such state"),
        ("states", {"sessions": 1}, "sessions: expected a saved state with its declaration, found 1"),
        ("more", 1, "unknown field 'more'"),
    ],
)
def test_a_damaged_field_is_named(tmp_path: Path, field: str, value: object, message: str) -> None:
    content = json.loads(saved_text(tmp_path))
    content[field] = value
    with pytest.raises(StateFileError) as caught:
        load_text(tmp_path, json.dumps(content))
    assert message in str(caught.value)


def test_another_salt_puts_keys_in_other_sets(tmp_path: Path) -> None:
    content = json.loads(saved_text(tmp_path))
    messages = []
    for salt in range(20):
        content["salt"] = salt
        try:
            load_text(tmp_path, json.dumps(content))
        except StateFileError as error:
            messages.append(str(error))
    assert any("is not one of this key's" in message for message in messages)


def test_a_program_that_changed_its_layout_says_what(tmp_path: Path) -> None:
    text = saved_text(tmp_path)
    changed = tuple(dataclasses.replace(state, sets=8) if isinstance(state, Map) else state for state in PROGRAM.states)
    with pytest.raises(StateFileError, match="phases: saved with sets 4, and the program has 8 now"):
        load_text(tmp_path, text, dataclasses.replace(PROGRAM, states=changed))
    load_text(tmp_path, text, dataclasses.replace(PROGRAM, name="another name"))


def test_the_system_may_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StateFileError, match="cannot read: No such file"):
        load_state(tmp_path / "missing.json", PROGRAM)
    with pytest.raises(StateFileError, match="cannot write: No such file"):
        save_state(tmp_path / "missing" / "nat.json", PROGRAM, run(), NOW)
    with pytest.raises(StateFileError, match="cannot write: No space left"):
        save_state("/dev/full", PROGRAM, run(), NOW)

    saved_text(tmp_path)
    before = (tmp_path / "good.json").read_text()

    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StateFileError, match="cannot write: No space left"):
        save_state(tmp_path / "good.json", PROGRAM, build_states(PROGRAM), 0)
    assert (tmp_path / "good.json").read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["good.json"]
