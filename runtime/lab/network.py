"""A lab's namespaces and veth pairs: hosts in namespaces of their own, switches' ends beside the switches.

A switch runs in the namespace that `weft lab up` was called in, so that P4Runtime and Thrift are at 127.0.0.1 for every
tool. Its ends of the pairs stand there too; the kernel's own network takes no part in what passes on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from runtime.lab.errors import LabError, NetworkError
from runtime.lab.iproute import interface_exists, ip, ip_batch, namespace_exists, tc
from runtime.lab.namespace import in_namespace, set_kernel_options, turn_offloads_off
from runtime.lab.record import LabRecord
from runtime.lab.topology import Host, HostName, Link, PortName, Topology

HOST_INTERFACE: Final = "eth0"

# Programs put headers in front of packets: between switches there is room for them.
_SWITCH_MTU: Final = 9000

# Of a switch's end. With ARP off as well, the kernel answers nothing that arrives there and forwards nothing:
# by its strict check (RFC 3704) no source address is right on an interface that no route leads to.
_QUIET: Final = {
    "ipv4/conf/{}/rp_filter": 1,
    "ipv4/conf/{}/forwarding": 0,
    "ipv6/conf/{}/disable_ipv6": 1,
}

_BURST_S: Final = 0.01  # of a link with a rate: what may leave at once, and what may wait
_WAIT_S: Final = 0.05
_LEAST_BURST_BYTES: Final = 2 * _SWITCH_MTU


@dataclass(frozen=True, slots=True)
class Wire:
    """A link as a veth pair. `peer`: its other end, where that is a switch's too."""

    link: Link
    interface: str
    peer: str | None

    @property
    def ends(self) -> dict[PortName, str]:
        """The interfaces at switches, by port."""
        found = {self.link.port: self.interface}
        if isinstance(self.link.peer, PortName):
            assert self.peer is not None
            found[self.link.peer] = self.peer
        return found


def plan_wires(topology: Topology, lab_id: str) -> tuple[Wire, ...]:
    """Name the interfaces. They have to be of at most 15 characters, so the lab's number stands for its name."""
    names = (f"weft{lab_id[:5]}p{number}" for number in range(2 * len(topology.links)))
    return tuple(
        Wire(link, next(names), next(names) if isinstance(link.peer, PortName) else None) for link in topology.links
    )


def namespace_of(lab: str, host: str) -> str:
    return f"weft-{lab}-{host}"


def make_network(
    topology: Topology,
    wires: Sequence[Wire],
    *,
    lab: str,
    note_namespace: Callable[[str], None],
    forget_namespace: Callable[[str], None],
    check: Callable[[], None],
) -> None:
    """Make namespaces, links, addresses and routes.

    `note_namespace` is told of each before it is made, `forget_namespace` where it was somebody else's; `check`
    may raise, between steps. Raises `NetworkError`.
    """
    for host in topology.hosts:
        check()
        _make_namespace(namespace_of(lab, host.name), note_namespace, forget_namespace)
    hosts = {host.name: host for host in topology.hosts}
    check()
    ip_batch(_pair(wire, hosts, lab) for wire in wires)
    for wire in wires:
        check()
        for interface in wire.ends.values():
            set_kernel_options({option.format(interface): value for option, value in _QUIET.items()})
            ip("link", "set", interface, "arp", "off", "up")
            _limit(interface, wire.link.rate_bps, namespace=None)
    rates = {wire.link.peer: wire.link.rate_bps for wire in wires}
    for host in topology.hosts:
        check()
        _set_up_host(host, namespace_of(lab, host.name), rate_bps=rates[HostName(host.name)])


def _make_namespace(name: str, note: Callable[[str], None], forget: Callable[[str], None]) -> None:
    if namespace_exists(name):
        raise _taken(name)
    note(name)
    try:
        ip("netns", "add", name)
    except NetworkError as error:
        if "File exists" in error.problem:
            forget(name)
            raise _taken(name) from error
        raise


