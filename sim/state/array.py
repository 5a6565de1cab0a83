"""Register arrays."""

from __future__ import annotations

from compiler.ir.leaf_values import Leaf, filled
from compiler.ir.states import Array
from sim.state.snapshot_fields import read_fields, read_leaf, read_number, read_rows, write_leaf


class ArrayState:
    """`cells`: one value a cell; the checker has shown every index to be in range."""

    def __init__(self, declaration: Array) -> None:
        self.declaration = declaration
        self._initial = filled(declaration.type, declaration.initial)
        self.cells: list[Leaf] = [self._initial] * declaration.cells

    def snapshot(self) -> dict[str, object]:
        """The cells that are not as at the start."""
        changed = [[i, write_leaf(cell)] for i, cell in enumerate(self.cells) if cell != self._initial]
        return {"cells": changed}

    def restore(self, found: object) -> None:
        """Take over a snapshot, or raise `StateError` and change nothing."""
        name = self.declaration.name
        (rows,) = read_fields(found, "cells", place=name)
        cells: list[Leaf] = [self._initial] * self.declaration.cells
        for i, (index, cell) in enumerate(read_rows(rows, columns=2, place=f"{name}.cells")):
            place = f"{name}.cells[{i}]"
            at = read_number(index, most=self.declaration.cells - 1, place=f"{place}[0]")
            cells[at] = read_leaf(cell, self.declaration.type, place=f"{place}[1]")
        self.cells[:] = cells
