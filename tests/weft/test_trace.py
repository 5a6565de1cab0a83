import json
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.l2 import ARP, Ether
from scapy.utils import rdpcap

from tests.weft.command_line import PROGRAM, question, weft, write_capture, write_program

ANN = "10.0.0.1"
LINES = PROGRAM.splitlines()


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(LINES, start=1) if text in line)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_capture(
        tmp_path / "left.pcap",
        [
            question(client=ANN),
            question(client=ANN, port=4001),
            question(client=ANN, dport=54),
            Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff") / ARP(pdst="10.0.0.9"),
        ],
    )
    return write_program(tmp_path)


def story(program: Path, packet: int, *args: str) -> Any:  # JSON
    result = weft("trace", program, "--in", "left=left.pcap", "--packet", str(packet), "--json", *args)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)[0]


def steps_of(told: Any, line: int) -> list[dict[str, object]]:  # JSON
    return [step for run in told["lines"] if run["line"] == line for step in run["steps"]]


def test_arrival_shows_the_headers_as_they_came(program: Path) -> None:
    told = story(program, 2)
    packet = rdpcap("left.pcap")[1]
    headers = {seen["header"]: seen["fields"] for seen in told["headers"]}
    assert list(headers) == ["eth", "ipv4", "udp"]
    assert headers["ipv4"]["src"] == ANN
    assert headers["udp"]["sport"] == 4001
    assert (told["number"], told["port"], told["time_ns"]) == (2, "left", 1_001_000_000)
    assert told["length"] == told["captured"] == len(packet)


def test_lookups_changes_writes_and_digests_stand_under_their_lines(program: Path) -> None:
    told = story(program, 2)  # the second question: the first one left an entry
    assert steps_of(told, line_of("clients.find"))[0] | {"kind": "lookup"} == {
        "kind": "lookup",
        "state": "clients",
        "key": ANN,
        "found": "present",
        "value": 1,
    }
    changes = [step for step in steps_of(told, line_of("entry.set")) if step["kind"] == "change"]
    assert [(c["entry"], c["before"], c["after"]) for c in changes] == [(ANN, 1, 2)]
    counted = steps_of(told, line_of("asked.add"))[-1]
    assert (counted["entry"], counted["before"]["packets"], counted["after"]["packets"]) == (1, 1, 2)  # type: ignore[index]
    wrote = steps_of(told, line_of("ipv4.ttl = 9"))
    assert [(w["field"], w["before"], w["after"]) for w in wrote] == [("ipv4.ttl", 64, 9)]
    reported = steps_of(told, line_of("digest Seen"))[-1]
    assert (reported["record"], reported["value"]) == ("Seen", {"client": ANN, "name_port": 4001})
    assert all(run["source"] == LINES[run["line"] - 1].strip() for run in told["lines"])


def test_departure_shows_what_is_not_as_it_came(program: Path) -> None:
    told = story(program, 1)
    assert weft("run", program, "--in", "left=left.pcap").exit_code == 0
    received, sent = rdpcap("left.pcap")[0], rdpcap("out/right.pcap")[0]
    changes = {change["field"]: (change["before"], change["after"]) for change in told["left"][0]["changes"]}
    assert changes == {
        "ipv4.ttl": (64, 9),
        "ipv4.checksum": (received["IP"].chksum, sent["IP"].chksum),
    }
    assert told["left"][0]["port"] == "right"
    assert told["fate"] == "sent by right"


def test_handlers_passed_over_say_why(program: Path) -> None:
    dropped = story(program, 3)
    assert [(h["took"], h["line"]) for h in dropped["handlers"]] == [
        (False, line_of("on left (p: ipv4 & udp)")),
        (True, line_of("on left (p: ipv4) {")),
    ]
    assert "p.udp.dport == 53" in dropped["handlers"][0]["because"]
    assert "54" in dropped["handlers"][0]["because"]
    assert dropped["fate"].endswith(f"names.weft:{line_of('drop // not')}")
    unhandled = story(program, 4)
    assert [h["took"] for h in unhandled["handlers"]] == [False, False]
    assert "`ipv4`" in unhandled["handlers"][1]["because"]
    assert (unhandled["left"], unhandled["lines"]) == ([], [])
    assert "no handler" in unhandled["fate"]


def test_state_of_packets_before_counts_though_they_are_not_shown(program: Path) -> None:
    write_capture(Path("many.pcap"), [question(client=ANN) for _ in range(20)])
    result = weft("trace", program, "--in", "left=many.pcap", "--packet", "19", "--limit", "2", "--json")
    told = json.loads(result.stdout)
    assert [t["number"] for t in told] == [19, 20]
    assert [steps_of(t, line_of("clients.find"))[0]["value"] for t in told] == [18, 19]


def test_port_counts_only_packets_that_arrive_there(program: Path) -> None:
    write_capture(Path("right.pcap"), [question(client="10.9.9.9")])
    told = story(program, 1, "--in", "right=right.pcap", "--port", "right")
    assert (told["port"], told["number"]) == ("right", 2)  # at the same time as the first of `left`, behind it
    assert "`right`" in told["handlers"][0]["because"]


