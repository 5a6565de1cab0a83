"""The state of a native datapath, read out of its block and written into it.

What stands in the block is what `sim.state` holds, to the slot: a state can go from one engine to the other and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from backends.c.emissions import GROUP_PORTS
from backends.c.layout import Block, Placed, Struct
from backends.leaf_names import leaf_names
from compiler.ir.leaf_values import Leaf, filled, packed_number
from compiler.ir.program import Program
from compiler.ir.states import (
    Array,
    Counter,
    Index,
    Lease,
    Map,
    MatchKind,
    Meter,
    Reduction,
    State,
    Table,
    TableArray,
)
from compiler.ir.types import Type, bit_width
from compiler.meaning.hashing import crc32, pack
from compiler.meaning.sets import NO_SLOT
from compiler.meaning.token_bucket import bucket_constants
from sim.native.errors import GroupRoomError
from sim.native.memory import BlockMemory, Memory, Slots
from sim.state import RunState, TableArrayState, TableState
from sim.state.entries import Exact, Pattern, Prefix, Range, TableEntry, Ternary

_ALL: Final = (1 << 32) - 1


class StateBlock:
    """A block's memory, laid out as `layout` says, and the states of `program` in it."""

    def __init__(self, program: Program, layout: Block, memory: Memory) -> None:
        self._program, self._layout, self._memory = program, layout, BlockMemory(memory)

    def _place(self, state: str, role: str) -> Placed:
        return self._layout.place(state, role)

    # --- states

    def read(self, states: Mapping[str, RunState]) -> None:
        """Make `states`, those of the program, what the block holds. Tables are not read: packets do not write them."""
        for declared in self._program.states:
            snapshot = self._snapshot(declared)
            if snapshot is not None:
                states[declared.name].restore(snapshot)

    def write(self, states: Mapping[str, RunState]) -> None:
        """Put `states` into a block that is as it was before the first packet; tables are installed by others."""
        # Leases first: entries of indexes are noted in them.
        for declared in sorted(self._program.states, key=lambda declared: not isinstance(declared, Lease)):
            self._restore(declared, states[declared.name].snapshot())

    def _snapshot(self, declared: State) -> dict[str, object] | None:
        match declared:
            case Array():
                return self._read_array(declared)
            case Map():
                return self._read_map(declared)
            case Lease():
                return self._read_lease(declared)
            case Index():
                return self._read_index(declared)
            case Counter():
                return self._read_counter(declared)
            case Meter():
                return self._read_meter(declared)
            case Reduction():
                return self._read_reduction(declared)
            case Table() | TableArray():
                return None

    def _restore(self, declared: State, snapshot: dict[str, Any]) -> None:
        match declared:
            case Array():
                cells = self._place(declared.name, "cells")
                for index, cell in snapshot["cells"]:
                    self._memory.put(cells, index, None, _leaf(cell))
            case Map():
                self._write_map(declared, snapshot)
            case Lease():
                self._write_lease(declared, snapshot)
            case Index():
                self._write_index(declared, snapshot)
            case Counter():
                cells = self._place(declared.name, "cells")
                for index, packets, octets in snapshot["cells"]:
                    self._memory.put(cells, index, "packets", _number(packets))
                    self._memory.put(cells, index, "bytes", _number(octets))
            case Meter():
                buckets = self._place(declared.name, "buckets")
                for index, credit, last in snapshot["buckets"]:
                    self._memory.put(buckets, index, "credit", _number(credit))
                    self._memory.put(buckets, index, "last", _number(last))
            case Reduction():
                banks = self._place(declared.name, "banks")
                for bank, *numbers, total in snapshot["banks"]:
                    for name, value in zip(("epoch", "round", "tag", "op", "seen"), numbers, strict=True):
                        self._memory.put(banks, bank, name, _number(value))
                    self._memory.put(banks, bank, "total", _leaf(total))
            case Table() | TableArray():
                pass

    # --- arrays, counters, meters, reductions

    def _read_array(self, declared: Array) -> dict[str, object]:
        place = self._place(declared.name, "cells")
        changed = self._memory.unlike(place, filled(declared.type, declared.initial), declared.type)
        cells = self._memory.values(place, changed, None, declared.type)
        return {"cells": [[index, cell] for index, cell in zip(changed.tolist(), cells, strict=True)]}

    def _read_counter(self, declared: Counter) -> dict[str, object]:
        place = self._place(declared.name, "cells")
        packets, octets = self._memory.column(place, "packets")[:, 0], self._memory.column(place, "bytes")[:, 0]
        used = np.flatnonzero((packets != 0) | (octets != 0)).tolist()
        return {"cells": [[i, int(packets[i]), int(octets[i])] for i in used]}

    def _read_meter(self, declared: Meter) -> dict[str, object]:
        place = self._place(declared.name, "buckets")
        full = bucket_constants(rate=declared.rate, burst=declared.burst).full
        all_cells = np.arange(declared.cells)
        credits, lasts = (self._memory.numbers(place, all_cells, name) for name in ("credit", "last"))
        rows = zip(range(declared.cells), credits, lasts, strict=True)
        return {"buckets": [[cell, credit, last] for cell, credit, last in rows if (credit, last) != (full, 0)]}

    def _read_reduction(self, declared: Reduction) -> dict[str, object]:
        place = self._place(declared.name, "banks")
        used = np.flatnonzero(self._memory.column(place, "seen")[:, 0])
        names = ("epoch", "round", "tag", "op", "seen")
        columns = [self._memory.numbers(place, used, name) for name in names]
        totals = self._memory.values(place, used, "total", declared.type)
        return {"banks": [list(row) for row in zip(used.tolist(), *columns, totals, strict=True)]}

    # --- maps

    def _names(self, role: str, declared: State, types: Sequence[Type]) -> list[str]:
        return leaf_names(role, declared, self._program, len(types))

    def _rows(self, place: Placed, slots: Slots, names: Sequence[str], types: Sequence[Type]) -> list[list[object]]:
        """The leaves of some structs."""
        columns = [self._memory.values(place, slots, name, of) for name, of in zip(names, types, strict=True)]
        return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in slots]

    def _used_slots(self, declared: Map | Index) -> Slots:
        sets = self._place(declared.name, "sets")
        return np.flatnonzero(self._memory.column(sets, "tag", declared.ways).reshape(-1))

    def _read_map(self, declared: Map) -> dict[str, object]:
        sets, entries = self._place(declared.name, "sets"), self._place(declared.name, "entries")
        slots = self._used_slots(declared)
        keys = self._rows(entries, slots, self._names("key", declared, declared.key), declared.key)
        values = self._rows(entries, slots, self._names("values", declared, declared.values), declared.values)
        lasts = [0] * len(slots)
        if declared.idle_ticks is not None:
            lasts = self._memory.column(sets, "last", declared.ways)[np.divmod(slots, declared.ways)].tolist()
        rows = [list(row) for row in zip(slots.tolist(), keys, values, lasts, strict=True)]
        return {"entries": rows, "failed_inserts": self._memory.number(self._place(declared.name, "failed"), 0)}

    def _put_tag(self, declared: Map | Index, slot: int, key: Sequence[Leaf]) -> None:
        numbers = [packed_number(leaf, of) for leaf, of in zip(key, declared.key, strict=True)]
        crc = crc32(pack(numbers, [bit_width(of) for of in declared.key]))
        self._memory.column(self._place(declared.name, "sets"), "tag", declared.ways)[divmod(slot, declared.ways)] = (
            crc & 0xFFFF or 1
        )

    def _put_leaves(self, place: Placed, index: int, names: Sequence[str], leaves: Sequence[Leaf]) -> None:
        for name, leaf in zip(names, leaves, strict=True):
            self._memory.put(place, index, name, leaf)

    def _write_map(self, declared: Map, snapshot: dict[str, Any]) -> None:
        sets, entries = self._place(declared.name, "sets"), self._place(declared.name, "entries")
        keys, values = self._names("key", declared, declared.key), self._names("values", declared, declared.values)
        for slot, key, stored, last in snapshot["entries"]:
            leaves = list(map(_leaf, key))
            self._put_tag(declared, slot, leaves)
            self._put_leaves(entries, slot, keys, leaves)
            self._put_leaves(entries, slot, values, list(map(_leaf, stored)))
            if declared.idle_ticks is not None:
                self._memory.column(sets, "last", declared.ways)[divmod(slot, declared.ways)] = last
        self._memory.put(self._place(declared.name, "failed"), 0, None, _number(snapshot["failed_inserts"]))

    # --- leases and indexes

    def _read_lease(self, declared: Lease) -> dict[str, object]:
        place, memory = self._place(declared.name, "entries"), self._memory
        names = self._names("values", declared, declared.values)
        generation, is_open = memory.column(place, "generation")[:, 0], memory.column(place, "is_open")[:, 0]
        slots = np.flatnonzero((generation != 0) | (is_open != 0))
        lasts = [0] * len(slots) if declared.idle_ticks is None else memory.numbers(place, slots, "last")
        values = [
            row if is_used else None
            for row, is_used in zip(self._rows(place, slots, names, declared.values), is_open[slots], strict=True)
        ]
        ids, generations = (slots + declared.first).tolist(), generation[slots].tolist()
        hands = self._place(declared.name, "hands")
        return {
            "leases": [list(row) for row in zip(ids, generations, lasts, values, strict=True)],
            "hands": [memory.number(hands, share) for share in range(hands.region.count)],
            "failed_inserts": memory.number(self._place(declared.name, "failed"), 0),
        }

    def _write_lease(self, declared: Lease, snapshot: dict[str, Any]) -> None:
        place, hands = self._place(declared.name, "entries"), self._place(declared.name, "hands")
        names = self._names("values", declared, declared.values)
        for id_, generation, last, values in snapshot["leases"]:
            at = id_ - declared.first
            self._memory.put(place, at, "generation", generation)
            if _has_member(place, "slot"):
                self._memory.put(place, at, "slot", NO_SLOT)
            if declared.idle_ticks is not None:
                self._memory.put(place, at, "last", last)
            if values is not None:
                self._put_leaves(place, at, names, list(map(_leaf, values)))
                self._memory.put(place, at, "is_open", 1)
        for share, hand in enumerate(snapshot["hands"]):
            self._memory.put(hands, share, None, hand)
        self._memory.put(self._place(declared.name, "failed"), 0, None, _number(snapshot["failed_inserts"]))

    def _read_index(self, declared: Index) -> dict[str, object]:
        entries, names = self._place(declared.name, "entries"), self._names("key", declared, declared.key)
        slots = self._used_slots(declared)
        keys = self._rows(entries, slots, names, declared.key)
        ids, generations = (self._memory.numbers(entries, slots, name) for name in ("id", "generation"))
        rows = [list(row) for row in zip(slots.tolist(), keys, ids, generations, strict=True)]
        return {"entries": rows, "failed_inserts": self._memory.number(self._place(declared.name, "failed"), 0)}

    def _write_index(self, declared: Index, snapshot: dict[str, Any]) -> None:
        entries, keys = self._place(declared.name, "entries"), self._names("key", declared, declared.key)
        for slot, key, id_, generation in snapshot["entries"]:
            leaves = list(map(_leaf, key))
            self._put_tag(declared, slot, leaves)
            self._put_leaves(entries, slot, keys, leaves)
            self._memory.put(entries, slot, "id", id_)
            self._memory.put(entries, slot, "generation", generation)
            self._tell_lease(declared, slot, id_, generation)
        self._memory.put(self._place(declared.name, "failed"), 0, None, _number(snapshot["failed_inserts"]))

    def _tell_lease(self, declared: Index, slot: int, id_: int, generation: int) -> None:
        """Note an entry in its set and in its lease, where a look-up reads it there."""
        sets, leases = self._place(declared.name, "sets"), self._place(declared.lease, "entries")
        if not (_has_member(sets, "id") and _has_member(leases, "slot")):
            return
        self._memory.column(sets, "id", declared.ways)[divmod(slot, declared.ways)] = id_
        lease = self._program.state(declared.lease)
        assert isinstance(lease, Lease), "an index points to a lease"
        at = id_ - lease.first
        if self._memory.number(leases, at, "generation") == generation:
            self._memory.put(leases, at, "slot", slot)

    # --- what the control plane fills

    def write_table(self, state: TableState) -> int:
        """Put the entries into the copy that is not active, those that win first; how many there are."""
        declared = state.declaration
        place = self._place(declared.name, "entries")
        first = (1 - self._memory.number(self._place(declared.name, "active"), 0)) * max(1, declared.size)
        keys, values = self._names("key", declared, declared.key), self._names("values", declared, declared.values)
        ordered = sorted(state.entries, key=_precedence)
        for at, entry in enumerate(ordered, start=first):
            for name, pattern, of in zip(keys, entry.key, declared.key, strict=True):
                self._put_pattern(place, at, name, pattern, of)
                if isinstance(pattern, Prefix) and not _has_order(declared):
                    self._memory.put(place, at, "length", pattern.length)
            self._put_leaves(place, at, values, entry.values)
        return len(ordered)

    def _put_pattern(self, place: Placed, at: int, name: str, pattern: Pattern, of: Type) -> None:
        match pattern:
            case Exact(value=value):
                self._memory.put(place, at, name, value)
            case Prefix(value=value, length=length):
                width = bit_width(of)
                self._memory.put(place, at, name, value)
                self._memory.put(place, at, f"{name}_mask", ((1 << length) - 1) << (width - length))
            case Ternary(value=value, mask=mask):
                self._memory.put(place, at, name, value)
                self._memory.put(place, at, f"{name}_mask", mask)
            case Range(low=low, high=high):
                self._memory.put(place, at, name, low)
                self._memory.put(place, at, f"{name}_high", high)

    def write_table_array(self, state: TableArrayState) -> None:
        """Put the cells into the copy that is not active."""
        declared = state.declaration
        first = (1 - self._memory.number(self._place(declared.name, "active"), 0)) * declared.cells
        for at, cell in enumerate(state.cells, start=first):
            self._memory.put(self._place(declared.name, "cells"), at, None, cell)

    def write_tunables(self, tunables: Mapping[str, int]) -> None:
        for number, tunable in enumerate(self._program.tunables):
            if tunable.name in tunables:
                place = self._place("", "tunables")
                assert isinstance(place.region.of, Struct), "tunables are members"
                self._memory.put(place, 0, place.region.of.members[number].name, tunables[tunable.name])

    def write_groups(self, groups: Mapping[int, Sequence[int]]) -> None:
        """Multicast groups; none are there in a program that multicasts nothing. Raises `GroupRoomError`."""
        if not self._layout.has("", "group_starts"):
            return
        total = sum(map(len, groups.values()))
        if total > GROUP_PORTS:
            raise GroupRoomError(total, room=GROUP_PORTS)
        starts = self._memory.column(self._place("", "group_starts"), None)[:, 0]
        ports = self._memory.column(self._place("", "group_ports"), None)[:, 0]
        at = 0
        for group in range(65536):
            starts[group] = at
            members = groups.get(group, ())
            ports[at : at + len(members)] = members
            at += len(members)
        starts[65536] = at


def _has_member(place: Placed, name: str) -> bool:
    of = place.region.of
    return isinstance(of, Struct) and any(member.name == name for member in of.members)


def _has_order(declared: Table) -> bool:
    return any(kind in (MatchKind.TERNARY, MatchKind.RANGE) for kind in declared.match)


def _precedence(entry: TableEntry) -> tuple[int, int]:
    """Sorts the entry that wins first: the longest prefix, then the highest priority, then the one added first."""
    return -sum(pattern.length for pattern in entry.key if isinstance(pattern, Prefix)), -entry.priority


def _number(found: int | str) -> int:
    return int(found, 16) if isinstance(found, str) else found


def _leaf(found: Any) -> Leaf:  # noqa: ANN401
    return tuple(_number(lane) for lane in found) if isinstance(found, list) else _number(found)
