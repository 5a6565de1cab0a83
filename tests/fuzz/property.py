"""What holds for every text: it loads, or the front end says why not, at places in it that can be shown."""

from __future__ import annotations

from compiler.diagnostics import CompileError, Diagnostic, render_diagnostic
from compiler.load import load_source
from compiler.source import Source, Span


def outcome(text: str) -> tuple[str, ...]:
    """The codes that loading `text` reports. Raises whatever else goes wrong."""
    try:
        found = load_source(Source("fuzz.weft", text)).warnings
    except CompileError as error:
        found = error.diagnostics
        assert any(d.severity.value == "error" for d in found)
    for diagnostic in found:
        _check(diagnostic)
    return tuple(d.code for d in found)


def _check(diagnostic: Diagnostic) -> None:
    for span in (diagnostic.span, *(note.span for note in diagnostic.notes)):
        _check_span(span)
    assert diagnostic.message
    rendered = render_diagnostic(diagnostic)
    assert rendered.startswith(f"{diagnostic.severity.value}[{diagnostic.code}]: ")
    assert "^" in rendered or not diagnostic.span.source.text


def _check_span(span: Span) -> None:
    assert 0 <= span.start <= span.end <= len(span.source.text), span
