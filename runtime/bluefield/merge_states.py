"""One state out of the copies that the workers have.

Each worker has a block of its own, of which only a part counts: `StateOwner` in the manifest says whose. What comes
out is what one worker alone would have, where the packets of each share were processed in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from backends.bluefield.manifest import StateOwner
from compiler.ir.leaf_values import filled
from compiler.ir.program import Program
from compiler.ir.states import Array, Counter, Index, Lease, Map, Meter, State
from compiler.ir.types import Bits, Type, Vector
from compiler.meaning.hashing import share_of, share_position
from sim.state import RunState

States = Mapping[str, RunState]
_Fold = Callable[[int, int, int, int], int]  # (so far, another copy, what all began with, the highest number)

_FOLDS: Final[Mapping[str, _Fold]] = {
    "add": lambda one, other, first, most: (one + other - first) & most,
    "sat_add": lambda one, other, first, most: min(one + other - first, most),
    "xor": lambda one, other, first, _: one ^ other ^ first,
    "or": lambda one, other, _first, _most: one | other,
    "and": lambda one, other, _first, _most: one & other,
    "max": lambda one, other, _first, _most: max(one, other),
    "min": lambda one, other, _first, _most: min(one, other),
}


_COUNTER_MOST: Final = (1 << 64) - 1


def merge_states(
    program: Program, owners: Sequence[StateOwner], copies: Sequence[States], into: Mapping[str, RunState]
) -> None:
    """Make the states of `into` those of the `copies`, one of each worker. Tables are left as they are."""
    how = {owner.name: owner for owner in owners}
    for declared in program.states:
        snapshots = [copy[declared.name].snapshot() for copy in copies]
        merged = _merged(declared, how[declared.name], program.shares, snapshots)
        if merged is not None:
            into[declared.name].restore(merged)


def _merged(
    declared: State, how: StateOwner, shares: int, snapshots: Sequence[dict[str, Any]]
) -> dict[str, Any] | None:
    if "epoch" in snapshots[0]:  # of the control plane
        return None
    if len(snapshots) == 1:
        return snapshots[0]
    match how.owner:
        case "constant" | "home":
            return snapshots[0]
        case "merge":
            return _folded(declared, how.operator or "", snapshots)
        case "share":
            return _of_owners(declared, shares, snapshots)


# --- what merges


def _folded(declared: State, operator: str, snapshots: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if isinstance(declared, Counter):
        return {"cells": _summed([row for snapshot in snapshots for row in snapshot["cells"]])}
    assert isinstance(declared, Array), "counters and arrays merge"
    fold, first = _FOLDS[operator], filled(declared.type, declared.initial)
    cells: dict[int, Any] = {}
    for snapshot in snapshots:
        for index, cell in snapshot["cells"]:
            cells[index] = _fold_cell(fold, cells.get(index, first), cell, first, declared.type)
    return {"cells": [[index, cells[index]] for index in sorted(cells)]}


def _summed(rows: Sequence[list[Any]]) -> list[list[int]]:
    totals: dict[int, list[int]] = {}
    for index, packets, octets in rows:
        total = totals.setdefault(index, [0, 0])
        total[0] = (total[0] + _number(packets)) & _COUNTER_MOST
        total[1] = (total[1] + _number(octets)) & _COUNTER_MOST
    return [[index, *total] for index, total in sorted(totals.items())]


def _fold_cell(fold: _Fold, one: Any, other: Any, first: Any, of: Type) -> Any:  # noqa: ANN401
    assert isinstance(of, Bits | Vector), "cells are numbers or vectors of them"
    if isinstance(of, Vector):
        most = (1 << of.width) - 1
        lanes = zip(map(_number, one), map(_number, other), map(_number, first), strict=True)
        return [fold(*lane, most) for lane in lanes]
    return fold(_number(one), _number(other), _number(first), (1 << of.width) - 1)


def _number(found: int | str) -> int:
    return int(found, 16) if isinstance(found, str) else found


# --- what is split by shares


def _of_owners(declared: State, shares: int, snapshots: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of each worker what belongs to its shares; failures, which know no share, are added up."""
    workers = len(snapshots)
    share = _share_of_row(declared, shares)
    found: dict[str, Any] = {}
    for field in snapshots[0]:
        match field:
            case "failed_inserts":
                found[field] = sum(_number(snapshot[field]) for snapshot in snapshots)
            case "hands":
                found[field] = [snapshots[s % workers][field][s] for s in range(len(snapshots[0][field]))]
            case _:
                rows = [r for w, s in enumerate(snapshots) for r in s[field] if share(r[0]) % workers == w]
                found[field] = sorted(rows, key=lambda row: row[0])
    return found


def _share_of_row(declared: State, shares: int) -> Callable[[int], int]:
    """From what a row of a snapshot begins with to its share."""
    match declared:
        case Map() | Index():
            slots = declared.sets // shares * declared.ways
            return lambda slot: slot // slots
        case Lease():
            return lambda id_: share_position(id_, shares=shares)[0]
        case Array() | Meter() | Counter():
            return lambda index: share_of((index,), shares=shares)
        case _:
            raise AssertionError(f"{declared.name} is not split by shares")
