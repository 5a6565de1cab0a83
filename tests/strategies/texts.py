"""Small programs written down, over the declarations of `declarations.py`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from compiler.ir.program import Port, Program
from compiler.ir.text_parse import parse_program
from compiler.ir.text_print import render_program
from compiler.ir.verify import verify
from tests.strategies.declarations import HEADERS, RECORDS, SHARES, STATES, TUNABLES


def written(text: str) -> Program:
    """A valid program from its guards but the root (lines with `=` before any `[`) and its operations."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    guards = [line for line in lines if line.startswith("g")]
    operations = [line for line in lines if line.startswith("[")]
    assert len(guards) + len(operations) == len(lines), "every line is a guard or an operation"
    head = f'program "written" shares {SHARES} guards g0 = root '
    program = dataclasses.replace(
        parse_program(head + "\n".join([*guards, "operations", *operations])),
        headers=HEADERS,
        states=STATES,
        tunables=TUNABLES,
        records=RECORDS,
        ports=(Port("lan", "lan", 1), Port("wan", "wan", 0), Port("dmz", "dmz")),
    )
    verify(program)
    return program


def assert_becomes(change: Callable[[Program], Program], before: str, after: str) -> None:
    """The pass makes exactly `after` of `before`."""
    found = change(written(before))
    verify(found)
    assert lines_of(found) == lines_of(written(after))


def lines_of(program: Program) -> list[str]:
    """Guards and operations, without the source lines beside them."""
    text = render_program(program)
    return [line.split("//")[0].strip() for line in text[text.index("\nguards") :].splitlines()]
