"""Values and constants: what operations read and define."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from compiler.ir.types import BOOL, Bits, Type, Vector


@dataclass(frozen=True, slots=True)
class Value:
    """An SSA name: defined by exactly one operation. `name` is the source variable's, for readable output."""

    number: int
    type: Type
    name: str = ""


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal; for a vector, the tuple of its lanes."""

    value: int | tuple[int, ...]
    type: Type


Operand: TypeAlias = Value | Constant


def constant(value: int, width: int) -> Constant:
    """`value` modulo 2^width as a constant of that width."""
    return Constant(value & ((1 << width) - 1), Bits(width))


TRUE = Constant(1, BOOL)
FALSE = Constant(0, BOOL)


def zero(of: Type) -> Constant:
    match of:
        case Vector(lanes=lanes):
            return Constant((0,) * lanes, of)
        case _:
            return Constant(0, of)
