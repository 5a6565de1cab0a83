"""p4c as a function: against scripts in its place, and against the real one where it is found."""

import shlex
from pathlib import Path

import pytest

from backends.p4.tools import (
    FOLDER_VARIABLE,
    P4C,
    P4cCrashedError,
    P4cDiagnostic,
    P4cTimeoutError,
    ToolMissingError,
    find_tool,
    require_tool,
    run_p4c,
)

# What p4c 1.2.5 prints for its own test programs.
UNUSED = """\
control-verify.p4(5): [--Wwarn=unused] warning: control 'C' is unused
control C() {
        ^
"""
REJECTED = """\
control-verify.p4(7): [--Werror=type-error] error: verify(false, error.Oops): may only be invoked in parsers
    verify(8w0 == 8w1, error.Oops);
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
[--Werror=overlimit] error: 1 errors encountered, aborting compilation
"""
SYNTAX = """\
constructor1_e.p4(9):syntax error, unexpected (
extern Y(
        ^
[--Werror=overlimit] error: 1 errors encountered, aborting compilation
"""
NO_INCLUDE = """\
a.p4:1:10: fatal error: nope.p4: No such file or directory
    1 | #include <nope.p4>
[--Werror=I/O error] error: Preprocessor returned exit code 256; aborting compilation
"""
WRITES_BOTH = 'while [ $# -gt 1 ]; do case "$1" in -o|--p4runtime-files) echo "$1" > "$2"; shift;; esac; shift; done'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "a.p4").write_text("// a program\n")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "bin"))
    return tmp_path


def put_p4c(folder: Path, script: str) -> None:
    tool = folder / "bin" / P4C
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)


def says(text: str) -> str:
    return f"printf %s {shlex.quote(text)} >&2"


def test_tools_are_found_in_the_named_folder_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_p4c(folder, "true")
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / P4C).write_text("#!/bin/sh\n")
    (folder / "elsewhere" / P4C).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder / "elsewhere"))
    assert find_tool(P4C) == folder / "bin" / P4C
    monkeypatch.delenv(FOLDER_VARIABLE)
    assert find_tool(P4C) == folder / "elsewhere" / P4C


def test_a_missing_tool_says_where_it_is_looked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert find_tool(P4C) is None
    with pytest.raises(ToolMissingError, match=FOLDER_VARIABLE):
        require_tool(P4C)


def test_outputs_appear_and_warnings_are_told(folder: Path) -> None:
    put_p4c(folder, f"{says(UNUSED)}; {WRITES_BOTH}")
    result = run_p4c(folder / "a.p4", json_out=folder / "a.json", p4info_out=folder / "a.p4info.txtpb")
    assert result.warnings == (
        P4cDiagnostic("control-verify.p4", 5, "unused", "control 'C' is unused", "control C() {\n        ^"),
    )
    assert result.errors == ()
    assert ((folder / "a.json").read_text(), (folder / "a.p4info.txtpb").read_text()) == ("-o\n", "--p4runtime-files\n")


@pytest.mark.parametrize(
    ("printed", "line", "message"),
    [
        (REJECTED, 7, "verify(false, error.Oops): may only be invoked in parsers"),
        (SYNTAX, 9, "syntax error, unexpected ("),
        (NO_INCLUDE, 1, "nope.p4: No such file or directory"),
    ],
)
def test_errors_are_results_and_leave_no_output(folder: Path, printed: str, line: int, message: str) -> None:
    put_p4c(folder, f"{says(UNUSED + printed)}; {WRITES_BOTH}; exit 1")
    (folder / "a.json").write_text("as it was")
    result = run_p4c(folder / "a.p4", json_out=folder / "a.json")
    assert (result.errors[0].line, result.errors[0].message) == (line, message)
    assert len(result.warnings) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["a.json", "a.p4", "bin"]
    assert (folder / "a.json").read_text() == "as it was"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (f"{says('Compiler Bug: a.p4(3): error: null node')}; exit 1", "null node"),
        ("kill -SEGV $$", "signal 11"),
        ("exit 3", "exit code 3"),
    ],
)
def test_a_p4c_that_fails_by_itself_is_told_apart(folder: Path, script: str, reason: str) -> None:
    put_p4c(folder, script)
    with pytest.raises(P4cCrashedError, match=reason):
        run_p4c(folder / "a.p4", json_out=folder / "a.json")
    assert not (folder / "a.json").exists()


def test_a_p4c_that_hangs_is_ended(folder: Path) -> None:
    put_p4c(folder, "exec sleep 60")
    with pytest.raises(P4cTimeoutError, match="not done"):
        run_p4c(folder / "a.p4", json_out=folder / "a.json", time_limit_s=0.05)


def test_an_older_p4c_is_asked_for_the_text_it_knows(folder: Path) -> None:
    refused = "error: out.p4info.txtpb: unknown file kind; known suffixes are .bin, .txt, .json"
    put_p4c(folder, f'case "$*" in *.txtpb*) {says(refused)}; exit 1;; esac; {WRITES_BOTH}')
    result = run_p4c(folder / "a.p4", json_out=folder / "a.json", p4info_out=folder / "a.p4info.txtpb")
    assert result.errors == ()
    assert (folder / "a.p4info.txtpb").read_text() == "--p4runtime-files\n"


@pytest.mark.skipif(find_tool(P4C) is None, reason="p4c-bm2-ss is neither on PATH nor in WEFT_P4_BIN")
def test_the_real_p4c_reports_as_expected(tmp_path: Path) -> None:
    program = tmp_path / "wrong.p4"
    program.write_text("control c() { apply { x = 1; } }\n")
    (found,) = run_p4c(program, json_out=tmp_path / "wrong.json").errors
    assert (found.file, found.line, found.message) == (str(program), 1, "x: declaration not found")
    program.write_text('#include "nope.p4"\n')
    assert "nope.p4" in run_p4c(program, json_out=tmp_path / "wrong.json").errors[0].message
