"""The difference of two abstract states."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sim.control.abstract_state import AbstractState


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry of one state that the two sides do not agree on; None where a side has no such entry."""

    state: str
    entry: str
    left: object
    right: object

    def __str__(self) -> str:
        return f"{self.state}[{self.entry}]: {_text(self.left)} -> {_text(self.right)}"


def diff_states(left: AbstractState, right: AbstractState) -> tuple[Difference, ...]:
    """Every entry in which two abstract states differ, states and entries in the order of the left, then the right.

    A state that only one side has differs in all of its entries. An entry's own value is never None, for that
    means that there is no such entry.
    """
    found = []
    for state in left | right:
        ours, theirs = left.get(state, {}), right.get(state, {})
        for entry in ours | theirs:
            if ours.get(entry) != theirs.get(entry):
                found.append(Difference(state, entry, ours.get(entry), theirs.get(entry)))
    return tuple(found)


def _text(value: object) -> str:
    return "absent" if value is None else json.dumps(value)
