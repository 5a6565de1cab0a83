"""What every operation has: a guard and a span."""

from __future__ import annotations

from dataclasses import dataclass, field

from compiler.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    guard: int
    span: Span = field(compare=False, repr=False)
