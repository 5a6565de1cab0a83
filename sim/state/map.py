"""Set-associative maps and sets."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir.leaf_values import Leaf, filled, packed_number
from compiler.ir.states import Map
from compiler.ir.types import bit_width
from compiler.meaning.clock import HALF_RANGE, TICK_MASK, is_expired, later
from compiler.meaning.hashing import DEFAULT_SALT
from compiler.meaning.sets import NO_SLOT, set_of_key
from sim.state.errors import StateError
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


class _Entry:
    """A way that holds a key, live or expired."""

    __slots__ = ("key", "last", "slot", "values")

    def __init__(self, key: tuple[Leaf, ...], values: tuple[Leaf, ...], *, last: int, slot: int) -> None:
        self.key = key
        self.values = values
        self.last = last
        self.slot = slot


class MapState:
    """A map of sets x ways slots; slot = set * ways + way.

    Beside the slots stands an index from keys to entries: a hit costs no hash. A key can stand in two ways of
    its set (a `put` by a slot found before another one came free); the index then holds None for it and the
    ways are looked at one by one, since the lowest live one counts.
    """

    def __init__(self, declaration: Map, *, shares: int = 1, salt: int = DEFAULT_SALT) -> None:
        self.declaration = declaration
        self.failed_inserts = 0
        self._shares = shares
        self._salt = salt
        self._idle = declaration.idle_ticks
        self._widths = tuple(bit_width(part) for part in declaration.key)
        self._zeros = tuple(filled(value) for value in declaration.values)
        self._slots: dict[int, _Entry] = {}
        self._by_key: dict[tuple[Leaf, ...], _Entry | None] = {}

    def find(self, key: tuple[Leaf, ...], tick: int, refresh: bool) -> tuple[bool, bool, int, tuple[Leaf, ...]]:
        """Return (present, room, slot, values).

        A hit names the lowest live way that holds the key. A miss names the lowest way that holds it expired,
        else the lowest free or expired way, else `NO_SLOT` (and no room); its values are zeros.
        """
        entry = self._by_key.get(key)
        if entry is not None:
            idle = self._idle
            if idle is None:
                return True, True, entry.slot, entry.values
            elapsed = (tick - entry.last) & TICK_MASK
            if elapsed <= idle or elapsed >= HALF_RANGE:
                if refresh and elapsed < HALF_RANGE:
                    entry.last = tick
                return True, True, entry.slot, entry.values
        return self._search(key, tick, refresh)

    def _search(self, key: tuple[Leaf, ...], tick: int, refresh: bool) -> tuple[bool, bool, int, tuple[Leaf, ...]]:
        """`find` by the definition: way by way."""
        vacant = same = NO_SLOT
        for slot in self._ways_of(key):
            entry = self._slots.get(slot)
            if entry is None or is_expired(tick, entry.last, self._idle):
                vacant = min(vacant, slot)
                if entry is not None and entry.key == key:
                    same = min(same, slot)
            elif entry.key == key:
                if refresh:
                    self._touch(entry, tick)
                return True, True, slot, entry.values
        slot = vacant if same == NO_SLOT else same
        return False, slot != NO_SLOT, slot, self._zeros

    def put(self, slot: int, key: tuple[Leaf, ...], values: tuple[Leaf, ...], tick: int) -> bool:
        """Store `values` under `key` in the slot that `find` gave for it; False, and counted, where that is none.

        Whatever the slot holds by now gives way. A live entry of the key is refreshed (its last use never moves
        backward); anything else is a new entry, last used now.
        """
        if slot >= self.declaration.sets * self.declaration.ways:
            self.failed_inserts += 1
            return False
        entry = self._slots.get(slot)
        if entry is not None and entry.key == key:
            self._touch(
                entry, tick
            )  # an expired one was last used before `tick`: to it, this is the same as a new entry
            entry.values = values
            return True
        if entry is not None:
            self._unlink(entry)
        self._link(_Entry(key, values, last=0 if self._idle is None else tick, slot=slot))
        return True

    def remove(self, slot: int, key: tuple[Leaf, ...]) -> None:
        """Free the slot if it holds `key`."""
        entry = self._slots.get(slot)
        if entry is not None and entry.key == key:
            self._unlink(entry)

    def entries(self, tick: int) -> Iterator[tuple[tuple[Leaf, ...], tuple[Leaf, ...], int, int]]:
        """The live entries as (key, values, last tick, slot), by slot. Last ticks are 0 where nothing expires."""
        for slot in sorted(self._slots):
            entry = self._slots[slot]
            if not is_expired(tick, entry.last, self._idle):
                yield entry.key, entry.values, entry.last, slot

    def snapshot(self) -> dict[str, object]:
        """The exact layout, expired entries included, for they decide which way is taken next."""
        entries = [
            [slot, write_leaves(entry.key), write_leaves(entry.values), entry.last]
            for slot, entry in sorted(self._slots.items())
        ]
        return {"entries": entries, "failed_inserts": write_number(self.failed_inserts)}

    def restore(self, found: object) -> None:
        """Take over a snapshot, or raise `StateError` and change nothing."""
        name = self.declaration.name
        rows, failed = read_fields(found, "entries", "failed_inserts", place=name)
        failed_inserts = read_number(failed, most=UINT64, place=f"{name}.failed_inserts")
        rows = read_rows(rows, columns=4, place=f"{name}.entries")
        entries = [self._read_entry(row, f"{name}.entries[{i}]") for i, row in enumerate(rows)]
        self._slots.clear()
        self._by_key.clear()
        for entry in entries:
            self._link(entry)
        self.failed_inserts = failed_inserts

    def _read_entry(self, row: list[object], place: str) -> _Entry:
        declaration = self.declaration
        slot = read_number(row[0], most=declaration.sets * declaration.ways - 1, place=f"{place}[0]")
        key = read_leaves(row[1], declaration.key, place=f"{place}[1]")
        values = read_leaves(row[2], declaration.values, place=f"{place}[2]")
        last = read_number(row[3], most=0 if self._idle is None else UINT32, place=f"{place}[3]")
        if slot not in self._ways_of(key):
            raise StateError(f"{place}[0]", f"slot {slot} is not one of this key's: {_bounds(self._ways_of(key))}")
        return _Entry(key, values, last=last, slot=slot)

    def _touch(self, entry: _Entry, tick: int) -> None:
        if self._idle is not None:
            entry.last = later(tick, entry.last)

    def _ways_of(self, key: tuple[Leaf, ...]) -> range:
        declaration = self.declaration
        numbers = [packed_number(leaf, type_) for leaf, type_ in zip(key, declaration.key, strict=True)]
        set_ = set_of_key(
            numbers,
            self._widths,
            sets=declaration.sets,
            shares=self._shares,
            share_key=declaration.share_key,
            salt=self._salt,
        )
        return range(set_ * declaration.ways, (set_ + 1) * declaration.ways)

    def _link(self, entry: _Entry) -> None:
        self._slots[entry.slot] = entry
        self._by_key[entry.key] = None if entry.key in self._by_key else entry

    def _unlink(self, entry: _Entry) -> None:
        del self._slots[entry.slot]
        if self._by_key.pop(entry.key) is None:
            others = [self._slots[slot] for slot in self._ways_of(entry.key) if slot in self._slots]
            others = [other for other in others if other.key == entry.key]
            self._by_key[entry.key] = others[0] if len(others) == 1 else None


def _bounds(slots: range) -> str:
    return f"{slots[0]}..{slots[-1]}"
