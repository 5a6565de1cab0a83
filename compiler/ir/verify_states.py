"""Check one state access against the declaration of its state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn, TypeVar, assert_never

from compiler.ir.invalid import InvalidProgram
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
from compiler.ir.program import Program
from compiler.ir.states import Array, Counter, Index, Lease, Map, Meter, Reduction, Table, TableArray
from compiler.ir.types import BOOL, Bits, Type
from compiler.ir.values import Constant, Operand, Value
from compiler.source import Span

_StateT = TypeVar("_StateT", Array, Map, Lease, Index, Counter, Meter, Reduction)

_SLOT = Bits(32)


def verify_state_access(program: Program, operation: StateAccess) -> None:
    """Raise `InvalidProgram` unless names, arity, types and constant indices fit the declaration."""
    match operation:
        case ArrayRead() | ArrayWrite() | ArrayUpdate():
            _verify_array(program, operation)
        case TableGet():
            _verify_table(program, operation)
        case MapFind() | MapPut() | MapRemove():
            _verify_map(program, operation)
        case LeaseOpen() | LeaseGet() | LeaseClose():
            _verify_lease(program, operation)
        case IndexFind() | IndexOpen():
            _verify_index(program, operation)
        case CounterAdd(index=index, amount=amount):
            _expect_index(index, _declared(program, operation, Counter).cells, operation.span)
            _expect((amount,), (Bits(32),), operation.span)
        case MeterTake(index=index, amount=amount, conforms=conforms):
            _expect_index(index, _declared(program, operation, Meter).cells, operation.span)
            _expect((amount, conforms), (Bits(32), BOOL), operation.span)
        case ReduceContribute():
            _verify_contribution(program, operation)
        case _:
            assert_never(operation)


def _fail(message: str, span: Span) -> NoReturn:
    raise InvalidProgram(message, span)


def _declared(program: Program, operation: StateAccess, kind: type[_StateT], name: str | None = None) -> _StateT:
    name = operation.state if name is None else name
    for state in program.states:
        if state.name == name and isinstance(state, kind):
            return state
    _fail(f"there is no {name} that {type(operation).__name__} could use", operation.span)


def _expect(found: Sequence[Operand | Value], expected: Sequence[Type], span: Span) -> None:
    if len(found) != len(expected):
        _fail(f"{len(found)} values stand where {len(expected)} are due", span)
    for operand, of in zip(found, expected, strict=True):
        if operand.type != of:
            _fail(f"{operand.type} stands where {of} is due", span)


def _expect_index(index: Operand, cells: int, span: Span) -> None:
    if not isinstance(index.type, Bits):
        _fail(f"the index is {index.type}, not a number", span)
    if isinstance(index, Constant) and not (isinstance(index.value, int) and index.value < cells):
        _fail(f"there is no cell {index.value}", span)


def _verify_array(program: Program, operation: ArrayRead | ArrayWrite | ArrayUpdate) -> None:
    array = _declared(program, operation, Array)
    _expect_index(operation.index, array.cells, operation.span)
    match operation:
        case ArrayRead(result=result):
            _expect((result,), (array.type,), operation.span)
        case ArrayWrite(value=value):
            _expect((value,), (array.type,), operation.span)
        case ArrayUpdate(result=result, amount=amount):
            _expect((result, amount), (array.type, array.type), operation.span)


def _verify_table(program: Program, operation: TableGet) -> None:
    for state in program.states:
        if state.name != operation.state:
            continue
        match state:
            case Table(key=key, values=values):
                _expect((*operation.key, operation.hit, *operation.values), (*key, BOOL, *values), operation.span)
                return
            case TableArray(type=of, cells=cells):
                _expect((operation.hit, *operation.values), (BOOL, of), operation.span)
                if len(operation.key) != 1:
                    _fail("an array filled by the control plane takes one index", operation.span)
                _expect_index(operation.key[0], cells, operation.span)
                return
            case _:
                break
    _fail(f"there is no table {operation.state}", operation.span)


def _verify_map(program: Program, operation: MapFind | MapPut | MapRemove) -> None:
    of = _declared(program, operation, Map)
    _expect(operation.key, of.key, operation.span)
    match operation:
        case MapFind(present=present, room=room, slot=slot, values=values):
            _expect((present, room, slot, *values), (BOOL, BOOL, _SLOT, *of.values), operation.span)
        case MapPut(slot=slot, values=values, done=done):
            _expect((slot, *values, done), (_SLOT, *of.values, BOOL), operation.span)
        case MapRemove(slot=slot):
            _expect((slot,), (_SLOT,), operation.span)


def _verify_lease(program: Program, operation: LeaseOpen | LeaseGet | LeaseClose) -> None:
    lease = _declared(program, operation, Lease)
    identifier = Bits(lease.id_width)
    match operation:
        case LeaseOpen(share=share, values=values, done=done, id=id):
            if not isinstance(share.type, Bits):
                _fail(f"the share is {share.type}, not a number", operation.span)
            _expect((*values, done, id), (*lease.values, BOOL, identifier), operation.span)
        case LeaseGet(id=id, live=live, values=values):
            _expect((id, live, *values), (identifier, BOOL, *lease.values), operation.span)
        case LeaseClose(id=id):
            _expect((id,), (identifier,), operation.span)


def _verify_index(program: Program, operation: IndexFind | IndexOpen) -> None:
    index = _declared(program, operation, Index)
    if index.lease != operation.lease:
        _fail(f"{index.name} points to {index.lease}, not to {operation.lease}", operation.span)
    lease = _declared(program, operation, Lease, operation.lease)
    _expect((*operation.key, operation.id), (*index.key, Bits(lease.id_width)), operation.span)
    match operation:
        case IndexFind(present=present, values=values):
            _expect((present, *values), (BOOL, *lease.values), operation.span)
        case IndexOpen(done=done, opened=opened, values=values, lease_values=lease_values):
            _expect((done, opened, *values), (BOOL, BOOL, *lease.values), operation.span)
            _expect(lease_values, lease.values, operation.span)


def _verify_contribution(program: Program, operation: ReduceContribute) -> None:
    of = _declared(program, operation, Reduction).type
    numbers = (operation.slot, operation.epoch, operation.round, operation.tag)
    _expect(numbers, (Bits(32),) * 4, operation.span)
    members = (operation.member, operation.members, operation.operator)
    _expect(members, (Bits(8), Bits(64), Bits(2)), operation.span)
    _expect((operation.value, operation.verdict, operation.total), (of, Bits(2), of), operation.span)
