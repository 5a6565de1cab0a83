"""`weft state pull`, `push` and `show`, on a switch that speaks the real protocol."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.utils import rdpcap, wrpcap

from backends.p4.manifest import FILE_NAME, Manifest, manifest_as_json
from compiler.ir.program import Program
from compiler.ir.text_print import render_program
from compiler.load import load_program
from runtime.bmv2.state import cells_of_states
from sim.captures import Packet as Arriving
from sim.control import load_state, save_state
from sim.interpreter import Run
from tests.runtime.bmv2.compiled import PACKETS_SEEN, hold, manifest_of, switch_for
from tests.runtime.bmv2.fake_switch import FakeSwitch, serving
from tests.weft.command_line import question, weft, write_capture, write_program

NAT = """\
use std::net;
pair lan <-> wan;
state sessions: lease<u16 => net::Flow> { range: 1024..=1027, idle: 60s }
state by_flow: index<net::Flow => sessions>;
table limits: exact<ip4 -> u8> { size: 4, default: 9 }
state sent: counter[2];

on lan (p: ipv4 & udp) {
    p.ipv4.ttl = limits.get(p.ipv4.src);
    let session = by_flow.find_or_open(p.flow()) else drop;
    sent.add(1);
    p.ipv4.src = 203.0.113.1;
    p.udp.sport = session.id;
    send wan;
}

on wan (p: ipv4 & udp) {
    let inner = sessions.get(p.udp.dport) else drop;
    p.ipv4.dst = inner.src;
    p.udp.dport = inner.sport;
    send lan;
}

on lan | wan (_) { drop }
"""
S = 1_000_000_000
SWITCH_NS = 500 * S  # after the switch started
WALL_NS = 1_700_000_000 * S


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """In nat.weft, and compiled in the folder `nat`; the wall clock stands still."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.time_ns", lambda: WALL_NS)
    monkeypatch.setattr("runtime.bmv2.state._ONE_PACKET_S", 0)
    program = load_program(write_program(tmp_path, NAT, name="nat.weft")).program
    write_folder(tmp_path / "nat", program, manifest_of(program))
    return program


def write_folder(folder: Path, program: Program, manifest: Manifest) -> None:
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(manifest_as_json(manifest))
    (folder / manifest.program).write_text(render_program(program))
    (folder / manifest.p4info).write_text("")


def after_two_questions(program: Program) -> Run:
    """Two clients have asked, 30 s and 10 s before `SWITCH_NS`."""
    run = Run(program)
    packets = [(30, question(client="10.0.0.1")), (10, question(client="10.0.0.2", port=5000))]
    run.feed([Arriving(SWITCH_NS - ago * S, bytes(p), len(p), 0) for ago, p in packets])
    return run


@pytest.fixture
def switch(program: Program) -> FakeSwitch:
    manifest = manifest_of(program)
    switch = switch_for(manifest)
    switch.now_us = SWITCH_NS // 1_000
    hold(switch, manifest, cells_of_states(program, after_two_questions(program).states))
    return switch


@pytest.fixture
def at(switch: FakeSwitch) -> Iterator[list[str]]:
    with serving(switch) as port:
        yield ["--thrift", f"127.0.0.1:{port}"]


def test_sessions_show_as_flows(at: list[str]) -> None:
    result = weft("state", "show", "nat", *at)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"`nat` at {at[1]}, 500s after the switch started",
        "",
        "sessions: 2 of 4",
        "  id    src       dst         proto  sport  dport  idle    expires in",
        "  1025  10.0.0.2  192.0.2.53  17     5000   53     10.0 s  50.0 s",
        "  1024  10.0.0.1  192.0.2.53  17     4000   53     30.0 s  30.0 s",
        "",
        "by_flow: 2 of 4",
        "  src       dst         proto  sport  dport  id",
        "  10.0.0.1  192.0.2.53  17     4000   53     1024",
        "  10.0.0.2  192.0.2.53  17     5000   53     1025",
        "",
        "sent: 1 of 2 cells counted",
        "  cell  packets  bytes",
        "  1           2     92",  # 14 + 20 + 8 + 4 bytes each
    ]


