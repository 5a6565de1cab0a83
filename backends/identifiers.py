"""Names in generated code: the source's where they are free, numbered where they are not."""

from __future__ import annotations

import re
from typing import Self


def as_identifier(name: str) -> str:
    """`name` with everything that no identifier has turned into `_`."""
    plain = re.sub(r"[^0-9A-Za-z_]+", "_", name).strip("_") or "value"
    return f"_{plain}" if plain[0].isdigit() else plain


class FreshNames:
    """Hands out names that are not taken, in this scope or in the one around it."""

    def __init__(self, outer: Self | None = None) -> None:
        self._outer = outer
        self._taken: dict[str, int] = {}

    def is_reserved(self, name: str) -> bool:
        """Whether the language, or what every generated file declares, has the name."""
        raise NotImplementedError

    def is_taken(self, name: str) -> bool:
        return self.is_reserved(name) or name in self._taken or (self._outer is not None and self._outer.is_taken(name))

    def fresh(self, wanted: str) -> str:
        """`wanted`, or that with the first number from 2 on that makes it free."""
        base = as_identifier(wanted)
        name, number = base, self._taken.get(base, 1)
        while self.is_taken(name):
            number += 1
            name = f"{base}_{number}"
        self._taken[name] = 1
        if name != base:
            self._taken[base] = number
        return name
