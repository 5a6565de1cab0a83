"""Traffic for the DNS guard: clients who ask and are answered, and later on an amplification attack."""

import random
import struct
from collections.abc import Iterable, Iterator
from itertools import islice, tee
from pathlib import Path

from sim.captures import Packet, merge
from sim.traffic import INSIDE, OUTSIDE, START_NS, DnsAmplification, Flow, Flows, fixed_size, generate, generate_attack
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 5_000
ROUND_TRIP_NS = 20_000_000
QUESTION = b"\7example\3com\0" + struct.pack("!HH", 1, 1)  # RFC 1035, 4.1.2: type A, class IN
ETHERNET, IPV4, UDP, DNS = 0, 14, 34, 42


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to inside.pcap and outside.pcap in `directory`."""
    draw = random.Random(seed)

    def question(_flow: Flow, _room: int) -> bytes:
        return struct.pack("!HHHHHH", draw.getrandbits(16), 0x0100, 1, 0, 0, 0) + QUESTION

    flows = Flows.zipf(count=300, seed=seed, protocols={"udp": 1.0}, udp_services={53: 1.0}, reverse_share=0.0)
    asked, known = tee(
        generate(flows, packets=packets, rate_pps=RATE_PPS, churn_per_s=200, sizes=fixed_size(80), payload=question)
    )
    begin_ns = START_NS + packets * 1_000_000_000 // RATE_PPS // 6
    attack = DnsAmplification(victim="10.0.0.5", resolvers="203.0.113.0/24")
    unwanted = generate_attack(attack, packets=packets, rate_pps=2 * RATE_PPS, seed=seed, start_ns=begin_ns)
    frames = islice(merge([asked, answers(known), unwanted]), packets)
    return write_named_captures(frames, directory, ports=("inside", "outside"))


def answers(questions: Iterable[Packet]) -> Iterator[Packet]:
    """To each question, a round trip later, that the name has no address: the same bytes from the other end."""
    for packet in questions:
        if packet.port == INSIDE:
            yield packet._replace(time_ns=packet.time_ns + ROUND_TRIP_NS, data=_turned(packet.data), port=OUTSIDE)


def _turned(frame: bytes) -> bytes:
    data = bytearray(frame)
    for first, second, size in ((ETHERNET, ETHERNET + 6, 6), (IPV4 + 12, IPV4 + 16, 4), (UDP, UDP + 2, 2)):
        data[first : first + size], data[second : second + size] = (
            data[second : second + size],
            data[first : first + size],
        )
    data[UDP + 6 : UDP + 8] = b"\0\0"  # no checksum
    data[DNS + 2 : DNS + 4] = b"\x81\x80"  # an answer, recursion available
    return bytes(data)


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
