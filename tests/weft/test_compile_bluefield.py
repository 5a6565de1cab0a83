"""`weft compile --target bluefield`: the folder that it writes, and what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

from backends.bluefield.manifest import load_manifest
from compiler.ir.text_parse import parse_program
from tests.weft.command_line import weft, write_program


def compiled(program: Path, folder: Path, *options: str) -> int:
    return weft("compile", program, "--target", "bluefield", "-o", folder, *options).exit_code


def test_the_folder_holds_everything(tmp_path: Path) -> None:
    result = weft("compile", write_program(tmp_path), "--target", "bluefield", "-o", tmp_path / "out")
    assert result.exit_code == 0
    manifest = load_manifest(tmp_path / "out")
    assert all((tmp_path / "out" / name).is_file() for name in manifest.files)
    lines = (tmp_path / "out/names.c").read_text().splitlines()
    assert f"{len(lines)} lines of C" in result.stdout
    assert [(record.name, record.length) for record in manifest.records] == [("Seen", 6)]
    assert parse_program((tmp_path / "out/program.ir").read_text()).name == "names"


def test_a_test_build_says_so(tmp_path: Path) -> None:
    result = weft(
        "compile", write_program(tmp_path), "--target", "bluefield", "-o", tmp_path / "out", "--test-build", "--json"
    )
    found = json.loads(result.stdout)
    assert (found["ok"], found["target"], found["test_build"]) == (True, "bluefield", True)
    assert load_manifest(tmp_path / "out").build == found["build"]


def test_what_was_built_goes_with_what_was_compiled(tmp_path: Path) -> None:
    program, folder = write_program(tmp_path), tmp_path / "out"
    assert compiled(program, folder) == 0
    (folder / "build").mkdir()
    (folder / "build/build.ninja").write_text("made by meson")
    assert compiled(program, folder) == 0
    assert not (folder / "build").exists()


def test_other_files_stay(tmp_path: Path) -> None:
    program, folder = write_program(tmp_path), tmp_path / "out"
    assert compiled(program, folder) == 0
    (folder / "notes.txt").write_text("mine")
    result = weft("compile", program, "--target", "bluefield", "-o", folder)
    assert result.exit_code == 1
    assert "notes.txt" in result.stderr
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_folder_of_the_other_target_is_left_alone(tmp_path: Path) -> None:
    program, folder = write_program(tmp_path), tmp_path / "out"
    assert weft("compile", program, "--target", "bmv2", "-o", folder).exit_code == 0
    assert compiled(program, folder) == 1


def test_a_target_that_is_misspelt(tmp_path: Path) -> None:
    result = weft("compile", write_program(tmp_path), "--target", "bluefeild", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "did you mean `bluefield`?" in result.stderr
