"""From a file to a lowered, verified program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from compiler.analyses.entries import check_entries
from compiler.analyses.shares import infer_shares
from compiler.diagnostics import CompileError, Diagnostic, Reporter
from compiler.frontend.check.program import check_program
from compiler.frontend.inline_functions import inline_functions
from compiler.frontend.lower import SourceStep, lower_program, lower_with_steps
from compiler.frontend.nesting import deeper_stack
from compiler.frontend.parse import parse
from compiler.frontend.typed import TProgram
from compiler.frontend.unroll_loops import unroll_loops
from compiler.ir.program import Program
from compiler.passes.assign_shares import assign_shares
from compiler.pipeline import run_passes
from compiler.source import Source, Span

MAX_SOURCE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class LoadedProgram:
    """A program that can run, and what the compiler wants to say about it all the same."""

    program: Program  # its shares assigned: they are part of the meaning
    lowered: Program  # before any pass
    checked: TProgram
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class FollowedProgram:
    """A program that does what the loaded one does, on the same states, and the steps of its source in order."""

    program: Program  # computes as well what the steps name
    steps: tuple[SourceStep, ...]


def load_program(path: Path) -> LoadedProgram:
    """Check and lower the program in `path`. Raises CompileError with every reason found, or OSError."""
    if path.is_file() and path.stat().st_size > MAX_SOURCE_BYTES:
        text = f"this file is larger than {MAX_SOURCE_BYTES >> 20} MiB"
        raise CompileError(Diagnostic("W0100", text, Span(Source(str(path), ""), 0, 0)))
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a byte order mark
    except UnicodeDecodeError as error:
        reason = Diagnostic(
            "W0100",
            f"this file is not UTF-8 text (byte {error.start})",
            Span(Source(str(path), ""), 0, 0),
            help="save it as UTF-8",
        )
        raise CompileError(reason) from error
    return load_source(Source(str(path), text), directory=path.parent)


def load_source(source: Source, *, directory: Path | None = None) -> LoadedProgram:
    """As `load_program`, for text at hand. Modules of the program's own are looked for in `directory`."""
    reporter = Reporter()
    with deeper_stack():
        checked = check_program(parse(source, reporter), reporter, directory=directory)
        reporter.raise_errors()
        assert checked is not None
        flat = unroll_loops(inline_functions(checked), reporter)
        reporter.raise_errors()
        lowered = lower_program(flat)
        for diagnostic in check_entries(lowered):
            reporter.add(diagnostic)
        reporter.raise_errors()
        return LoadedProgram(run_passes(lowered, until="assign_shares"), lowered, checked, reporter.warnings)


def follow_source(loaded: LoadedProgram) -> FollowedProgram:
    """The program made so that a packet can be followed through its source."""
    with deeper_stack():
        flat = unroll_loops(inline_functions(loaded.checked), Reporter())
        program, steps = lower_with_steps(flat)
    # The shares are those of the run: values have the same numbers in both programs.
    return FollowedProgram(assign_shares(program, infer_shares(loaded.lowered)), steps)
