"""Write traffic for the program: flows that hosts inside open, and a port scan from outside that it has to refuse."""

from pathlib import Path

from sim.captures import merge
from sim.traffic import INSIDE, OUTSIDE, Flows, PortScan, generate, generate_attack, write_captures

PORT_NAMES = {INSIDE: "inside", OUTSIDE: "outside"}


def write_traffic(folder: Path, *, packets: int = 2_000) -> dict[int, Path]:
    """Write `packets` packets of flows, and a tenth as many of a scan, as one capture a port into `folder`."""
    flows = Flows.zipf(count=100, skew=1.1, inside="10.0.0.0/16", outside="198.51.100.0/24")
    wanted = generate(flows, packets=packets, rate_pps=10_000)
    scan = PortScan(scanner="192.0.2.66", victims="10.0.1.0/24")
    unwanted = generate_attack(scan, packets=packets // 10, rate_pps=1_000)
    return write_captures(merge([wanted, unwanted]), folder, port_names=PORT_NAMES)


if __name__ == "__main__":
    write_traffic(Path(__file__).parent)
