"""Draw flows: new 5-tuples, none equal to that of a live flow."""

from bisect import bisect_right
from collections.abc import Mapping

from sim.traffic.distributions import cumulative_shares
from sim.traffic.errors import TrafficError
from sim.traffic.flows import (
    INSIDE,
    OUTSIDE,
    PROTOCOLS,
    Endpoints,
    Flow,
    Flows,
    Network,
    Protocol,
    networks,
    usable_hosts,
)
from sim.traffic.streams import Purpose, Stream

_ATTEMPTS = 1_000


class WeightedPorts:
    """Ports drawn by weight."""

    def __init__(self, weights: Mapping[int, float], *, what: str) -> None:
        self._ports = list(weights)
        self._shares = cumulative_shares(weights, what=what)

    def draw(self, stream: Stream) -> int:
        """Return one port."""
        return self._ports[min(bisect_right(self._shares, stream.uniform()), len(self._ports) - 1)]


class FlowSource:
    """Draws the flows of one generator run, and knows which 5-tuples are taken."""

    def __init__(self, flows: Flows) -> None:
        self._flows = flows
        self._stream = Stream(flows.seed, Purpose.FLOWS)
        self._opened = 0
        self._live: set[tuple[Protocol, Endpoints]] = set()
        self._inside = [(network, *usable_hosts(network)) for network in networks(flows.inside)]
        outside = [(network, *usable_hosts(network)) for network in networks(flows.outside)]
        self._outside = {version: [row for row in outside if row[0].version == version] for version in (4, 6)}
        self._tcp_services = WeightedPorts(flows.tcp_services, what="tcp_services")
        self._udp_services = WeightedPorts(flows.udp_services, what="udp_services")
        self.use_protocols(flows.protocols)

    def use_protocols(self, protocols: Mapping[str, float]) -> None:
        """Draw the protocols of the flows to come by these weights."""
        # In a fixed order: two mappings that are equal must give the same flows.
        weights = {name: protocols.get(name, 0.0) for name in PROTOCOLS}
        self._protocol_shares = cumulative_shares(weights, what="protocols")

    def open(self) -> Flow:
        """Return a new flow, live from now on."""
        for _ in range(_ATTEMPTS):
            protocol = PROTOCOLS[bisect_right(self._protocol_shares, self._stream.uniform())]
            opened_on = OUTSIDE if self._stream.uniform() < self._flows.opened_outside else INSIDE
            endpoints = self._draw_endpoints(protocol, opened_on)
            if (protocol, endpoints) not in self._live:
                self._live.add((protocol, endpoints))
                flow = Flow(self._opened, protocol, endpoints, opened_on)
                self._opened += 1
                return flow
        raise TrafficError(
            f"found no free 5-tuple beside {len(self._live)} live flows: widen inside, outside or source_ports"
        )

    def close(self, flow: Flow) -> None:
        """Free the 5-tuple of `flow` for later flows."""
        self._live.discard((flow.protocol, flow.endpoints))

    def _draw_endpoints(self, protocol: Protocol, opened_on: int) -> Endpoints:
        stream = self._stream
        inside = self._inside[stream.below(len(self._inside))]
        candidates = self._outside[inside[0].version]
        outside = candidates[stream.below(len(candidates))]
        here, there = self._draw_host(*inside), self._draw_host(*outside)
        source, destination = (here, there) if opened_on == INSIDE else (there, here)
        if protocol == "icmp":
            return Endpoints(source, destination, stream.below(65_536), 0)
        first, last = self._flows.source_ports
        services = self._tcp_services if protocol == "tcp" else self._udp_services
        return Endpoints(source, destination, first + stream.below(last - first + 1), services.draw(stream))

    def _draw_host(self, network: Network, first: int, count: int) -> bytes:
        return (first + self._stream.below(count)).to_bytes(network.max_prefixlen // 8, "big")
