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
