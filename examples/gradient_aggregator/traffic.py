"""Traffic for the aggregator: four workers send their gradients chunk by chunk; some chunks are sent twice, some late.

Values are whole numbers from -1,000 to 1,000. Workers are those of tables.toml.
"""

import random
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

from compiler.meaning.hashing import crc32c
from sim.captures import Packet
from sim.traffic import START_NS
from sim.traffic.script import captures_by_arguments, write_named_captures

WORKERS = 4
SLOTS = 64  # chunks of one worker that are under way
LANES = 64
ROUND_NS = 1_000_000
AGGREGATOR = IPv4Address("10.0.0.254")
FIELDS = struct.Struct("!BBHIHBBII")  # message, op, job, epoch, slot, worker, reserved, round, tag


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write about `packets` packets to any-0.pcap to any-3.pcap in `directory`; one in fifty is a repetition."""
    draw = random.Random(seed)
    sent = sorted(_packets(draw, rounds=max(1, packets // (WORKERS * SLOTS))))
    return write_named_captures(sent[:packets], directory, ports=[f"any[{worker}]" for worker in range(WORKERS)])


def _packets(draw: random.Random, *, rounds: int) -> Iterator[Packet]:
    for number in range(rounds):
        for slot in range(SLOTS):
            for worker in range(WORKERS):
                data = frame(worker, slot, number, lanes=[draw.randint(-1000, 1000) for _ in range(LANES)])
                time_ns = START_NS + number * ROUND_NS + draw.randrange(ROUND_NS)
                yield Packet(time_ns, data, len(data), worker)
                if draw.random() < 0.02:
                    late_ns = draw.randrange(3 * ROUND_NS)
                    yield Packet(time_ns + late_ns, data, len(data), worker)


def frame(worker: int, slot: int, number: int, *, lanes: list[int]) -> bytes:
    """A worker's contribution: `lanes` to round `number` of `slot`, of run 1 of job 1."""
    fields = FIELDS.pack(0, 0, 1, 1, slot, worker, 0, number, 0)
    values = struct.pack(f"!{LANES}i", *lanes)
    chunk = fields + struct.pack("!I", crc32c(fields + values)) + values
    source = IPv4Address("10.0.0.1") + worker
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 28 + len(chunk), 0, 0x4000, 64, 17, 0) + source.packed + AGGREGATOR.packed
    ip = ip[:10] + _internet_checksum(ip) + ip[12:]
    udp = struct.pack("!HHHH", 5000, 4242, 8 + len(chunk), 0)  # the chunk has its own sum
    return bytes.fromhex(f"0200000000fe02000000000{worker + 1:x}0800") + ip + udp + chunk


def _internet_checksum(header: bytes) -> bytes:
    """RFC 1071, of a header whose own checksum is 0."""
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    total = (total & 0xFFFF) + (total >> 16)
    return (~((total & 0xFFFF) + (total >> 16)) & 0xFFFF).to_bytes(2)


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
