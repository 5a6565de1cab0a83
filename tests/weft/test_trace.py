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
