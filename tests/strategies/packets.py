"""Packets for the headers of `declarations.py`, at times that jump, tie and go back."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from tests.strategies.declarations import TICK_NS


@dataclass(frozen=True)
class Packet:
    data: bytes
    port: int
    now: int
    wire_length: int


def random_packets(random: Random, count: int) -> list[Packet]:
    """`count` packets in order of arrival, which is not always the order of their times."""
    now = random.choice([0, 5 * TICK_NS, (1 << 52) - 3 * TICK_NS, (1 << 51) - TICK_NS])
    found: list[Packet] = []
    for _ in range(count):
        now = max(0, now + _step(random))
        data = _data(random)
        found.append(Packet(data, random.randrange(3), now, len(data) + random.choice([0, 0, 9])))
    return found


def packets(count: int = 12) -> st.SearchStrategy[list[Packet]]:
    return st.integers(0, (1 << 64) - 1).map(lambda seed: random_packets(Random(seed), count))


def _step(random: Random) -> int:
    """Ties, short steps, around the idle time of three ticks, back, and once in a while half of the clock's range."""
    ticks = random.choice([0, 0, 1, 1, 2, 3, 4, 5, 8, -1, -2, -6])
    if random.random() < 0.02:
        ticks = random.choice([1 << 31, (1 << 31) - 1, -(1 << 31), 1 << 32])
    return ticks * TICK_NS + random.choice([0, 0, 1, 700_000, -1])


def _data(random: Random) -> bytes:
    eth_type = random.choice([0x0800, 0x0800, 0x88B5, 0x0806])
    body = bytes(random.randrange(4) for _ in range(12)) + eth_type.to_bytes(2, "big")
    if eth_type == 0x88B5:
        body += _odd(random)
    elif eth_type == 0x0800:
        body += _ip(random)
    else:
        body += bytes(random.randrange(256) for _ in range(random.randrange(6)))
    if random.random() < 0.1:
        body = body[: random.randrange(len(body) + 1)]
    return body


def _odd(random: Random) -> bytes:
    first = random.randrange(8) | random.choice([0, 0x80])
    wide = random.choice([0, 1, 2, 1 << 127]).to_bytes(16, "big")
    lanes = b"".join(random.choice([0, 1, 0xFFFF]).to_bytes(2, "big") for _ in range(3))
    return bytes([first]) + wide + lanes + bytes(random.randrange(2) for _ in range(8))


def _ip(random: Random) -> bytes:
    words = random.choice([5, 4, 6, 15, 3])
    protocol = random.choice([17, 17, 17, 1, 6])
    head = bytearray([random.choice([0x40, 0x40, 0x40, 0x50]) | words, 0, 0, 60, 64, protocol])
    head += random.choice([0, 0xFFFF, 0x1234]).to_bytes(2, "big")
    head += bytes([10, 0, 0, random.randrange(3), 10, 0, 0, random.randrange(3)])
    head += bytes(random.randrange(4) for _ in range(max(0, 4 * words - 16)))
    ports = random.randrange(4).to_bytes(2, "big") + random.choice([4242, 4242, 53]).to_bytes(2, "big")
    transport = ports + bytes([0, 30]) + random.choice([0, 0xFFFF, 0x4321]).to_bytes(2, "big")
    return bytes(head) + transport + _odd(random) + bytes(random.randrange(3))
