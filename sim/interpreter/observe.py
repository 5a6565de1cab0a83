"""What an observer is told of a run: every packet's events, in the order in which they happen.

A machine without an observer is compiled without any of this, so it pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from compiler.ir.leaf_values import Leaf
from compiler.ir.operations import Operation
from sim.interpreter.emit import Emission


@dataclass(frozen=True, slots=True)
class Arrival:
    """A packet arrived and was parsed."""

    data: bytes
    port: int
    now_ns: int
    wire_length: int
    headers: tuple[str, ...]  # those present, outermost first


@dataclass(frozen=True, slots=True)
class GuardTest:
    """The guard of the operations that come next was tested; where it does not hold, they are skipped."""

    guard: int
    holds: bool


@dataclass(frozen=True, slots=True)
class Execution:
    """An operation was carried out.

    `before` and `after` are the entry of the state that it is about, as the state's class shows it to a
    look that counts as no use; None where there is none, and for operations without a state.
    """

    operation: Operation
    operands: tuple[Leaf, ...]  # in the order of `compiler.ir.fields.operands`
    results: tuple[Leaf, ...]  # in the order of `compiler.ir.fields.results`
    before: object = None
    after: object = None


@dataclass(frozen=True, slots=True)
class Departure:
    """The operation carried out just before emitted this."""

    emission: Emission


Event: TypeAlias = Arrival | GuardTest | Execution | Departure
Observer: TypeAlias = Callable[[Event], None]


def every(*observers: Observer) -> Observer:
    """One observer that tells all of these, in this order."""

    def tell(event: Event) -> None:
        for observer in observers:
            observer(event)

    return tell
