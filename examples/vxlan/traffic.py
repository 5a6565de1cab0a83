"""Traffic for the VXLAN gateway: stations of segment 5001 on local[0] talk to two that other gateways have.

After half of the packets other flows are the busy ones.
"""

from pathlib import Path

from sim.captures import merge
from sim.traffic import INSIDE, WEB_SEARCH, Flows, Macs, Phase, Schedule, generate, with_vxlan
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 100_000
VNI = 5001
OWN_IP = "192.0.2.1"
GATEWAYS = {1: "192.0.2.2", 2: "192.0.2.3"}  # by the last byte of the station's address


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to local-0.pcap and underlay.pcap in `directory`."""
    flows = Flows.zipf(count=500, skew=1.1, seed=seed, inside="10.0.0.0/24", outside="10.0.1.0/30")
    shift = Phase(at_s=packets / RATE_PPS / 2, rotate=250)
    frames = list(
        generate(
            flows,
            packets=packets,
            rate_pps=RATE_PPS,
            churn_per_s=1_000,
            flow_sizes=WEB_SEARCH,
            schedule=Schedule((shift,)),
            macs=Macs(per_host=True),
        )
    )
    local = [frame for frame in frames if frame.port == INSIDE]
    remote = [
        with_vxlan(
            [frame for frame in frames if frame.port != INSIDE and frame.data[11] == station],
            vni=VNI,
            source=gateway,
            destination=OWN_IP,
        )
        for station, gateway in GATEWAYS.items()
    ]
    return write_named_captures(merge([local, *remote]), directory, ports=("local[0]", "underlay"))


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
