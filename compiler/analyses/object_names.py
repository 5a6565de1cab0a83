"""The names that a program gives to its states: `heaviest` for `heaviest.keys.src` and `heaviest.counts`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from compiler.ir.program import Program
from compiler.ir.states import Array

_QUOTED = re.compile(r"`([\w.]+)`")


@dataclass(frozen=True, slots=True)
class ObjectNames:
    """`parts[declared name]`: the states that are made of it, in order."""

    parts: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, str]  # "arrays" or "states", of each declared name

    def of(self, state: str) -> str:
        return state.partition(".")[0]

    def shown(self, text: str) -> str:
        """A message that names states in backquotes, with the declared names in their place."""

        def declared(found: re.Match[str]) -> str:
            name = found[1]
            return f"`{self.of(name)}`" if name in self.parts.get(self.of(name), ()) else found[0]

        return _QUOTED.sub(declared, text)

    def listed(self, states: Iterable[str]) -> str:
        """Declared names where all of their states are there, with how many; else the states."""
        there = set(states)
        words: list[str] = []
        for name, parts in self.parts.items():
            if len(parts) > 1 and there.issuperset(parts):
                words.append(f"{name} ({len(parts)} {self.kinds[name]})")
            elif parts != (name,) and there.issuperset(parts):
                words.append(name)
            else:
                words.extend(part for part in parts if part in there)
        return ", ".join(words)


def object_names(program: Program) -> ObjectNames:
    parts: dict[str, tuple[str, ...]] = {}
    kinds: dict[str, str] = {}
    for state in program.states:
        name = state.name.partition(".")[0]
        parts[name] = (*parts.get(name, ()), state.name)
        same = isinstance(state, Array) and kinds.get(name, "arrays") == "arrays"
        kinds[name] = "arrays" if same else "states"
    return ObjectNames(parts, kinds)