def test_story_for_people(program: Path) -> None:
    text = weft("trace", program, "--in", "left=left.pcap", "--packet", "2").stdout
    assert "packet 2 arrives by left at 1.001000000 s" in text
    assert f"clients[{ANN}] present: 1" in text
    assert f"clients[{ANN}] 1 -> 2" in text
    assert "ipv4.ttl: 64 -> 9" in text
    assert "leaves by right" in text
    assert max(map(len, text.splitlines())) <= 160


def test_equal_copies_are_told_together(program: Path) -> None:
    flood = write_program(Path.cwd(), "use std::net;\nport any[4];\non any (p: eth) { flood }\n", name="flood.weft")
    text = weft("trace", flood, "--in", "any[1]=left.pcap").stdout
    assert "leaves by any[0], any[2], any[3], " in text


def test_packet_that_is_not_there(program: Path) -> None:
    result = weft("trace", program, "--in", "left=left.pcap", "--packet", "9")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no packet 9: 4 arrive" in result.stderr


def test_variables_have_the_values_of_the_path_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = [
        "use std::net;",
        "pair left <-> right;",
        "state cells: u32[16] = 3;",
        "on left (p: ipv4) {",
        "    let twice = p.length * 2 + cells[3];",
        "    let mut kept = 0u32;",
        "    if twice > 1000 { kept = twice; } else { kept = 7; }",
        "    cells[kept & 15] += kept;",
        "    send right;",
        "}",
        "on left | right (_) { drop }",
    ]
    program = write_program(tmp_path, "\n".join(text))
    capture = write_capture(tmp_path / "left.pcap", [question(client=ANN)])
    told = story(program, 1)
    length = len(rdpcap(str(capture))[0])
    assert steps_of(told, 5)[-1] == {"name": "twice", "value": 2 * length + 3, "kind": "value"}
    assert steps_of(told, 7)[-1] == {"name": "kept", "value": 7, "kind": "value"}
    assert [(s["entry"], s["before"], s["after"]) for s in steps_of(told, 8) if s["kind"] == "change"] == [(7, 3, 10)]


BRANCHES = """\
use std::net;
port a;
port b;
struct Rings { received_a: u32, received_b: u32 }
state rings: Rings[1];
state seen: map<ip4, u32> { capacity: 16 }

on a | b (p: eth) {
    let mut s = rings[0];
    if p.port == a {
        s.received_a += 1;
    } else {
        s.received_b += 1;
    }
    rings[0] = s;
    let (ring, frames) = (p.port, s.received_a);
    let mut kind = 0u8;
    match p.eth.type {
        0x0800 => { kind = 4; }
        0x0806 => { kind = 1; }
        _ => { kind = 9; }
    }
    if kind == 1 && frames < 4 { drop } // early ARP
    if p.has(ipv4) {
        let known = seen.get(p.ipv4.src) else { 7 };
        let next =
            if known == 7 {
                known + 1
            } else {
                known
            };
        seen.set(p.ipv4.src, next) else {}
    }
    p.eth.type = 0x88b5;
    send ring;
}
"""


@pytest.fixture
def branches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """By `a` two questions and ARP, by `b` a question; all in the order of `a`, `b`, `a`, `a`."""
    monkeypatch.chdir(tmp_path)
    arp = Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff") / ARP(pdst="10.0.0.9")
    write_capture(tmp_path / "a.pcap", [question(client=ANN), question(client=ANN), arp, arp])
    write_capture(tmp_path / "b.pcap", [question(client=ANN)])
    return write_program(tmp_path, BRANCHES, name="branches.weft")


def branch_story(program: Path, *args: str) -> Any:  # JSON
    result = weft("trace", program, "--in", "a=a.pcap", "--in", "b=b.pcap", "--json", *args)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)[0]


def branch_line(text: str) -> int:
    return next(number for number, line in enumerate(BRANCHES.splitlines(), start=1) if text in line)


def test_lines_are_those_of_the_branches_taken_in_the_order_of_the_source(branches: Path) -> None:
    by_a, by_b = branch_story(branches, "--packet", "1"), branch_story(branches, "--packet", "2")
    lines = [run["line"] for run in by_a["lines"]]
    assert lines == sorted(lines)
    assert [steps_of(by_a, branch_line("if p.port == a"))[0][key] for key in ("kind", "holds")] == ["condition", True]
    assert steps_of(by_b, branch_line("if p.port == a"))[0]["holds"] is False
    counted_a, counted_b = branch_line("s.received_a += 1"), branch_line("s.received_b += 1")
    assert steps_of(by_a, counted_a) == [{"name": "s.received_a", "value": 1, "kind": "value"}]
    assert steps_of(by_b, counted_b) == [{"name": "s.received_b", "value": 1, "kind": "value"}]
    assert steps_of(by_a, counted_b) == steps_of(by_b, counted_a) == []


