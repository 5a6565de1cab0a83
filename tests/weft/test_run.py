import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.utils import rdpcap

from tests.weft.command_line import PROGRAM, question, weft, write_capture, write_program

ANN, BOB = "10.0.0.1", "10.0.0.2"
DROP_LINE = PROGRAM.splitlines().index("    drop // not a question") + 1
WEFT = [sys.executable, "-c", "from weft.cli import main; main()"]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_program(tmp_path)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Ann asks twice, Bob once; one other UDP packet, and ARP that no handler takes."""
    packets = [
        question(client=ANN),
        question(client=BOB, port=4001),
        question(client=ANN, dport=54),
        Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff") / ARP(pdst="10.0.0.9"),
        question(client=ANN, payload=b"another"),
    ]
    return write_capture(tmp_path / "left.pcap", packets)


def run_json(*args: str | Path) -> Any:  # JSON
    result = weft("run", *args, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_summary_counts_packets_bytes_drops_and_state(program: Path, capture: Path) -> None:
    summary = run_json(program, "--in", f"left={capture}")
    lengths = [len(packet) for packet in rdpcap(str(capture))]
    sent = [lengths[number] for number in (0, 1, 4)]
    left, right = summary["ports"]
    assert left["received"] == {"packets": 5, "bytes": sum(lengths)}
    assert left["sent"] == right["received"] == {"packets": 0, "bytes": 0}
    assert right["sent"] == {"packets": 3, "bytes": sum(sent)}
    assert [
        (d["line"], d["handlers"], d["source"], d["packets"]) for d in summary["drops"] if d["reason"] == "drop"
    ] == [(DROP_LINE, ["left (p: ipv4)"], "drop // not a question", 1)]
    assert summary["unhandled"] == 1
    assert summary["states"] == [{"state": "clients", "live": 2, "capacity": 64, "failed_inserts": 0}]
    assert summary["top"]["clients"] == [{"key": ANN, "value": 2}, {"key": BOB, "value": 1}]
    assert summary["counters"] == {"asked": [{"cell": 1, "packets": 3, "bytes": sum(sent)}]}
    assert summary["digests"] == {"Seen": 3}


def test_drops_in_a_function_are_told_apart_by_their_calls(program: Path, capture: Path, tmp_path: Path) -> None:
    caller = tmp_path / "caller.weft"
    caller.write_text("""use std::net;
