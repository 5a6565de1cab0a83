"""Tables and arrays that the control plane fills."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.ir.leaf_values import Leaf, filled
from compiler.ir.states import MatchKind, Table, TableArray
from compiler.ir.types import Type, Vector, bit_width
from sim.state.entries import Exact, Pattern, Prefix, Range, TableEntry, Ternary
from sim.state.errors import StateError
from sim.state.snapshot_fields import (
    UINT32,
    read_fields,
    read_leaf,
    read_leaves,
    read_list,
    read_number,
    read_rows,
    write_leaf,
    write_leaves,
    write_number,
)
from sim.state.table_match import matcher_for

MAX_PRIORITY = (1 << 31) - 1  # P4Runtime's


class TableState:
    """The entries of one epoch; they are replaced as a whole."""

    def __init__(self, declaration: Table, entries: Sequence[TableEntry] = ()) -> None:
        self.declaration = declaration
        self.epoch = 0
        self._widths = tuple(bit_width(part) for part in declaration.key)
        self._install(entries)

    @property
    def entries(self) -> tuple[TableEntry, ...]:
        return self._entries

    def get(self, key: tuple[Leaf, ...]) -> tuple[Leaf, ...] | None:
        """The values of the entry that wins, else None; a default is no entry."""
        return self._matcher.get(key)

    def replace(self, entries: Sequence[TableEntry]) -> None:
        """Put these entries in the place of all others: the next epoch. Raises `StateError` and changes nothing
        where they do not fit the table."""
        self._install(entries)
        self.epoch += 1

    def _install(self, entries: Sequence[TableEntry]) -> None:
        check_entries(self.declaration, entries)
        self._entries = tuple(entries)
        self._matcher = matcher_for(self._entries, match=self.declaration.match, widths=self._widths)

    def snapshot(self) -> dict[str, object]:
        entries = [
            [i, [_write_pattern(pattern) for pattern in entry.key], write_leaves(entry.values), entry.priority]
            for i, entry in enumerate(self._entries)
        ]
        return {"epoch": self.epoch, "entries": entries}

    def restore(self, found: object) -> None:
        """Take over a snapshot, or raise `StateError` and change nothing."""
        declaration, name = self.declaration, self.declaration.name
        epoch, rows = read_fields(found, "epoch", "entries", place=name)
        number = read_number(epoch, most=UINT32, place=f"{name}.epoch")
        entries = []
        for i, row in enumerate(read_rows(rows, columns=4, place=f"{name}.entries")):
            place = f"{name}.entries[{i}]"
            read_number(row[0], least=i, most=i, place=f"{place}[0]")
            parts = read_list(row[1], place=f"{place}[1]", length=len(declaration.key))
            key = tuple(
                _read_pattern(part, declaration.match[j], declaration.key[j], place=f"{place}[1][{j}]")
                for j, part in enumerate(parts)
            )
            values = read_leaves(row[2], declaration.values, place=f"{place}[2]")
            entries.append(TableEntry(key, values, read_number(row[3], most=MAX_PRIORITY, place=f"{place}[3]")))
        self._install(entries)
        self.epoch = number


class TableArrayState:
    """`cells`: one value a cell, zero until the control plane sets them."""

    def __init__(self, declaration: TableArray, cells: Sequence[Leaf] | None = None) -> None:
        self.declaration = declaration
        self.epoch = 0
        self.cells: list[Leaf] = [filled(declaration.type)] * declaration.cells
        if cells is not None:
            self._install(cells)

    def replace(self, cells: Sequence[Leaf]) -> None:
        """Set all cells, the first ones to `cells` and the others to zero: the next epoch."""
        self._install(cells)
        self.epoch += 1

    def _install(self, cells: Sequence[Leaf]) -> None:
        declaration = self.declaration
        if len(cells) > declaration.cells:
            raise StateError(declaration.name, f"there are {declaration.cells} cells, and {len(cells)} values for them")
        for i, cell in enumerate(cells):
            _check_leaf(cell, declaration.type, f"{declaration.name}[{i}]")
        self.cells[:] = [*cells, *[filled(declaration.type)] * (declaration.cells - len(cells))]

    def snapshot(self) -> dict[str, object]:
        """The cells that are not zero."""
        zero = filled(self.declaration.type)
        return {
            "epoch": self.epoch,
            "cells": [[i, write_leaf(cell)] for i, cell in enumerate(self.cells) if cell != zero],
        }

    def restore(self, found: object) -> None:
        """Take over a snapshot, or raise `StateError` and change nothing."""
        declaration, name = self.declaration, self.declaration.name
        epoch, rows = read_fields(found, "epoch", "cells", place=name)
        number = read_number(epoch, most=UINT32, place=f"{name}.epoch")
        cells: list[Leaf] = [filled(declaration.type)] * declaration.cells
        for i, (index, cell) in enumerate(read_rows(rows, columns=2, place=f"{name}.cells")):
            place = f"{name}.cells[{i}]"
            at = read_number(index, most=declaration.cells - 1, place=f"{place}[0]")
            cells[at] = read_leaf(cell, declaration.type, place=f"{place}[1]")
        self.cells[:] = cells
        self.epoch = number


def check_entries(declaration: Table, entries: Sequence[TableEntry], *, first: int = 0) -> None:
    """Raise `StateError` unless the entries fit the table: number, kinds of match, widths, no two alike.

    The place of an error is `table[i]`, entries counted from `first`.
    """
    name = declaration.name
    if len(entries) > declaration.size:
        raise StateError(name, f"the table has room for {declaration.size} entries, and there are {len(entries)}")
    seen: dict[tuple[tuple[Pattern, ...], int], int] = {}
    for i, entry in enumerate(entries, start=first):
        place = f"{name}[{i}]"
        _check_entry(declaration, entry, place)
        same = seen.setdefault((entry.key, entry.priority), i)
        if same != i:
            raise StateError(place, f"entry {same} has the same key{' and priority' if entry.priority else ''}")


def _check_entry(declaration: Table, entry: TableEntry, place: str) -> None:
    if len(entry.key) != len(declaration.key):
        raise StateError(place, f"the key has {len(declaration.key)} parts, not {len(entry.key)}")
    if len(entry.values) != len(declaration.values):
        raise StateError(place, f"an entry has {len(declaration.values)} values, not {len(entry.values)}")
    for pattern, kind, type_ in zip(entry.key, declaration.match, declaration.key, strict=True):
        _check_pattern(pattern, kind, type_, place)
    for value, type_ in zip(entry.values, declaration.values, strict=True):
        _check_leaf(value, type_, place)
    ordered = any(kind in (MatchKind.TERNARY, MatchKind.RANGE) for kind in declaration.match)
    if not 0 <= entry.priority <= (MAX_PRIORITY if ordered else 0):
        reason = f"0..{MAX_PRIORITY}" if ordered else "only tables with ternary or range parts have priorities"
        raise StateError(place, f"priority {entry.priority}: {reason}")


_PATTERNS = {
    MatchKind.EXACT: Exact,
    MatchKind.PREFIX: Prefix,
    MatchKind.TERNARY: Ternary,
    MatchKind.RANGE: Range,
}


def _check_pattern(pattern: Pattern, kind: MatchKind, type_: Type, place: str) -> None:
    if type(pattern) is not _PATTERNS[kind]:
        raise StateError(place, f"expected {kind.value} match, found {type(pattern).__name__.lower()}")
    most = (1 << bit_width(type_)) - 1
    match pattern:
        case Exact(value=value):
            _check_leaf(value, type_, place)
        case Prefix(value=value, length=length):
            _check_leaf(value, type_, place)
            if not 0 <= length <= bit_width(type_) or value & (most >> length):
                raise StateError(place, f"{value:#x}/{length} is not a prefix of {bit_width(type_)} bits")
        case Ternary(value=value, mask=mask):
            _check_leaf(value, type_, place)
            _check_leaf(mask, type_, place)
            if value & ~mask:
                raise StateError(place, f"value {value:#x} has bits outside the mask {mask:#x}")
        case Range(low=low, high=high):
            _check_leaf(low, type_, place)
            _check_leaf(high, type_, place)
            if low > high:
                raise StateError(place, f"the range {low}..{high} is empty")


def _check_leaf(leaf: Leaf, type_: Type, place: str) -> None:
    match leaf, type_:
        case tuple(), Vector(width=width, lanes=lanes):
            fits = len(leaf) == lanes and all(0 <= lane < 1 << width for lane in leaf)
        case int(), _:
            fits = not isinstance(type_, Vector) and 0 <= leaf < 1 << bit_width(type_)
        case _:
            fits = False
    if not fits:
        raise StateError(place, f"{leaf} does not fit {type_}")


def _write_pattern(pattern: Pattern) -> object:
    match pattern:
        case Exact(value=value):
            return write_leaf(value)
        case Prefix() | Ternary() | Range():
            return {name: write_number(number) for name, number in pattern._asdict().items()}


def _read_pattern(found: object, kind: MatchKind, type_: Type, *, place: str) -> Pattern:
    """Shapes and ranges only; `check_entries` looks at what the numbers mean together."""
    if kind is MatchKind.EXACT:
        return Exact(read_leaf(found, type_, place=place))
    pattern = _PATTERNS[kind]
    fields = read_fields(found, *pattern._fields, place=place)
    most = (1 << bit_width(type_)) - 1
    numbers = [
        read_number(field, most=bit_width(type_) if name == "length" else most, place=f"{place}.{name}")
        for name, field in zip(pattern._fields, fields, strict=True)
    ]
    return pattern(*numbers)