def _taken(name: str) -> NetworkError:
    return NetworkError(
        f"there is a network namespace `{name}` already, and no lab of this name that it belongs to",
        help=f"`ip netns delete {name}` removes it, if nobody needs it; or give the lab another name",
    )


def _pair(wire: Wire, hosts: dict[str, Host], lab: str) -> str:
    first = f"link add {wire.interface} mtu {_SWITCH_MTU} type veth peer"
    match wire.link.peer:
        case HostName(host=name):
            host = hosts[name]
            return (
                f"{first} name {HOST_INTERFACE} address {host.mac} mtu {host.mtu} netns {namespace_of(lab, host.name)}"
            )
        case PortName():
            return f"{first} name {wire.peer} mtu {_SWITCH_MTU}"


def _set_up_host(host: Host, namespace: str, *, rate_bps: int | None) -> None:
    in_namespace(namespace, lambda: _prepare(host))
    ip_batch(_host_lines(host), namespace=namespace)
    _limit(HOST_INTERFACE, rate_bps, namespace=namespace)


def _prepare(host: Host) -> None:
    """Before the interface is up: nothing is to leave that the lab's user did not send."""
    has_ip6 = any(address.version == 6 for address in host.addresses)
    options: dict[str, int] = {}
    for of in ("all", "default", HOST_INTERFACE):
        options |= {
            f"ipv4/conf/{of}/rp_filter": 0,  # packets may come back by ways that no route here knows
            f"ipv4/conf/{of}/accept_redirects": 0,
            f"ipv6/conf/{of}/disable_ipv6": int(not has_ip6),
            f"ipv6/conf/{of}/accept_ra": 0,
            f"ipv6/conf/{of}/autoconf": 0,
            f"ipv6/conf/{of}/router_solicitations": 0,
            f"ipv6/conf/{of}/accept_dad": 0,
        }
    set_kernel_options(options)
    turn_offloads_off(HOST_INTERFACE)


def _host_lines(host: Host) -> Iterator[str]:
    yield "link set lo up"
    yield f"link set {HOST_INTERFACE} addrgenmode none"
    for address in host.addresses:
        yield f"addr add {address} dev {HOST_INTERFACE}" + (" nodad" if address.version == 6 else "")
    yield f"link set {HOST_INTERFACE} up"
    for address, mac in host.neighbours.items():
        yield f"neigh replace {address} lladdr {mac} dev {HOST_INTERFACE} nud permanent"
    for network, gateway in host.routes.items():
        yield f"route add {network} " + (f"via {gateway} " if gateway else "") + f"dev {HOST_INTERFACE}"
    for gateway in host.gateways:
        yield f"route add default via {gateway} dev {HOST_INTERFACE} onlink"


def _limit(interface: str, rate_bps: int | None, *, namespace: str | None) -> None:
    if rate_bps is None:
        return
    burst = max(int(rate_bps * _BURST_S / 8), _LEAST_BURST_BYTES)
    limit = burst + max(int(rate_bps * _WAIT_S / 8), _LEAST_BURST_BYTES)
    shape = ("tbf", "rate", f"{rate_bps}bit", "burst", f"{burst}b", "limit", f"{limit}b")
    tc("qdisc", "add", "dev", interface, "root", *shape, namespace=namespace)


def remove_network(record: LabRecord) -> None:
    """Remove what is left of a lab's interfaces and namespaces; raises `LabError` with all that does not go."""
    failures = [*_tried(_remove_interface, record.interfaces), *_tried(_remove_namespace, record.namespaces)]
    if failures:
        raise LabError("; ".join(failures))


def _tried(remove: Callable[[str], None], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        try:
            remove(name)
        except NetworkError as error:
            yield error.problem


def _remove_interface(name: str) -> None:
    try:
        if interface_exists(name):
            ip("link", "delete", name)
    except NetworkError:
        if interface_exists(name):  # it has not gone by itself, with the other end
            raise


def _remove_namespace(name: str) -> None:
    try:
        if namespace_exists(name):
            ip("netns", "delete", name)
    except NetworkError:
        if namespace_exists(name):
            raise
