"""Which paths through a piece of code are still under way, and what they know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from compiler.frontend.lower.guards import DEAD
from compiler.frontend.variables import Local
from compiler.ir.values import FALSE, Operand

Operands: TypeAlias = tuple[Operand, ...]  # the flat values of one value of the language
FieldName: TypeAlias = tuple[str, str]  # (header, field)


@dataclass(frozen=True, slots=True)
class Variable:
    local: Local
    values: Operands


@dataclass(slots=True)
class Environment:
    """What variables hold, by the number of their `Local`, and what was written to header fields."""

    variables: dict[int, Variable] = field(default_factory=dict)
    fields: dict[FieldName, Operand] = field(default_factory=dict)

    def copy(self) -> Environment:
        return Environment(dict(self.variables), dict(self.fields))


@dataclass(frozen=True, slots=True)
class Departure:
    """What paths know where they return from a function: written header fields, and the result."""

    fields: Mapping[FieldName, Operand]
    values: Operands


@dataclass(frozen=True, slots=True)
class Exit:
    """A point at which paths leave the code: those under `guard` where `left` is 1.

    Each either returned from the function that is being inlined or finished the packet. The truth
    values are defined under `guard`.
    """

    guard: int
    left: Operand
    finished: Operand
    returned: Operand = FALSE
    departure: Departure | None = None  # of the paths that returned; None where `returned` is 0


@dataclass(slots=True)
class Scope:
    """A piece of code while it is being lowered in order.

    Code that follows goes under `guard`: where none of the exits so far was taken. It is DEAD when no
    path is left; the environment then means nothing.
    """

    guard: int
    environment: Environment
    exits: list[Exit] = field(default_factory=list)

    @property
    def is_alive(self) -> bool:
        return self.guard != DEAD


@dataclass(frozen=True, slots=True)
class Branch:
    """A lowered branch: its scope at the end, and its value where it came to its end."""

    scope: Scope
    values: Operands
