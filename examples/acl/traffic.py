"""Traffic for the access list: flows in both directions, to services that are open and others, and a port scan.

After half of the packets the scan doubles its speed.
"""

from itertools import islice
from pathlib import Path

from sim.captures import merge
from sim.traffic import START_NS, WEB_SEARCH, Flows, PortScan, generate, generate_attack
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 100_000
BARRED = "192.0.2.0/24"


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to inside.pcap and outside.pcap in `directory`."""
    flows = Flows.zipf(
        count=1_000,
        skew=1.1,
        seed=seed,
        inside="10.0.0.0/24",
        outside=("198.51.100.0/24", "203.0.113.0/24", BARRED),
        opened_outside=0.5,
        tcp_services={443: 0.5, 80: 0.2, 22: 0.1, 25: 0.1, 8080: 0.1},
    )
    wanted = generate(flows, packets=packets, rate_pps=RATE_PPS, churn_per_s=1_000, flow_sizes=WEB_SEARCH)
    scan = PortScan(scanner="203.0.113.66", victims="10.0.0.0/24")
    half_ns = packets * 1_000_000_000 // RATE_PPS // 2
    scans = [
        generate_attack(
            scan, packets=packets, rate_pps=RATE_PPS // 50, seed=seed + number, start_ns=START_NS + start_ns
        )
        for number, start_ns in enumerate((0, half_ns))
    ]
    return write_named_captures(islice(merge([wanted, *scans]), packets), directory, ports=("inside", "outside"))


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
