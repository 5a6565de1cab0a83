"""What `weft run` and `weft trace` begin with: program, captures, entries and state, each read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compiler.diagnostics import render_diagnostics
from compiler.ir.program import Program
from compiler.load import LoadedProgram, load_program
from sim.control import SavedState, load_entries, load_state
from sim.state import NO_ENTRIES, ControlEntries
from weft.port_bindings import bind_captures
from weft.terminal import write_note


@dataclass(frozen=True, slots=True)
class ProgramToRun:
    loaded: LoadedProgram
    inputs: dict[int, Path]
    entries: ControlEntries
    state_in: SavedState | None

    @property
    def program(self) -> Program:
        return self.loaded.program


def load_runnable(file: Path, *, warn: bool) -> LoadedProgram:
    """The program with its shares assigned, which are part of what it means. `warn`: tell its warnings."""
    loaded = load_program(file)
    if warn and loaded.warnings:
        write_note(render_diagnostics(loaded.warnings))
    return loaded


def prepare(
    file: Path, inputs: Sequence[str], *, entries: Path | None, state_in: Path | None, warn: bool
) -> ProgramToRun:
    """Read everything that a run needs, before it touches any output."""
    loaded = load_runnable(file, warn=warn)
    program = loaded.program
    return ProgramToRun(
        loaded,
        bind_captures(program, inputs),
        NO_ENTRIES if entries is None else load_entries(entries, program),
        None if state_in is None else load_state(state_in, program),
    )
