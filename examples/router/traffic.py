"""Traffic for the router: IPv4 and IPv6 flows between hosts on any[0] and the world behind any[3], and a port scan.

After half of the packets other flows are the busy ones.
"""

from itertools import islice
from pathlib import Path

from sim.captures import merge
from sim.traffic import WEB_SEARCH, Flows, Macs, Phase, PortScan, Schedule, generate, generate_attack
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 100_000
MACS = Macs(
    inside_neighbour=bytes.fromhex("020000000005"),
    inside_device=bytes.fromhex("02000000000a"),
    outside_neighbour=bytes.fromhex("020000000301"),
    outside_device=bytes.fromhex("02000000030a"),
)


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to any-0.pcap and any-3.pcap in `directory`; one in fifty belongs to the scan."""
    flows = Flows.zipf(
        count=1_000,
        skew=1.1,
        seed=seed,
        inside=("10.0.0.4/30", "2001:db8:1::5/128"),
        outside=("198.51.100.0/24", "2001:4860::/32"),
    )
    shift = Phase(at_s=packets / RATE_PPS / 2, rotate=500)
    wanted = generate(
        flows,
        packets=packets,
        rate_pps=RATE_PPS,
        churn_per_s=1_000,
        flow_sizes=WEB_SEARCH,
        schedule=Schedule((shift,)),
        macs=MACS,
    )
    scan = PortScan(scanner="192.0.2.66", victims="10.0.0.0/24", ports=(20, 29))  # most of these hosts do not exist
    unwanted = generate_attack(scan, packets=packets, rate_pps=RATE_PPS // 50, seed=seed, macs=MACS)
    return write_named_captures(islice(merge([wanted, unwanted]), packets), directory, ports=("any[0]", "any[3]"))


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
