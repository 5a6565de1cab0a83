"""The guards of a program while it is being lowered."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir.program import ROOT, ROOT_GUARD, Guard
from compiler.ir.values import Constant, Operand, Value

DEAD = -1  # holds nowhere: what is lowered under it is thrown away


class GuardTable:
    """Guards so far; one for each (parent, condition, polarity)."""

    def __init__(self) -> None:
        self.guards: list[Guard] = [ROOT_GUARD]
        self._depths = [0]
        self._numbers: dict[Guard, int] = {}
        self._negated: dict[Value, Value] = {}  # v, where another value is defined as not v

    def note_negation(self, result: Value, of: Value) -> None:
        """`result` is `not of`: guards are put on `of`, so that both branches of one condition are siblings."""
        self._negated[result] = of

    def negation_of(self, value: Value) -> Value | None:
        return self._negated.get(value)

    def child(self, parent: int, condition: Operand, polarity: bool) -> int:
        """Where `parent` holds and `condition` has the truth value `polarity`; DEAD where that is nowhere."""
        if parent == DEAD:
            return DEAD
        known = self.truth(parent, condition)
        if known is not None:
            return parent if known is polarity else DEAD
        assert isinstance(condition, Value), "constants are known"
        condition, polarity = self._positive(condition, polarity)
        guard = Guard(parent, condition, polarity)
        if guard not in self._numbers:
            self._numbers[guard] = len(self.guards)
            self.guards.append(guard)
            self._depths.append(self._depths[parent] + 1)
        return self._numbers[guard]

    def truth(self, guard: int, operand: Operand) -> bool | None:
        """What the truth value `operand` is wherever `guard` holds, if that is known."""
        if isinstance(operand, Constant):
            return operand.value == 1
        condition, polarity = self._positive(operand, True)
        for number in self._chain(guard):
            if self.guards[number].condition == condition:
                return self.guards[number].polarity is polarity
        return None

    def is_within(self, inner: int, outer: int) -> bool:
        """Whether `outer` is `inner` or one of its ancestors."""
        while self._depths[inner] > self._depths[outer]:
            inner = self.guards[inner].parent
        return inner == outer

    def _chain(self, guard: int) -> Iterator[int]:
        while guard not in (ROOT, DEAD):
            yield guard
            guard = self.guards[guard].parent

    def _positive(self, condition: Value, polarity: bool) -> tuple[Value, bool]:
        while condition in self._negated:
            condition, polarity = self._negated[condition], not polarity
        return condition, polarity
