import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.p4runtime.fake_switch import FakeSwitch
from tests.runtime.p4runtime.gate import ENTRIES, MANIFEST, write_folder
from tests.weft.command_line import weft

LESS = 'routes = [{ key = "*", value = "wan" }]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "gate")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "entries.toml"
    path.write_text(ENTRIES)
    return path


@pytest.fixture
def running() -> Iterator[FakeSwitch]:
    with FakeSwitch() as switch:
        yield switch


def at(switch: FakeSwitch) -> list[str]:
    return ["--switch", f"127.0.0.1:{switch.port}"]


def printed(*args: str | Path) -> Any:  # JSON
    result = weft(*args, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_deploying_prints_what_was_added(folder: Path, file: Path, running: FakeSwitch) -> None:
    result = weft("deploy", folder, *at(running), "--entries", file)
    assert result.exit_code == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0][:8] == ["gate", "on", f"127.0.0.1:{running.port},", "device", "1:", "program", "installed;", "read"]
    assert lines[1] == ["added", "changed", "entries"]
    assert ["hosts", "2", "0", "2"] in lines
    assert ["tunables", "0", "1", "2"] in lines
    assert result.stderr == ""
    again = weft("deploy", folder, *at(running), "--entries", file)
    assert again.stdout == f"gate on 127.0.0.1:{running.port}, device 1: nothing to change\n"


def test_deploying_as_json(folder: Path, file: Path, running: FakeSwitch) -> None:
    done = printed("deploy", folder, *at(running), "--entries", file)
    assert (done["program"], done["pipeline"], done["dry_run"], done["swept"]) == ("gate", "installed", False, 0)
    assert done["entries"]["hosts"] == 2
    host = {"object": "hosts", "entry": '"10.0.0.2"', "change": "added", "old": None}
    assert {**host, "new": '{ to = "side[1]", mac = "02:00:00:00:00:02" }'} in done["changes"]
    again = printed("deploy", folder, *at(running), "--entries", file)
    assert (again["pipeline"], again["changes"]) == ("kept", [])


def test_a_dry_run_lists_changes_and_makes_none(folder: Path, file: Path, running: FakeSwitch) -> None:
    result = weft("deploy", folder, *at(running), "--entries", file, "--dry-run")
    assert "the program would be installed; nothing is changed yet" in result.stdout
    assert '+ hosts "10.0.0.1" = { to = "wan", mac = "02:00:00:00:00:01" }\n' in result.stdout
    assert '+ blocked "02:00:00:00:00:09"\n' in result.stdout
    assert "~ tunables limit = 1000 -> 5000\n" in result.stdout
    assert "  sessions__order: 14 more\n" in result.stdout
    assert (running.pushes, running.updates) == (0, 0)


def test_a_replaced_program_is_told(folder: Path, file: Path, running: FakeSwitch, tmp_path: Path) -> None:
    weft("deploy", folder, *at(running), "--entries", file)
    newer = write_folder(tmp_path / "newer", config=b'{"newer": 1}')
    planned = weft("deploy", newer, *at(running), "--dry-run")
    assert "the program would replace another one" in planned.stdout
    assert "note: 43 entries of the program that ran there would go with it" in planned.stderr
    done = weft("deploy", newer, *at(running))
    assert "program replaced; read back and right" in done.stdout
    assert "note: 43 entries of the program that ran there went with it" in done.stderr


def test_entries_go_round(folder: Path, file: Path, running: FakeSwitch, tmp_path: Path) -> None:
    weft("deploy", folder, *at(running), "--entries", file)
    shown = weft("entries", "show", folder, *at(running))
    assert shown.exit_code == 0
    copy = tmp_path / "shown.toml"
    copy.write_text(shown.stdout)
    same = weft("entries", "diff", folder, copy, *at(running))
    assert (same.exit_code, same.stdout) == (0, f"the switch holds what is in {copy}\n")
    before = running.updates
    written = weft("entries", "write", folder, copy, *at(running))
    assert written.stdout == f"gate on 127.0.0.1:{running.port}, device 1: nothing to change\n"
    assert running.updates == before


def test_shown_entries_as_json(folder: Path, file: Path, running: FakeSwitch) -> None:
    weft("deploy", folder, *at(running), "--entries", file)
    shown = printed("entries", "show", folder, *at(running))
    assert shown["routes"] == [{"key": "10.0.0.0/8", "value": "lan"}, {"key": "*", "value": "wan"}]
    assert shown["slots"] == [0, 0, 7]
    assert shown["tunables"] == {"limit": 5000, "strict": False}


