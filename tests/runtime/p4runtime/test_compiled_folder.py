from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from backends.p4.manifest import FILE_NAME
from runtime.p4runtime.compiled_folder import load_folder
from runtime.p4runtime.errors import FolderError
from tests.runtime.p4runtime.gate import CONFIG, MANIFEST, gate_program, write_folder


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    folder = load_folder(write_folder(tmp_path))
    assert folder.manifest == MANIFEST
    assert folder.program == gate_program()
    assert folder.device_config == CONFIG
    folder.check_has_config()


def test_the_cookie_stands_for_p4info_and_config(tmp_path: Path) -> None:
    first = load_folder(write_folder(tmp_path / "a"))
    assert load_folder(write_folder(tmp_path / "b")).cookie == first.cookie
    assert 0 < first.cookie < 1 << 64
    assert load_folder(write_folder(tmp_path / "c", config=b"{}")).cookie != first.cookie
    path = tmp_path / "a" / MANIFEST.p4info
    path.write_text(path.read_text() + "# another comment\n")
    assert load_folder(tmp_path / "a").cookie != first.cookie


@pytest.mark.parametrize(
    ("name", "damage", "problem"),
    [
        (FILE_NAME, None, "manifest.json: cannot read: No such file or directory"),
        (FILE_NAME, b"{", "manifest.json: not a manifest"),
        (FILE_NAME, b"[]", "manifest.json: not a manifest"),
        (FILE_NAME, b'{"format": 99}', "manifest.json: format 99, but this version reads"),
        (MANIFEST.program, None, "program.ir: cannot read: No such file"),
        (MANIFEST.program, b"program ( (", "program.ir: not the text of a program"),
        (MANIFEST.program, b"", "program.ir: not the text of a program"),
        (MANIFEST.program, b"\xff", "program.ir: not a text file in UTF-8 (byte 0)"),
        (MANIFEST.p4info, None, "gate.p4info.txtpb: cannot read"),
        ("gate.json", None, "gate.json: cannot read"),
        ("gate.json", b"", "gate.json: not what p4c writes"),
        ("gate.json", b'{"tables": [', "gate.json: not what p4c writes"),
        ("gate.json", b"[]", "gate.json: not what p4c writes"),
    ],
)
def test_a_damaged_folder_is_told(tmp_path: Path, name: str, damage: bytes | None, problem: str) -> None:
    path = write_folder(tmp_path) / name
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    with pytest.raises(FolderError) as caught:
        load_folder(tmp_path)
    assert problem in str(caught.value)


def test_a_program_that_parses_and_makes_no_sense(tmp_path: Path) -> None:
    path = write_folder(tmp_path) / MANIFEST.program
    text = path.read_text()
    endless = [line for line in text.splitlines() if "] " not in line or " send " not in line]
    assert len(endless) < len(text.splitlines())  # handlers without an end now
    path.write_text("\n".join(endless))
    with pytest.raises(FolderError, match="not the text of a program"):
        load_folder(tmp_path)


def test_without_p4c_there_is_nothing_to_deploy(tmp_path: Path) -> None:
    folder = load_folder(write_folder(tmp_path, manifest=msgspec.structs.replace(MANIFEST, device_config=None)))
    with pytest.raises(FolderError, match=r"gate\.p4 is not compiled: p4c-bm2-ss was not found"):
        folder.check_has_config()


def test_a_test_build_is_deployed_only_on_demand(tmp_path: Path) -> None:
    folder = load_folder(write_folder(tmp_path, manifest=msgspec.structs.replace(MANIFEST, test_header=True)))
    with pytest.raises(FolderError, match=r"test build: it expects a header[^$]*deploy with --test-build"):
        folder.check_is_wanted(test_build=False)
    folder.check_is_wanted(test_build=True)
