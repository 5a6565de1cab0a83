"""A P4 expression as text, with what has to be known of it to put it into a larger one."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from backends.p4.lanes import LaneFunctions
from backends.presence import Known, Presence
from backends.writer import Writer
from compiler.ir.types import Type
from compiler.ir.values import Operand

MOST_SHIFT = 255  # bits: p4c takes amounts of 8 bits


@dataclass(frozen=True, slots=True)
class Text:
    """An expression. `is_bool`: of type bool, not bit<1>; `is_atom`: needs no parentheses; `constant`: a literal.

    `size`: how many names it has once p4c has put the expressions in the place of the variables that hold them.
    """

    code: str
    is_bool: bool = False
    is_atom: bool = True
    constant: int | None = None
    size: int = 1


class Operands(Protocol):
    """The operands of an operation as texts; `Expressions` says what each method gives."""

    lanes: LaneFunctions
    presence: Presence
    out: Writer

    def text(self, operand: Operand) -> Text: ...

    def bits(self, operand: Operand) -> str: ...

    def part(self, operand: Operand, *, typed: bool = True) -> str: ...

    def variable(self, of: Type, wanted: str, *, is_bool: bool = False) -> str: ...

    def short(self, operand: Operand) -> str: ...

    def is_bool(self, operand: Operand) -> bool: ...

    def as_bool(self, operand: Operand) -> Text: ...

    def knowing(self, known: Known) -> AbstractContextManager[None]: ...


def closed(text: Text) -> str:
    return text.code if text.is_atom else f"({text.code})"


def side(text: Text, sign: str) -> str:
    """One side of `sign`: && among && needs no parentheses."""
    if text.is_atom or (sign and f" {sign} " in text.code and not _mixes(text.code, sign)):
        return text.code
    return f"({text.code})"


def _mixes(code: str, sign: str) -> bool:
    """Whether an operator other than `sign` stands outside parentheses."""
    depth, outside = 0, []
    for char in code:
        depth += (char == "(") - (char == ")")
        outside.append(" " if depth else char)
    words = "".join(outside).split(" ")
    return any(word in ("&&", "||", "?", "==", "!=", "<", "<=", ">", ">=", "++") and word != sign for word in words)
