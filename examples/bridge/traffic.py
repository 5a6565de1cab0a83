"""Traffic for the bridge: stations on four of its ports talk to each other.

After half of the packets every station moves to the next port.
"""

from collections.abc import Iterator
from pathlib import Path

from sim.captures import Packet
from sim.traffic import START_NS, Flows, Macs, generate
from sim.traffic.script import captures_by_arguments, write_named_captures

PORTS = 4
RATE_PPS = 10_000


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to any-0.pcap ... any-3.pcap in `directory`."""
    flows = Flows.zipf(count=500, skew=1.1, seed=seed, inside="10.0.0.0/24", outside="10.0.1.0/24")
    frames = generate(flows, packets=packets, rate_pps=RATE_PPS, churn_per_s=50, macs=Macs(per_host=True))
    moves_ns = START_NS + packets * 1_000_000_000 // RATE_PPS // 2
    names = [f"any[{port}]" for port in range(PORTS)]
    return write_named_captures(_arriving(frames, moves_ns=moves_ns), directory, ports=names)


def _arriving(frames: Iterator[Packet], *, moves_ns: int) -> Iterator[Packet]:
    """Let each frame arrive at the port of its source, which the last byte of its address decides."""
    for frame in frames:
        has_moved = frame.time_ns >= moves_ns
        yield frame._replace(port=(frame.data[11] + has_moved) % PORTS)


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
