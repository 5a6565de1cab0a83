"""Traffic for the NAT: flows of hosts inside, whose answers go to the ports that the NAT gives them, and a port scan.

After half of the packets the busiest flows change and new flows come five times as often.
"""

from itertools import islice
from pathlib import Path

from compiler.load import load_program
from compiler.pipeline import run_passes
from sim.captures import merge
from sim.state import IndexState, build_states
from sim.traffic import (
    WEB_SEARCH,
    Endpoints,
    Flow,
    Flows,
    Phase,
    PortScan,
    Schedule,
    SeenOutside,
    generate,
    generate_attack,
    packed_address,
)
from sim.traffic.script import captures_by_arguments, write_named_captures

PUBLIC = "203.0.113.1"
PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17}
RATE_PPS = 100_000


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to lan.pcap and wan.pcap in `directory`; one in a hundred belongs to the scan."""
    flows = Flows.zipf(count=1_000, skew=1.1, seed=seed, inside="10.0.0.0/16", outside="198.51.100.0/24")
    shift = Phase(at_s=packets / RATE_PPS / 2, rotate=500, churn_per_s=5_000)
    wanted = generate(
        flows,
        packets=packets,
        rate_pps=RATE_PPS,
        churn_per_s=1_000,
        flow_sizes=WEB_SEARCH,
        schedule=Schedule((shift,)),
        seen_outside=_public_ports(),
    )
    scan = PortScan(scanner="192.0.2.66", victims=f"{PUBLIC}/32", ports=(1_024, 65_535))
    unwanted = generate_attack(scan, packets=packets, rate_pps=RATE_PPS // 100, seed=seed)
    return write_named_captures(islice(merge([wanted, unwanted]), packets), directory, ports=("lan", "wan"))


def _public_ports() -> SeenOutside:
    """Tell which port each flow is given: flows open here in the order in which the NAT meets them."""
    program = run_passes(load_program(Path(__file__).with_name("nat.weft")).program, until="assign_shares")
    by_flow = build_states(program)["by_flow"]
    assert isinstance(by_flow, IndexState)

    def seen_outside(flow: Flow) -> Endpoints:
        ends = flow.endpoints
        addresses = int.from_bytes(ends.source), int.from_bytes(ends.destination)
        key = (*addresses, PROTOCOLS[flow.protocol], ends.source_port, ends.destination_port)
        session = by_flow.open(key, key, 0)
        port = 0 if session is None else session[0]  # the NAT refuses a flow for which it has no port
        return ends._replace(source=packed_address(PUBLIC), source_port=port)

    return seen_outside


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
