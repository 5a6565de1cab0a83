"""`weft compile --cut --piece`."""

from __future__ import annotations

from pathlib import Path

import pytest

from backends.p4.manifest import load_manifest
from compiler.ir.text_parse import parse_program
from tests.weft.command_line import weft, write_program

CUT = 'path = ["switch", "host", "switch"]\n[homes]\nclients = 1\nasked = 2\n'


def compiled(folder: Path, cut: str, *options: str) -> tuple[int, str]:
    (folder / "cut.toml").write_text(cut)
    options = options or ("--cut", str(folder / "cut.toml"), "--piece", "switch")
    result = weft("compile", write_program(folder), "--target", "bmv2", "-o", folder / "out", *options)
    return result.exit_code, result.stderr


def test_a_piece_has_links_beside_the_ports_and_its_own_states_alone(tmp_path: Path) -> None:
    code, _ = compiled(tmp_path, CUT)
    assert code == 0
    assert [port.name for port in load_manifest(tmp_path / "out").ports] == ["left", "right", "link_host"]
    program = parse_program((tmp_path / "out/program.ir").read_text())
    assert program.name == "names_switch"
    assert [state.name for state in program.states] == ["asked"]


def test_the_same_cut_makes_the_other_piece(tmp_path: Path) -> None:
    code, _ = compiled(tmp_path, CUT, "--cut", str(tmp_path / "cut.toml"), "--piece", "host")
    assert code == 0
    assert [state.name for state in parse_program((tmp_path / "out/program.ir").read_text()).states] == ["clients"]


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        ("path = ", "not valid TOML"),
        ('paths = ["a", "b", "a"]', "did you mean `path`?"),
        ("path = [1]", "a list of names"),
        ('path = ["a", "b", "a"]\nhomes = 3', "`homes` is a table"),
        ('path = ["a", "b", "a"]\n[homes]\nclient = 1', "did you mean `clients`?"),
        ('path = ["a", "b", "a"]\n[homes]\nclients = true', "a number counted from 0"),
        ('path = ["a", "b", "a"]\n[homes]\nclients = 3', "cannot be at position 3"),
        ('path = ["a", "b"]', "comes back"),
        ('path = ["a", "a", "a"]', "to itself"),
        ('path = ["a", "b", "a", "b", "a"]', "takes a link twice"),
    ],
)
def test_what_is_no_cut_of_the_program_is_said(tmp_path: Path, cut: str, said: str) -> None:
    code, stderr = compiled(tmp_path, cut)
    assert code == 1
    assert said in stderr.partition("error: ")[2]
    assert not (tmp_path / "out").exists()


def test_a_state_before_what_it_depends_on_is_refused_with_the_line(tmp_path: Path) -> None:
    # `asked` counts only where `clients` had room.
    code, stderr = compiled(tmp_path, CUT.replace("asked = 2", "asked = 0"))
    assert code == 1
    assert "names.weft:" in stderr
    assert "`asked` is at switch (position 0), but what is asked of it here is known only at host" in stderr


@pytest.mark.parametrize("options", [("--piece", "switch"), ("--cut", "cut.toml")])
def test_a_piece_takes_both_a_cut_and_a_device(tmp_path: Path, options: tuple[str, str]) -> None:
    code, stderr = compiled(tmp_path, CUT, *options)
    assert code == 2
    assert "both --cut CUT.toml and --piece DEVICE" in stderr


def test_an_unknown_device_is_told(tmp_path: Path) -> None:
    code, stderr = compiled(tmp_path, CUT, "--cut", str(tmp_path / "cut.toml"), "--piece", "hots")
    assert code == 1
    assert "did you mean `host`?" in stderr


def test_a_cut_that_is_not_there_is_told(tmp_path: Path) -> None:
    code, stderr = compiled(tmp_path, CUT, "--cut", str(tmp_path / "none.toml"), "--piece", "host")
    assert code == 1
    assert "none.toml" in stderr