def test_differences_and_writing(folder: Path, file: Path, running: FakeSwitch, tmp_path: Path) -> None:
    weft("deploy", folder, *at(running), "--entries", file)
    less = tmp_path / "less.toml"
    less.write_text(LESS)
    different = weft("entries", "diff", folder, less, *at(running))
    assert different.exit_code == 1
    lines = different.stdout.splitlines()
    assert '- routes "10.0.0.0/8" = "lan"' in lines
    assert '- multicast 3 = ["side[1]", "lan"]' in lines or '- multicast 3 = ["lan", "side[1]"]' in lines
    assert "~ tunables limit = 5000 -> 1000" in lines
    told = json.loads(weft("entries", "diff", folder, less, *at(running), "--json").stdout)["changes"]
    assert len(told) == len(lines)
    written = weft("entries", "write", folder, less, *at(running))
    assert written.exit_code == 0
    assert ["hosts", "0", "2"] in [line.split() for line in written.stdout.splitlines()]
    assert weft("entries", "diff", folder, less, *at(running)).exit_code == 0


def test_what_the_program_does_not_use_is_told(folder: Path, running: FakeSwitch, tmp_path: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["program_groups"] = None
    path.write_text(json.dumps(manifest))
    entries = tmp_path / "groups.toml"
    entries.write_text('[multicast]\n1 = ["lan"]\n')
    result = weft("deploy", folder, *at(running), "--entries", entries)
    assert result.stderr == "note: the multicast groups are not on the switch: the program sends to none\n"


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--switch", "127.0.0.1"], 2, "error: --switch: `127.0.0.1` is no address\nhelp: write HOST:PORT"),
        (["--switch", "a:1", "--thrift", "b"], 2, "error: --thrift: `b` is no address\nhelp: write HOST:PORT"),
        (["--switch", "a:1", "--tls-cert", "c"], 2, "error: a certificate and its key go together"),
        (["--switch", "a:1", "--tls-cert", "c", "--tls-key", "k"], 2, "error: the switch has to be trusted"),
        (["--switch", "a:1", "--tls-ca", "none.pem"], 1, "error: none.pem: cannot read: No such file"),
        (["--switch", "a:1", "--election-id", "0"], 2, "error: --election-id: expected a number from 1"),
        (["--switch", "a:1", "--election-id", "x"], 2, "error: --election-id: `x` is no number"),
        (["--switch", "a:1", "--election-id", str(2**128)], 2, "error: --election-id: expected a number from 1"),
        (["--switch", "a:1", "--entries", "none.toml"], 1, "error: none.toml: cannot read: No such file"),
    ],
)
def test_wrong_options(folder: Path, options: list[str], code: int, message: str) -> None:
    result = weft("deploy", folder, *options)
    assert result.exit_code == code
    assert result.stderr.startswith(message)
    assert result.stdout == ""


def test_failures_end_in_a_message_and_no_result(folder: Path, file: Path, tmp_path: Path) -> None:
    with FakeSwitch() as gone:
        pass
    for command in (["deploy", folder], ["entries", "show", folder], ["entries", "write", folder, file]):
        result = weft(*command, *at(gone))
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == f"error: no switch at 127.0.0.1:{gone.port}: connection refused\n"
    result = weft("deploy", tmp_path / "none", *at(gone))
    assert result.stderr.startswith(f"error: {tmp_path / 'none' / 'manifest.json'}: cannot read: No such file")


def test_what_is_left_is_said_after_the_problem(folder: Path, file: Path, running: FakeSwitch) -> None:
    running.faults.swallows = MANIFEST.tables[0].copies[0].id
    result = weft("deploy", folder, *at(running), "--entries", file)
    assert result.exit_code == 1
    problem, left = result.stderr.splitlines()
    assert problem.startswith('error: the switch does not hold what was written: hosts "10.0.0.1" is not there')
    assert left == "the switch ran no program before; it runs the new one now, with empty tables"


def test_ctrl_c_takes_back_what_was_done(folder: Path, file: Path, running: FakeSwitch, tmp_path: Path) -> None:
    weft("deploy", folder, *at(running), "--entries", file)
    less = tmp_path / "less.toml"
    less.write_text(LESS)
    number = running.updates + 3

    def ctrl_c(updates: int) -> None:
        if updates == number:
            os.kill(os.getpid(), signal.SIGINT)

    running.faults.before_update = ctrl_c
    result = weft("entries", "write", folder, less, *at(running))
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "the switch is as it was\ninterrupted\n"
    assert weft("entries", "diff", folder, file, *at(running)).exit_code == 0


def test_nobody_waits_for_grpc_who_does_not_deploy() -> None:
    code = "import sys, weft.cli; sys.exit(any(name in sys.modules for name in ('grpc', 'finsy', 'asyncio', 'thrift')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
