"""Exact sums, whatever the network does; refusals before any state is touched."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from sim.state import ControlEntries, Exact, TableEntry
from tests.examples.corpus import Device, example_entries
from tests.examples.gradient_chunks import (
    AGGREGATOR,
    AGGREGATOR_MAC,
    LANES,
    MAX,
    OR,
    SUM,
    Chunk,
    crc32c,
    lanes_of,
    multicast,
    received,
    request,
    unicast,
)

WORKERS = 4
PORTS = [f"any[{n}]" for n in range(WORKERS)]
BAD_SUM, NO_JOB, WRONG_PORT, NOT_ADMITTED, STALE = range(5)


def send(device: Device, packet: Scapy, *, port: int | None = None) -> list[tuple[str, bytes]]:
    """Send a contribution by its worker's port."""
    return device.send(f"any[{packet[Chunk].worker if port is None else port}]", packet)


def contribute(device: Device, worker: int, value: int | list[int], **fields: object) -> list[tuple[str, bytes]]:
    return send(device, request(worker, value, **fields))


def to_all(packet: Scapy) -> list[tuple[str, bytes]]:
    return [(port, bytes(packet)) for port in PORTS]


def test_the_crc_is_castagnolis() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720, B.4, has 32 zeros:
    assert crc32c(bytes(32)) == 0x8A9136AA


def test_the_sum_goes_to_all_when_the_last_worker_has_contributed() -> None:
    device = Device("gradient_aggregator")
    order = [2, 0, 3, 1]
    for worker in order[:-1]:
        assert contribute(device, worker, 1000 * worker, slot=7, tag=99) == []
    total = [sum(1000 * w + i for w in range(WORKERS)) for i in range(LANES)]
    assert contribute(device, 1, 1000, slot=7, tag=99) == to_all(multicast(1, total, slot=7, tag=99))


@pytest.mark.parametrize(
    ("op", "combine"),
    [
        (SUM, lambda lanes: sum(lanes) % 2**32),
        (OR, lambda lanes: lanes[0] | lanes[1] | lanes[2] | lanes[3]),
        (MAX, max),
    ],
    ids=["sum", "or", "max"],
)
def test_lanes_are_combined_one_by_one_and_sums_wrap(op: int, combine: Callable[[tuple[int, ...]], int]) -> None:
    device, rng = Device("gradient_aggregator"), random.Random(op)
    values = [[rng.getrandbits(32) for _ in range(LANES)] for _ in range(WORKERS)]
    for worker in range(WORKERS - 1):
        contribute(device, worker, values[worker], op=op)
    combined = [combine(lanes) for lanes in zip(*values, strict=True)]
    assert contribute(device, 3, values[3], op=op) == to_all(multicast(3, combined, op=op))


def test_a_repeated_contribution_counts_once_and_is_answered_alone() -> None:
    device = Device("gradient_aggregator")
    for worker in (0, 1, 1, 0, 2, 2):
        assert contribute(device, worker, 10) == []
    total = [4 * (10 + i) for i in range(LANES)]
    assert contribute(device, 3, 10) == to_all(multicast(3, total))
    for worker in (2, 3):
        assert contribute(device, worker, 10) == [(f"any[{worker}]", bytes(unicast(worker, total)))]


def test_a_delayed_duplicate_of_an_earlier_round_changes_nothing() -> None:
    """Two rounds later the same bank is in use: a one-bit version would add the copy to it."""
    device = Device("gradient_aggregator")
    old = request(0, 1, round=0)
    for number in range(3):
        for worker in range(WORKERS):
            if number == 2 and worker == 1:
                assert send(device, old) == []
            if worker < 3:
                assert contribute(device, worker, 100 * number + worker, round=number) == []
        assert contribute(device, 3, 100 * number + 3, round=number) == to_all(
            multicast(3, [400 * number + 6 + 4 * i for i in range(LANES)], round=number)
        )
    assert device.counted("refused") == {STALE: 1}


def test_the_last_result_is_there_while_the_next_round_is_collected() -> None:
    device = Device("gradient_aggregator")
    for worker in range(WORKERS):
        contribute(device, worker, 5, round=0)
    contribute(device, 0, 7, round=1)
    assert contribute(device, 1, 5, round=0) == [("any[1]", bytes(unicast(1, [20 + 4 * i for i in range(LANES)])))]


