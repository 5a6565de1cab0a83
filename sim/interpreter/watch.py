"""Steps that tell an observer what they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from compiler.ir.accesses import (
    ArrayRead,
    ArrayUpdate,
    ArrayWrite,
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
    ReduceContribute,
)
from compiler.ir.fields import operands, results
from compiler.ir.operations import Operation
from sim.interpreter.frame import DATA, EMISSIONS, LENGTH, NOW, OFFSETS, PORT, TICK, Frame, Step
from sim.interpreter.observe import Arrival, Departure, Execution, GuardTest, Observer
from sim.interpreter.scope import Scope
from sim.state import ArrayState, CounterState, IndexState, LeaseState, MapState, MeterState, ReductionState

Look: TypeAlias = Callable[[Frame], object]


def watched(step: Step, operation: Operation, scope: Scope, observer: Observer) -> Step:
    """`step`, with a report of it and of what it emitted."""
    read, defined = scope.slots.tuple_of(operands(operation)), scope.slots.tuple_of(results(operation))
    entry = _entry(operation, scope)

    def watched_step(f: Frame) -> int | None:
        values, before, sent = read(f), entry(f), len(f[EMISSIONS])
        signal = step(f)
        observer(Execution(operation, values, defined(f), before, entry(f)))
        for emission in f[EMISSIONS][sent:]:
            observer(Departure(emission))
        return signal

    return watched_step


def guard_report(guard: int, *, condition: int, polarity: bool, observer: Observer) -> Step:
    """A step that says whether `guard` holds; the value of its condition is in the slot `condition`."""

    def report(f: Frame) -> None:
        observer(GuardTest(guard, bool(f[condition]) == polarity))

    return report


def arrival(f: Frame, scope: Scope) -> Arrival:
    offsets: list[int] = f[OFFSETS]
    present = sorted((at, number) for number, at in enumerate(offsets) if at >= 0)
    headers = tuple(scope.layout.headers[number].name for _, number in present)
    return Arrival(f[DATA], f[PORT], f[NOW], f[LENGTH], headers)


def _entry(operation: Operation, scope: Scope) -> Look:
    """How to look at the entry of the state that `operation` is about."""
    slot = scope.slots.of
    match operation:
        case ArrayRead(state=state, index=index) | ArrayWrite(state=state, index=index):
            array, at = scope.state(state, ArrayState), slot(index)
            return lambda f: array.cells[f[at]]
        case ArrayUpdate(state=state, index=index):
            array, at = scope.state(state, ArrayState), slot(index)
            return lambda f: array.cells[f[at]]
        case MapFind(state=state, key=key) | MapPut(state=state, key=key) | MapRemove(state=state, key=key):
            return _map_entry(scope.state(state, MapState), scope.slots.tuple_of(key))
        case LeaseGet(state=state, id=id_) | LeaseClose(state=state, id=id_):
            lease, at = scope.state(state, LeaseState), slot(id_)
            return lambda f: lease.get(f[at], f[TICK], False)
        case LeaseOpen(state=state, done=done, id=id_):
            lease, taken, at = scope.state(state, LeaseState), slot(done), slot(id_)
            return lambda f: lease.get(f[at], f[TICK], False) if f[taken] else None
        case IndexFind(state=state, key=key) | IndexOpen(state=state, key=key):
            index_state, read_key = scope.state(state, IndexState), scope.slots.tuple_of(key)
            return lambda f: index_state.find(read_key(f), f[TICK], False)
        case CounterAdd(state=state, index=index):
            counter, at = scope.state(state, CounterState), slot(index)
            return lambda f: (counter.packets[f[at]], counter.byte_counts[f[at]])
        case MeterTake(state=state, index=index):
            meter, at = scope.state(state, MeterState), slot(index)
            return lambda f: meter.buckets[f[at]]
        case ReduceContribute(state=state, slot=number):
            reduction, at = scope.state(state, ReductionState), slot(number)
            return lambda f: tuple(bank for place, _, bank in reduction.banks() if place == f[at])
        case _:
            return lambda f: None


def _map_entry(state: MapState, key: Callable[[Frame], tuple[int, ...]]) -> Look:
    def entry(f: Frame) -> object:
        present, _, _, values = state.find(key(f), f[TICK], False)
        return values if present else None

    return entry
