"""Diagnostics as data, for editors: `weft check --json`."""

from __future__ import annotations

from typing import TypedDict

from compiler.diagnostics.diagnostic import Diagnostic
from compiler.source import Span


class Place(TypedDict):
    """Lines and columns count from 1, in characters; the end is behind the last one."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class NoteData(Place):
    message: str


class DiagnosticData(Place):
    code: str
    severity: str  # "error" or "warning"
    message: str
    label: str
    help: str | None
    notes: list[NoteData]


def diagnostic_as_json(diagnostic: Diagnostic) -> DiagnosticData:
    """What `json.dumps` takes, with the same content as the rendered text."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "label": diagnostic.label,
        "help": diagnostic.help,
        "notes": [{"message": note.message, **_place(note.span)} for note in diagnostic.notes],
        **_place(diagnostic.span),
    }


def _place(span: Span) -> Place:
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": span.source.line_of(span.end),
        "end_column": span.source.column_of(span.end),
    }
