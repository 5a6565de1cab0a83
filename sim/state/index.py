"""Indexes: set-associative maps from keys to leases, without a clock of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.ir.leaf_values import Leaf, packed_number
from compiler.ir.states import Index
from compiler.ir.types import bit_width
from compiler.meaning.hashing import DEFAULT_SALT, share_of
from compiler.meaning.sets import set_of_key
from sim.state.errors import StateError
from sim.state.lease import LeaseState
from sim.state.snapshot_fields import (
    UINT32,
    UINT64,
    read_fields,
    read_leaves,
    read_number,
    read_rows,
    write_leaves,
    write_number,
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A way that points to a lease, as it was at `generation`."""

    key: tuple[Leaf, ...]
    id: int
    generation: int
    slot: int


class IndexState:
    """An entry is live while its lease is and has the entry's generation; dead entries are free ways.

    A key stands in one way at most: only `open` writes, and it takes the key's own dead way first.
    """

    def __init__(self, declaration: Index, lease: LeaseState, *, shares: int = 1, salt: int = DEFAULT_SALT) -> None:
        self.declaration = declaration
        self.lease = lease
        self.failed_inserts = 0  # for want of a way; for want of an id the lease counts
        self._shares = shares
        self._salt = salt
        self._widths = tuple(bit_width(part) for part in declaration.key)
        self._slots: dict[int, _Entry] = {}
        self._by_key: dict[tuple[Leaf, ...], _Entry] = {}

    def find(self, key: tuple[Leaf, ...], tick: int, refresh: bool) -> tuple[int, tuple[Leaf, ...]] | None:
        """Return (id, values) of the live lease that the key points to. `refresh`: a hit is a use of the lease."""
        entry = self._by_key.get(key)
        if entry is None or self.lease.generation(entry.id) != entry.generation:
            return None
        values = self.lease.get(entry.id, tick, refresh)
        return None if values is None else (entry.id, values)

    def open(
        self, key: tuple[Leaf, ...], values: tuple[Leaf, ...], tick: int
    ) -> tuple[int, bool, tuple[Leaf, ...]] | None:
        """Return (id, opened, values) of the key's live lease, refreshed, or of a new one that holds `values`.

        None where the set has no way (nothing changes) or the lease no id (its hand has moved).
        """
        found = self.find(key, tick, True)
        if found is not None:
            return found[0], False, found[1]
        slot = self._free_slot(key, tick)
        if slot is None:
            self.failed_inserts += 1
            return None
        id_ = self.lease.open(values, self._share_of(key), tick)
        if id_ < 0:
            return None
        dead = self._slots.get(slot)
        if dead is not None:
            del self._by_key[dead.key]
        self._link(_Entry(key, id_, self.lease.generation(id_), slot))
        return id_, True, values

    def entries(self, tick: int) -> Iterator[tuple[tuple[Leaf, ...], int, tuple[Leaf, ...], int]]:
        """The live entries as (key, id, values of the lease, slot), by slot."""
        for slot in sorted(self._slots):
            key = self._slots[slot].key
            found = self.find(key, tick, False)
            if found is not None:
                yield key, found[0], found[1], slot

    def snapshot(self) -> dict[str, object]:
        """The exact layout, dead entries included: [slot, key, id, generation]."""
        entries = [
            [slot, write_leaves(entry.key), entry.id, entry.generation] for slot, entry in sorted(self._slots.items())
        ]
        return {"entries": entries, "failed_inserts": write_number(self.failed_inserts)}

    def restore(self, found: object) -> None:
        """Take over a snapshot, or raise `StateError` and change nothing. The lease has a snapshot of its own."""
        name = self.declaration.name
        rows, failed = read_fields(found, "entries", "failed_inserts", place=name)
        failed_inserts = read_number(failed, most=UINT64, place=f"{name}.failed_inserts")
        rows = read_rows(rows, columns=4, place=f"{name}.entries")
        entries = [self._read_entry(row, f"{name}.entries[{i}]") for i, row in enumerate(rows)]
        seen: set[tuple[Leaf, ...]] = set()
        for i, entry in enumerate(entries):
            if entry.key in seen:
                raise StateError(f"{name}.entries[{i}][1]", "the key stands in another way already")
            seen.add(entry.key)
        self._slots.clear()
        self._by_key.clear()
        for entry in entries:
            self._link(entry)
        self.failed_inserts = failed_inserts

    def _read_entry(self, row: list[object], place: str) -> _Entry:
        declaration, lease = self.declaration, self.lease.declaration
        slot = read_number(row[0], most=declaration.sets * declaration.ways - 1, place=f"{place}[0]")
        key = read_leaves(row[1], declaration.key, place=f"{place}[1]")
        id_ = read_number(row[2], least=lease.first, most=lease.last, place=f"{place}[2]")
        generation = read_number(row[3], most=UINT32, place=f"{place}[3]")
        ways = self._ways_of(key)
        if slot not in ways:
            raise StateError(f"{place}[0]", f"slot {slot} is not one of this key's: {ways[0]}..{ways[-1]}")
        return _Entry(key, id_, generation, slot)

    def _free_slot(self, key: tuple[Leaf, ...], tick: int) -> int | None:
        """For a key without a live entry: its own dead way, else the lowest free or dead one."""
        own = self._by_key.get(key)
        if own is not None:
            return own.slot
        for slot in self._ways_of(key):
            entry = self._slots.get(slot)
            if entry is None or self.find(entry.key, tick, False) is None:
                return slot
        return None

    def _link(self, entry: _Entry) -> None:
        self._slots[entry.slot] = entry
        self._by_key[entry.key] = entry

    def _numbers(self, key: tuple[Leaf, ...]) -> list[int]:
        return [packed_number(leaf, type_) for leaf, type_ in zip(key, self.declaration.key, strict=True)]

    def _share_of(self, key: tuple[Leaf, ...]) -> int:
        if not self.declaration.share_key:
            return 0
        numbers = self._numbers(key)
        return share_of((numbers[position] for position in self.declaration.share_key), shares=self._shares)

    def _ways_of(self, key: tuple[Leaf, ...]) -> range:
        declaration = self.declaration
        set_ = set_of_key(
            self._numbers(key),
            self._widths,
            sets=declaration.sets,
            shares=self._shares,
            share_key=declaration.share_key,
            salt=self._salt,
        )
        return range(set_ * declaration.ways, (set_ + 1) * declaration.ways)
