"""Counters of packets and bytes."""

from __future__ import annotations

from compiler.ir.states import Counter
from sim.state.snapshot_fields import UINT64, read_fields, read_number, read_rows, write_number


class CounterState:
    """`packets` and `byte_counts`, one number a cell, 64 bits, wrapping."""

    def __init__(self, declaration: Counter) -> None:
        self.declaration = declaration
        self.packets = [0] * declaration.cells
        self.byte_counts = [0] * declaration.cells

    def add(self, index: int, byte_count: int) -> None:
        self.packets[index] = (self.packets[index] + 1) & UINT64
        self.byte_counts[index] = (self.byte_counts[index] + byte_count) & UINT64

    def snapshot(self) -> dict[str, object]:
        """The cells that have counted anything, as [index, packets, bytes]."""
        cells = [
            [i, write_number(packets), write_number(byte_count)]
            for i, (packets, byte_count) in enumerate(zip(self.packets, self.byte_counts, strict=True))
            if packets or byte_count
        ]
        return {"cells": cells}

    def restore(self, found: object) -> None:
        """Take over a snapshot, or raise `StateError` and change nothing."""
        name, cells = self.declaration.name, self.declaration.cells
        (rows,) = read_fields(found, "cells", place=name)
        packets, byte_counts = [0] * cells, [0] * cells
        for i, row in enumerate(read_rows(rows, columns=3, place=f"{name}.cells")):
            place = f"{name}.cells[{i}]"
            at = read_number(row[0], most=cells - 1, place=f"{place}[0]")
            packets[at] = read_number(row[1], most=UINT64, place=f"{place}[1]")
            byte_counts[at] = read_number(row[2], most=UINT64, place=f"{place}[2]")
        self.packets[:], self.byte_counts[:] = packets, byte_counts
