"""docs/bluefield.md names every option, request and cause of loss that the application has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPLICATION = ROOT / "backends" / "bluefield" / "app"
PAGE = (ROOT / "docs" / "bluefield.md").read_text(encoding="utf-8")


def found(file: str, pattern: str) -> list[str]:
    names = re.findall(pattern, (APPLICATION / file).read_text(encoding="utf-8"))
    assert len(names) > 2
    return names


@pytest.mark.parametrize("option", found("options.c", r'\{"((?!help)[a-z-]+)", \w+_argument'))
def test_every_option_is_there(option: str) -> None:
    assert f"--{option}" in PAGE
    assert f"--{option} " in (APPLICATION / "options.c").read_text(encoding="utf-8")  # in what `--help` prints


@pytest.mark.parametrize("request_", found("control.c", r'strcmp\(wanted, "(\w+)"\)'))
def test_every_request_is_there(request_: str) -> None:
    assert f"`{request_}`" in PAGE


@pytest.mark.parametrize("command", found("telemetry.c", r'register_cmd\("([\w/]+)"'))
def test_every_telemetry_command_is_there(command: str) -> None:
    assert f"`{command}`" in PAGE


def test_every_cause_of_loss_is_there() -> None:
    text = (APPLICATION / "worker.c").read_text(encoding="utf-8")
    names = re.findall(r'"(\w+)"', text[text.index("weft_cause_names") : text.index("};")])
    assert len(names) == 9
    assert [name for name in names if f"`{name}`" not in PAGE] == []
