"""Traffic for the flow monitor: many flows of the sizes of a data-mining cluster, with churn; most are short."""

from pathlib import Path

from sim.traffic import DATA_MINING, Flows, generate
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 50_000


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to left.pcap and right.pcap in `directory`."""
    flows = Flows.zipf(count=3_000, skew=0.9, seed=seed)
    frames = generate(flows, packets=packets, rate_pps=RATE_PPS, churn_per_s=5_000, flow_sizes=DATA_MINING)
    return write_named_captures(frames, directory, ports=("left", "right"))


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
