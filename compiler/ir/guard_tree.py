"""Questions about the tree of guards."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir.program import ROOT, Guard
from compiler.ir.values import Value


class GuardTree:
    """Ancestors and exclusions among `guards`, in which parents come before their children."""

    def __init__(self, guards: tuple[Guard, ...]) -> None:
        self._guards = guards
        self._depth = [0] * len(guards)
        for number in range(1, len(guards)):
            self._depth[number] = self._depth[guards[number].parent] + 1

    def depth(self, guard: int) -> int:
        return self._depth[guard]

    def chain(self, guard: int) -> Iterator[int]:
        """`guard` and its ancestors, the root last."""
        while guard != ROOT:
            yield guard
            guard = self._guards[guard].parent
        yield ROOT

    def is_within(self, inner: int, outer: int) -> bool:
        """Whether `outer` is `inner` or one of its ancestors, so that it holds wherever `inner` does."""
        while self._depth[inner] > self._depth[outer]:
            inner = self._guards[inner].parent
        return inner == outer

    def meet(self, one: int, other: int) -> int:
        """The innermost guard that both are within."""
        while one != other:
            if self._depth[one] >= self._depth[other]:
                one = self._guards[one].parent
            else:
                other = self._guards[other].parent
        return one

    def splits(self, one: int, other: int) -> tuple[Value, bool] | None:
        """A condition, and its value under `one`, that makes it impossible for both to hold; None: not known."""
        needs = {self._guards[g].condition: self._guards[g].polarity for g in self.chain(one)}
        for number in self.chain(other):
            guard = self._guards[number]
            if guard.condition is not None and needs.get(guard.condition, guard.polarity) != guard.polarity:
                return guard.condition, not guard.polarity
        return None

    def are_exclusive(self, one: int, other: int) -> bool:
        """Whether a condition that both need makes it impossible for both to hold (no: not known)."""
        return self.splits(one, other) is not None
