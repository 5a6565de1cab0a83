"""Diagnostics as text for people: source line, caret, label, notes, help."""

from __future__ import annotations

import re
from collections.abc import Iterable

from compiler.diagnostics.diagnostic import Diagnostic
from compiler.source import Span


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
    indent = re.sub(r"[^\t]", " ", line[: span.column - 1])  # keep tabs, or the caret drifts
    marks = "^" * max(1, min(span.length, len(line) - span.column + 1))
    return [f"{span.line:4} | {line}".rstrip(), f"     | {indent}{marks} {label}".rstrip()]
