import json
from pathlib import Path

import pytest

from tests.weft.command_line import weft

NEAT = "use std::net;\n\nport a;\n"
UNTIDY = "use   std::net;\n\n\n\nport a ;"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "neat.weft").write_text(NEAT)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "untidy.weft").write_text(UNTIDY)


def test_files_and_folders_are_formatted() -> None:
    result = weft("fmt", "neat.weft", "inner")
    assert (result.exit_code, result.stdout) == (0, "")
    assert Path("inner/untidy.weft").read_text() == Path("neat.weft").read_text() == NEAT
    assert weft("fmt", ".", "--check").exit_code == 0


def test_check_lists_files_and_changes_none() -> None:
    result = weft("fmt", ".", "--check")
    assert (result.exit_code, result.stdout) == (1, "inner/untidy.weft\n")
    assert Path("inner/untidy.weft").read_text() == UNTIDY


def test_diff_shows_lines_and_changes_none() -> None:
    result = weft("fmt", "inner/untidy.weft", "--diff")
    assert result.exit_code == 1
    assert "-use   std::net;\n" in result.stdout and "+use std::net;\n" in result.stdout
    assert "\\ No newline at end of file" in result.stdout
    assert Path("inner/untidy.weft").read_text() == UNTIDY


def test_json_lists_the_files_that_change() -> None:
    assert json.loads(weft("fmt", ".", "--check", "--json").stdout) == [{"file": "inner/untidy.weft"}]
    assert json.loads(weft("fmt", ".", "--json").stdout) == [{"file": "inner/untidy.weft"}]
    assert json.loads(weft("fmt", ".", "--json").stdout) == []


def test_file_with_a_syntax_error_is_left_and_the_others_formatted() -> None:
    Path("broken.weft").write_text("use  std::net\nport ;")
    result = weft("fmt", ".")
    assert result.exit_code == 1
    assert "broken.weft:" in result.stderr
    assert Path("broken.weft").read_text() == "use  std::net\nport ;"
    assert Path("inner/untidy.weft").read_text() == NEAT


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["nothing.weft"], 1, "nothing.weft: No such file or directory"),
        (["empty"], 1, "no programs (.weft)"),
        (["bytes.weft"], 1, "not a text file in UTF-8 (byte 4)"),
        ([], 2, "Missing argument"),
    ],
)
def test_what_cannot_be_formatted(args: list[str], code: int, message: str) -> None:
    Path("empty").mkdir()
    Path("bytes.weft").write_bytes(b"use \xff")
    result = weft("fmt", *args)
    assert result.exit_code == code
    assert message in result.stderr