def test_states_that_are_asked_for_show_alone(at: list[str], switch: FakeSwitch) -> None:
    found = json.loads(weft("state", "show", "nat", "sessions", *at, "--json", "--limit", "1").stdout)
    (session,) = found["states"].pop("sessions")
    assert found == {"program": "nat", "now_ns": SWITCH_NS, "moving": False, "states": {}}
    # Ticks of 2^20 ns: 10 s before lies in a tick that began up to one tick earlier.
    assert session["id"] == 1025
    assert session["value"] == {"src": "10.0.0.2", "dst": "192.0.2.53", "proto": 17, "sport": 5000, "dport": 53}
    assert abs(session["idle_ns"] - 10 * S) <= 1 << 20
    assert abs(session["idle_ns"] + session["expires_in_ns"] - 60 * S) <= 1 << 20


def test_what_was_pulled_runs_on(at: list[str], program: Program, tmp_path: Path) -> None:
    result = weft("state", "pull", "nat", *at, "-o", "pulled.json")
    assert (result.exit_code, result.stdout) == (0, f"the state of `nat` at {at[1]} is in pulled.json\n")
    answer = question(client="198.51.100.9")
    answer[IP].dst, answer[UDP].dport = "203.0.113.1", 1025
    capture = write_capture(tmp_path / "wan.pcap", [answer, answer])
    times = [WALL_NS // S + 49, WALL_NS // S + 111]  # in the life of the session, and after it
    rewritten = rdpcap(str(capture))
    for packet, seconds in zip(rewritten, times, strict=True):
        packet.time = seconds
    wrpcap(str(capture), rewritten)
    ran = weft("run", "nat.weft", "--in", "wan=wan.pcap", "--state-in", "pulled.json", "--state-out", "after.json")
    assert ran.exit_code == 0, ran.stderr
    (left,) = rdpcap("out/lan.pcap")
    assert (left[IP].dst, left[UDP].dport) == ("10.0.0.2", 5000)
    assert load_state("after.json", program).now_ns == times[1] * S


def test_what_a_run_saved_is_pushed_with_its_ages(program: Program, tmp_path: Path) -> None:
    run = after_two_questions(program)
    save_state(tmp_path / "saved.json", program, run.states, SWITCH_NS)
    empty = switch_for(manifest_of(program))
    empty.now_us = 7_000_000
    with serving(empty) as port:
        at = ["--thrift", f"127.0.0.1:{port}"]
        pushed = weft("state", "push", "nat", "saved.json", *at)
        assert pushed.exit_code == 0, pushed.stderr
        assert "cells of registers were written" in pushed.stdout
        found = json.loads(weft("state", "show", "nat", "sessions", *at, "--json").stdout)["states"]["sessions"]
        assert [session["id"] for session in found] == [1025, 1024]
        assert [round(session["idle_ns"] / S) for session in found] == [10, 30]
        assert json.loads(weft("state", "push", "nat", "saved.json", *at, "--json").stdout)["cells"] == 0


def test_clocks_can_be_kept(at: list[str], switch: FakeSwitch, program: Program) -> None:
    assert weft("state", "pull", "nat", *at, "-o", "pulled.json", "--keep-clock").exit_code == 0
    saved = load_state("pulled.json", program)
    assert saved.now_ns == SWITCH_NS
    assert saved.states["sessions"].snapshot() == after_two_questions(program).states["sessions"].snapshot()
    switch.now_us += 50_000_000
    result = weft("state", "push", "nat", "pulled.json", *at, "--keep-clock", "--json")
    assert json.loads(result.stdout) == {"cells": 0, "requests": 0, "moving": False}


def test_a_test_build_is_told_the_time(program: Program, tmp_path: Path) -> None:
    manifest = manifest_of(program, test_header=True)
    write_folder(tmp_path / "test", program, manifest)
    with serving(switch_for(manifest)) as port:
        at = ["--thrift", f"127.0.0.1:{port}"]
        refused = weft("state", "pull", "test", *at, "-o", "pulled.json")
        assert refused.exit_code == 1 and "test build" in refused.stderr
        assert weft("state", "pull", "test", *at, "-o", "pulled.json", "--now", "90s", "--keep-clock").exit_code == 0
        assert load_state("pulled.json", program).now_ns == 90 * S
        assert weft("state", "push", "test", "pulled.json", *at, "--now", "90s").exit_code == 0
        wrong = weft("state", "show", "test", *at, "--now", "soon")
        assert wrong.exit_code == 2 and "`--now soon` is no time" in wrong.stderr


def test_passing_packets_are_refused_or_told(at: list[str], switch: FakeSwitch) -> None:
    def pass_packet(name: str) -> None:
        switch.registers[PACKETS_SEEN].cells[0] += name == "bm_register_read_all"

    switch.before = pass_packet
    refused = weft("state", "show", "nat", *at)
    assert refused.exit_code == 1 and "stop the traffic" in refused.stderr
    shown = weft("state", "show", "nat", *at, "--moving")
    assert shown.exit_code == 0 and "1025" in shown.stdout
    assert shown.stderr == "warning: packets passed meanwhile, so the state is not of one moment\n"


def test_tables_are_somebody_else_s(at: list[str], switch: FakeSwitch, program: Program, tmp_path: Path) -> None:
    (tmp_path / "entries.toml").write_text('[[limits]]\nkey = "10.9.9.9"\nvalue = 3\n')
    write_capture(tmp_path / "lan.pcap", [])
    run = ["run", "nat.weft", "--in", "lan=lan.pcap", "--entries", "entries.toml", "--state-out", "saved.json"]
    assert weft(*run).exit_code == 0
    pushed = weft("state", "push", "nat", "saved.json", *at)
    assert pushed.exit_code == 0
    assert "tables are not written with the state (limits)" in pushed.stderr


def test_a_saved_state_shows_the_same_way(program: Program, tmp_path: Path) -> None:
    save_state(tmp_path / "saved.json", program, after_two_questions(program).states, SWITCH_NS)
    result = weft("state", "show", "saved.json", "sessions", "--program", "nat.weft", "--limit", "1")
    assert result.stdout.splitlines() == [
        "sessions: 2 of 4; 1 shown",
        "  id    src       dst         proto  sport  dport  idle    expires in",
        "  1025  10.0.0.2  192.0.2.53  17     5000   53     10.0 s  50.0 s",
    ]
    found = json.loads(weft("state", "show", "saved.json", "--program", "nat.weft", "--json").stdout)
    assert [session["id"] for session in found["states"]["sessions"]] == [1025, 1024]
    assert found["states"]["limits"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nat"], 2, "--thrift HOST:PORT"),
        (["nat", "--thrift", "nowhere"], 2, "127.0.0.1:9090"),
        (["nat", "--thrift", "127.0.0.1:1"], 1, "no switch answers at 127.0.0.1:1"),
        (["none"], 1, "there is no such file or folder"),
        ([".", "--thrift", "127.0.0.1:1"], 1, "manifest.json"),
        (["nat.weft"], 2, "--program FILE"),
        (["nat.weft", "--program", "nat.weft"], 1, "not a state file"),
        (["nat", "--thrift", "127.0.0.1:1", "--program", "nat.weft"], 2, "is a folder"),
    ],
)
def test_what_cannot_be_shown_says_what_to_do(program: Program, arguments: list[str], code: int, said: str) -> None:
    result = weft("state", "show", *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr
    assert "internal error" not in result.stderr


def test_names_that_are_no_states(at: list[str], program: Program, tmp_path: Path) -> None:
    save_state(tmp_path / "saved.json", program, after_two_questions(program).states, SWITCH_NS)
    for source in (["nat", "session", *at], ["saved.json", "session", "--program", "nat.weft"]):
        result = weft("state", "show", *source)
        assert result.exit_code == 1 and "`nat` has no state `session`" in result.stderr


def test_a_state_of_another_program_is_not_pushed(at: list[str], switch: FakeSwitch, tmp_path: Path) -> None:
    other = load_program(write_program(tmp_path, NAT.replace("1027", "1028"), name="other.weft")).program
    save_state(tmp_path / "saved.json", other, after_two_questions(other).states, SWITCH_NS)
    result = weft("state", "push", "nat", "saved.json", *at)
    assert result.exit_code == 1 and "sessions" in result.stderr
    assert "bm_register_write" not in switch.calls


def test_without_thrift_the_command_says_what_to_install(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("runtime.bmv2", "weft.commands.state_on_switch"))]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("bm_runtime", "bm_runtime.simple_pre_lag", "bm_runtime.standard", "bm_runtime.standard.ttypes"):
        monkeypatch.setitem(sys.modules, name, None)
    result = weft("state", "show", "nat", "--thrift", "127.0.0.1:1")
    assert result.exit_code == 1
    assert result.stderr == "error: this needs `bm_runtime`, which is not installed\nhelp: pip install 'weft[deploy]'\n"
