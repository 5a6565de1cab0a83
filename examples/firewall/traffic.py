"""Traffic for the firewall: connections that hosts inside open, and a SYN flood and a port scan from outside.

After half of the packets the flood begins, and connections come and go five times as often.
"""

from itertools import islice
from pathlib import Path

from sim.captures import merge
from sim.traffic import (
    START_NS,
    WEB_SEARCH,
    Flows,
    Phase,
    PortScan,
    Schedule,
    SynFlood,
    generate,
    generate_attack,
)
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 100_000


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to inside.pcap and outside.pcap in `directory`."""
    flows = Flows.zipf(count=1_000, skew=1.1, seed=seed, protocols={"tcp": 0.75, "udp": 0.25})
    half_s = packets / RATE_PPS / 2
    shift = Phase(at_s=half_s, churn_per_s=5_000)
    wanted = generate(
        flows,
        packets=packets,
        rate_pps=RATE_PPS,
        churn_per_s=1_000,
        flow_sizes=WEB_SEARCH,
        schedule=Schedule((shift,)),
    )
    scan = generate_attack(
        PortScan(scanner="192.0.2.66", victims="10.0.1.0/24"), packets=packets, rate_pps=RATE_PPS // 50, seed=seed
    )
    flood = generate_attack(
        SynFlood(victim="10.0.0.80"),
        packets=packets,
        rate_pps=RATE_PPS // 4,
        seed=seed,
        start_ns=START_NS + round(half_s * 1e9),
    )
    return write_named_captures(islice(merge([wanted, scan, flood]), packets), directory, ports=("inside", "outside"))


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
