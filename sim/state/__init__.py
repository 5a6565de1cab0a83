from sim.state.array import ArrayState
from sim.state.build import RunState, build_states
from sim.state.counter import CounterState
from sim.state.entries import NO_ENTRIES, ControlEntries, Exact, Pattern, Prefix, Range, TableEntry, Ternary
from sim.state.errors import StateError
from sim.state.index import IndexState
from sim.state.lease import LeaseState
from sim.state.map import MapState
from sim.state.meter import MeterState
from sim.state.reduction import ReductionState
from sim.state.table import TableArrayState, TableState

__all__ = [
    "NO_ENTRIES",
    "ArrayState",
    "ControlEntries",
    "CounterState",
    "Exact",
    "IndexState",
    "LeaseState",
    "MapState",
    "MeterState",
    "Pattern",
    "Prefix",
    "Range",
    "ReductionState",
    "RunState",
    "StateError",
    "TableArrayState",
    "TableEntry",
    "TableState",
    "Ternary",
    "build_states",
]
