"""Maps and sets as array operations, way by way."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.ir.operations import CompareOperator, MapFind, MapPut, MapRemove
from compiler.ir.states import Map
from compiler.ir.values import FALSE, TRUE, Operand, constant
from compiler.meaning.sets import NO_SLOT
from compiler.passes.expansion.arrays import MapArrays, map_arrays
from compiler.passes.expansion.assembler import Assembler
from compiler.passes.expansion.clock import is_expired, later, now_tick
from compiler.passes.expansion.sets import first_cell, holds_key


@dataclass(frozen=True, slots=True)
class _Way:
    cell: Operand
    holds: Operand  # used, and by this key
    live: Operand  # used, and not expired


def expand_map_find(out: Assembler, state: Map, shares: int, find: MapFind) -> None:
    arrays = map_arrays(state)
    first = first_cell(out, state, shares, find.key)
    ways = [_way(out, state, arrays, _cell(out, first, way), find.key) for way in range(state.ways)]
    with out.called("hit"):
        hits = [(out.both(way.live, way.holds), way.cell) for way in ways]
    with out.called("vacant"):
        vacant = [(out.flip(way.live), way.cell) for way in ways]
    with out.called("own"):
        old = [(out.both(way.holds, free), way.cell) for way, (free, _) in zip(ways, vacant, strict=True)]
    present = out.copy(out.any_of(hit for hit, _ in hits), find.present)
    slot = out.copy(out.first_of([*hits, *old, *vacant], constant(NO_SLOT, 32)), find.slot)
    out.copy(out.any_of([present, *(free for free, _ in vacant)]), find.room)
    with out.where(present):
        values = [out.read(array, slot) for array in arrays.values]
        if find.refresh and arrays.last is not None:
            out.write(arrays.last, slot, later(out, tick=now_tick(out), last=out.read(arrays.last, slot)))
    for value, result in zip(values, find.values, strict=True):
        out.or_zero(present, value, result)


def expand_map_put(out: Assembler, state: Map, put: MapPut) -> None:
    arrays = map_arrays(state)
    done = out.copy(_is_cell(out, state, put.slot), put.done)
    with out.where(done):
        if arrays.last is not None:
            own = out.both(out.read(arrays.used, put.slot), holds_key(out, arrays.keys, put.slot, put.key))
            tick, last = now_tick(out), out.read(arrays.last, put.slot)
            out.write(arrays.last, put.slot, out.select(own, later(out, tick=tick, last=last), tick))
        out.write(arrays.used, put.slot, TRUE)
        for array, part in zip((*arrays.keys, *arrays.values), (*put.key, *put.values), strict=True):
            out.write(array, put.slot, part)


def expand_map_remove(out: Assembler, state: Map, remove: MapRemove) -> None:
    arrays = map_arrays(state)
    with out.where(_is_cell(out, state, remove.slot)), out.where(holds_key(out, arrays.keys, remove.slot, remove.key)):
        out.write(arrays.used, remove.slot, FALSE)


def _is_cell(out: Assembler, state: Map, slot: Operand) -> Operand:
    return out.compare(CompareOperator.LT, slot, state.sets * state.ways)


def _cell(out: Assembler, first: Operand, way: int) -> Operand:
    with out.called("cell"):
        return out.add(first, way)


def _way(out: Assembler, state: Map, arrays: MapArrays, cell: Operand, key: tuple[Operand, ...]) -> _Way:
    used = out.read(arrays.used, cell)
    with out.called("holds"):
        holds, live = out.both(used, holds_key(out, arrays.keys, cell, key)), used
    if arrays.last is not None and state.idle_ticks is not None:
        last = out.read(arrays.last, cell)
        expired = is_expired(out, tick=now_tick(out), last=last, idle_ticks=state.idle_ticks)
        with out.called("live"):
            live = out.both(used, out.flip(expired))
    return _Way(cell, holds, live)
