"""The list of slips that `make mutate` makes, and how one is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backends.p4.behaviour_cases import CASES as SWITCH_CASES
from tools.mutate.c_target import CTarget, case_names
from tools.mutate.mutations import ListError, Mutation, load_mutations
from tools.mutate.p4_target import P4Target
from tools.mutate.target import Target

ROOT = Path(__file__).resolve().parents[2]
CASES = {"p4": {case.name for case in SWITCH_CASES}, "c": set(case_names())}


@pytest.mark.parametrize("target", [P4Target(), CTarget()], ids=lambda target: target.name)
def test_the_lists_name_files_and_cases_that_exist(target: Target) -> None:
    mutations = [m for path in target.lists for m in load_mutations(path)]
    assert len(mutations) > 200
    assert {m.file for m in mutations if not (ROOT / m.file).is_file()} == set()
    assert {case for m in mutations for case in m.kills} <= CASES[target.name]
    assert len({(m.file, m.old, m.new) for m in mutations}) == len(mutations)


@pytest.mark.parametrize("target", [P4Target(), CTarget()], ids=lambda target: target.name)
def test_the_text_of_every_slip_stands_once_in_its_file(target: Target) -> None:
    mutations = [m for path in target.lists for m in load_mutations(path)]
    texts = {m.file: (ROOT / m.file).read_text(encoding="utf-8") for m in mutations}
    assert [m for m in mutations if m.applied(texts[m.file]) is None] == []


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
