"""The table "construct, result" of docs/language.md and its tests correspond one to one."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def rows() -> list[list[str]]:
    text = (ROOT / "docs" / "language.md").read_text(encoding="utf-8").partition("<!-- constructs -->\n")[2]
    lines = text.partition("\n\n")[0].splitlines()
    return [line.strip("| ").split(" | ") for line in lines[2:]]


def names_of_tests() -> list[str]:
    """The names of all tests of constructs, without `test_`."""
    return [
        node.name.removeprefix("test_")
        for file in sorted(Path(__file__).parent.glob("test_construct_*.py"))
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def test_every_row_has_a_test_and_every_test_a_row() -> None:
    assert Counter(row[0].strip("`") for row in rows()) == Counter(names_of_tests())


def test_every_row_says_construct_and_result() -> None:
    for row in rows():
        assert len(row) == 3 and all(row), row
