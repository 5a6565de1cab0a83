"""State operations as steps: each is one call of the state's class in `sim.state`."""

from __future__ import annotations

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
    StateAccess,
    TableGet,
)
from compiler.ir.leaf_values import filled
from compiler.ir.states import TableArray
from sim.interpreter.arithmetic import binary
from sim.interpreter.frame import NOW, TICK, Frame, Step
from sim.interpreter.scope import Scope
from sim.state import (
    ArrayState,
    CounterState,
    IndexState,
    LeaseState,
    MapState,
    MeterState,
    ReductionState,
    TableArrayState,
    TableState,
)


def access_step(operation: StateAccess, scope: Scope) -> Step:
    match operation:
        case ArrayRead() | ArrayWrite() | ArrayUpdate():
            return _array_step(operation, scope)
        case TableGet():
            return _table_step(operation, scope)
        case MapFind() | MapPut() | MapRemove():
            return _map_step(operation, scope)
        case LeaseOpen() | LeaseGet() | LeaseClose():
            return _lease_step(operation, scope)
        case IndexFind() | IndexOpen():
            return _index_step(operation, scope)
        case CounterAdd() | MeterTake():
            return _rate_step(operation, scope)
        case ReduceContribute():
            return _reduction_step(operation, scope)


def _array_step(operation: ArrayRead | ArrayWrite | ArrayUpdate, scope: Scope) -> Step:
    slot, index = scope.slots.of, scope.slots.of(operation.index)
    state = scope.state(operation.state, ArrayState)
    match operation:
        case ArrayRead():
            result = slot(operation.result)

            def step(f: Frame) -> None:
                f[result] = state.cells[f[index]]

        case ArrayWrite():
            value = slot(operation.value)

            def step(f: Frame) -> None:
                state.cells[f[index]] = f[value]

        case ArrayUpdate():
            result, amount = slot(operation.result), slot(operation.amount)
            combine = binary(operation.operator, operation.result.type, right=operation.amount.type)

            def step(f: Frame) -> None:
                cells, at = state.cells, f[index]
                f[result] = cells[at] = combine(cells[at], f[amount])

    return step


def _table_step(operation: TableGet, scope: Scope) -> Step:
    slot, values = scope.slots.of, scope.slots.span(operation.values)
    hit = slot(operation.hit)
    if isinstance(scope.program.state(operation.state), TableArray):
        array, index, value = scope.state(operation.state, TableArrayState), slot(operation.key[0]), values.start

        def read_cell(f: Frame) -> None:
            f[hit], f[value] = 1, array.cells[f[index]]

        return read_cell
    table, key = scope.state(operation.state, TableState), scope.slots.tuple_of(operation.key)
    default = table.declaration.default
    missing = tuple(filled(value.type) for value in operation.values) if default is None else default

    def step(f: Frame) -> None:
        found = table.get(key(f))
        f[hit], f[values] = (0, missing) if found is None else (1, found)

    return step


def _map_step(operation: MapFind | MapPut | MapRemove, scope: Scope) -> Step:
    slot, key = scope.slots.of, scope.slots.tuple_of(operation.key)
    state = scope.state(operation.state, MapState)
    match operation:
        case MapFind(refresh=refresh):
            present, room, way = slot(operation.present), slot(operation.room), slot(operation.slot)
            values = scope.slots.span(operation.values)

            def step(f: Frame) -> None:
                is_present, has_room, f[way], f[values] = state.find(key(f), f[TICK], refresh)
                f[present], f[room] = 1 if is_present else 0, 1 if has_room else 0

        case MapPut():
            way, done, stored = slot(operation.slot), slot(operation.done), scope.slots.tuple_of(operation.values)

            def step(f: Frame) -> None:
                f[done] = 1 if state.put(f[way], key(f), stored(f), f[TICK]) else 0

        case MapRemove():
            way = slot(operation.slot)

            def step(f: Frame) -> None:
                state.remove(f[way], key(f))

    return step


def _lease_step(operation: LeaseOpen | LeaseGet | LeaseClose, scope: Scope) -> Step:
    slot, id_ = scope.slots.of, scope.slots.of(operation.id)
    state = scope.state(operation.state, LeaseState)
    match operation:
        case LeaseOpen():
            share, done, stored = slot(operation.share), slot(operation.done), scope.slots.tuple_of(operation.values)

            def step(f: Frame) -> None:
                opened = state.open(stored(f), f[share], f[TICK])
                f[done], f[id_] = (1, opened) if opened >= 0 else (0, 0)

        case LeaseGet(refresh=refresh):
            live, values = slot(operation.live), scope.slots.span(operation.values)
            missing = tuple(filled(value.type) for value in operation.values)

            def step(f: Frame) -> None:
                found = state.get(f[id_], f[TICK], refresh)
                f[live], f[values] = (0, missing) if found is None else (1, found)

        case LeaseClose():

            def step(f: Frame) -> None:
                state.close(f[id_])

    return step


def _index_step(operation: IndexFind | IndexOpen, scope: Scope) -> Step:
    slot, key = scope.slots.of, scope.slots.tuple_of(operation.key)
    id_, values = slot(operation.id), scope.slots.span(operation.values)
    missing = tuple(filled(value.type) for value in operation.values)
    state = scope.state(operation.state, IndexState)
    match operation:
        case IndexFind(refresh=refresh):
            present = slot(operation.present)

            def step(f: Frame) -> None:
                found = state.find(key(f), f[TICK], refresh)
                if found is None:
                    f[present], f[id_], f[values] = 0, 0, missing
                else:
                    f[present] = 1
                    f[id_], f[values] = found

        case IndexOpen():
            done, opened = slot(operation.done), slot(operation.opened)
            stored = scope.slots.tuple_of(operation.lease_values)

            def step(f: Frame) -> None:
                found = state.open(key(f), stored(f), f[TICK])
                if found is None:
                    f[done], f[opened], f[id_], f[values] = 0, 0, 0, missing
                else:
                    lease, is_new, f[values] = found
                    f[done], f[opened], f[id_] = 1, 1 if is_new else 0, lease

    return step


def _rate_step(operation: CounterAdd | MeterTake, scope: Scope) -> Step:
    index, amount = scope.slots.of(operation.index), scope.slots.of(operation.amount)
    match operation:
        case CounterAdd():
            counter = scope.state(operation.state, CounterState)

            def step(f: Frame) -> None:
                counter.add(f[index], f[amount])

        case MeterTake():
            meter, conforms = scope.state(operation.state, MeterState), scope.slots.of(operation.conforms)

            def step(f: Frame) -> None:
                f[conforms] = 1 if meter.take(f[index], f[amount], f[NOW]) else 0

    return step


def _reduction_step(operation: ReduceContribute, scope: Scope) -> Step:
    state = scope.state(operation.state, ReductionState)
    o = operation
    contribution = scope.slots.tuple_of((o.slot, o.epoch, o.round, o.tag, o.member, o.members, o.operator, o.value))
    verdict, total, zero = (
        scope.slots.of(operation.verdict),
        scope.slots.of(operation.total),
        filled(operation.total.type),
    )

    def step(f: Frame) -> None:
        said, found = state.contribute(*contribution(f))
        f[verdict], f[total] = int(said), zero if found is None else found

    return step
