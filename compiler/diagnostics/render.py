"""Diagnostics as text for people: source line, caret, label, notes, help."""

from __future__ import annotations

import re
from collections.abc import Iterable

from compiler.diagnostics.diagnostic import Diagnostic
from compiler.source import Span

MOST_COLUMNS = 160  # of a line of source; of longer ones the part around the caret is shown


def render_diagnostics(diagnostics: Iterable[Diagnostic]) -> str:
    return "\n".join(render_diagnostic(d) for d in diagnostics)


def render_diagnostic(diagnostic: Diagnostic) -> str:
    """Several lines, ending with a newline, without colour."""
    lines = [f"{diagnostic.severity.value}[{diagnostic.code}]: {diagnostic.message}", f"  --> {diagnostic.span}"]
    lines.extend(_underlined(diagnostic.span, diagnostic.label))
    for note in diagnostic.notes:
        if note.span.source is not diagnostic.span.source:
            lines.append(f"  ::: {note.span}")
        lines.extend(_underlined(note.span, note.message))
    if diagnostic.help:
        lines.append(f"help: {diagnostic.help}")
    return "\n".join(lines) + "\n"


def _underlined(span: Span, label: str) -> list[str]:
    line = span.source.line(span.line)
    if not line and not span.source.text:
        return [f"     = {label}"] if label else []
    shown = "".join(char if char == "\t" or char.isprintable() else "\ufffd" for char in line)  # no colours, no bells
    column = span.column - 1
    length = max(1, min(span.length, len(line) - column))  # of a span over several lines, what is on the first
    if len(shown) > MOST_COLUMNS:
        shown, column, length = _cut(shown, column, length)
    indent = re.sub(r"[^\t]", " ", shown[:column])  # keep tabs, or the caret drifts
    return [f"{span.line:4} | {shown}".rstrip(), f"     | {indent}{'^' * length} {label}".rstrip()]


def _cut(line: str, column: int, length: int) -> tuple[str, int, int]:
    """The part of a long line around `column`, with where that is now, and what fits of `length`."""
    start = max(0, min(column - MOST_COLUMNS // 3, len(line) - MOST_COLUMNS))
    front = "..." if start else ""
    end = start + MOST_COLUMNS
    part = front + line[start:end] + ("..." if end < len(line) else "")
    at = column - start + len(front)
    return part, at, max(1, min(length, len(part) - at))
