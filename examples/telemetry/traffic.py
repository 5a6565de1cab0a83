"""Traffic for telemetry: the flows of a web search cluster, of which others are busy after half of the packets."""

from pathlib import Path

from sim.traffic import WEB_SEARCH, Flows, Phase, Schedule, generate
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 50_000


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to left.pcap and right.pcap in `directory`."""
    flows = Flows.zipf(count=1_000, skew=1.0, seed=seed)
    shift = Phase(at_s=packets / RATE_PPS / 2, rotate=500)
    frames = generate(
        flows,
        packets=packets,
        rate_pps=RATE_PPS,
        churn_per_s=1_000,
        flow_sizes=WEB_SEARCH,
        schedule=Schedule((shift,)),
    )
    return write_named_captures(frames, directory, ports=("left", "right"))


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
