"""The bound on how deep code may be nested: what Python's stack holds while the tree is walked.

Python's own bound, 1,000 calls, is less than a chain of 100 `else if`s needs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from compiler.diagnostics import CompileError, Diagnostic, Reporter
from compiler.frontend.typed import THandler
from compiler.source import Span

MOST_CALLS = 10_000  # of Python functions inside one another; some 8 MB of stack hold three times as many
TOO_DEEP = "this is nested too deep"


@contextmanager
def deeper_stack() -> Iterator[None]:
    """Let calls be nested `MOST_CALLS` deep."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, MOST_CALLS))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextmanager
def reported_nesting(declaration: Span, reporter: Reporter) -> Iterator[None]:
    """Report (W0107) where walking over a declaration runs out of stack."""
    try:
        yield
    except RecursionError:
        reporter.error(
            "W0107",
            TOO_DEEP,
            declaration.first_line(),
            help="give inner parts a name with `let`, or write parts of it as functions",
        )


@contextmanager
def bounded_nesting(handler: THandler) -> Iterator[None]:
    """Raise `CompileError` (W0107) where walking over the handler runs out of stack."""
    try:
        yield
    except RecursionError as error:
        raise CompileError(
            Diagnostic(
                "W0107",
                TOO_DEEP,
                handler.span.first_line(),
                label="counting the functions that are called from here",
                help="give inner parts a name with `let`, and call fewer functions from one another",
            )
        ) from error
