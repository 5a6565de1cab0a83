"""Traffic for flowlet switching: flows of hosts, most of which pause now and then, and answers by the first path.

After half of the packets the rate falls to a tenth, so that nearly every pause is long enough to change the path.
"""

from pathlib import Path

from sim.traffic import WEB_SEARCH, Flows, Phase, Schedule, generate
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 100_000


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to hosts.pcap and paths-0.pcap in `directory`."""
    flows = Flows.zipf(count=200, skew=1.1, seed=seed, reverse_share=0.2)
    shift = Phase(at_s=packets / RATE_PPS / 2, rate_pps=RATE_PPS // 10)
    frames = generate(
        flows,
        packets=packets,
        rate_pps=RATE_PPS,
        churn_per_s=200,
        flow_sizes=WEB_SEARCH,
        schedule=Schedule((shift,)),
        arrivals="poisson",
    )
    return write_named_captures(frames, directory, ports=("hosts", "paths[0]"))


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
