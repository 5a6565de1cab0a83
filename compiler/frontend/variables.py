"""Variables, and static numbers: what is known when compiling, or will be once loops are unrolled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from compiler.frontend.types import Ty


@dataclass(frozen=True, slots=True)
class Local:
    """A variable, a parameter or a loop variable; numbers are unique in a program."""

    number: int
    name: str
    type: Ty


@dataclass(frozen=True, slots=True)
class StaticLiteral:
    value: int


@dataclass(frozen=True, slots=True)
class StaticLocal:
    """A loop variable, replaced by a literal when its loop is unrolled."""

    local: Local


@dataclass(frozen=True, slots=True)
class StaticOperation:
    """Exact arithmetic: + - * / % << >> & | ^ min max, and == != < <= > >= which give 0 or 1."""

    operator: str
    left: Static
    right: Static
    steps: int = field(default=1, compare=False, repr=False)  # operations in it, as often as they stand in it


Static: TypeAlias = StaticLiteral | StaticLocal | StaticOperation
