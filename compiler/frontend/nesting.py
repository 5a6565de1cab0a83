"""The bound on how deep code may be nested: what Python's stack holds while the tree is walked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from compiler.diagnostics import CompileError, Diagnostic
from compiler.frontend.typed import THandler


@contextmanager
def bounded_nesting(handler: THandler) -> Iterator[None]:
    """Raise `CompileError` (W0107) where walking over the handler runs out of stack."""
    try:
        yield
    except RecursionError as error:
        raise CompileError(
            Diagnostic(
                "W0107",
                "expressions are nested too deep",
                handler.span,
                label="counting the functions that are called from here",
                help="give inner parts a name with `let`, and call fewer functions from one another",
            )
        ) from error