def test_arms_and_else_are_told_where_they_are_taken(branches: Path) -> None:
    told = branch_story(branches, "--packet", "1")
    assert steps_of(told, branch_line("match p.eth.type")) == [{"name": "p.eth.type", "value": 0x800, "kind": "value"}]
    assert steps_of(told, branch_line("0x0800 =>")) == [
        {"branch": "arm", "kind": "branch"},
        {"name": "kind", "value": 4, "kind": "value"},
    ]
    assert steps_of(told, branch_line("0x0806 =>")) == steps_of(told, branch_line("_ =>")) == []
    assert [step["kind"] for step in steps_of(told, branch_line("let known"))] == ["lookup", "branch", "value"]
    second = branch_story(branches, "--packet", "2")
    assert [step["kind"] for step in steps_of(second, branch_line("let known"))] == ["lookup", "value"]


def test_a_value_over_several_lines_is_told_on_its_first(branches: Path) -> None:
    told = branch_story(branches, "--packet", "1")
    lines = [run["line"] for run in told["lines"]]
    assert steps_of(told, branch_line("let next")) == [{"name": "next", "value": 8, "kind": "value"}]
    assert lines.index(branch_line("let next")) + 1 == lines.index(branch_line("if known == 7"))


def test_tuples_are_told_by_the_names_they_are_taken_apart_into(branches: Path) -> None:
    text = weft("trace", branches, "--in", "b=b.pcap").stdout
    assert "    ring = b, frames = 0\n" in text
    assert "tuple =" not in text


def test_conditions_say_which_part_is_false_and_what_was_compared(branches: Path) -> None:
    text = weft("trace", branches, "--in", "a=a.pcap").stdout
    assert "`kind == 1 && frames < 4` is false: `kind == 1` is false, with 4\n" in text
    assert "`p.port == a` is true\n" in text


def test_ethertypes_are_hexadecimal_for_people_and_numbers_in_json(branches: Path) -> None:
    text = weft("trace", branches, "--in", "a=a.pcap").stdout
    assert "type=0x0800" in text
    assert text.count("eth.type: 0x0800 -> 0x88b5") == 2  # where it is written, and as it left
    seen = branch_story(branches)["headers"][0]
    assert (seen["header"], seen["fields"]["type"]) == ("eth", 0x800)


def test_the_first_line_says_when_packets_of_all_ports_are_counted(branches: Path) -> None:
    both = weft("trace", branches, "--in", "a=a.pcap", "--in", "b=b.pcap", "--packet", "2").stdout
    assert both.startswith("packet 2 of all ports arrives by b at 1.000000000 s")
    assert weft("trace", branches, "--in", "a=a.pcap", "--packet", "2").stdout.startswith("packet 2 arrives by a at")


def test_packets_dropped_at_a_line(branches: Path) -> None:
    line = str(branch_line("early ARP"))
    first = branch_story(branches, "--dropped-at", line)
    assert (first["number"], first["fate"]) == (4, f"dropped at {branches}:{line}")
    ready = ("trace", branches, "--in", "a=a.pcap", "--in", "b=b.pcap", "--dropped-at")
    none = weft(*ready, line, "--port", "b")
    assert (none.exit_code, none.stdout) == (1, "")
    assert f"line {line} drops none of the packets that arrive by `b`" in none.stderr
    few = weft(*ready, line, "--packet", "9")
    assert f"there is no packet 9: line {line} drops 1" in few.stderr
    wrong = weft(*ready, "1")
    assert wrong.exit_code == 2
    assert f"line 1 of the program drops no packets\nhelp: lines that do: {line}" in wrong.stderr


def test_the_state_is_that_of_a_run_also_when_only_drops_are_shown(branches: Path) -> None:
    write_capture(Path("early.pcap"), [Ether(dst="ff:ff:ff:ff:ff:ff") / ARP(pdst="10.0.0.9") for _ in range(5)])
    result = weft("trace", branches, "--in", "a=early.pcap", "--dropped-at", str(branch_line("early ARP")), "--json")
    counted = steps_of(json.loads(result.stdout)[0], branch_line("rings[0] = s"))
    assert [(c["before"], c["after"]) for c in counted] == [(0, 1), (0, 0)]
    third = weft(
        "trace",
        branches,
        "--in",
        "a=early.pcap",
        "--dropped-at",
        str(branch_line("early ARP")),
        "--packet",
        "3",
        "--json",
    )
    assert steps_of(json.loads(third.stdout)[0], branch_line("rings[0] = s"))[0]["after"] == 3


@pytest.mark.parametrize("command", ["run", "trace", "check", "ir"])
def test_results_end_with_a_line_end(branches: Path, command: str) -> None:
    inputs = ["--in", "a=a.pcap"] if command in ("run", "trace") else []
    result = weft(command, branches, *inputs)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("\n") and not result.stdout.endswith("\n\n")
