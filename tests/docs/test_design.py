"""The design document names files and tests: those have to be there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`((?:compiler|sim|tests|weft|examples|docs)/[A-Za-z0-9_./]*)(?:::([a-z0-9_]+))?`")


@pytest.mark.parametrize(("path", "test"), sorted(set(NAMED.findall(DESIGN))))
def test_what_the_design_names_exists(path: str, test: str) -> None:
    assert (ROOT / path).exists()
    if test:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_file_of_decision_tests_stands_under_its_decision() -> None:
    for file in sorted((ROOT / "tests" / "decisions").glob("test_*.py")):
        number = str(int(file.name.split("_")[1]))
        section = DESIGN.split(f"\n## {number}. ", 1)[1].split("\n## ", 1)[0]
        assert f"`tests/decisions/{file.name}`" in section


def test_codes_in_the_design_are_the_compilers() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "compiler").rglob("*.py"))
    for code in set(re.findall(r"\bW\d{4}\b", DESIGN)):
        assert f'"{code}"' in sources
