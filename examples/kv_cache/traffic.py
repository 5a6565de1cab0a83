"""Traffic for the cache: reads and some writes of keys of Zipf popularity, and the store's answers to all of them.

Keys are numbers, the most popular one 1; tables.toml caches the first sixteen.
"""

import random
import struct
from collections.abc import Iterable, Iterator
from itertools import islice, tee
from pathlib import Path

from sim.captures import Packet, merge
from sim.traffic import INSIDE, OUTSIDE, Flow, Flows, fixed_size, generate, zipf_cumulative
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 50_000
ROUND_TRIP_NS = 100_000
KEYS = 10_000
GET, PUT = 0, 1
FOUND = 1
MESSAGE = struct.Struct("!BBHI16s64s")  # op, status, reserved, version, key, value
ETHERNET, IPV4, UDP, KV = 0, 14, 34, 42


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to clients.pcap and servers.pcap in `directory`; one request in twenty writes."""
    draw = random.Random(seed)
    popularity = zipf_cumulative(KEYS, skew=1.0).tolist()

    def request(_flow: Flow, _room: int) -> bytes:
        (key,) = draw.choices(range(1, KEYS + 1), cum_weights=popularity)
        op, value = (PUT, draw.randbytes(64)) if draw.random() < 0.05 else (GET, b"")
        return MESSAGE.pack(op, 0, 0, 0, key.to_bytes(16), value)

    flows = Flows.uniform(
        count=64,
        seed=seed,
        outside="10.1.0.1/32",
        protocols={"udp": 1.0},
        udp_services={6390: 1.0},
        reverse_share=0.0,
    )
    asked, known = tee(
        generate(flows, packets=packets, rate_pps=RATE_PPS, sizes=fixed_size(KV + MESSAGE.size), payload=request)
    )
    frames = islice(merge([asked, answers(known)]), packets)
    return write_named_captures(frames, directory, ports=("clients", "servers"))


def answers(requests: Iterable[Packet]) -> Iterator[Packet]:
    """What the store says to each request, a round trip later. A key that was never written has a value of zeros."""
    values: dict[bytes, tuple[int, bytes]] = {}
    for packet in requests:
        if packet.port != INSIDE:
            continue
        op, _, _, _, key, value = MESSAGE.unpack_from(packet.data, KV)
        version, stored = values.get(key, (0, bytes(64)))
        if op == PUT:
            version, stored = values[key] = (version + 1, value)
        data = _turned(packet.data) + MESSAGE.pack(op, FOUND, 0, version, key, stored)
        yield packet._replace(time_ns=packet.time_ns + ROUND_TRIP_NS, data=data, port=OUTSIDE)


def _turned(frame: bytes) -> bytes:
    """The headers of an answer to `frame`."""
    data = bytearray(frame[:KV])
    for first, second, size in ((ETHERNET, ETHERNET + 6, 6), (IPV4 + 12, IPV4 + 16, 4), (UDP, UDP + 2, 2)):
        data[first : first + size], data[second : second + size] = (
            data[second : second + size],
            data[first : first + size],
        )
    data[UDP + 6 : UDP + 8] = b"\0\0"  # no checksum
    return bytes(data)


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
