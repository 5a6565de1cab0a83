"""Traffic for the scan detector: clients of a network, and among them a scanner who tries all its hosts and ports."""

from itertools import islice
from pathlib import Path

from sim.captures import merge
from sim.traffic import WEB_SEARCH, Flows, PortScan, generate, generate_attack
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 20_000


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to outside.pcap and inside.pcap in `directory`; one in twenty is the scanner's."""
    flows = Flows.zipf(count=500, skew=1.0, seed=seed, opened_outside=0.7)
    wanted = generate(flows, packets=packets, rate_pps=RATE_PPS, churn_per_s=200, flow_sizes=WEB_SEARCH)
    scan = PortScan(scanner="192.0.2.66", victims="10.0.0.0/24", ports=(1, 64))
    unwanted = generate_attack(scan, packets=packets, rate_pps=RATE_PPS // 20, seed=seed)
    return write_named_captures(islice(merge([wanted, unwanted]), packets), directory, ports=("inside", "outside"))


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
