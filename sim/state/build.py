"""The states of a program at the start of a run."""

from __future__ import annotations

from typing import TypeAlias, assert_never

from compiler.ir.program import Program
from compiler.ir.states import Array, Counter, Index, Lease, Map, Meter, Reduction, State, Table, TableArray
from compiler.meaning.hashing import DEFAULT_SALT
from sim.state.array import ArrayState
from sim.state.counter import CounterState
from sim.state.entries import NO_ENTRIES, ControlEntries
from sim.state.errors import StateError
from sim.state.index import IndexState
from sim.state.lease import LeaseState
from sim.state.map import MapState
from sim.state.meter import MeterState
from sim.state.reduction import ReductionState
from sim.state.table import TableArrayState, TableState

RunState: TypeAlias = (
    ArrayState
    | MapState
    | LeaseState
    | IndexState
    | TableState
    | TableArrayState
    | CounterState
    | MeterState
    | ReductionState
)


def build_states(
    program: Program, entries: ControlEntries = NO_ENTRIES, *, salt: int = DEFAULT_SALT
) -> dict[str, RunState]:
    """The program's states by name, as they are before the first packet, in the order of declaration.

    Raises `StateError` where `entries` do not fit the program's tables.
    """
    leases = {
        state.name: LeaseState(state, shares=program.shares) for state in program.states if isinstance(state, Lease)
    }
    states = {state.name: _build(state, program, entries, leases, salt) for state in program.states}
    for name in [*entries.tables, *entries.arrays]:
        if not isinstance(states.get(name), TableState | TableArrayState):
            raise StateError(name, "the program has no table of this name")
    return states


def _build(
    state: State, program: Program, entries: ControlEntries, leases: dict[str, LeaseState], salt: int
) -> RunState:
    match state:
        case Array():
            return ArrayState(state)
        case Map():
            return MapState(state, shares=program.shares, salt=salt)
        case Lease():
            return leases[state.name]
        case Index():
            return IndexState(state, leases[state.lease], shares=program.shares, salt=salt)
        case Table():
            return TableState(state, entries.tables.get(state.name, ()))
        case TableArray():
            return TableArrayState(state, entries.arrays.get(state.name))
        case Counter():
            return CounterState(state)
        case Meter():
            return MeterState(state)
        case Reduction():
            return ReductionState(state)
        case _:
            assert_never(state)
