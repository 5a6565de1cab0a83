"""What a lab is made of, as its topology file says it.

    [hosts.inside]
    address = "10.0.1.2/24"                          # or several, in a list; IPv4 and IPv6
    mac = "02:00:00:00:01:02"                        # one of its own if not given
    gateway = "10.0.1.1"                             # the default route; or one for IPv4 and one for IPv6
    routes = { "198.51.100.0/24" = "10.0.1.9" }      # further ones: by a gateway, or by "link"
    neighbours = { "10.0.1.1" = "02:00:00:00:01:0a" }  # whom it need not ask by ARP
    mtu = 1500

    [switches.nat]
    program = "../nat/nat.weft"                      # as seen from the folder of this file
    entries = "nat.toml"
    engine = "auto"                                  # bmv2 where it is found; "bmv2", "interpreter"
    p4runtime = 9559                                 # TCP ports; free ones if not given
    thrift = 9090

    [switches.nat.ports]                             # a host, or a port of another switch
    lan = "inside"
    wan = { to = "edge.any[0]", rate = "10mbit" }    # in either direction

A host is connected to one port. A link between switches stands at one of its ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from pathlib import Path
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Interface: TypeAlias = IPv4Interface | IPv6Interface
Network: TypeAlias = IPv4Network | IPv6Network

DEFAULT_MTU = 1500


class Engine(Enum):
    """What carries a switch's program out."""

    AUTO = "auto"  # bmv2 where p4c and simple_switch_grpc are found, else the interpreter
    BMV2 = "bmv2"
    INTERPRETER = "interpreter"


@dataclass(frozen=True, slots=True)
class PortName:
    """A port of a switch, by the name that its program gives it."""

    switch: str
    port: str

    def __str__(self) -> str:
        return f"{self.switch}.{self.port}"


@dataclass(frozen=True, slots=True)
class HostName:
    host: str

    def __str__(self) -> str:
        return self.host


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A network namespace with one interface, `eth0`. A route's gateway of None: its network is on the link."""

    name: str
    mac: str
    addresses: tuple[Interface, ...]
    gateways: tuple[Address, ...] = ()
    routes: Mapping[Network, Address | None] = field(default_factory=dict)
    neighbours: Mapping[Address, str] = field(default_factory=dict)
    mtu: int = DEFAULT_MTU


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """`p4runtime` and `thrift`: TCP ports; None takes a free one."""

    name: str
    program: Path
    cut: Path | None = None  # where it runs a piece of the program, how that is cut,
    piece: str | None = None  # and which device of the cut it is
    entries: Path | None = None
    engine: Engine = Engine.AUTO
    p4runtime: int | None = None
    thrift: int | None = None
    device_id: int = 1


@dataclass(frozen=True, slots=True)
class Link:
    """A wire from a switch's port. `rate_bps`: what it carries in either direction; None: as much as it can."""

    port: PortName
    peer: PortName | HostName
    rate_bps: int | None = None

    @property
    def ends(self) -> tuple[PortName | HostName, ...]:
        return (self.port, self.peer)


@dataclass(frozen=True, slots=True)
class Topology:
    name: str
    file: Path
    hosts: tuple[Host, ...]
    switches: tuple[Switch, ...]
    links: tuple[Link, ...]
