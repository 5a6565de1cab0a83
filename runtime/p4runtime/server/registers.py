"""Registers, as controllers read and write them. Specification, section 9.7. bmv2 has neither.

A register keeps the difference (XOR) of each lane from the array's initial value, as on the switch.
"""

from __future__ import annotations

from collections.abc import Iterator

from finsy.proto import p4d, p4r

from backends.p4.manifest import Manifest
from backends.p4.p4info import COUNTER_WIDTH
from compiler.ir.leaf_values import Leaf
from runtime.p4runtime.device_state import UpdateKind
from runtime.p4runtime.server.byte_strings import canonical_bytes, number_of
from runtime.p4runtime.server.catalogue import P4Register
from runtime.p4runtime.server.engine import Engine
from runtime.p4runtime.server.refusals import Code, Refusal, invalid


class Counters:
    """The registers of one cell that count packets and digests, by their IDs."""

    def __init__(self, manifest: Manifest) -> None:
        self._packets = manifest.packets_seen.id
        self._digests = None if manifest.digests_sent is None else manifest.digests_sent.id
        self.values = {id_: 0 for id_ in (self._packets, self._digests) if id_ is not None}

    def count_packet(self) -> None:
        self._next(self._packets)

    def next_digest(self) -> int:
        """The sequence number of a digest."""
        assert self._digests is not None, "a program with digests counts them"
        return self._next(self._digests)

    def _next(self, id_: int) -> int:
        number = self.values[id_]
        self.values[id_] = (number + 1) & ((1 << COUNTER_WIDTH) - 1)
        return number


def read_register(
    register: P4Register, engine: Engine, counters: Counters, wanted: p4r.RegisterEntry
) -> Iterator[p4r.RegisterEntry]:
    """The cell of this index, or all cells where none is given. What is read is of this moment."""
    indexes = range(register.cells) if not wanted.HasField("index") else [_checked_index(register, wanted.index.index)]
    cells = _lanes(register, engine, counters)
    values = [cells[index] for index in indexes]
    return (_entry(register, index, value) for index, value in zip(indexes, values, strict=True))


def write_register(
    register: P4Register, engine: Engine, counters: Counters, kind: UpdateKind, found: p4r.RegisterEntry
) -> None:
    """Set one cell, or all of them where no index is given."""
    if kind != UpdateKind.MODIFY:
        raise invalid("cells of registers can be modified, neither inserted nor deleted")
    if found.data.WhichOneof("data") != "bitstring":
        raise invalid(f"register `{register.register.name}` holds bit strings of {register.width} bits")
    what = f"register `{register.register.name}`"
    value = number_of(found.data.bitstring, width=register.width, what=what)
    indexes = range(register.cells) if not found.HasField("index") else [_checked_index(register, found.index.index)]
    if register.array is None or register.word is None:
        counters.values[register.register.id] = value
        return
    _check_array(register, engine)
    cells, low, mask = engine.writable_array(register.array.name), register.word.low, (1 << register.width) - 1
    bits = (value ^ (register.array.initial >> low & mask)) << low
    for index in indexes:
        _set_lane(cells, index, lanes=register.array.lanes, kept=~(mask << low), value=bits)


def _set_lane(cells: list[Leaf], index: int, *, lanes: int, kept: int, value: int) -> None:
    """Put `value` into the bits of a lane that are not `kept`."""
    place, lane = divmod(index, lanes)
    cell = cells[place]
    if isinstance(cell, tuple):
        cells[place] = (*cell[:lane], cell[lane] & kept | value, *cell[lane + 1 :])
    else:
        cells[place] = cell & kept | value


def _checked_index(register: P4Register, index: int) -> int:
    if index < 0:
        raise invalid(f"index {index} is negative")
    if index >= register.cells:
        what = f"register `{register.register.name}`"
        raise Refusal(Code.OUT_OF_RANGE, f"{what} has {register.cells} cells; there is none at {index}")
    return index


def _check_array(register: P4Register, engine: Engine) -> None:
    if register.array is not None and not engine.has_array(register.array.name):
        what = f"register `{register.register.name}`"
        raise Refusal(Code.UNIMPLEMENTED, f"{what} stands for nothing that the interpreter keeps")


def _lanes(register: P4Register, engine: Engine, counters: Counters) -> list[int]:
    """What the register's cells hold."""
    if register.array is None or register.word is None:
        return [counters.values[register.register.id]]
    _check_array(register, engine)
    cells, low, mask = engine.array(register.array.name), register.word.low, (1 << register.width) - 1
    initial = register.array.initial
    lanes = [lane for cell in cells for lane in (cell if isinstance(cell, tuple) else (cell,))]
    return [(lane ^ initial) >> low & mask for lane in lanes]


def _entry(register: P4Register, index: int, value: int) -> p4r.RegisterEntry:
    return p4r.RegisterEntry(
        register_id=register.register.id,
        index=p4r.Index(index=index),
        data=p4d.P4Data(bitstring=canonical_bytes(value)),
    )
