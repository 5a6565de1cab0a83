"""Generate traffic from a seed: flows, their popularity and life, packet sizes, changes over time, attacks.

    flows = Flows.zipf(count=1000, skew=1.1, seed=1, inside="10.0.0.0/16", outside="198.51.100.0/24")
    shift = Schedule((Phase(at_s=0.05, skew=0.4, churn_per_s=5000),))
    packets = generate(flows, packets=10_000, rate_pps=100_000, sizes=IMIX, schedule=shift)
    flood = generate_attack(SynFlood(victim="10.0.0.80"), duration_s=0.1, rate_pps=20_000)
    write_captures(merge([packets, flood]), "out", port_names={INSIDE: "lan", OUTSIDE: "wan"})

`merge` is that of `sim.captures`. The same arguments give the same bytes on every machine.
"""

from sim.traffic.attacks import Attack, DnsAmplification, PortScan, SynFlood, generate_attack
from sim.traffic.captures import write_captures
from sim.traffic.connections import SeenOutside
from sim.traffic.distributions import IMIX, Cdf, SizeDistribution, SizeMix, fixed_size, zipf_cumulative
from sim.traffic.encapsulation import with_vlan, with_vxlan
from sim.traffic.errors import TrafficError
from sim.traffic.flow_sizes import DATA_MINING, GOOGLE_RPC, HADOOP, WEB_SEARCH
from sim.traffic.flows import INSIDE, OUTSIDE, Endpoints, Flow, Flows, packed_address
from sim.traffic.frames import Macs
from sim.traffic.generator import START_NS, generate
from sim.traffic.mixes import MIXES, Mix
from sim.traffic.schedule import Phase, Schedule

__all__ = [
    "DATA_MINING",
    "GOOGLE_RPC",
    "HADOOP",
    "IMIX",
    "INSIDE",
    "MIXES",
    "OUTSIDE",
    "START_NS",
    "WEB_SEARCH",
    "Attack",
    "Cdf",
    "DnsAmplification",
    "Endpoints",
    "Flow",
    "Flows",
    "Macs",
    "Mix",
    "Phase",
    "PortScan",
    "Schedule",
    "SeenOutside",
    "SizeDistribution",
    "SizeMix",
    "SynFlood",
    "TrafficError",
    "fixed_size",
    "generate",
    "generate_attack",
    "packed_address",
    "with_vlan",
    "with_vxlan",
    "write_captures",
    "zipf_cumulative",
]
