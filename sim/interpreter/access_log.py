"""The order in which packets touched state: what a conflict graph is made of."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

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
    TableGet,
)
from compiler.ir.fields import operands, results
from compiler.ir.leaf_values import Leaf, packed_number
from compiler.ir.operations import Operation
from compiler.ir.program import Program
from compiler.ir.states import Index, Lease, Map
from compiler.ir.types import Bits
from compiler.ir.values import Constant, Operand
from compiler.meaning.hashing import share_of
from sim.interpreter.observe import Arrival, Event, Execution

Key: TypeAlias = tuple[Leaf, ...]


class AccessKind(Enum):
    READ = "read"  # changes nothing, not even a last use
    REFRESH = "refresh"  # a hit that counts as a use: it moves the time of the last use, and nothing else
    WRITE = "write"  # changes the entry, or may have done so
    ADD = "add"  # a counter's: the order among additions makes no difference


class Access(NamedTuple):
    """One access of one state.

    `key`: of maps, indexes and tables the key, of leases the id, of all others the cell or slot; empty
    for the hand of a lease's share, which decides what id is opened next. `share`: the share that owns
    what is accessed, for maps, indexes and leases that have shares; else 0.
    """

    packet: int  # packets are numbered from 0 in order of arrival
    state: str
    share: int
    key: Key
    kind: AccessKind


class AccessLog:
    """An observer that keeps every access of every packet to the state of `program`, in order."""

    def __init__(self, program: Program) -> None:
        self.accesses: list[Access] = []
        self._packet = -1
        self._shares = program.shares
        self._declared = {state.name: state for state in program.states}

    def __call__(self, event: Event) -> None:
        match event:
            case Arrival():
                self._packet += 1
            case Execution(operation=operation):
                for state, key, kind in _accesses(operation, _reader(event)):
                    self._note(state, self._share(state, key), key, kind)
                if isinstance(operation, LeaseOpen | IndexOpen):
                    self._note_opening(operation, _reader(event))
            case _:
                pass

    def _note(self, state: str, share: int, key: Key, kind: AccessKind) -> None:
        self.accesses.append(Access(self._packet, state, share, key, kind))

    def _note_opening(self, operation: LeaseOpen | IndexOpen, read: _Read) -> None:
        """The hand of the share, and the id that was opened, where the operation looked for one."""
        match operation:
            case LeaseOpen(state=lease, share=operand):
                share, opened = int(read(operand)), read(operation.done)
            case IndexOpen(state=state, lease=lease, key=key, opened=is_new):
                if read(operation.done) and not read(is_new):
                    return
                share, opened = self._share(state, tuple(map(read, key))), read(is_new)
        declared = self._declared[lease]
        if not (isinstance(declared, Lease) and declared.sharded):
            share = 0
        self._note(lease, share, (), AccessKind.WRITE)
        if opened:
            self._note(lease, share, (read(operation.id),), AccessKind.WRITE)

    def _share(self, state: str, key: Key) -> int:
        match self._declared[state]:
            case Map(share_key=positions, key=types) | Index(share_key=positions, key=types) if positions:
                parts = [packed_number(key[position], types[position]) for position in positions]
                return share_of(parts, shares=self._shares)
            case Lease(sharded=True, id_width=width):
                return share_of([packed_number(key[0], Bits(width))], shares=self._shares)
            case _:
                return 0


_Read: TypeAlias = Callable[[Operand], Any]


def _reader(event: Execution) -> _Read:
    """What each operand and result of an execution was."""
    found = {
        **dict(zip(operands(event.operation), event.operands, strict=True)),
        **dict(zip(results(event.operation), event.results, strict=True)),
    }
    return lambda operand: operand.value if isinstance(operand, Constant) else found[operand]


def _accesses(operation: Operation, read: _Read) -> list[tuple[str, Key, AccessKind]]:
    """All accesses but those of opening an id."""
    match operation:
        case ArrayRead(state=state, index=index):
            return [(state, (read(index),), AccessKind.READ)]
        case ArrayWrite(state=state, index=index) | ArrayUpdate(state=state, index=index):
            return [(state, (read(index),), AccessKind.WRITE)]
        case MeterTake(state=state, index=index) | ReduceContribute(state=state, slot=index):
            return [(state, (read(index),), AccessKind.WRITE)]
        case CounterAdd(state=state, index=index):
            return [(state, (read(index),), AccessKind.ADD)]
        case TableGet(state=state, key=key):
            return [(state, tuple(map(read, key)), AccessKind.READ)]
        case MapFind(state=state, key=key, present=present, refresh=refresh):
            return [(state, tuple(map(read, key)), _use(read(present), refresh))]
        case MapPut(state=state, key=key, done=done):
            return [(state, tuple(map(read, key)), AccessKind.WRITE if read(done) else AccessKind.READ)]
        case MapRemove(state=state, key=key):
            return [(state, tuple(map(read, key)), AccessKind.WRITE)]
        case LeaseGet(state=state, id=id_, live=live, refresh=refresh):
            return [(state, (read(id_),), _use(read(live), refresh))]
        case LeaseClose(state=state, id=id_):
            return [(state, (read(id_),), AccessKind.WRITE)]
        case IndexFind(state=state, lease=lease, key=key, present=present, id=id_, refresh=refresh):
            looked_up = (state, tuple(map(read, key)), AccessKind.READ)
            return [looked_up, (lease, (read(id_),), _use(1, refresh))] if read(present) else [looked_up]
        case IndexOpen(state=state, lease=lease, key=key, done=done, opened=opened, id=id_):
            full_key = tuple(map(read, key))
            if read(done) and not read(opened):
                return [(state, full_key, AccessKind.READ), (lease, (read(id_),), AccessKind.REFRESH)]
            return [(state, full_key, AccessKind.WRITE)]
        case _:
            return []


def _use(hit: int, refresh: bool) -> AccessKind:
    return AccessKind.REFRESH if hit and refresh else AccessKind.READ
