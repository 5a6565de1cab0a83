"""Which handler took a packet, and why those before it did not."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir.program import ROOT, Program
from weft.packet_trace.conditions import Conditions, Known
from weft.packet_trace.story import HandlerTried


class HandlerChoice:
    """Explains the choice among the handlers of one program."""

    def __init__(self, program: Program, conditions: Conditions) -> None:
        self._program = program
        self._conditions = conditions

    def tried(self, known: Known, *, port: int) -> tuple[HandlerTried, ...]:
        """The handlers in source order up to the one that took the packet, with the reason of each before it."""
        return tuple(self._tried(known, port))

    def _tried(self, known: Known, port: int) -> Iterator[HandlerTried]:
        for handler in self._program.handlers:
            guard = self._program.guards[handler.guard]
            condition = guard.condition
            holds = handler.guard == ROOT or condition is None
            if condition is not None and condition.number in known:
                holds = bool(known[condition.number]) == guard.polarity
            if holds:
                yield HandlerTried(handler.name, handler.span.line, took=True)
                return
            reason = "" if condition is None else self._conditions.why_not(condition, guard.polarity, known, port=port)
            because = reason or "its condition is false"
            yield HandlerTried(handler.name, handler.span.line, took=False, because=because)
