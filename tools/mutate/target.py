"""A generator to make slips in, and how to tell them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tools.mutate.mutations import Mutation


class Target(Protocol):
    """`lists` are its mutations; `text_tests` the tests of its texts alone, if there are any."""

    name: str
    lists: Sequence[Path]
    text_tests: str | None
    time_limit_s: float  # of one mutant, all cases

    def missing(self) -> str:
        """What this machine lacks; empty where it can run."""
        ...

    def prepare(self, common: Path) -> None:
        """Put what judges need into a folder that all of them share."""
        ...

    def judge(self, common: Path, mutation: Mutation | None) -> list[str]:
        """The module that judges what is in a copy, without the mutation or with it, and its arguments."""
        ...
