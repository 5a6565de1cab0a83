"""How characteristic messages look as a whole: each for the wrong program of its page."""

from pathlib import Path

import pytest

from compiler.diagnostics import render_diagnostics
from tests.compiler.diagnostics.pages import diagnostics_of, page_of

GOLDEN = Path(__file__).parent / "golden"
CODES = [
    "W0101",
    "W0105",
    "W0106",
    "W0108",
    "W0201",
    "W0202",
    "W0300",
    "W0310",
    "W0321",
    "W0334",
    "W0400",
    "W0401",
    "W0419",
    "W0422",
    "W0514",
    "W0600",
    "W0601",
    "W0604",
    "W0611",
    "W0613",
    "W0614",
    "W0801",
    "W0802",
    "W0803",
    "W0804",
    "W0805",
    "W0806",
    "W0807",
    "W0808",
    "W0809",
    "W0810",
    "W0901",
    "W0902",
]


@pytest.mark.parametrize("code", CODES)
def test_message_looks_as_reviewed(code: str, tmp_path: Path, update_golden: bool) -> None:
    page = page_of(code)
    assert page.wrong is not None
    text = render_diagnostics(diagnostics_of(page.wrong, page, tmp_path)).replace(str(tmp_path) + "/", "")
    path = GOLDEN / f"{code}.txt"
    if update_golden:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
