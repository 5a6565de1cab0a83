"""Indexes as operations on their own arrays and those of their lease."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.ir.operations import CompareOperator, HashAlgorithm, IndexFind, IndexOpen
from compiler.ir.states import Index, Lease
from compiler.ir.values import FALSE, TRUE, Operand, constant, zero
from compiler.passes.expansion.arrays import IndexArrays, LeaseArrays, index_arrays, lease_arrays
from compiler.passes.expansion.assembler import Assembler
from compiler.passes.expansion.leases import cell_of, is_live, open_lease, use_lease
from compiler.passes.expansion.sets import first_cell, holds_key


@dataclass(frozen=True, slots=True)
class _Way:
    cell: Operand
    id: Operand
    holds: Operand  # used, and by this key
    live: Operand  # its lease is live, and of the same generation


@dataclass(frozen=True, slots=True)
class _Found:
    ways: list[_Way]
    present: Operand
    id: Operand
    values: list[Operand]  # specified only where present


def expand_index_find(out: Assembler, state: Index, lease: Lease, shares: int, find: IndexFind) -> None:
    found = _find(out, state, lease, shares, find.key, refresh=find.refresh)
    out.copy(found.present, find.present)
    out.or_zero(found.present, found.id, find.id)
    for value, result in zip(found.values, find.values, strict=True):
        out.or_zero(found.present, value, result)


def expand_index_open(out: Assembler, state: Index, lease: Lease, shares: int, opening: IndexOpen) -> None:
    arrays = index_arrays(state, lease)
    found = _find(out, state, lease, shares, opening.key, refresh=True)
    with out.called("missing"):
        missing = out.flip(found.present)
    with out.where(missing):
        with out.called("vacant"):
            vacant = [(out.flip(way.live), way.cell) for way in found.ways]
        own = [(way.holds, way.cell) for way in found.ways]
        with out.called("room"):
            room = out.any_of(free for free, _ in vacant)
        with out.where(room):
            with out.called("cell"):
                cell = out.first_of([*own, *vacant], constant(0, 32))
            share: Operand = constant(0, 32)
            if state.share_key and shares > 1:
                share = out.hash(HashAlgorithm.SHARE, shares, tuple(opening.key[i] for i in state.share_key))

            def store(id_: Operand, generation: Operand) -> None:
                out.write(arrays.used, cell, TRUE)
                for array, part in zip(arrays.keys, opening.key, strict=True):
                    out.write(array, cell, part)
                out.write(arrays.id, cell, id_)
                out.write(arrays.generation, cell, generation)

            taken, id_ = open_lease(out, lease, shares, share=share, values=opening.lease_values, then=store)
        with out.called("opened_here"):
            opened_here = out.select(room, taken, FALSE)
        with out.called("new_id"):
            new_id = out.select(opened_here, id_, zero(id_.type))
    opened = out.copy(out.select(missing, opened_here, FALSE), opening.opened)
    out.copy(out.any_of((found.present, opened)), opening.done)
    out.select(found.present, found.id, out.select(missing, new_id, zero(id_.type)), into=opening.id)
    for old, new, result in zip(found.values, opening.lease_values, opening.values, strict=True):
        out.select(found.present, old, out.select(opened, new, zero(new.type)), into=result)


def _find(
    out: Assembler, state: Index, lease: Lease, shares: int, key: tuple[Operand, ...], *, refresh: bool
) -> _Found:
    arrays, of_lease = index_arrays(state, lease), lease_arrays(lease, shares)
    first = first_cell(out, state, shares, key)
    ways = [_way(out, lease, arrays, of_lease, _cell(out, first, way), key) for way in range(state.ways)]
    with out.called("hit"):
        hits = [(out.both(way.live, way.holds), way.id) for way in ways]
    with out.called("found"):
        present = out.any_of(hit for hit, _ in hits)
    with out.called("found_id"):
        id_ = out.first_of(hits, constant(lease.first, lease.id_width))
    with out.where(present):
        values = use_lease(out, of_lease, cell_of(out, lease, id_), refresh=refresh)
    return _Found(ways, present, id_, values)


def _way(
    out: Assembler, lease: Lease, arrays: IndexArrays, of_lease: LeaseArrays, cell: Operand, key: tuple[Operand, ...]
) -> _Way:
    used, id_ = out.read(arrays.used, cell), out.read(arrays.id, cell)
    with out.called("lease_cell"):
        at = cell_of(out, lease, id_)
    generation = out.read(of_lease.generation, at)
    with out.called("same_generation"):
        same = out.compare(CompareOperator.EQ, out.read(arrays.generation, cell), generation)
    with out.called("live"):
        live = out.both(out.both(used, same), is_live(out, lease, of_lease, at))
    with out.called("holds"):
        return _Way(cell, id_, out.both(used, holds_key(out, arrays.keys, cell, key)), live)


def _cell(out: Assembler, first: Operand, way: int) -> Operand:
    with out.called("cell"):
        return out.add(first, way)
