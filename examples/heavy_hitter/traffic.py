"""Traffic for the heavy hitter: flows of Zipf popularity, so that few flows carry most of the bytes.

After half of the packets other flows are the busy ones.
"""

from pathlib import Path

from sim.traffic import WEB_SEARCH, Flows, Phase, Schedule, generate
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 20_000


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to left.pcap and right.pcap in `directory`."""
    flows = Flows.zipf(count=2_000, skew=1.2, seed=seed)
    shift = Phase(at_s=packets / RATE_PPS / 2, rotate=1_000)
    frames = generate(
        flows,
        packets=packets,
        rate_pps=RATE_PPS,
        churn_per_s=500,
        flow_sizes=WEB_SEARCH,
        schedule=Schedule((shift,)),
    )
    return write_named_captures(frames, directory, ports=("left", "right"))


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
