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


KNOWN_ISSUES: tuple[KnownIssue, ...] = (
    KnownIssue(
        "p4c out of memory",
        # Seen with p4c 1.2.5.16 built without its garbage collector: more than 20 GB for 2,900 lines, where the whole
        # program, of 2,800, compiles. What the piece adds are results of many look-ups that live to its end.
        "weft compile examples/conn_limiter/conn_limiter.weft --target bmv2 --piece host, with all state on the host",
        lambda program: program.name == "conn_limiter_host",
    ),
)
