"""What people and editors see of a diagnostic."""

import json

import pytest

from compiler.diagnostics import Diagnostic, Note, Severity, diagnostic_as_json, render_diagnostic
from compiler.source import Source, Span


def span_of(text: str, part: str, name: str = "nat.weft") -> Span:
    start = text.index(part)
    return Span(Source(name, text), start, start + len(part))


def rendered(text: str, part: str, label: str = "", help: str | None = None) -> list[str]:
    return render_diagnostic(Diagnostic("W0201", "something", span_of(text, part), label, help=help)).splitlines()


def test_tabs_before_the_caret_are_kept() -> None:
    assert rendered("\tlet\tx = y;\n", "y")[2:] == ["   1 | \tlet\tx = y;", "     | \t   \t    ^"]


def test_label_and_help() -> None:
    lines = rendered("a\nsend wann;\n", "wann", label="no port", help="did you mean `wan`?")
    assert lines == [
        "error[W0201]: something",
        "  --> nat.weft:2:6",
        "   2 | send wann;",
        "     |      ^^^^ no port",
        "help: did you mean `wan`?",
    ]


def test_of_a_span_over_several_lines_the_first_is_underlined() -> None:
    assert rendered("if x {\n  drop\n}\n", "x {\n  drop\n}")[2:] == ["   1 | if x {", "     |    ^^^"]


def test_a_span_at_the_end_of_the_text_has_a_caret() -> None:
    source = Source("nat.weft", "send")
    text = render_diagnostic(Diagnostic("W0105", "something", Span(source, 4, 4)))
    assert text.splitlines()[2:] == ["   1 | send", "     |     ^"]


@pytest.mark.parametrize("before", [0, 50, 5_000, 100_000])
@pytest.mark.parametrize("behind", [0, 50, 5_000])
def test_of_a_wide_line_the_part_around_the_caret_is_shown(before: int, behind: int) -> None:
    source, marks = rendered("a" * before + "WRONG" + "b" * behind, "WRONG")[2:]
    assert len(source) < 200
    column = marks.index("^")
    assert source[column : column + 5] == "WRONG"
    assert marks.count("^") == 5


def test_a_wide_span_does_not_leave_its_line() -> None:
    source, marks = rendered("x" * 5_000, "x" * 5_000)[2:]
    assert len(marks) <= len(source)


def test_notes_in_other_files_name_them() -> None:
    note = Note(span_of("state ports;\n", "ports", "lists.weft"), "declared here")
    here = Note(span_of("send wan;\n", "send"), "and here")
    lines = render_diagnostic(Diagnostic("W0201", "something", here.span, notes=(note, here))).splitlines()
    assert lines[4:] == [
        "  ::: lists.weft:1:7",
        "   1 | state ports;",
        "     |       ^^^^^ declared here",
        "   1 | send wan;",
        "     | ^^^^ and here",
    ]


def test_terminal_controls_in_a_program_are_not_passed_on() -> None:
    text = "\n".join(rendered("let \x1b[31mx\x07 = 1;", "= 1"))
    assert "\x1b" not in text
    assert "\x07" not in text


def test_json_has_everything_and_counts_from_one() -> None:
    text = "port lan;\non lan (_) {\n    send wann;\n}\n"
    note = Note(span_of(text, "port lan;"), "declared here")
    diagnostic = Diagnostic(
        "W0201", "`wann` is not declared", span_of(text, "send wann;\n}"), "here", (note,), "add it", Severity.WARNING
    )
    assert json.loads(json.dumps(diagnostic_as_json(diagnostic))) == {
        "code": "W0201",
        "severity": "warning",
        "message": "`wann` is not declared",
        "label": "here",
        "help": "add it",
        "file": "nat.weft",
        "line": 3,
        "column": 5,
        "end_line": 4,
        "end_column": 2,
        "notes": [
            {
                "message": "declared here",
                "file": "nat.weft",
                "line": 1,
                "column": 1,
                "end_line": 1,
                "end_column": 10,
            }
        ],
    }
