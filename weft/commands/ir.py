"""`weft ir`."""

from __future__ import annotations

from pathlib import Path

from compiler.diagnostics.suggest import closest
from compiler.ir.text_print import render_program
from compiler.load import load_program
from compiler.pipeline import PASSES, run_passes
from weft.failures import UsageError
from weft.terminal import write_result

LOWERED = "lowered"  # before any pass


def print_ir(file: Path, *, after: str | None) -> None:
    """Print the program's text form after the pass `after`, or after those that every target wants."""
    names = [LOWERED, *(step.name for step in PASSES)]
    if after is not None and after not in names:
        meant = closest(after, names)
        raise UsageError(
            f"no pass is called `{after}`" + (f"; did you mean `{meant}`?" if meant else ""),
            help=f"the passes are {', '.join(names)}",
        )
    program = load_program(file).lowered
    write_result(render_program(program if after == LOWERED else run_passes(program, until=after)))
