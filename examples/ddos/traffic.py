"""Traffic for the SYN guard: clients of a web service, and after a third of the packets a flood from a botnet."""

from itertools import islice
from pathlib import Path

from sim.captures import merge
from sim.traffic import START_NS, WEB_SEARCH, Flows, SynFlood, generate, generate_attack
from sim.traffic.script import captures_by_arguments, write_named_captures

RATE_PPS = 20_000


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    """Write `packets` packets to outside.pcap and inside.pcap in `directory`."""
    flows = Flows.zipf(count=500, skew=1.0, seed=seed, opened_outside=1.0)
    wanted = generate(flows, packets=packets, rate_pps=RATE_PPS, churn_per_s=200, flow_sizes=WEB_SEARCH)
    begin_ns = START_NS + packets * 1_000_000_000 // RATE_PPS // 3
    flood = SynFlood(victim="10.0.0.80", sources="192.0.2.64/29")
    unwanted = generate_attack(flood, packets=packets, rate_pps=RATE_PPS, seed=seed, start_ns=begin_ns)
    return write_named_captures(islice(merge([wanted, unwanted]), packets), directory, ports=("inside", "outside"))


if __name__ == "__main__":
    for port, path in captures_by_arguments(captures).items():
        print(f"{port}={path}")
