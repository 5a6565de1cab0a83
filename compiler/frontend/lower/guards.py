"""The guards of a program while it is being lowered."""

from __future__ import annotations

from compiler.ir.program import ROOT, ROOT_GUARD, Guard
from compiler.ir.values import Constant, Operand, Value

DEAD = -1  # holds nowhere: what is lowered under it is thrown away


class GuardTable:
    """Guards so far; one for each (parent, condition, polarity)."""

    def __init__(self) -> None:
        self.guards: list[Guard] = [ROOT_GUARD]
        self._depths = [0]
        self._jumps = [ROOT]  # for each guard an ancestor far up: see `_ancestor`
        self._on: dict[Value, list[int]] = {}  # the guards on a condition
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
            self._on.setdefault(condition, []).append(len(self.guards))
            self.guards.append(guard)
            self._depths.append(self._depths[parent] + 1)
            self._jumps.append(self._jump_below(parent))
        return self._numbers[guard]

    def truth(self, guard: int, operand: Operand) -> bool | None:
        """What the truth value `operand` is wherever `guard` holds, if that is known."""
        if isinstance(operand, Constant):
            return operand.value == 1
        condition, polarity = self._positive(operand, True)
        for number in self._on.get(condition, ()):
            if guard != DEAD and self.is_within(guard, number):
                return self.guards[number].polarity is polarity
        return None

    def is_within(self, inner: int, outer: int) -> bool:
        """Whether `outer` is `inner` or one of its ancestors."""
        return self._ancestor(inner, self._depths[outer]) == outer

    def _ancestor(self, guard: int, depth: int) -> int:
        """The ancestor at `depth`, or `guard` where that is higher up, in logarithmic time.

        Code with thousands of early ends nests thousands of guards. Jump pointers as in E. Myers, "An
        applicative random-access stack", 1983.
        """
        while self._depths[guard] > depth:
            jump = self._jumps[guard]
            guard = jump if self._depths[jump] >= depth else self.guards[guard].parent
        return guard

    def _jump_below(self, parent: int) -> int:
        """Where a child of `parent` jumps to: as far as `parent` in two jumps, where those are equally long."""
        once = self._jumps[parent]
        twice = self._jumps[once]
        equal = self._depths[parent] - self._depths[once] == self._depths[once] - self._depths[twice]
        return twice if equal else parent

    def _positive(self, condition: Value, polarity: bool) -> tuple[Value, bool]:
        while condition in self._negated:
            condition, polarity = self._negated[condition], not polarity
        return condition, polarity
