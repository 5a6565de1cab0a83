"""Put the source's states into the arrays of `expand_state`: the inverse of `source_snapshots`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, cast

from compiler.ir.leaf_values import Leaf, filled
from compiler.ir.program import Program
from compiler.ir.states import Array, Counter, Index, Lease, Map, Meter, Reduction, State
from compiler.passes.expansion.arrays import (
    counter_arrays,
    expanded,
    id_positions,
    index_arrays,
    lease_arrays,
    lease_of,
    map_arrays,
    meter_arrays,
    reduction_arrays,
)

Cells: TypeAlias = dict[str, list[Leaf]]  # of each array, by its name
_Rows: TypeAlias = Iterable[Sequence[object]]


def cells_of_snapshots(source: Program, snapshots: Mapping[str, Mapping[str, object]]) -> Cells:
    """Every cell of the arrays that stand for the states of `source` that `snapshots` names.

    The arrays are those of `expanded`, but for what the control plane fills (`expanded_entries`). A snapshot is
    one of `source_snapshots` or of the interpreter's state, and so of a state that can be.
    """
    found: Cells = {}
    for state in source.states:
        if state.name in snapshots:
            cells = _at_the_start(state, source)
            _fill(cells, state, source, snapshots[state.name])
            found |= cells
    return found


def _at_the_start(state: State, source: Program) -> Cells:
    arrays = [array for array in expanded(state, source) if isinstance(array, Array)]
    return {array.name: [filled(array.type, array.initial)] * array.cells for array in arrays}


def _fill(cells: Cells, state: State, source: Program, snapshot: Mapping[str, object]) -> None:
    match state:
        case Array():
            for index, value in _rows(snapshot, "cells"):
                cells[state.name][_number(index)] = _leaf(value)
        case Map():
            _fill_map(cells, state, _rows(snapshot, "entries"))
        case Lease():
            _fill_leases(cells, state, source.shares, _rows(snapshot, "leases"))
            hands = cast(Sequence[object], snapshot["hands"])
            _fill_hands(cells, state, source.shares, [_number(hand) for hand in hands])
        case Index():
            _fill_index(cells, state, lease_of(source, state), _rows(snapshot, "entries"))
        case Meter():
            meter = meter_arrays(state)
            _fill_columns(cells, (meter.credit, meter.last), _rows(snapshot, "buckets"))
        case Counter():
            counter = counter_arrays(state)
            _fill_columns(cells, (counter.packets, counter.bytes), _rows(snapshot, "cells"))
        case Reduction():
            sums = reduction_arrays(state)
            fields = (sums.epoch, sums.round, sums.tag, sums.operator, sums.seen, sums.total)
            _fill_columns(cells, fields, _rows(snapshot, "banks"))
        case _:
            pass


def _fill_map(cells: Cells, state: Map, entries: _Rows) -> None:
    arrays = map_arrays(state)
    for slot, key, values, last in entries:
        at = _number(slot)
        cells[arrays.used.name][at] = 1
        _fill_parts(cells, at, arrays.keys, key)
        _fill_parts(cells, at, arrays.values, values)
        if arrays.last is not None:
            cells[arrays.last.name][at] = _number(last)


def _fill_leases(cells: Cells, state: Lease, shares: int, leases: _Rows) -> None:
    arrays = lease_arrays(state, shares)
    for id_, generation, last, values in leases:
        at = _number(id_) - state.first
        cells[arrays.generation.name][at] = _number(generation)
        if values is None:
            continue  # closed
        cells[arrays.used.name][at] = 1
        _fill_parts(cells, at, arrays.values, values)
        if arrays.last is not None:
            cells[arrays.last.name][at] = _number(last)


def _fill_hands(cells: Cells, state: Lease, shares: int, hands: Sequence[int]) -> None:
    arrays = lease_arrays(state, shares)
    if arrays.walk:
        positions = id_positions(state, shares)
        hands = [places[hand] for hand, places in zip(hands, positions, strict=True)]
    cells[arrays.hand.name][:] = hands


def _fill_index(cells: Cells, state: Index, lease: Lease, entries: _Rows) -> None:
    arrays = index_arrays(state, lease)
    for slot, key, id_, generation in entries:
        at = _number(slot)
        cells[arrays.used.name][at] = 1
        _fill_parts(cells, at, arrays.keys, key)
        cells[arrays.id.name][at] = _number(id_)
        cells[arrays.generation.name][at] = _number(generation)


def _fill_columns(cells: Cells, arrays: Sequence[Array], rows: _Rows) -> None:
    """Rows of an index and one value for each array."""
    for index, *values in rows:
        _fill_parts(cells, _number(index), arrays, values)


def _fill_parts(cells: Cells, at: int, arrays: Sequence[Array], parts: object) -> None:
    for array, part in zip(arrays, cast(Sequence[object], parts), strict=True):
        cells[array.name][at] = _leaf(part)


def _rows(snapshot: Mapping[str, object], name: str) -> _Rows:
    return cast(_Rows, snapshot[name])


def _leaf(part: object) -> Leaf:
    return tuple(_number(lane) for lane in part) if isinstance(part, list) else _number(part)


def _number(found: object) -> int:
    """The interpreter's snapshots have large numbers as hexadecimal text."""
    if isinstance(found, str):
        return int(found, 16)
    assert isinstance(found, int), "snapshots hold numbers"
    return found
