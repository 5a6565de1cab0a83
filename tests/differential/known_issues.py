"""Programs that p4c or bmv2 themselves get wrong: each issue with a reference, or a minimal program that shows it.

A case that one of these is about is not run; `tests/differential/harness.py` counts it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compiler.ir.program import Program


@dataclass(frozen=True, slots=True)
class KnownIssue:
    """`reference`: a bug report, or P4 that shows it. `concerns`: whether the program meets it."""

    name: str
    reference: str
    concerns: Callable[[Program], bool]


KNOWN_ISSUES: tuple[KnownIssue, ...] = ()  # none at present
