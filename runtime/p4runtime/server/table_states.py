"""Rows of a P4 table as the interpreter wants them."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.ir.leaf_values import Leaf, filled
from compiler.ir.states import MatchKind, Table
from compiler.ir.types import bit_width
from runtime.p4runtime.device_state import Row
from runtime.p4runtime.served_tables import ServedTable
from sim.state import Exact, Pattern, Prefix, TableArrayState, TableEntry, TableState, Ternary


def fill_state(state: TableState | TableArrayState, served: ServedTable, rows: Sequence[Row]) -> None:
    """Put `rows` in the place of what the state holds."""
    if isinstance(state, TableState):
        state.replace([_entry(state.declaration, served, row) for row in rows])
        return
    cells: list[Leaf] = [filled(state.declaration.type)] * state.declaration.cells
    for row in rows:
        index = row.key[0]
        assert isinstance(index, Exact) and isinstance(index.value, int), "the key of an array is its index"
        if index.value < len(cells):  # the field may have room for more, which no packet asks for
            (cells[index.value],) = served.values(row.arguments)
    state.replace(cells)


def _entry(declaration: Table, served: ServedTable, row: Row) -> TableEntry:
    key = tuple(
        _as_ternary(pattern, bit_width(of)) if kind is MatchKind.TERNARY else pattern
        for pattern, kind, of in zip(served.source_key(row.key), declaration.match, declaration.key, strict=True)
    )
    return TableEntry(key, served.values(row.arguments), row.priority)


def _as_ternary(pattern: Pattern, width: int) -> Pattern:
    if not isinstance(pattern, Prefix):
        return pattern
    mask = (1 << width) - 1
    return Ternary(pattern.value, mask ^ (mask >> pattern.length))
