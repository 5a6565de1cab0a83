"""Why a path cannot be cached, and which of several reasons says the most."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from compiler.source import Span


class Weight(IntEnum):
    """The lower, the more a reason says: what changes state can never be served from a rule."""

    WRITES = 0
    EMITS = 1  # what no rule can emit
    COMPUTES = 2  # a value that differs among packets of one key
    DECIDES = 3  # a decision that does
    MISSES = 4  # a look-up that a rule cannot stand for


@dataclass(frozen=True, slots=True)
class Reason:
    """What keeps a path from being cached, with its line in the words. `state`: the one it is about, or ""."""

    text: str
    span: Span = field(compare=False, repr=False)
    weight: Weight = field(default=Weight.MISSES, compare=False)
    state: str = field(default="", compare=False)
