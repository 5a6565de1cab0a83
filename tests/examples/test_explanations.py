"""What `weft check --explain` says of each example, as reviewed.

`pytest tests/examples --update-golden` writes the files anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.analyses import explain, render_explanation
from compiler.load import load_source
from compiler.source import Source
from tests.examples.corpus import EXAMPLES

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/*.weft") if path.stem == path.parent.name)


@pytest.mark.parametrize("name", NAMES)
def test_explanation_is_as_reviewed(name: str, update_golden: bool) -> None:
    path = EXAMPLES / name / f"{name}.weft"
    source = Source(path.name, path.read_text(encoding="utf-8"))
    found = render_explanation(explain(load_source(source, directory=path.parent).program))
    golden = GOLDEN / f"{name}.txt"
    if update_golden:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def test_every_golden_file_is_of_an_example() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.txt")) == NAMES
