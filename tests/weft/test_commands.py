import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import compiler.diagnostics
from compiler.ir.text_parse import parse_program
from compiler.load import load_program
from tests.weft.command_line import weft, write_program
from weft.bundled import bundled_examples

CATALOGUE = Path(compiler.diagnostics.__file__).with_name("catalogue")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_new_program_checks_formats_and_runs(folder: Path) -> None:
    assert weft("new", "hello").exit_code == 0
    assert sorted(path.name for path in (folder / "hello").iterdir()) == ["README.md", "hello.weft", "traffic.py"]
    assert weft("check", "hello/hello.weft", "--json").stdout == '{\n  "ok": true,\n  "diagnostics": []\n}\n'
    assert weft("fmt", "--check", "hello").exit_code == 0
    script = [sys.executable, "hello/traffic.py", "--packets", "2000"]
    printed = subprocess.run(script, check=True, capture_output=True, text=True).stdout.split()
    result = weft("run", "hello/hello.weft", *printed, "--json")
    summary = json.loads(result.stdout)
    inside, outside = summary["ports"]
    # The scan is a tenth of the flows' packets; every one of its packets is refused, and no flow's.
    assert inside["received"]["packets"] + outside["received"]["packets"] == 2_200
    assert [c["packets"] for c in summary["counters"]["refused"]] == [200]
    assert summary["unhandled"] == 0


def test_new_overwrites_nothing(folder: Path) -> None:
    (folder / "taken").write_text("mine")
    result = weft("new", "taken")
    assert result.exit_code == 1
    assert "taken is there already" in result.stderr
    assert (folder / "taken").read_text() == "mine"
    assert weft("new", "../up").exit_code == 2
    assert [path.name for path in folder.iterdir()] == ["taken"]


def test_check_reports_all_errors_of_a_file(folder: Path) -> None:
    program = write_program(folder, "use std::net;\nport a;\non a (p: eth) { send b; }\non c (_) { drop }\n")
    result = weft("check", program)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{program}:3:" in result.stderr and f"{program}:4:" in result.stderr
    assert "2 errors" in result.stderr
    found = json.loads(weft("check", program, "--json").stdout)
    assert found["ok"] is False
    assert [d["line"] for d in found["diagnostics"] if d["severity"] == "error"] == [3, 4]


def test_check_explains_states_shares_and_paths(folder: Path) -> None:
    program = write_program(folder)
    text = weft("check", program, "--explain").stdout
    assert all(section in text.splitlines() for section in ("states", "atoms", "shares", "paths"))
    explanation = json.loads(weft("check", program, "--explain", "--json").stdout)["explanation"]
    assert [state["state"] for state in explanation["states"]] == ["clients", "asked"]


def test_ir_prints_what_parses_back(folder: Path) -> None:
    program = write_program(folder)
    assert parse_program(weft("ir", program, "--after", "lowered").stdout) == load_program(program).lowered
    assert "clients" in weft("ir", program).stdout
    unknown = weft("ir", program, "--after", "fold_constant")
    assert unknown.exit_code == 2
    assert "did you mean `fold_constants`?" in unknown.stderr


@pytest.mark.skipif(not CATALOGUE.is_dir(), reason="the catalogue does not exist")
def test_explain_prints_the_page_of_a_code() -> None:
    page = (CATALOGUE / "W0201.md").read_text()
    assert weft("explain", "w0201").stdout == page
    assert json.loads(weft("explain", "W0201", "--json").stdout)["text"] == page
    unknown = weft("explain", "W020")
    assert unknown.exit_code == 2
    assert "there is no diagnostic `W020`; did you mean `W0" in unknown.stderr


def test_version_is_that_of_the_distribution() -> None:
    assert version("weft") in weft("version").stdout
    assert json.loads(weft("version", "--json").stdout)["weft"] == version("weft")


def test_examples_are_those_of_the_folder() -> None:
    folders = {path.parent.name for path in bundled_examples().glob("*/*.weft")}
    assert {example["name"] for example in json.loads(weft("examples", "--json").stdout)} == folders
    assert "nat" in folders


def test_demo_translates_addresses(folder: Path) -> None:
    result = weft("demo", folder / "demo", "--packets", "500", "--json")
    assert result.exit_code == 0, result.stderr
    summary = json.loads(result.stdout)
    assert summary["program"] == "nat"
    assert summary["packets"] >= 500
    assert sum(port["sent"]["packets"] for port in summary["ports"]) > 400
    assert (folder / "demo" / "out" / "wan.pcap").exists()
    assert str(folder / "demo") in result.stderr


def test_help_names_every_command() -> None:
    text = weft("--help").stdout
    for command in ("check", "explain", "ir", "fmt", "new", "run", "trace", "state", "demo", "examples", "version"):
        assert f"  {command} " in text
