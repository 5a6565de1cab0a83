"""Traffic for port knocking: clients that knock and then connect, others that only connect, and a port scan."""

from collections.abc import Iterator
from ipaddress import ip_network
from itertools import islice
from pathlib import Path

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from sim.captures import Packet, merge
from sim.traffic import OUTSIDE, START_NS, WEB_SEARCH, Flows, PortScan, generate, generate_attack
from sim.traffic.script import captures_by_arguments, write_named_captures

KNOCKS = (7000, 8000, 9000)
SERVER = "10.0.0.22"
KNOCKING, IGNORANT = "198.51.100.0/28", "192.0.2.0/28"
RATE_PPS = 10_000
PAUSE_NS = 1_000_000  # between two knocks


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to inside.pcap and outside.pcap in `directory`."""
    flows = Flows.zipf(
        count=50,
        skew=1.1,
        seed=seed,
        inside=f"{SERVER}/32",
        outside=(KNOCKING, IGNORANT),
        protocols={"tcp": 1.0},
        tcp_services={22: 1.0},
        opened_outside=1.0,
    )
    sessions = generate(
        flows,
        packets=packets,
        rate_pps=RATE_PPS,
        churn_per_s=20,
        flow_sizes=WEB_SEARCH,
        start_ns=START_NS + len(KNOCKS) * PAUSE_NS,
    )
    scan = PortScan(scanner="203.0.113.66", victims="10.0.0.0/24", ports=(6_000, 9_999))
    scanned = generate_attack(scan, packets=packets, rate_pps=RATE_PPS // 10, seed=seed)
    return write_named_captures(
        islice(merge([_knocks(), sessions, scanned]), packets), directory, ports=("inside", "outside")
    )


def _knocks() -> Iterator[Packet]:
    for number, knock in enumerate(KNOCKS):
        for client in ip_network(KNOCKING).hosts():
            ethernet = Ether(src="02:00:00:00:00:02", dst="02:00:00:00:00:0b")
            frame = ethernet / IP(src=str(client), dst=SERVER) / TCP(sport=40_000, dport=knock, flags="S")
            data = bytes(frame).ljust(60, b"\0")
            yield Packet(START_NS + number * PAUSE_NS, data, len(data), OUTSIDE)


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
