"""Traffic for the load balancer: connections of clients to the virtual address, and the answers of the backends.

After half of the packets, clients come and go five times as often.
"""

import tomllib
from pathlib import Path

from compiler.meaning.hashing import family_hash
from sim.traffic import GOOGLE_RPC, Endpoints, Flow, Flows, Phase, Schedule, SeenOutside, generate, packed_address
from sim.traffic.script import captures_by_arguments, write_named_captures

VIP = "192.0.2.10"
RATE_PPS = 100_000
PROTOCOLS = {"tcp": 6, "udp": 17}


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to clients.pcap and servers.pcap in `directory`."""
    flows = Flows.zipf(
        count=2_000,
        skew=0.9,
        seed=seed,
        inside="198.18.0.0/15",
        outside=f"{VIP}/32",
        protocols={"tcp": 0.9, "udp": 0.1},
    )
    shift = Phase(at_s=packets / RATE_PPS / 2, churn_per_s=5_000)
    frames = generate(
        flows,
        packets=packets,
        rate_pps=RATE_PPS,
        churn_per_s=1_000,
        flow_sizes=GOOGLE_RPC,
        schedule=Schedule((shift,)),
        seen_outside=_seen_by_backends(),
    )
    return write_named_captures(frames, directory, ports=("clients", "servers"))


def _seen_by_backends() -> SeenOutside:
    """A backend answers from its own address; which one a connection gets is the Maglev table's choice."""
    tables = tomllib.loads(Path(__file__).with_name("tables.toml").read_text(encoding="utf-8"))
    addresses = {entry["key"]: packed_address(entry["value"]["ip"]) for entry in tables["backends"]}
    cells = tables["maglev"]

    def seen_outside(flow: Flow) -> Endpoints:
        ends = flow.endpoints
        ports = ends.source_port.to_bytes(2) + ends.destination_port.to_bytes(2)
        key = ends.source + ends.destination + bytes([PROTOCOLS[flow.protocol]]) + ports
        return ends._replace(destination=addresses[cells[family_hash(0, key) % len(cells)]])

    return seen_outside


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
