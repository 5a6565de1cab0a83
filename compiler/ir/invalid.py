"""The error of a malformed program."""

from __future__ import annotations

from compiler.source import NOWHERE, Span


class InvalidProgram(Exception):  # noqa: N818, the name says what is wrong
    """A program that breaks a rule of the IR: a mistake of the compiler, never of its user."""

    def __init__(self, message: str, span: Span = NOWHERE) -> None:
        super().__init__(message if span is NOWHERE else f"{span}: {message}")
        self.message = message
        self.span = span
