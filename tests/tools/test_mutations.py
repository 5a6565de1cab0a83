"""The list of slips that `make mutate` makes, and how one is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backends.p4.behaviour_cases import CASES
from tools.mutate.mutations import ListError, Mutation, load_mutations

ROOT = Path(__file__).resolve().parents[2]


def test_the_list_names_files_and_cases_that_exist() -> None:
    mutations = load_mutations()
    assert len(mutations) > 100
    assert {m.file for m in mutations if not (ROOT / m.file).is_file()} == set()
    assert {case for m in mutations for case in m.kills} <= {case.name for case in CASES}
    assert len({(m.file, m.old, m.new) for m in mutations}) == len(mutations)


def test_a_slip_is_made_where_its_text_stands_once() -> None:
    slip = Mutation(file="x.py", old="a < b", new="a <= b", breaks="the end is included")
    assert slip.applied("if a < b: pass") == "if a <= b: pass"
    assert slip.applied("if a > b: pass") is None
    assert slip.applied("a < b or a < b") is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[mutation]]\nfile = 'x.py'", "missing required field `old`"),
        ("[[mutation]]\nfile = 'x'\nold = 'a'\nnew = 'b'\nbreaks = 'c'\nwhy = 'd'", "unknown field `why`"),
        ("mutation = 3", "Expected `array`"),
        ("[[mutation", "list.toml"),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "list.toml"
    path.write_text(text)
    with pytest.raises(ListError, match=problem):
        load_mutations(path)


def test_a_list_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="cannot read"):
        load_mutations(tmp_path / "nowhere.toml")