pair left <-> right;
fn refuse(p: _) {
    drop
}
on left (p: ipv4 & udp) {
    if p.udp.dport == 54 { refuse(p); }
    refuse(p);
}
on left (_) { send right; }
""")
    summary = run_json(caller, "--in", f"left={capture}")
    told = sorted((d["line"], d["called_from"], d["packets"]) for d in summary["drops"])
    assert told == [(4, 7, 1), (4, 8, 3)]
    traced = weft("trace", caller, "--in", f"left={capture}", "--dropped-at", "7", "--json")
    (story,) = json.loads(traced.stdout)
    assert story["number"] == 3  # the one to port 54


def test_captures_and_digests_hold_what_left(program: Path, capture: Path) -> None:
    assert weft("run", program, "-i", f"left={capture}", "--out-dir", "results").exit_code == 0
    sent = rdpcap("results/right.pcap")
    assert [(p[IP].src, p[IP].ttl, bytes(p[UDP].payload)) for p in sent] == [
        (ANN, 9, b"name"),
        (BOB, 9, b"name"),
        (ANN, 9, b"another"),
    ]
    assert [float(p.time) for p in sent] == pytest.approx([1, 1.001, 1.004])
    assert len(rdpcap("results/left.pcap")) == 0
    digests = [json.loads(line) for line in Path("results/digests.jsonl").read_text().splitlines()]
    assert [d["value"] for d in digests] == [
        {"client": ANN, "name_port": 4000},
        {"client": BOB, "name_port": 4001},
        {"client": ANN, "name_port": 4000},
    ]
    assert {d["digest"] for d in digests} == {"Seen"}
    assert left_over(Path("results")) == ["digests.jsonl", "left.pcap", "right.pcap"]


def test_summary_for_people_names_lines_and_advises_a_catch_all(program: Path, capture: Path) -> None:
    result = weft("run", program, "--in", f"left={capture}")
    assert "on left (p: ipv4)  drop // not a question\n" in result.stdout
    assert f"`weft trace ... --dropped-at {DROP_LINE}` shows the first" in result.stderr
    assert f"{program}:{DROP_LINE}" in result.stdout
    assert "\x1b" not in result.stdout + result.stderr
    assert "1 packet was dropped because no handler takes" in result.stderr
    assert "on left | right (_) { drop }" in result.stderr


def test_summary_names_what_counted_nothing(program: Path, capture: Path, tmp_path: Path) -> None:
    write_capture(tmp_path / "other.pcap", [question(client=ANN, dport=54)])
    result = weft("run", program, "--in", "left=other.pcap")
    assert "\n  zero: clients, asked\n" in result.stdout
    assert run_json(program, "--in", "left=other.pcap")["zero"] == ["clients", "asked"]
    assert run_json(program, "--in", f"left={capture}")["zero"] == []
    assert "zero" not in weft("run", program, "--in", f"left={capture}").stdout


def test_run_continues_from_a_saved_state(program: Path, capture: Path) -> None:
    assert weft("run", program, "--in", f"left={capture}", "--state-out", "one.json").exit_code == 0
    summary = run_json(
        program, "--in", f"left={capture}", "--state-in", "one.json", "--state-out", "two.json", "--out-dir", "again"
    )
    assert summary["top"]["clients"] == [{"key": ANN, "value": 4}, {"key": BOB, "value": 2}]
    assert weft("state", "diff", "one.json", "one.json").exit_code == 0
    differing = weft("state", "diff", "one.json", "two.json", "--json")
    assert differing.exit_code == 1
    clients = [d for d in json.loads(differing.stdout) if d["state"] == "clients"]
    assert [
        (d["entry"], d["left"]["value"], d["right"]["value"]) for d in sorted(clients, key=lambda d: d["entry"])
    ] == [(ANN, 2, 4), (BOB, 1, 2)]
    assert "clients: 2 different" in weft("state", "diff", "one.json", "two.json").stdout


def test_a_group_means_its_first_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = write_program(tmp_path, "use std::net;\nport any[4];\non any (p: eth) { flood }\n")
    capture = write_capture(tmp_path / "x.pcap", [question(client=ANN)])
    summary = run_json(source, "--in", f"any={capture}", "--in", f"any[3]={capture}")
    assert [port["received"]["packets"] for port in summary["ports"]] == [1, 0, 0, 1]
    assert [port["sent"]["packets"] for port in summary["ports"]] == [1, 2, 2, 1]
    assert Path("out/any-3.pcap").exists()


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["nothing.weft", "--in", "left=left.pcap"], 1, "nothing.weft: No such file or directory"),
        ([".", "--in", "left=left.pcap"], 1, ".: Is a directory"),
        (["names.weft"], 2, "no packets to run the program on"),
        (["names.weft", "--in", "left.pcap"], 2, "does not say PORT=CAPTURE"),
        (["names.weft", "--in", "lefft=left.pcap"], 2, "did you mean `left`?"),
        (["names.weft", "--in", "left[1]=left.pcap"], 2, "has no port `left[1]`"),
        (["names.weft", "--in", "left=left.pcap", "--in", "left=left.pcap"], 2, "two captures"),
        (["names.weft", "--in", "left=-", "--in", "right=-"], 2, "only one port can read standard input"),
        (["names.weft", "--in", "left=nothing.pcap"], 1, "nothing.pcap: cannot open: No such file"),
        (["names.weft", "--in", "left=."], 1, ".: cannot open: Is a directory"),
        (["names.weft", "--in", "left=names.weft"], 1, "those of no capture"),
        (["names.weft", "--in", "left=cut.pcap"], 1, "cut.pcap: the file ends inside a record"),
        (["names.weft", "--in", "left=left.pcap", "--out-dir", "names.weft/out"], 1, "cannot create the folder"),
        (["names.weft", "--in", "left=left.pcap", "--out-dir", "."], 2, "would overwrite its own input"),
        (["names.weft", "--in", "left=left.pcap", "--entries", "bad.toml"], 1, "bad.toml: `routes`"),
        (["names.weft", "--in", "left=left.pcap", "--entries", "none.toml"], 1, "none.toml: cannot read"),
        (["names.weft", "--in", "left=left.pcap", "--state-in", "bad.toml"], 1, "bad.toml: not a state file"),
        (["names.weft", "--in", "left=left.pcap", "--state-out", "/dev/full"], 1, "No space left on device"),
        (["names.weft", "--in", "left=left.pcap", "--engine", "interpeter"], 2, "did you mean `interpreter`?"),
        (["wrong.weft", "--in", "left=left.pcap"], 1, "2 errors"),
        (["--bogus"], 2, "No such option: --bogus"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    args: list[str], code: int, message: str, program: Path, capture: Path, tmp_path: Path
) -> None:
    (tmp_path / "cut.pcap").write_bytes(capture.read_bytes()[:-3])
    (tmp_path / "bad.toml").write_text("routes = []\n")
    write_program(tmp_path, "use std::net;\nport a;\non a (p: eth) { send b; }\non c (_) { drop }\n", name="wrong.weft")
    before = left_over(tmp_path)
    result = weft("run", *args)
    assert message in result.stderr
    assert (result.exit_code, result.stdout) == (code, "")
    assert "Traceback" not in result.stderr and "internal error" not in result.stderr
    assert left_over(tmp_path) == before


def test_truncated_capture_can_be_used(program: Path, capture: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(capture.read_bytes()[:-3])
    result = weft("run", program, "--in", f"left={cut}", "--tolerate-truncation", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["packets"] == 4
    assert "cut.pcap: the file ends inside a record" in result.stderr


def test_on_a_terminal_notes_begin_on_lines_of_their_own(program: Path, capture: Path) -> None:
    reader, terminal = os.openpty()
    command = [*WEFT, "run", str(program), "--in", f"left={capture}"]
    with subprocess.Popen(command, stdout=terminal, stderr=terminal, env={**os.environ, "TERM": "dumb"}) as running:
        os.close(terminal)
        told = b""
        with suppress(OSError):  # how Linux ends what is read from a terminal that nobody has open any more
            while piece := os.read(reader, 4096):
                told += piece
        assert running.wait() == 0
    os.close(reader)
    lines = told.decode().replace("\r", "").split("\n")
    assert sum(line.startswith("note: ") for line in lines) == told.count(b"note: ") >= 3
    assert lines[-1] == ""


def test_full_disk_behind_standard_output(program: Path, capture: Path) -> None:
    with Path("/dev/full").open("w") as full:
        finished = subprocess.run(
            [*WEFT, "run", str(program), "--in", f"left={capture}"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert finished.returncode == 1
    assert finished.stderr.splitlines()[-1] == "error: standard output: No space left on device"


def test_interrupt_leaves_one_line_and_no_files(program: Path, capture: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "endless.pcap"
    os.mkfifo(pipe)
    program.write_text(PROGRAM + "on left | right (_) { drop }\n")  # so that there is nothing to warn of
    command = [*WEFT, "run", str(program), "--in", f"left={pipe}", "--out-dir", "results"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        content = capture.read_bytes()
        with pipe.open("wb", buffering=0) as endless:
            # More than a pipe holds: once all of it is written, the run has begun to read packets.
            packets = memoryview(content + content[24:] * 5000)
            while packets:
                packets = packets[endless.write(packets) :]
            running.send_signal(signal.SIGINT)
            assert running.stderr is not None
            told = running.stderr.read()
            assert running.wait() == 130
    assert told == "interrupted\n"
    assert not (tmp_path / "results").exists()
