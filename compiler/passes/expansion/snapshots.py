"""Read the source's states off the arrays that `expand_state` put in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compiler.ir.leaf_values import Leaf, filled, packed_number
from compiler.ir.program import Program
from compiler.ir.states import Array, Counter, Index, Lease, Map, Meter, Reduction
from compiler.passes.expansion.arrays import (
    counter_arrays,
    id_positions,
    index_arrays,
    lease_arrays,
    lease_of,
    map_arrays,
    meter_arrays,
    reduction_arrays,
)

Cells = Mapping[str, Sequence[Leaf]]  # of each array, by its name
Rows = list[list[object]]


def source_snapshots(source: Program, cells: Cells) -> dict[str, dict[str, object]]:
    """The exact layout of each state of `source` that packets write, by name.

    The form is that of the interpreter's snapshots, numbers as numbers; what only counts failed
    inserts is not part of it. `cells_of_snapshots` is the inverse.
    """
    found: dict[str, dict[str, object]] = {}
    for state in source.states:
        match state:
            case Array():
                found[state.name] = {"cells": _changed_cells(state, cells)}
            case Map():
                found[state.name] = {"entries": _map_entries(state, cells)}
            case Lease():
                hands = _hands(state, source.shares, cells)
                found[state.name] = {"leases": _leases(state, source.shares, cells), "hands": hands}
            case Index():
                found[state.name] = {"entries": _index_entries(state, lease_of(source, state), cells)}
            case Meter():
                found[state.name] = {"buckets": _buckets(state, cells)}
            case Counter():
                found[state.name] = {"cells": _counts(state, cells)}
            case Reduction():
                found[state.name] = {"banks": _banks(state, cells)}
            case _:
                pass
    return found


def _changed_cells(state: Array, cells: Cells) -> Rows:
    """[index, value], of cells not as at the start"""
    start = filled(state.type, state.initial)
    return [[index, _plain(cell)] for index, cell in enumerate(cells[state.name]) if cell != start]


def _map_entries(state: Map, cells: Cells) -> Rows:
    """[slot, key, values, last tick]"""
    arrays = map_arrays(state)
    entries: Rows = []
    for slot, used in enumerate(cells[arrays.used.name]):
        if used:
            key = [_plain(cells[array.name][slot]) for array in arrays.keys]
            values = [_plain(cells[array.name][slot]) for array in arrays.values]
            entries.append([slot, key, values, 0 if arrays.last is None else cells[arrays.last.name][slot]])
    return entries


def _leases(state: Lease, shares: int, cells: Cells) -> Rows:
    """[id, generation, last tick, values], of ids once open; closed ones have no values and no last tick."""
    arrays = lease_arrays(state, shares)
    leases: Rows = []
    for cell, generation in enumerate(cells[arrays.generation.name]):
        used = cells[arrays.used.name][cell]
        if not (generation or used):
            continue
        if used:
            values = [_plain(cells[array.name][cell]) for array in arrays.values]
            last = 0 if arrays.last is None else cells[arrays.last.name][cell]
            leases.append([state.first + cell, generation, last, values])
        else:
            leases.append([state.first + cell, generation, 0, None])
    return leases


def _hands(state: Lease, shares: int, cells: Cells) -> list[object]:
    """For each share the place, in the order of its ids, of the one that `open` looks at first."""
    arrays = lease_arrays(state, shares)
    hands = [packed_number(hand, arrays.hand.type) for hand in cells[arrays.hand.name]]
    if not arrays.walk:
        return list(hands)
    positions = id_positions(state, shares)
    return [sum(at < hand for at in places) % len(places) for hand, places in zip(hands, positions, strict=True)]


def _index_entries(state: Index, lease: Lease, cells: Cells) -> Rows:
    """[slot, key, id, generation]"""
    arrays = index_arrays(state, lease)
    return [
        [
            slot,
            [_plain(cells[array.name][slot]) for array in arrays.keys],
            cells[arrays.id.name][slot],
            cells[arrays.generation.name][slot],
        ]
        for slot, used in enumerate(cells[arrays.used.name])
        if used
    ]


def _buckets(state: Meter, cells: Cells) -> Rows:
    """[index, credit, last], of buckets not as at the start"""
    arrays = meter_arrays(state)
    buckets = zip(cells[arrays.credit.name], cells[arrays.last.name], strict=True)
    start = (arrays.constants.full, 0)
    return [[index, *bucket] for index, bucket in enumerate(buckets) if bucket != start]


def _counts(state: Counter, cells: Cells) -> Rows:
    """[index, packets, bytes], of cells that have counted anything"""
    arrays = counter_arrays(state)
    counts = zip(cells[arrays.packets.name], cells[arrays.bytes.name], strict=True)
    return [[index, *count] for index, count in enumerate(counts) if any(count)]


def _banks(state: Reduction, cells: Cells) -> Rows:
    """[bank, epoch, round, tag, operator, mask of members seen, total], of banks in use"""
    arrays = reduction_arrays(state)
    fields = (arrays.epoch, arrays.round, arrays.tag, arrays.operator, arrays.seen, arrays.total)
    return [
        [bank, *(_plain(cells[array.name][bank]) for array in fields)]
        for bank, seen in enumerate(cells[arrays.seen.name])
        if seen
    ]


def _plain(leaf: Leaf) -> object:
    return list(leaf) if isinstance(leaf, tuple) else leaf
