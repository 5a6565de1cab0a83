"""Flows: who talks to whom, and how popular each is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal, NamedTuple, Self, TypeAlias, TypedDict, Unpack

from sim.traffic.distributions import cumulative_shares
from sim.traffic.errors import TrafficError, require

Protocol: TypeAlias = Literal["tcp", "udp", "icmp"]
Network: TypeAlias = IPv4Network | IPv6Network

INSIDE, OUTSIDE = 0, 1
"""Port numbers: a packet's port is the side it arrives from."""

PROTOCOLS: tuple[Protocol, ...] = ("tcp", "udp", "icmp")


class Endpoints(NamedTuple):
    """Both ends of a flow as one side of the device sees them, in the direction of the flow's opener.

    Addresses are packed (4 or 16 bytes). For ICMP echo, `source_port` is the identifier and
    `destination_port` is 0.
    """

    source: bytes
    destination: bytes
    source_port: int
    destination_port: int


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow: numbered in the order in which flows open, from 0.

    `endpoints` are those the inside sees. `opened_on` is the port on which its first packet arrives.
    """

    number: int
    protocol: Protocol
    endpoints: Endpoints
    opened_on: int

    @property
    def version(self) -> int:
        """4 or 6."""
        return 4 if len(self.endpoints.source) == 4 else 6


class FlowOptions(TypedDict, total=False):
    """The fields of `Flows` that its short constructors pass on."""

    seed: int
    inside: str | Sequence[str]
    outside: str | Sequence[str]
    protocols: Mapping[str, float]
    tcp_services: Mapping[int, float]
    udp_services: Mapping[int, float]
    source_ports: tuple[int, int]
    opened_outside: float
    reverse_share: float
    reset_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """A population of `count` live flows; the flow of rank k takes a share of packets as k ** -skew.

    `inside` and `outside` are prefixes, or several; a flow draws one of `inside`, then one of the same IP
    version of `outside`. `protocols` weighs "tcp", "udp" and "icmp" (echo); the services weigh destination
    ports. `opened_outside` is the share of flows whose first packet comes from outside, `reverse_share` the
    share of data packets that go against the opener, `reset_share` the share of TCP flows that end in RST.
    """

    count: int
    skew: float = 0.0
    seed: int = 1
    inside: str | Sequence[str] = "10.0.0.0/16"
    outside: str | Sequence[str] = "198.51.100.0/24"
    protocols: Mapping[str, float] = field(default_factory=lambda: {"tcp": 0.7, "udp": 0.25, "icmp": 0.05})
    # Not port 53: a device that parses DNS would find the filler payload malformed.
    tcp_services: Mapping[int, float] = field(default_factory=lambda: {443: 0.7, 80: 0.2, 8080: 0.1})
    udp_services: Mapping[int, float] = field(default_factory=lambda: {443: 0.8, 3478: 0.2})
    source_ports: tuple[int, int] = (32_768, 60_999)
    opened_outside: float = 0.0
    reverse_share: float = 0.5
    reset_share: float = 0.02

    def __post_init__(self) -> None:
        require(1 <= self.count <= 2**24, f"count {self.count} is outside 1..2**24")
        require(0.0 <= self.skew <= 20.0, f"skew {self.skew} is outside 0..20")
        for name in ("opened_outside", "reverse_share", "reset_share"):
            share: float = getattr(self, name)
            require(0.0 <= share <= 1.0, f"{name} {share} is outside 0..1")
        check_protocols(self.protocols)
        for name, services in (("tcp_services", self.tcp_services), ("udp_services", self.udp_services)):
            cumulative_shares(services, what=name)
            require(all(1 <= port <= 65_535 for port in services), f"{name} has a port outside 1..65535")
        first, last = self.source_ports
        require(1 <= first <= last <= 65_535, f"source_ports {first}..{last} is not a range within 1..65535")
        outside_versions = {network.version for network in networks(self.outside)}
        for network in networks(self.inside):
            require(network.version in outside_versions, f"no prefix in outside has the IP version of {network}")

    @classmethod
    def zipf(cls, *, count: int, skew: float = 1.0, **options: Unpack[FlowOptions]) -> Self:
        """Return `count` flows of Zipf popularity; any `skew` from 0 up, below 1 too."""
        return cls(count=count, skew=skew, **options)

    @classmethod
    def uniform(cls, *, count: int, **options: Unpack[FlowOptions]) -> Self:
        """Return `count` flows that are equally popular."""
        return cls(count=count, skew=0.0, **options)


def check_protocols(protocols: Mapping[str, float]) -> None:
    """Raise `TrafficError` unless `protocols` weighs known protocols."""
    cumulative_shares(protocols, what="protocols")
    unknown = [name for name in protocols if name not in PROTOCOLS]
    require(not unknown, f"protocol {', '.join(map(repr, unknown))} is none of {', '.join(PROTOCOLS)}")


def packed_address(text: str) -> bytes:
    """Return the 4 or 16 bytes of an IP address."""
    try:
        return ip_address(text).packed
    except ValueError as error:
        raise TrafficError(f"{text!r} is not an IP address") from error


def networks(prefixes: str | Sequence[str]) -> tuple[Network, ...]:
    """Return the networks of one prefix or several."""
    texts = [prefixes] if isinstance(prefixes, str) else list(prefixes)
    require(bool(texts), "the list of prefixes is empty")
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise TrafficError(f"not an IP prefix: {error}") from error


def usable_hosts(network: Network) -> tuple[int, int]:
    """Return the first host address as an integer, and how many hosts there are.

    In IPv4 the network and broadcast addresses are left out, in IPv6 the subnet-router anycast address.
    """
    base, size = int(network.network_address), network.num_addresses
    if size <= 2:
        return base, size
    return (base + 1, size - 2) if network.version == 4 else (base + 1, size - 1)
