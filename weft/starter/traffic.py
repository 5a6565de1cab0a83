"""Write traffic for the program: flows that hosts inside open, and a port scan from outside that it has to refuse."""

from pathlib import Path

from sim.captures import merge
from sim.traffic import Flows, PortScan, generate, generate_attack
from sim.traffic.script import captures_by_arguments, write_named_captures


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets of flows, and a tenth as many of a scan, to inside.pcap and outside.pcap."""
    flows = Flows.zipf(count=100, skew=1.1, seed=seed, inside="10.0.0.0/16", outside="198.51.100.0/24")
    wanted = generate(flows, packets=packets, rate_pps=10_000)
    scan = PortScan(scanner="192.0.2.66", victims="10.0.1.0/24")
    unwanted = generate_attack(scan, packets=packets // 10, rate_pps=1_000, seed=seed)
    return write_named_captures(merge([wanted, unwanted]), directory, ports=("inside", "outside"))


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"--in {port}={path}")
