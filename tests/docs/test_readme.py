"""The tour in README.md shows what its commands really print.

`pytest --update-golden tests/docs/test_readme.py` writes the blocks anew. A line `...` stands for any lines.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WRONG = """\
use std::net;

pair lan <-> wan;

state seen: map<net::Flow, u32> { capacity: 1024 }

on lan (p: ipv4 & l4) {
    let entry = seen.find(p.flow());
    entry.set(entry.value + 1);
    send wam;
}

on lan (_) { send wan; }
"""
STARTING = {"weft": ["-c", "from weft.cli import main; main()"], "python": []}


def printed(command: str, folder: Path) -> str:
    """What a command of the tour prints on a terminal-less stdout and stderr; its exit code is free."""
    name, *arguments = command.split()
    result = subprocess.run(
        [sys.executable, *STARTING[name], *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "110"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.stdout


def replayed(block: str, folder: Path) -> str:
    """The block with what its commands print now."""
    lines = []
    for command in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
        lines.append(f"$ {command}\n{printed(command, folder)}")
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "wrong.weft").write_text(WRONG)
    return tmp_path


def test_the_tour_prints_what_the_readme_shows(folder: Path, request: pytest.FixtureRequest) -> None:
    text = README.read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    assert blocks
    now = [replayed(block, folder) for block in blocks]
    if request.config.getoption("--update-golden", default=False):
        following = iter(now)
        README.write_text(BLOCK.sub(lambda _: f"```console\n{next(following)}```", text), encoding="utf-8")
        return
    assert now == blocks
