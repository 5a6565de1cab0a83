"""`weft compile`: the folder that it writes, and what it leaves alone."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.p4.manifest import load_manifest
from backends.p4.tools import FOLDER_VARIABLE, P4C
from compiler.ir.text_parse import parse_program
from tests.bmv2 import needs_bmv2
from tests.weft.command_line import PROGRAM, weft, write_program

FILES = {
    "manifest.json",
    "names.p4",
    "names.p4info.txtpb",
    "program.ir",
    "weft/checksum.p4",
    "weft/hash.p4",
}
DIVIDES = PROGRAM.replace("entry.set(before + 1)", "entry.set(before / p.length)")


@pytest.fixture
def no_p4c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(empty))


FakeP4c = Callable[[str], None]


@pytest.fixture
def fake_p4c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeP4c:
    """Put a shell script in the place of p4c; `$out` is the JSON that it is to write."""

    def install(script: str) -> None:
        folder = tmp_path / "tools"
        folder.mkdir(exist_ok=True)
        tool = folder / P4C
        tool.write_text(
            "#!/bin/sh\n"
            'if [ "$1" = --version ]; then echo "Version 9.8.7 (SHA: abc)"; exit 0; fi\n'
            'while [ $# -gt 1 ]; do if [ "$1" = -o ]; then out=$2; fi; shift; done\n' + script
        )
        tool.chmod(0o755)
        monkeypatch.setenv(FOLDER_VARIABLE, str(folder))

    return install


def compiled(program: Path, folder: Path, *options: str) -> int:
    return weft("compile", program, "--target", "bmv2", "-o", folder, *options).exit_code


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_holds_everything(tmp_path: Path, no_p4c: None) -> None:
    program = write_program(tmp_path)
    result = weft("compile", program, "--target", "bmv2", "-o", tmp_path / "out")
    assert result.exit_code == 0
    assert set(files_in(tmp_path / "out")) == FILES
    lines = (tmp_path / "out/names.p4").read_text().splitlines()
    assert f"{len(lines)} lines of P4 for {len(PROGRAM.splitlines())} of Weft" in result.stdout
    manifest = load_manifest(tmp_path / "out")
    assert (manifest.name, manifest.device_config, manifest.test_header) == ("names", None, False)
    assert parse_program((tmp_path / "out/program.ir").read_text()).name == "names"


def test_without_p4c_it_says_what_is_missing_and_what_to_do(tmp_path: Path, no_p4c: None) -> None:
    result = weft("compile", write_program(tmp_path), "--target", "bmv2", "-o", tmp_path / "out")
    assert "p4c-bm2-ss was not found" in result.stderr
    assert FOLDER_VARIABLE in result.stderr


def test_with_p4c_its_json_and_version_are_there(tmp_path: Path, fake_p4c: FakeP4c) -> None:
    fake_p4c('echo \'{"calculations": [{"name": "c", "algo": "crc32_custom"}]}\' > "$out"\n')
    result = weft("compile", write_program(tmp_path), "--target", "bmv2", "-o", tmp_path / "out")
    assert result.exit_code == 0
    assert "9.8.7 (SHA: abc)" in result.stdout
    assert set(files_in(tmp_path / "out")) == {*FILES, "names.json"}
    manifest = load_manifest(tmp_path / "out")
    assert (manifest.device_config, manifest.crc32c) == ("names.json", ("c",))


def test_json_says_the_same(tmp_path: Path, fake_p4c: FakeP4c) -> None:
    fake_p4c('echo "{}" > "$out"; echo "names.p4(7): [--Wwarn=unused] warning: x: unused" >&2\n')
    result = weft("compile", write_program(tmp_path), "--target", "bmv2", "-o", tmp_path / "out", "--json")
    told = json.loads(result.stdout)
    assert told["ok"] is True
    assert set(told["files"]) == {*FILES, "names.json"}
    assert told["lines"]["weft"] == len(PROGRAM.splitlines())
    assert told["p4c"]["version"] == "9.8.7 (SHA: abc)"
    assert told["p4c"]["warnings"] == [{"file": "names.p4", "line": 7, "kind": "unused", "message": "x: unused"}]


def test_what_p4c_refuses_is_our_mistake_and_nothing_is_kept(tmp_path: Path, fake_p4c: FakeP4c) -> None:
    fake_p4c('echo "names.p4(3): [--Werror=type-error] error: no such type" >&2; exit 1\n')
    program = write_program(tmp_path)
    result = weft("compile", program, "--target", "bmv2", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "no such type" in result.stderr
    assert "mistake in Weft" in result.stderr
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".weft*"))


def test_an_earlier_folder_is_replaced(tmp_path: Path, fake_p4c: FakeP4c, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_p4c('echo "{}" > "$out"\n')
    program, folder = write_program(tmp_path), tmp_path / "out"
    assert compiled(program, folder) == 0
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    program.write_text(PROGRAM.replace("ttl = 9", "ttl = 8"))
    assert compiled(program, folder, "--test-build") == 0
    assert set(files_in(folder)) == FILES  # the JSON of before is gone
    assert load_manifest(folder).test_header


def test_an_empty_folder_is_used(tmp_path: Path, no_p4c: None) -> None:
    (tmp_path / "out").mkdir()
    assert compiled(write_program(tmp_path), tmp_path / "out") == 0


@pytest.mark.parametrize("written_before", [False, True])
def test_files_of_others_are_never_deleted(tmp_path: Path, no_p4c: None, written_before: bool) -> None:
    program, folder = write_program(tmp_path), tmp_path / "out"
    if written_before:
        assert compiled(program, folder) == 0
    folder.mkdir(exist_ok=True)
    (folder / "entries.toml").write_text("mine")
    before = files_in(folder)
    result = weft("compile", program, "--target", "bmv2", "-o", folder)
    assert result.exit_code == 1
    assert "nothing was changed" in result.stderr
    assert files_in(folder) == before


def test_a_file_is_no_folder(tmp_path: Path, no_p4c: None) -> None:
    target = tmp_path / "out"
    target.write_text("mine")
    assert compiled(write_program(tmp_path), target) == 1
    assert target.read_text() == "mine"


@pytest.mark.parametrize("as_json", [False, True])
def test_what_bmv2_cannot_do_is_told_and_nothing_is_written(tmp_path: Path, no_p4c: None, as_json: bool) -> None:
    program = write_program(tmp_path, DIVIDES)
    options = ["--json"] if as_json else []
    result = weft("compile", program, "--target", "bmv2", "-o", tmp_path / "new/out", *options)
    assert result.exit_code == 1
    if as_json:
        told = json.loads(result.stdout)
        assert (told["ok"], told["diagnostics"][0]["code"], told["diagnostics"][0]["line"]) == (False, "W0801", 12)
    else:
        assert "error[W0801]" in result.stderr
    assert not (tmp_path / "new").exists()


def test_an_unknown_target_is_a_mistake_of_usage(tmp_path: Path) -> None:
    result = weft("compile", write_program(tmp_path), "--target", "bmw2", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "did you mean `bmv2`?" in result.stderr


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    """The largest file that the process may write stands for what is left of the disk."""
    folder = tmp_path / "out"
    program = write_program(tmp_path)
    assert in_process(program, folder, "").returncode == 0
    before = files_in(folder)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
    finished = in_process(program, folder, limit)
    assert finished.returncode == 1
    assert f"error: {folder}: cannot write: File too large" in finished.stderr
    assert files_in(folder) == before
    assert not list(tmp_path.glob(".weft*"))


def in_process(program: Path, folder: Path, before: str, **environment: str) -> subprocess.CompletedProcess[str]:
    code = f"{before}import sys; from weft.cli import main; sys.argv[0] = 'weft'; main()"
    environment = {**os.environ, "PATH": "/nonexistent", FOLDER_VARIABLE: "/nonexistent", **environment}
    arguments = ["compile", str(program), "--target", "bmv2", "-o", str(folder)]
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment, check=False
    )


def test_equal_programs_give_equal_bytes(tmp_path: Path) -> None:
    program = write_program(tmp_path)
    for seed in ("1", "2"):
        assert in_process(program, tmp_path / seed, "", PYTHONHASHSEED=seed).returncode == 0
    assert files_in(tmp_path / "1") == files_in(tmp_path / "2")


@needs_bmv2
def test_what_p4c_makes_names_no_place_of_this_machine(tmp_path: Path) -> None:
    program = write_program(tmp_path)
    assert compiled(program, tmp_path / "one") == 0
    assert compiled(program, tmp_path / "other") == 0
    one, other = files_in(tmp_path / "one"), files_in(tmp_path / "other")
    assert set(one) == {*FILES, "names.json"}
    assert one == other
    assert str(tmp_path).encode() not in one["names.json"]
