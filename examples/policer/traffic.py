"""Traffic for the policer: flows of six customers' prefixes, some of them faster than they may be.

After half of the packets other customers are the busy ones.
"""

from pathlib import Path

from sim.traffic import WEB_SEARCH, Flows, Phase, Schedule, generate
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 20_000  # about 54 Mbit/s of IMIX in all


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to customers.pcap and network.pcap in `directory`."""
    flows = Flows.zipf(
        count=100,
        skew=1.2,
        seed=seed,
        inside=("10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24", "10.1.0.0/16", "2001:db8:1::/48", "2001:db8:2::/48"),
        outside=("198.51.100.0/24", "2001:db8:ffff::/48"),
    )
    shift = Phase(at_s=packets / RATE_PPS / 2, rotate=50)
    frames = generate(
        flows,
        packets=packets,
        rate_pps=RATE_PPS,
        churn_per_s=100,
        flow_sizes=WEB_SEARCH,
        schedule=Schedule((shift,)),
    )
    return write_named_captures(frames, directory, ports=("customers", "network"))


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
