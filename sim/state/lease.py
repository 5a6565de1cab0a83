"""Leases: an allocator of ids that carry values, a last use and a generation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from compiler.ir.leaf_values import Leaf
from compiler.ir.states import Lease
from compiler.meaning.clock import HALF_RANGE, TICK_MASK, is_expired
from compiler.meaning.hashing import share_position
from sim.state.errors import StateError
from sim.state.snapshot_fields import (
    UINT32,
    UINT64,
    read_fields,
    read_leaves,
    read_list,
    read_number,
    read_rows,
    write_leaves,
    write_number,
)


class _Lease:
    """An id that was open at least once; `values` is None where it was closed."""

    __slots__ = ("generation", "last", "values")

    def __init__(self, values: tuple[Leaf, ...] | None, *, last: int, generation: int) -> None:
        self.values = values
        self.last = last
        self.generation = generation


class LeaseState:
    """The ids of each share in their order, a hand for each share, and what is known of ids once open."""

    def __init__(self, declaration: Lease, *, shares: int = 1) -> None:
        self.declaration = declaration
        self.failed_inserts = 0
        self._idle = declaration.idle_ticks
        self._orders = _orders(declaration, shares)
        self._hands = [0] * len(self._orders)  # place in the order of the next id to look at
        self._leases: dict[int, _Lease] = {}

    def open(self, values: tuple[Leaf, ...], share: int, tick: int) -> int:
        """Take the first free or expired id at the hand of `share` and return it; -1, and counted, where there is none.

        Looks at no more than `steps` ids, each at most once. The hand moves past the last id looked at.
        `share` means nothing where the lease is not sharded.
        """
        if len(self._orders) == 1:
            share = 0
        order, hand = self._orders[share], self._hands[share]
        for _ in range(min(self.declaration.steps, len(order))):
            id_ = order[hand]
            hand = hand + 1 if hand + 1 < len(order) else 0
            lease = self._leases.get(id_)
            if lease is None or lease.values is None or is_expired(tick, lease.last, self._idle):
                self._hands[share] = hand
                self._take(id_, values, tick)
                return id_
        self._hands[share] = hand
        self.failed_inserts += 1
        return -1

    def _take(self, id_: int, values: tuple[Leaf, ...], tick: int) -> None:
        lease = self._leases.get(id_)
        if lease is None:
            lease = self._leases[id_] = _Lease(None, last=0, generation=0)
        lease.generation = (lease.generation + 1) & UINT32
        lease.last = 0 if self._idle is None else tick
        lease.values = values

    def get(self, id_: int, tick: int, refresh: bool) -> tuple[Leaf, ...] | None:
        """The values of a live lease, else None. `refresh`: this is a use."""
        lease = self._leases.get(id_)
        if lease is None or lease.values is None:
            return None
        idle = self._idle
        if idle is not None:
            elapsed = (tick - lease.last) & TICK_MASK
            if elapsed < HALF_RANGE:
                if elapsed > idle:
                    return None
                if refresh:
                    lease.last = tick
        return lease.values

    def close(self, id_: int) -> None:
        """Free an id at once, expired or not; nothing happens where it is closed already or out of range."""
        lease = self._leases.get(id_)
        if lease is not None:
            lease.values = None
            lease.last = 0

    def generation(self, id_: int) -> int:
        """How many times `id_` has been opened, modulo 2^32."""
        lease = self._leases.get(id_)
        return 0 if lease is None else lease.generation

    def entries(self, tick: int) -> Iterator[tuple[int, tuple[Leaf, ...], int]]:
        """The live leases as (id, values, last tick), by id. Last ticks are 0 where nothing expires."""
        for id_, lease in sorted(self._leases.items()):
            if lease.values is not None and not is_expired(tick, lease.last, self._idle):
                yield id_, lease.values, lease.last

    def snapshot(self) -> dict[str, object]:
        """The exact layout: ids once open as [id, generation, last tick, values or null], and the hands."""
        leases = [
            [id_, lease.generation, lease.last, None if lease.values is None else write_leaves(lease.values)]
            for id_, lease in sorted(self._leases.items())
        ]
        return {"leases": leases, "hands": list(self._hands), "failed_inserts": write_number(self.failed_inserts)}

    def restore(self, found: object) -> None:
        """Take over a snapshot, or raise `StateError` and change nothing."""
        name = self.declaration.name
        rows, hands, failed = read_fields(found, "leases", "hands", "failed_inserts", place=name)
        failed_inserts = read_number(failed, most=UINT64, place=f"{name}.failed_inserts")
        new_hands = self._read_hands(hands, f"{name}.hands")
        leases = {}
        for i, row in enumerate(read_rows(rows, columns=4, place=f"{name}.leases")):
            id_, lease = self._read_lease(row, f"{name}.leases[{i}]")
            leases[id_] = lease
        self._hands = new_hands
        self._leases = leases
        self.failed_inserts = failed_inserts

    def _read_hands(self, found: object, place: str) -> list[int]:
        items = read_list(found, place=place, length=len(self._orders))
        # A share without any id has a hand too, at 0.
        most = [max(0, len(order) - 1) for order in self._orders]
        return [read_number(item, most=most[i], place=f"{place}[{i}]") for i, item in enumerate(items)]

    def _read_lease(self, row: list[object], place: str) -> tuple[int, _Lease]:
        declaration = self.declaration
        id_ = read_number(row[0], least=declaration.first, most=declaration.last, place=f"{place}[0]")
        generation = read_number(row[1], most=UINT32, place=f"{place}[1]")
        last = read_number(row[2], most=0 if self._idle is None else UINT32, place=f"{place}[2]")
        if row[3] is None:
            if last:
                raise StateError(f"{place}[2]", "a closed lease has no last use: expected 0")
            return id_, _Lease(None, last=0, generation=generation)
        values = read_leaves(row[3], declaration.values, place=f"{place}[3]")
        return id_, _Lease(values, last=last, generation=generation)


def _orders(declaration: Lease, shares: int) -> Sequence[Sequence[int]]:
    """For each share its ids, in the order in which the hand meets them."""
    if not declaration.sharded or shares == 1:
        return [range(declaration.first, declaration.last + 1)]
    return _sharded_orders(declaration.first, declaration.last, shares)


@lru_cache(maxsize=16)  # 65,536 hashes, and tests and sweeps build one program's states many times
def _sharded_orders(first: int, last: int, shares: int) -> Sequence[Sequence[int]]:
    placed: list[list[tuple[int, int]]] = [[] for _ in range(shares)]
    for id_ in range(first, last + 1):
        share, position = share_position(id_, shares=shares)
        placed[share].append((position, id_))
    return tuple(tuple(id_ for _, id_ in sorted(order)) for order in placed)
