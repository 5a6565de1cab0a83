"""Traffic for the connection limiter: few clients with many connections, which open, last and close."""

from pathlib import Path

from sim.traffic import WEB_SEARCH, Flows, generate
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 10_000


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to clients.pcap and servers.pcap in `directory`."""
    flows = Flows.zipf(count=150, skew=0.5, seed=seed, inside="10.0.0.0/28", protocols={"tcp": 0.9, "udp": 0.1})
    frames = generate(flows, packets=packets, rate_pps=RATE_PPS, churn_per_s=100, flow_sizes=WEB_SEARCH)
    return write_named_captures(frames, directory, ports=("clients", "servers"))


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
