"""State operations: each reads or writes one state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from compiler.ir.placed import Placed
from compiler.ir.pure import BinaryOperator
from compiler.ir.values import Operand, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayRead(Placed):
    """Cell `index` of an array; the checker has shown that the index is in range."""

    state: str
    result: Value
    index: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayWrite(Placed):
    state: str
    index: Operand
    value: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayUpdate(Placed):
    """One atomic read-modify-write: cell = cell `operator` amount. `result` is the new value of the cell.

    Whether anything uses `result` decides if the state is mergeable.
    """

    state: str
    result: Value
    index: Operand
    operator: BinaryOperator
    amount: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class TableGet(Placed):
    """Look a key up in a control-plane table. On a miss (`hit` 0) the values are the
    default's, or zero."""

    state: str
    key: tuple[Operand, ...]
    hit: Value
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFind(Placed):
    """Find the entry of `key` in a map or set. Values are zero when it is absent.

    `slot` (Bits(32)) names the matching way, else the lowest free or expired way of the key's set
    when `room` is 1, else all ones. `refresh`: a hit counts as a use (last use = now).
    """

    state: str
    key: tuple[Operand, ...]
    present: Value
    room: Value
    slot: Value
    values: tuple[Value, ...]
    refresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPut(Placed):
    """Store `values` under `key` in the slot that a `MapFind` of the same key gave; counts as a use.

    `done` is 0, and nothing happens, when the slot is all ones. A present entry is written only where
    a value differs (writing the value already there is a read).
    """

    state: str
    slot: Operand
    key: tuple[Operand, ...]
    values: tuple[Operand, ...]
    done: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRemove(Placed):
    """Free the slot if it holds `key`; nothing happens otherwise."""

    state: str
    slot: Operand
    key: tuple[Operand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseOpen(Placed):
    """Take a free or expired id of `share`, store `values` with it; `done` 0 where none was found in bounded steps."""

    state: str
    share: Operand
    values: tuple[Operand, ...]
    done: Value
    id: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseGet(Placed):
    """The values of lease `id` if it is live (else zeros). `refresh`: a hit counts as a use."""

    state: str
    id: Operand
    live: Value
    values: tuple[Value, ...]
    refresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseClose(Placed):
    """Free lease `id` at once, expired or not; nothing happens where it is closed already or out of range."""

    state: str
    id: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFind(Placed):
    """The live lease that `key` points to. `refresh`: a hit counts as a use of the lease."""

    state: str
    lease: str
    key: tuple[Operand, ...]
    present: Value
    id: Value
    values: tuple[Value, ...]  # of the lease
    refresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexOpen(Placed):
    """Find the live lease of `key`, else open one with `lease_values` and point the key to it.

    `done` 0, and nothing is opened or stored, when the key's set has no room or the lease no id.
    `opened` 1 where the lease is new. `values` are the lease's, found or new. A hit counts as a use.
    """

    state: str
    lease: str
    key: tuple[Operand, ...]
    lease_values: tuple[Operand, ...]
    done: Value
    opened: Value
    id: Value
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterAdd(Placed):
    """Count one packet and `amount` bytes (Bits(32)) in cell `index`."""

    state: str
    index: Operand
    amount: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterTake(Placed):
    """Take `amount` tokens (Bits(32)) from bucket `index` if it holds that many; `conforms` says whether it did."""

    state: str
    index: Operand
    amount: Operand
    conforms: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ReduceContribute(Placed):
    """One worker's contribution to a slot's round; see `meaning/slot_protocol.py` for the rules.

    `verdict`: 0 pending, 1 complete (this packet completed the round), 2 repeat (the round was complete,
    the worker asked again), 3 stale. `total` is zero unless the verdict is 1 or 2.
    """

    state: str
    slot: Operand  # Bits(32), proven or checked in range: out of range is stale
    epoch: Operand  # Bits(32)
    round: Operand  # Bits(32)
    tag: Operand  # Bits(32)
    member: Operand  # Bits(8): bit number in `members`
    members: Operand  # Bits(64): mask of all members
    operator: Operand  # Bits(2): 0 sum (wrapping), 1 or, 2 max; 3 is stale
    value: Operand
    verdict: Value  # Bits(2)
    total: Value


StateAccess: TypeAlias = (
    ArrayRead
    | ArrayWrite
    | ArrayUpdate
    | TableGet
    | MapFind
    | MapPut
    | MapRemove
    | LeaseOpen
    | LeaseGet
    | LeaseClose
    | IndexFind
    | IndexOpen
    | CounterAdd
    | MeterTake
    | ReduceContribute
)
