"""What the compiler has to say about a program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from compiler.source import Span

MOST_ERRORS = 100  # of one run: nobody reads more, and many of them follow from one mistake


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Note:
    """Another place that helps to understand a diagnostic."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding, in the words of the language."""

    code: str  # "W0304": never reused; documented in catalogue/; has a test
    message: str
    span: Span
    label: str = ""  # stands beside the caret
    notes: tuple[Note, ...] = ()
    help: str | None = None  # what to write instead
    severity: Severity = Severity.ERROR


class CompileError(Exception):
    """A program that cannot be compiled, with every reason found."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(d.message for d in diagnostics))
        self.diagnostics = diagnostics


@dataclass(slots=True)
class Reporter:
    """Collects diagnostics, so that all errors of a file appear in one run.

    At error number `MOST_ERRORS` it gives up: `CompileError` is raised with those found so far.
    """

    diagnostics: list[Diagnostic] = field(default_factory=list)

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        label: str = "",
        notes: Iterable[Note] = (),
        help: str | None = None,
    ) -> None:
        self.add(Diagnostic(code, message, span, label, tuple(notes), help))

    def warning(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        label: str = "",
        notes: Iterable[Note] = (),
        help: str | None = None,
    ) -> None:
        self.add(Diagnostic(code, message, span, label, tuple(notes), help, Severity.WARNING))

    def add(self, diagnostic: Diagnostic) -> None:
        """Collect a diagnostic made elsewhere, once."""
        if diagnostic not in self.diagnostics:  # a loop body or a generic function is visited more than once
            self.diagnostics.append(diagnostic)
            if diagnostic.severity is Severity.ERROR and len(self.errors) >= MOST_ERRORS:
                raise CompileError(*self.diagnostics)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity is Severity.WARNING)

    def raise_errors(self) -> None:
        """Raise `CompileError` with everything collected, in the order of the text, if any of it is an error."""
        if self.errors:
            raise CompileError(*in_order(self.diagnostics))


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By place; files in the order in which something was found in them."""
    given = list(diagnostics)
    files = [d.span.source.name for d in given]
    return sorted(given, key=lambda d: (files.index(d.span.source.name), d.span.start))
