"""The P4 of three examples as reviewed. Regenerate with `--update-golden`, and read what changed."""

from __future__ import annotations

import re
from pathlib import Path, PurePath

import pytest

from backends.p4.compile import LIBRARY, compile_program, library_file
from backends.p4.tools import P4C, find_tool, run_p4c
from compiler.load import load_source
from compiler.source import Source
from tests.examples.corpus import EXAMPLES

GOLDEN = Path(__file__).parent / "golden"
NAMES = ["gradient_aggregator", "load_balancer", "nat"]
needs_p4c = pytest.mark.skipif(find_tool(P4C) is None, reason=f"{P4C}: neither on PATH nor in WEFT_P4_BIN")


def p4_of(name: str) -> str:
    text = (EXAMPLES / name / f"{name}.weft").read_text(encoding="utf-8")
    program = load_source(Source(f"{name}.weft", text)).program
    return compile_program(program)[PurePath(f"{name}.p4")].decode()


def without_version(p4: str) -> str:
    return re.sub(r"written by Weft \S+\.", "written by Weft.", p4, count=1)


@pytest.mark.parametrize("name", NAMES)
def test_the_p4_is_as_reviewed(name: str, update_golden: bool) -> None:
    made = without_version(p4_of(name))
    path = GOLDEN / f"{name}.p4"
    if update_golden:
        path.parent.mkdir(exist_ok=True)
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8"), "run pytest with --update-golden, and review the difference"


@needs_p4c
@pytest.mark.parametrize("name", NAMES)
def test_what_was_reviewed_compiles_without_a_warning(name: str, tmp_path: Path) -> None:
    (tmp_path / "weft").mkdir()
    for file in LIBRARY:
        (tmp_path / file).write_bytes(library_file(file))
    (tmp_path / "program.p4").write_bytes((GOLDEN / f"{name}.p4").read_bytes())
    result = run_p4c(Path("program.p4"), json_out=tmp_path / "program.json", directory=tmp_path)
    assert (result.errors, result.warnings) == ((), ())
