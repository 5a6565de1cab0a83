"""Every code has a page, and the programs on it are as wrong and as right as it says."""

import re
from pathlib import Path

import pytest

from compiler.diagnostics import Severity
from compiler.diagnostics.explain import UnknownCodeError, codes, explain
from tests.compiler.diagnostics.pages import MARK, codes_in_compiler, diagnostics_of, page_of

# No text can show these: a file that is no text, and a formatter that distrusts its own result.
WITHOUT_EXAMPLE = {"W0100", "W0109"}


def test_the_catalogue_has_a_page_for_every_code_and_for_no_other() -> None:
    assert set(codes()) == codes_in_compiler()


@pytest.mark.parametrize("code", codes())
def test_a_page_has_a_title_prose_and_two_programs(code: str) -> None:
    text = explain(code)
    assert re.match(rf"# {code}: [^\n]+\n\n[A-Z`]", text)
    page = page_of(code)
    assert page.right
    assert (page.wrong is None) == (code in WITHOUT_EXAMPLE)


@pytest.mark.parametrize("code", sorted(set(codes()) - WITHOUT_EXAMPLE))
def test_the_wrong_program_gives_its_code_at_its_line(code: str, tmp_path: Path) -> None:
    page = page_of(code)
    assert page.wrong is not None
    found = diagnostics_of(page.wrong, page, tmp_path)
    assert {d.code for d in found} == {code}, [(d.code, d.message, d.span.line) for d in found]
    assert {d.severity for d in found} == {Severity(page.kind)}
    lines = [number for number, line in enumerate(page.wrong.splitlines(), start=1) if MARK in line]
    if lines and not page.files:
        assert found[0].span.line == lines[0]


@pytest.mark.parametrize("code", codes())
def test_the_right_program_gives_none(code: str, tmp_path: Path) -> None:
    page = page_of(code)
    assert page.right is not None
    assert [(d.code, d.message) for d in diagnostics_of(page.right, page, tmp_path)] == []


@pytest.mark.parametrize("written", ["w0304", "[W0304]", " W0304 "])
def test_codes_are_found_as_people_write_them(written: str) -> None:
    assert explain(written) == explain("W0304")


def test_an_unknown_code_names_the_closest() -> None:
    with pytest.raises(UnknownCodeError) as caught:
        explain("W0399")
    assert caught.value.closest in codes()
    assert "did you mean `W03" in str(caught.value)


def test_a_path_is_no_code() -> None:
    with pytest.raises(UnknownCodeError):
        explain("../explain")
