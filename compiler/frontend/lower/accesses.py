"""Lower accesses to states; the flat results are those that `typed.AccessKind` names."""

from __future__ import annotations

from typing import TypeAlias

from compiler.frontend.access_kinds import AccessKind
from compiler.frontend.lower.context import Context
from compiler.frontend.lower.paths import Operands
from compiler.frontend.lower.value_names import value_names
from compiler.frontend.typed import TAccess
from compiler.frontend.types import flatten
from compiler.ir.operations import (
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
from compiler.ir.states import Index, Map
from compiler.ir.types import BOOL, Type
from compiler.ir.values import FALSE, Value, constant, zero

Lowered: TypeAlias = tuple[StateAccess, Operands]  # the operation, and the flat results of the access

_ANY_SHARE = constant(0, 1)  # until shares are assigned
_ENTRY_SLOT, _ENTRY_KEY = 2, 3  # places in the flat values of an entry: present, room, slot, key, value


def lower_access(context: Context, access: TAccess, name: str) -> Operands:
    """Carry the access out under the guard that holds once its arguments are evaluated."""
    arguments = tuple(context.values(argument) for argument in access.arguments)
    if not context.scope.is_alive:
        return tuple(map(zero, flatten(access.type)))
    operation, results = _Access(context, access, name).lower(arguments)
    context.builder.emit(operation)
    return results


class _Access:
    """One access; the values that it defines are named after the variable that takes them."""

    def __init__(self, context: Context, access: TAccess, name: str) -> None:
        self._context = context
        self._access = access
        self._guard = context.scope.guard
        self._types = flatten(access.type)
        self._names = value_names(access.type, name)

    def lower(self, arguments: tuple[Operands, ...]) -> Lowered:
        match self._access.kind:
            case AccessKind.ARRAY_GET | AccessKind.ARRAY_SET | AccessKind.ARRAY_UPDATE:
                return self._array(*arguments)
            case AccessKind.TABLE_GET | AccessKind.TABLE_CELL:
                return self._table(*arguments)
            case AccessKind.MAP_FIND:
                return self._map_find(*arguments)
            case AccessKind.ENTRY_PUT | AccessKind.ENTRY_REMOVE:
                return self._map_change(*arguments)
            case AccessKind.LEASE_OPEN | AccessKind.LEASE_GET | AccessKind.LEASE_CLOSE:
                return self._lease(*arguments)
            case AccessKind.INDEX_FIND | AccessKind.INDEX_OPEN:
                return self._index(*arguments)
            case AccessKind.COUNTER_ADD | AccessKind.METER_TAKE:
                return self._meter(*arguments)
            case AccessKind.REDUCE:
                return self._reduce(*arguments)

    def _value(self, position: int) -> Value:
        """A new value for one of the flat results."""
        return self._context.builder.value(self._types[position], self._names[position])

    def _values(self, first: int) -> tuple[Value, ...]:
        """New values for the flat results from `first` on."""
        return tuple(map(self._value, range(first, len(self._types))))

    def _unnamed(self, of: Type) -> Value:
        return self._context.builder.value(of)

    def _array(self, index: Operands, value: Operands = ()) -> Lowered:
        state, guard, span = self._access.state, self._guard, self._access.span
        match self._access.kind:
            case AccessKind.ARRAY_GET:
                result = self._value(0)
                return ArrayRead(guard=guard, span=span, state=state, result=result, index=index[0]), (result,)
            case AccessKind.ARRAY_SET:
                return ArrayWrite(guard=guard, span=span, state=state, index=index[0], value=value[0]), ()
            case _:
                assert self._access.operator is not None, "an update has an operator"
                result = self._value(0) if self._types else self._unnamed(value[0].type)
                update = ArrayUpdate(
                    guard=guard,
                    span=span,
                    state=state,
                    result=result,
                    index=index[0],
                    operator=self._access.operator,
                    amount=value[0],
                )
                return update, (result,) if self._types else ()

    def _table(self, key: Operands) -> Lowered:
        shows_hit = self._access.kind is AccessKind.TABLE_GET
        hit = self._value(0) if shows_hit else self._unnamed(BOOL)
        values = self._values(1 if shows_hit else 0)
        get = TableGet(
            guard=self._guard, span=self._access.span, state=self._access.state, key=key, hit=hit, values=values
        )
        return get, (hit, *values) if shows_hit else values

    def _map_find(self, key: Operands) -> Lowered:
        present, room, slot = map(self._value, range(_ENTRY_KEY))
        values = self._values(_ENTRY_KEY + len(key))
        find = MapFind(
            guard=self._guard,
            span=self._access.span,
            state=self._access.state,
            key=key,
            present=present,
            room=room,
            slot=slot,
            values=values,
            refresh=self._access.refresh,
        )
        return find, (present, room, slot, *key, *values)

    def _map_change(self, entry: Operands, values: Operands = ()) -> Lowered:
        state, guard, span = self._access.state, self._guard, self._access.span
        declared = self._context.state(state)
        assert isinstance(declared, Map), "only maps have entries"
        slot, key = entry[_ENTRY_SLOT], entry[_ENTRY_KEY : _ENTRY_KEY + len(declared.key)]
        if self._access.kind is AccessKind.ENTRY_REMOVE:
            return MapRemove(guard=guard, span=span, state=state, slot=slot, key=key), ()
        done = self._value(0) if self._types else self._unnamed(BOOL)
        put = MapPut(guard=guard, span=span, state=state, slot=slot, key=key, values=values, done=done)
        return put, (done,) if self._types else ()

    def _lease(self, argument: Operands) -> Lowered:
        state, guard, span = self._access.state, self._guard, self._access.span
        match self._access.kind:
            case AccessKind.LEASE_OPEN:
                done, id = self._value(0), self._value(1)
                opened = LeaseOpen(
                    guard=guard, span=span, state=state, share=_ANY_SHARE, values=argument, done=done, id=id
                )
                return opened, (done, id, done, *argument)
            case AccessKind.LEASE_GET:
                live, values = self._value(0), self._values(1)
                get = LeaseGet(
                    guard=guard,
                    span=span,
                    state=state,
                    id=argument[0],
                    live=live,
                    values=values,
                    refresh=self._access.refresh,
                )
                return get, (live, *values)
            case _:
                return LeaseClose(guard=guard, span=span, state=state, id=argument[0]), ()

    def _index(self, key: Operands, lease_values: Operands = ()) -> Lowered:
        state, guard, span = self._access.state, self._guard, self._access.span
        declared = self._context.state(state)
        assert isinstance(declared, Index), "only an index finds leases by key"
        found, id = self._value(0), self._value(1)
        if self._access.kind is AccessKind.INDEX_FIND:
            values = self._values(3)
            find = IndexFind(
                guard=guard,
                span=span,
                state=state,
                lease=declared.lease,
                key=key,
                present=found,
                id=id,
                values=values,
                refresh=self._access.refresh,
            )
            return find, (found, id, FALSE, *values)
        opened, values = self._value(2), self._values(3)
        find_or_open = IndexOpen(
            guard=guard,
            span=span,
            state=state,
            lease=declared.lease,
            key=key,
            lease_values=lease_values,
            done=found,
            opened=opened,
            id=id,
            values=values,
        )
        return find_or_open, (found, id, opened, *values)

    def _meter(self, index: Operands, amount: Operands) -> Lowered:
        state, guard, span = self._access.state, self._guard, self._access.span
        if self._access.kind is AccessKind.COUNTER_ADD:
            return CounterAdd(guard=guard, span=span, state=state, index=index[0], amount=amount[0]), ()
        conforms = self._value(0) if self._types else self._unnamed(BOOL)
        take = MeterTake(guard=guard, span=span, state=state, index=index[0], amount=amount[0], conforms=conforms)
        return take, (conforms,) if self._types else ()

    def _reduce(self, *arguments: Operands) -> Lowered:
        slot, epoch, round_, tag, member, members, operator, value = (argument[0] for argument in arguments)
        verdict, total = self._value(0), self._value(1)
        contribute = ReduceContribute(
            guard=self._guard,
            span=self._access.span,
            state=self._access.state,
            slot=slot,
            epoch=epoch,
            round=round_,
            tag=tag,
            member=member,
            members=members,
            operator=operator,
            value=value,
            verdict=verdict,
            total=total,
        )
        return contribute, (verdict, total, total)
