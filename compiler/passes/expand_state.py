"""Maps, sets, leases, indexes, meters, counters and reductions as plain arrays: their executable definition.

Before: any state operation.
After:  only operations on arrays and control-plane tables; the states are those that
        `expansion/arrays.py` lists, in the place of the one they stand for. Ways and steps are unrolled.
        `expansion/snapshots.py` reads the source's states off the arrays again, and `expansion/cells.py`
        puts them there. Where a lease is split over shares, `expanded_entries` says what the arrays
        `NAME__order` and `NAME__length` hold.

    meter_take rate, %i, 1u32     becomes    reads of rate__credit[%i] and rate__last[%i], arithmetic, writes
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from compiler.ir.operations import (
    CounterAdd,
    IndexFind,
    IndexOpen,
    LeaseClose,
    LeaseGet,
    LeaseOpen,
    MapFind,
    MapPut,
    MapRemove,
    MeterTake,
    Operation,
    ReduceContribute,
    StateAccess,
)
from compiler.ir.program import Program
from compiler.ir.states import Counter, Index, Lease, Map, Meter, Reduction, State
from compiler.passes.expansion.arrays import expanded, lease_of
from compiler.passes.expansion.assembler import Assembler
from compiler.passes.expansion.indexes import expand_index_find, expand_index_open
from compiler.passes.expansion.leases import expand_lease_close, expand_lease_get, expand_lease_open
from compiler.passes.expansion.maps import expand_map_find, expand_map_put, expand_map_remove
from compiler.passes.expansion.rates import expand_counter_add, expand_meter_take
from compiler.passes.expansion.reductions import expand_reduce_contribute


def expand_state(program: Program, *, only: Collection[str] | None = None) -> Program:
    """`only`: expand the states of these names alone. An index is then among them where its lease is."""
    out = Assembler(program)
    for operation in program.operations:
        with out.in_place_of(operation):
            if only is None or getattr(operation, "state", None) in only:
                _expand(out, program, operation)
            else:
                out.operations.append(operation)
    return dataclasses.replace(
        program,
        states=tuple(
            array
            for state in program.states
            for array in (expanded(state, program) if only is None or state.name in only else (state,))
        ),
        guards=tuple(out.guards),
        operations=tuple(out.operations),
    )


def _expand(out: Assembler, program: Program, operation: Operation) -> None:
    state = program.state(operation.state) if isinstance(operation, StateAccess) else None
    shares = program.shares
    match operation, state:
        case MapFind(), Map():
            expand_map_find(out, state, shares, operation)
        case MapPut(), Map():
            expand_map_put(out, state, operation)
        case MapRemove(), Map():
            expand_map_remove(out, state, operation)
        case LeaseOpen(), Lease():
            expand_lease_open(out, state, shares, operation)
        case LeaseGet(), Lease():
            expand_lease_get(out, state, shares, operation)
        case LeaseClose(), Lease():
            expand_lease_close(out, state, shares, operation)
        case IndexFind(), Index():
            expand_index_find(out, state, lease_of(program, state), shares, operation)
        case IndexOpen(), Index():
            expand_index_open(out, state, lease_of(program, state), shares, operation)
        case _:
            _expand_numbered(out, state, operation)


def _expand_numbered(out: Assembler, state: State | None, operation: Operation) -> None:
    """Accesses to states of numbered cells, and all that stays as it is."""
    match operation, state:
        case CounterAdd(), Counter():
            expand_counter_add(out, state, operation)
        case MeterTake(), Meter():
            expand_meter_take(out, state, operation)
        case ReduceContribute(), Reduction():
            expand_reduce_contribute(out, state, operation)
        case _:
            out.operations.append(operation)
