"""`weft run --engine`: both print the same and leave the same files; what is said where one cannot run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sim.captures import Packet as Captured
from sim.captures import PcapWriter
from tests.examples.corpus import EXAMPLES, example_script
from tests.sim.captures.capture_bytes import pcap_header, pcap_record
from tests.sim.native.replaying import needs_compiler
from tests.weft.command_line import PROGRAM, question, weft, write_capture, write_program

NAMES = sorted(path.name for path in EXAMPLES.iterdir() if (path / f"{path.name}.weft").is_file())
QUICK = ("heavy_hitter", "nat", "router", "telemetry")
WEFT = [sys.executable, "-c", "from weft.cli import main; main()"]
NOTE = "note: no C compiler was found, so the interpreter runs the program; install gcc or clang"


def left_by(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def assert_same(*args: str | Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Run with either engine in a folder of its own; what was left."""
    told = []
    for engine in ("interpreter", "native"):
        (folder / engine).mkdir()
        monkeypatch.chdir(folder / engine)
        result = weft("run", *args, "--engine", engine)
        told.append((result.exit_code, result.stdout, result.stderr, left_by(folder / engine)))
    assert told[0] == told[1]
    assert "internal error" not in told[0][2]
    return told[1][3]


def assert_example_is_the_same(name: str, packets: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    captures = example_script(name, "traffic").captures(folder / "in", packets=packets, seed=3)
    inputs = [part for port, path in captures.items() for part in ("--in", f"{port}={path}")]
    tables = EXAMPLES / name / "tables.toml"
    args = [EXAMPLES / name / f"{name}.weft", *inputs, *(["--entries", tables] if tables.is_file() else [])]
    (folder / "first").mkdir()
    left = assert_same(*args, "--state-out", "state.json", folder=folder / "first", monkeypatch=monkeypatch)
    assert sum(map(len, left.values())) > 1000
    (folder / "again").mkdir()
    state = folder / "first" / "native" / "state.json"
    again = [*args, "--state-in", state, "--state-out", "state.json", "--json"]
    assert_same(*again, folder=folder / "again", monkeypatch=monkeypatch)


@needs_compiler
@pytest.mark.parametrize("name", QUICK)
def test_an_example(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_example_is_the_same(name, 500, tmp_path, monkeypatch)


@needs_compiler
@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_example_with_many_packets(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_example_is_the_same(name, 20_000, tmp_path, monkeypatch)


@needs_compiler
@pytest.mark.parametrize(
    "args",
    [
        ["--in", "left=nothing.pcap"],
        ["--in", "left={folder}/cut.pcap"],
        ["--in", "left={folder}/cut.pcap", "--tolerate-truncation"],
        ["--in", "left={folder}/cut.pcap", "--in", "right={folder}/whole.pcap", "--tolerate-truncation", "--json"],
        ["--in", "left={folder}/long.pcap"],
        ["--in", "left={folder}/late.pcap"],
        ["--in", "left={folder}/whole.pcap", "--state-out", "/dev/full"],
        ["--in", "left={folder}/whole.pcap", "--out-dir", "{folder}/names.weft/out"],
        ["--in", "left={folder}/whole.pcap", "--out-dir", "{folder}/full"],
    ],
)
def test_errors_and_warnings(args: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = write_program(tmp_path)
    whole = write_capture(tmp_path / "whole.pcap", [question(client=f"10.0.0.{n}") for n in range(1, 9)]).read_bytes()
    (tmp_path / "cut.pcap").write_bytes(whole[:-3])
    (tmp_path / "long.pcap").write_bytes(whole + pcap_record("<", 1, 2, b"")[:8] + b"\xff" * 8)
    late = pcap_record("<", 2**32 - 1, 2_000_000, bytes(question(client="10.0.0.1")))
    (tmp_path / "late.pcap").write_bytes(pcap_header("<") + late)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "right.pcap").symlink_to("/dev/full")
    given = [part.replace("{folder}", str(tmp_path)) for part in args]
    assert_same(program, *given, folder=tmp_path, monkeypatch=monkeypatch)


@needs_compiler
def test_native_is_what_runs_where_it_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", str(failing_compiler(tmp_path)))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    capture = write_capture(tmp_path / "left.pcap", [question(client="10.0.0.1")])
    args = ["run", str(write_program(tmp_path)), "--in", f"left={capture}"]
    for result in (weft(*args), weft(*args, "--engine", "native")):
        assert result.exit_code == 1
        assert "does not compile the C that Weft wrote:\nout of luck" in result.stderr
        assert "help: the interpreter needs no compiler" in result.stderr
        assert "internal error" not in result.stderr
    assert not (tmp_path / "out").exists()
    assert weft(*args, "--engine", "interpreter").exit_code == 0


def failing_compiler(folder: Path) -> Path:
    path = folder / "mycc"
    path.write_text("#!/bin/sh\necho out of luck >&2\nexit 1\n")
    path.chmod(0o755)
    return path


def test_without_a_compiler_the_interpreter_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.chdir(tmp_path)
    capture = write_capture(tmp_path / "left.pcap", [question(client="10.0.0.1")])
    args = ["run", str(write_program(tmp_path)), "--in", f"left={capture}"]
    result = weft(*args)
    assert result.exit_code == 0
    assert result.stderr.startswith(NOTE)
    chosen = weft(*args, "--engine", "interpreter")
    assert (chosen.exit_code, chosen.stdout) == (0, result.stdout)
    assert NOTE not in chosen.stderr
    native = weft(*args, "--engine", "native", "--out-dir", "other")
    assert (native.exit_code, native.stdout) == (2, "")
    assert native.stderr.startswith(
        "error: the native engine needs a C compiler, and none was found\nhelp: install gcc"
    )
    assert not (tmp_path / "other").exists()


def test_an_engine_that_does_not_exist(tmp_path: Path) -> None:
    result = weft("run", write_program(tmp_path), "--in", "left=x", "--engine", "nativ")
    assert result.exit_code == 2
    assert "there is no engine `nativ`; did you mean `native`?\nhelp: engines: native, interpreter" in result.stderr


@needs_compiler
def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file where the folder would be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    capture = write_capture(tmp_path / "left.pcap", [question(client="10.0.0.1")])
    result = weft("run", write_program(tmp_path), "--in", f"left={capture}", "--engine", "native")
    assert result.exit_code == 0
    assert "right.pcap" in result.stderr


@needs_compiler
def test_demo_runs_on_it(tmp_path: Path) -> None:
    result = weft("demo", tmp_path, "--packets", "300")
    assert result.exit_code == 0
    assert NOTE not in result.stderr


@needs_compiler
def test_interrupt_leaves_no_files(tmp_path: Path) -> None:
    program = write_program(tmp_path, PROGRAM + "on left | right (_) { drop }\n")
    pipe = tmp_path / "endless.pcap"
    os.mkfifo(pipe)
    with PcapWriter(tmp_path / "piece.pcap") as writer:
        for number in range(5000):
            writer.write(Captured(number, bytes(question(client="10.0.0.1")), 100, 0))
    content = (tmp_path / "piece.pcap").read_bytes()
    args = ["run", program, "--in", f"left={pipe}", "--out-dir", tmp_path / "results", "--engine", "native"]
    with subprocess.Popen([*WEFT, *map(str, args)], stderr=subprocess.PIPE, text=True) as running:
        with pipe.open("wb") as endless:
            endless.write(content + content[24:] * 20)  # far more than a pipe holds, so it is being read
            endless.flush()
            running.send_signal(signal.SIGINT)
            assert running.stderr is not None
            told = running.stderr.read()
        assert running.wait() == 130
    assert told == "interrupted\n"
    assert not (tmp_path / "results").exists()