def test_a_bit_flipped_anywhere_in_a_chunk_is_refused_before_it_counts() -> None:
    device, rng = Device("gradient_aggregator"), random.Random(1)
    packet = bytes(request(0, 123456, slot=3))
    chunk_at = len(packet) - 24 - 4 * LANES
    bits = [*range(24 * 8), *rng.sample(range(24 * 8, (24 + 4 * LANES) * 8), 60)]
    for bit in bits:
        broken = bytearray(packet)
        broken[chunk_at + bit // 8] ^= 0x80 >> bit % 8
        assert device.send("any[0]", bytes(broken)) == []
    is_result = 8  # bits 0 to 7 are `message`: such a chunk is none for the aggregator, and not counted
    assert device.counted("refused") == {BAD_SUM: len(bits) - is_result}
    for worker in range(1, WORKERS):
        contribute(device, worker, 0, slot=3)
    total = [123456 + 4 * i for i in range(LANES)]
    assert device.send("any[0]", packet) == to_all(multicast(0, total, slot=3))


def test_swapped_lanes_are_refused() -> None:
    device = Device("gradient_aggregator")
    good = request(0, 5)
    crc = Chunk(bytes(good[Chunk])).crc
    swapped = lanes_of(5)
    swapped[3], swapped[9] = swapped[9], swapped[3]
    assert contribute(device, 0, swapped, crc=crc) == []
    assert device.counted("refused") == {BAD_SUM: 1}


@pytest.mark.parametrize(
    ("packet", "port", "reason"),
    [
        (request(0, 1, epoch=2), 0, NO_JOB),
        (request(0, 1, job=2), 0, NO_JOB),
        (request(0, 1), 1, WRONG_PORT),
        (request(4, 1), 4, WRONG_PORT),
        (request(200, 1), 0, WRONG_PORT),
        (request(0, 1, slot=512), 0, NOT_ADMITTED),
        (request(0, 1, op=3), 0, NOT_ADMITTED),
        (request(0, 1, op=4), 0, NOT_ADMITTED),
        (request(0, 1, op=255), 0, NOT_ADMITTED),
    ],
    ids=["epoch", "job", "port", "worker", "worker-200", "slot", "op-3", "op-4", "op-255"],
)
def test_who_has_no_part_in_a_job_is_refused(packet: Scapy, port: int, reason: int) -> None:
    device = Device("gradient_aggregator")
    for worker in range(1, WORKERS):
        contribute(device, worker, 1)
    assert send(device, packet, port=port) == []
    assert device.counted("refused") == {reason: 1}
    assert contribute(device, 0, 1) == to_all(multicast(0, [4 + 4 * i for i in range(LANES)]))


@pytest.mark.parametrize("unlike", [{"tag": 6}, {"op": OR}], ids=["tag", "op"])
def test_unlike_things_are_never_combined(unlike: dict[str, object]) -> None:
    device = Device("gradient_aggregator")
    contribute(device, 0, 1, tag=5)
    assert contribute(device, 1, 1, **{"tag": 5, **unlike}) == []
    assert device.counted("refused") == {STALE: 1}


def two_jobs(*, second: tuple[int, ...], key: tuple[int, int]) -> ControlEntries:
    """The example's entries, and a job of workers 0 and 1 beside them."""
    given = example_entries("gradient_aggregator")
    job = TableEntry((Exact(key[0]), Exact(key[1])), second)
    places = [TableEntry((Exact(key[0]), Exact(worker)), (worker,)) for worker in (0, 1) if key[0] != 1]
    tables = {"jobs": (*given.tables["jobs"], job), "places": (*given.tables["places"], *places)}
    return ControlEntries(tables=tables, multicast=given.multicast)


def test_jobs_use_slots_of_their_own() -> None:
    address = int.from_bytes(bytes([239, 1, 1, 1]))
    device = Device("gradient_aggregator", entries=two_jobs(second=(512, 16, 0b11, 1, 1, address), key=(2, 1)))
    contribute(device, 0, 1, slot=3)
    contribute(device, 0, 1000, slot=3, job=2)
    done = contribute(device, 1, 2000, slot=3, job=2)
    assert done == to_all(multicast(1, [3000 + 2 * i for i in range(LANES)], slot=3, job=2))
    assert contribute(device, 1, 1, slot=3, job=2, op=MAX, round=1) == []  # sums only, says its entry
    assert device.counted("refused") == {NOT_ADMITTED: 1}


def test_a_new_run_of_a_job_does_not_see_the_old_ones_sums() -> None:
    address = int.from_bytes(bytes([239, 1, 1, 1]))
    device = Device("gradient_aggregator", entries=two_jobs(second=(0, 512, 0b11, 7, 1, address), key=(1, 2)))
    for worker in range(WORKERS):
        contribute(device, worker, 1000)
    assert contribute(device, 0, 1, epoch=2) == []
    assert contribute(device, 1, 1, epoch=2) == to_all(multicast(1, [2 + 2 * i for i in range(LANES)], epoch=2))


def test_what_is_not_for_the_aggregator_is_dropped_and_arp_answered() -> None:
    device = Device("gradient_aggregator")
    elsewhere = request(0, 1)
    elsewhere[IP].dst = "10.0.0.9"
    cut = bytes(request(0, 1))[:-1]
    for packet in (elsewhere, cut, request(0, 1, message=1), Ether() / IP(dst=AGGREGATOR) / UDP(dport=53), Raw(b"")):
        assert device.send("any[0]", packet) == []
    link = Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff")
    asked = link / ARP(hwsrc="02:00:00:00:00:01", psrc="10.0.0.1", hwdst="00:00:00:00:00:00", pdst=AGGREGATOR)
    told = ARP(op=2, hwsrc=AGGREGATOR_MAC, psrc=AGGREGATOR, hwdst="02:00:00:00:00:01", pdst="10.0.0.1")
    answer = Ether(src=AGGREGATOR_MAC, dst="02:00:00:00:00:01") / told
    assert device.send("any[5]", asked) == [("any[5]", bytes(answer))]
    asked[ARP].pdst = "10.0.0.2"
    assert device.send("any[5]", asked) == []


class Worker:
    """Sends the next round of a slot when it holds the result of the last; until then, again and again."""

    def __init__(self, number: int, *, rounds: int) -> None:
        self.number = number
        self.rounds = rounds
        self.results: list[list[int]] = []

    def chunk(self) -> bytes | None:
        number = len(self.results)
        return (
            bytes(request(self.number, value_of(self.number, number), round=number)) if number < self.rounds else None
        )

    def take(self, data: bytes) -> None:
        found = received(data)
        checked = bytes(found)
        assert crc32c(checked[:20] + checked[24:]) == found.crc
        if found.round == len(self.results):
            self.results.append(found.lanes)


def value_of(worker: int, number: int) -> int:
    return 1000 * worker + 17 * number


@pytest.mark.parametrize("seed", range(3))
def test_every_worker_gets_every_exact_sum_over_a_network_that_loses_repeats_and_delays(seed: int) -> None:
    rng, rounds = random.Random(seed), 12
    device, workers = Device("gradient_aggregator"), [Worker(n, rounds=rounds) for n in range(WORKERS)]
    flying: list[
        tuple[int | None, int, bytes]
    ] = []  # (None: to the aggregator, by port); anything may go next, or twice
    for _ in range(4_000):
        if all(len(worker.results) == rounds for worker in workers):
            break
        if rng.random() < 0.3 or not flying:
            worker = rng.choice(workers)
            chunk = worker.chunk()
            if chunk is not None:
                flying.append((None, worker.number, chunk))
            continue
        at = rng.randrange(len(flying))
        target, port, data = flying[at] if rng.random() < 0.2 else flying.pop(at)
        if rng.random() < 0.2:
            continue  # lost, or only the copy
        if target is None:
            flying += [(1, int(name[4:-1]), out) for name, out in device.send(f"any[{port}]", data)]
        else:
            workers[port].take(data)
    sums = [
        [sum(value_of(w, number) for w in range(WORKERS)) + WORKERS * i for i in range(LANES)]
        for number in range(rounds)
    ]
    assert [worker.results for worker in workers] == [sums] * WORKERS
