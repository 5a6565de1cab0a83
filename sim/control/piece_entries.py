"""The control plane's entries for a piece of a program."""

from __future__ import annotations

from dataclasses import replace

from compiler.ir.program import Program
from sim.state import ControlEntries


def entries_of_piece(piece: Program, entries: ControlEntries) -> ControlEntries:
    """Those of the whole program's entries that are for this piece: its tables, and all tunables and groups."""
    names = {state.name for state in piece.states}
    return replace(
        entries,
        tables={name: rows for name, rows in entries.tables.items() if name in names},
        arrays={name: cells for name, cells in entries.arrays.items() if name in names},
    )
