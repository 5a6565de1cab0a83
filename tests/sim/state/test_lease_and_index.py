"""Leases and indexes against a plain model, and the session that two maps and a pool get wrong."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.states import Index, Lease, Map
from compiler.ir.types import Bits, Scalar
from compiler.meaning.hashing import family_multiplier, share_of
from compiler.source import NOWHERE
from sim.state import IndexState, LeaseState, MapState

U16 = Scalar("uint", 16)


def declare_lease(first: int, last: int, *, idle: int | None, sharded: bool = False, steps: int = 16) -> Lease:
    return Lease(
        name="sessions",
        span=NOWHERE,
        id_width=16,
        first=first,
        last=last,
        values=(Bits(16),),
        value_shape=U16,
        idle_ticks=idle,
        sharded=sharded,
        steps=steps,
    )


def declare_index(*, sets: int, ways: int, share_key: tuple[int, ...] = ()) -> Index:
    return Index(
        name="by_flow",
        span=NOWHERE,
        key=(Bits(16),),
        key_shape=U16,
        lease="sessions",
        capacity=sets * ways,
        sets=sets,
        ways=ways,
        share_key=share_key,
    )


@dataclass
class PlainId:
    open: bool = False
    value: int = 0
    last: int = 0
    generation: int = 0


class PlainSessions:
    """Ids in a list, one hand; sets of ways of (key, id, generation)."""

    def __init__(self, first: int, last: int, *, steps: int, idle: int | None, sets: int, ways: int) -> None:
        self.first = first
        self.ids = [PlainId() for _ in range(first, last + 1)]
        self.steps = steps
        self.idle = idle
        self.hand = 0
        self.sets: list[list[tuple[int, int, int] | None]] = [[None] * ways for _ in range(sets)]

    def is_live(self, id_: int, tick: int) -> bool:
        if not self.first <= id_ < self.first + len(self.ids):
            return False
        entry = self.ids[id_ - self.first]
        elapsed = (tick - entry.last) % 2**32
        return entry.open and (self.idle is None or elapsed >= 2**31 or elapsed <= self.idle)

    def get(self, id_: int, tick: int, refresh: bool) -> tuple[int] | None:
        if not self.is_live(id_, tick):
            return None
        entry = self.ids[id_ - self.first]
        if refresh and (tick - entry.last) % 2**32 < 2**31:
            entry.last = tick
        return (entry.value,)

    def open_lease(self, value: int, tick: int) -> int:
        for _ in range(min(self.steps, len(self.ids))):
            at, self.hand = self.hand, (self.hand + 1) % len(self.ids)
            if not self.is_live(self.first + at, tick):
                self.ids[at] = PlainId(True, value, tick, self.ids[at].generation + 1)
                return self.first + at
        return -1

    def close(self, id_: int) -> None:
        if self.first <= id_ < self.first + len(self.ids):
            self.ids[id_ - self.first].open = False

    def is_valid(self, way: tuple[int, int, int] | None, tick: int) -> bool:
        return way is not None and self.is_live(way[1], tick) and self.ids[way[1] - self.first].generation == way[2]

    def ways_of(self, key: int) -> list[tuple[int, int, int] | None]:
        hashed = zlib.crc32(key.to_bytes(2)) * family_multiplier(0x100) % 2**64 >> 32
        return self.sets[hashed * len(self.sets) >> 32]

    def find(self, key: int, tick: int, refresh: bool) -> tuple[int, tuple[int]] | None:
        for way in self.ways_of(key):
            if way is not None and way[0] == key and self.is_valid(way, tick):
                values = self.get(way[1], tick, refresh)
                assert values is not None
                return way[1], values
        return None

    def open(self, key: int, value: int, tick: int) -> tuple[int, bool, tuple[int]] | None:
        found = self.find(key, tick, True)
        if found is not None:
            return found[0], False, found[1]
        ways = self.ways_of(key)
        dead = [i for i, way in enumerate(ways) if not self.is_valid(way, tick)]
        own = [i for i in dead if (way := ways[i]) is not None and way[0] == key]
        if not dead:
            return None
        id_ = self.open_lease(value, tick)
        if id_ < 0:
            return None
        ways[(own or dead)[0]] = key, id_, self.ids[id_ - self.first].generation
        return id_, True, (value,)


TICKS = st.sampled_from([0, 1, 4, 5, 6, 10, 11, 2**31 - 1, 2**31, 2**31 + 3, 2**32 - 5, 2**32 - 1])
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "open", "find", "look", "get", "lease", "close", "save"]), st.integers(0, 9), TICKS
    ),
    max_size=60,
)


@pytest.mark.parametrize("geometry", [(1, 3), (2, 2), (1, 8)])
@pytest.mark.parametrize("idle", [None, 5])
@given(STEPS, st.sampled_from([1, 2, 16]))
def test_sessions_are_their_ids_and_ways(
    geometry: tuple[int, int], idle: int | None, steps: list[tuple[str, int, int]], looks: int
) -> None:
    sets, ways = geometry
    lease_declaration = declare_lease(2, 6, idle=idle, steps=looks)
    index_declaration = declare_index(sets=sets, ways=ways)
    lease = LeaseState(lease_declaration)
    index = IndexState(index_declaration, lease)
    model = PlainSessions(2, 6, steps=looks, idle=idle, sets=sets, ways=ways)
    for n, (what, key, tick) in enumerate(steps):
        match what:
            case "open":
                assert index.open((key,), (n,), tick) == model.open(key, n, tick)
            case "find" | "look":
                assert index.find((key,), tick, what == "find") == model.find(key, tick, what == "find")
            case "get":
                assert lease.get(key, tick, True) == model.get(key, tick, True)
            case "lease":
                assert lease.open((n,), 0, tick) == model.open_lease(n, tick)
            case "close":
                lease.close(key)
                model.close(key)
            case "save":
                saved = json.loads(json.dumps([lease.snapshot(), index.snapshot()]))
                lease = LeaseState(lease_declaration)
                index = IndexState(index_declaration, lease)
                lease.restore(saved[0])
                index.restore(saved[1])
            case _:
                raise AssertionError(what)
        expected = [(i, (model.ids[i - 2].value,)) for i in range(2, 7) if model.is_live(i, tick)]
        assert [(id_, values) for id_, values, _ in lease.entries(tick)] == expected
        pointed = [way for set_ in model.sets for way in set_ if model.is_valid(way, tick)]
        assert [(key[0], id_) for key, id_, _, _ in index.entries(tick)] == [way[:2] for way in pointed if way]


def test_ids_go_round_and_an_open_one_is_passed_over() -> None:
    lease = LeaseState(declare_lease(100, 102, idle=None))
    assert [lease.open((i,), 0, 0) for i in range(4)] == [100, 101, 102, -1]
    assert lease.failed_inserts == 1
    lease.close(101)
    assert lease.open((9,), 0, 0) == 101
    assert lease.generation(101) == 2
    assert lease.generation(100) == 1


def test_open_looks_at_no_more_ids_than_steps() -> None:
    lease = LeaseState(declare_lease(0, 9, idle=None, steps=3))
    for _ in range(10):
        lease.open((0,), 0, 0)
    lease.close(5)
    assert lease.open((0,), 0, 0) == -1  # looked at 0, 1, 2
    assert lease.open((0,), 0, 0) == 5  # 3, 4, 5


def test_open_looks_at_each_id_once_at_most() -> None:
    lease = LeaseState(declare_lease(0, 2, idle=None, steps=16))
    for _ in range(3):
        lease.open((0,), 0, 0)
    assert lease.open((0,), 0, 0) == -1
    lease.close(0)
    lease.close(1)
    assert lease.open((0,), 0, 0) == 0  # three looks brought the hand back to where it was; sixteen would not have


def test_an_id_of_a_share_names_its_share() -> None:
    lease = LeaseState(declare_lease(1024, 65535, idle=None, sharded=True), shares=64)
    for share in range(64):
        ids = [lease.open((0,), share, 0) for _ in range(1008)]
        assert {share_of((id_,), shares=64) for id_ in ids} == {share}
        assert len(set(ids)) == 1008
    # 64,512 ids in 64 shares are 1,008 each, and one share is empty while others are not.
    assert lease.open((0,), 5, 0) == -1


def test_one_pool_makes_shares_interfere_and_a_pool_for_each_does_not() -> None:
    def ids(order: list[int], *, sharded: bool) -> dict[int, list[int]]:
        lease = LeaseState(declare_lease(1024, 65535, idle=None, sharded=sharded), shares=2)
        taken: dict[int, list[int]] = {0: [], 1: []}
        for share in order:
            taken[share].append(lease.open((0,), share, 0))
        return taken

    assert ids([0, 1, 0, 1], sharded=False) != ids([1, 1, 0, 0], sharded=False)
    assert ids([0, 1, 0, 1], sharded=True) == ids([1, 1, 0, 0], sharded=True)


def test_a_key_gets_an_id_of_its_own_share() -> None:
    lease = LeaseState(declare_lease(1024, 65535, idle=None, sharded=True), shares=16)
    index = IndexState(declare_index(sets=64, ways=4, share_key=(0,)), lease, shares=16)
    for key in range(100):
        opened = index.open((key,), (key,), 0)
        assert opened is not None
        assert share_of((opened[0],), shares=16) == share_of((key,), shares=16)


def test_a_full_set_leaves_the_leases_hand_where_it_was() -> None:
    lease = LeaseState(declare_lease(0, 9, idle=None))
    index = IndexState(declare_index(sets=1, ways=1), lease)
    assert index.open((1,), (1,), 0) == (0, True, (1,))
    assert index.open((2,), (2,), 0) is None
    assert (index.failed_inserts, lease.failed_inserts) == (1, 0)
    assert lease.open((3,), 0, 0) == 1


# --- one session, one clock -------------------------------------------------------------------------------

IDLE = 300
A, B = 0xA, 0xB  # two hosts inside


def declare_map(name: str) -> Map:
    return Map(
        name=name,
        span=NOWHERE,
        key=(Bits(16),),
        values=(Bits(16),),
        key_shape=U16,
        value_shape=U16,
        capacity=16,
        sets=1,
        ways=16,
        idle_ticks=IDLE,
    )


class TwoMapsAndAPool:
    """The usual translator: each direction has a map, each map its own clock; an expired entry of `outbound`
    returns its port to the pool when a packet looks."""

    def __init__(self, ports: list[int]) -> None:
        self.free = ports
        self.outbound = MapState(declare_map("outbound"))
        self.inbound = MapState(declare_map("inbound"))
        self.port_of: dict[int, int] = {}

    def expire(self, tick: int) -> None:
        live = {key[0] for key, _, _, _ in self.outbound.entries(tick)}
        for host in [host for host in self.port_of if host not in live]:
            self.free.append(self.port_of.pop(host))

    def lan(self, host: int, tick: int) -> int | None:
        self.expire(tick)
        present, _, slot, values = self.outbound.find((host,), tick, True)
        if present:
            return values[0] if isinstance(values[0], int) else None
        if not self.free:
            return None
        port = self.port_of[host] = self.free.pop(0)
        self.outbound.put(slot, (host,), (port,), tick)
        _, _, slot, _ = self.inbound.find((port,), tick, True)
        self.inbound.put(slot, (port,), (host,), tick)
        return port

    def wan(self, port: int, tick: int) -> int | None:
        present, _, _, values = self.inbound.find((port,), tick, True)
        return values[0] if present and isinstance(values[0], int) else None


class OneSession:
    """The same with a lease and an index."""

    def __init__(self, first: int, last: int) -> None:
        self.sessions = LeaseState(declare_lease(first, last, idle=IDLE))
        self.by_flow = IndexState(declare_index(sets=1, ways=16), self.sessions)

    def lan(self, host: int, tick: int) -> int | None:
        opened = self.by_flow.open((host,), (host,), tick)
        return None if opened is None else opened[0]

    def wan(self, port: int, tick: int) -> object:
        values = self.sessions.get(port, tick, True)
        return None if values is None else values[0]


def test_two_maps_lose_the_answers_to_an_upload_and_a_lease_does_not() -> None:
    two, one = TwoMapsAndAPool([1024]), OneSession(1024, 1024)
    for tick in range(0, 1000, 100):  # only the inside sends
        assert two.lan(A, tick) == one.lan(A, tick) == 1024
    assert two.wan(1024, 1000) is None
    assert one.wan(1024, 1000) == A


def test_two_maps_give_a_downloads_port_away_and_a_lease_does_not() -> None:
    two, one = TwoMapsAndAPool([1024]), OneSession(1024, 1025)
    assert two.lan(A, 0) == one.lan(A, 0) == 1024
    for tick in range(100, 1000, 100):  # only the outside sends
        assert two.wan(1024, tick) == one.wan(1024, tick) == A
    assert two.lan(B, 1000) == 1024  # A's port, though A's download goes on
    assert two.wan(1024, 1001) == B  # and its packets go to B
    assert one.lan(B, 1000) == 1025
    assert one.wan(1024, 1001) == A


def test_ports_of_quiet_flows_come_back_without_anybody_looking_at_them() -> None:
    one = OneSession(1024, 1039)
    for host in range(16):
        assert one.lan(host, 0) == 1024 + host
    assert one.lan(100, 300) is None  # all are in use
    assert one.lan(100, 301) == 1024  # all are dead
    assert one.by_flow.find((0,), 301, True) is None  # its id has a new generation


def test_an_entry_of_a_lease_opened_again_is_dead() -> None:
    lease = LeaseState(declare_lease(7, 7, idle=10))
    index = IndexState(declare_index(sets=1, ways=4), lease)
    index.open((1,), (1,), 0)
    lease.close(7)
    lease.open((2,), 0, 0)
    assert index.find((1,), 0, True) is None
    assert lease.get(7, 0, True) == (2,)
