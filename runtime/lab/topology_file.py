"""Read a topology file; `topology.py` shows one."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path
from typing import Final, NoReturn, TypeVar

from compiler.diagnostics.suggest import closest
from runtime.lab.errors import TopologyError
from runtime.lab.topology import (
    DEFAULT_MTU,
    Address,
    Engine,
    Host,
    HostName,
    Interface,
    Link,
    Network,
    PortName,
    Switch,
    Topology,
)

ON_LINK: Final = "link"  # in the place of a route's gateway

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,30}")
_MAC: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", re.IGNORECASE)
_RATE: Final = re.compile(r"(?P<number>\d{1,9}(\.\d{1,6})?) ?(?P<unit>[kmg]?)bit(/s|ps)?", re.IGNORECASE)
_UNITS: Final = {"": 1, "k": 1000, "m": 1000_000, "g": 1000_000_000}
_SLOWEST_BPS: Final = 8_000  # tc counts in bytes a second
_MTUS: Final = range(68, 9001)  # RFC 791; links are made for no more

_LAB_KEYS: Final = ("name", "hosts", "switches")
_HOST_KEYS: Final = ("address", "mac", "gateway", "routes", "neighbours", "mtu")
_SWITCH_KEYS: Final = ("program", "cut", "piece", "entries", "engine", "ports", "p4runtime", "thrift", "device_id")
_LINK_KEYS: Final = ("to", "rate")

_Table = Mapping[str, object]
_Value = TypeVar("_Value")


def load_topology(path: Path) -> Topology:
    """Read and check a topology file; `TopologyError` says what is wrong with it, and where."""
    return _Reader(path).topology(_read_toml(path))


def lab_name_of(text: str) -> str:
    """The name of the lab that a command means: a topology file, broken or gone as it may be, or the name itself."""
    path = Path(text)
    if path.suffix != ".toml" and "/" not in text:
        return text
    try:
        name = tomllib.loads(path.read_bytes().decode()).get("name")
    except (OSError, ValueError, RecursionError):
        name = None
    return name if isinstance(name, str) else path.stem


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise TopologyError(f"{path}: cannot read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise TopologyError(f"{path}: not a text file in UTF-8 (byte {error.start})") from error
    except RecursionError as error:
        raise TopologyError(f"{path}: values are nested too deeply") from error
    except ValueError as error:  # of tomllib, or of a number with thousands of digits
        raise TopologyError(f"{path}: not valid TOML: {error}") from error


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path

    def topology(self, tree: _Table) -> Topology:
        self._check_keys("the file", tree, _LAB_KEYS)
        name = self._text("name", tree["name"]) if "name" in tree else self._path.stem
        self._check_name("a lab", name, help="give it another one: `name = ...` at the top of the file")
        hosts = self._table("hosts", tree.get("hosts", {}))
        switches = self._table("switches", tree.get("switches", {}))
        if not switches:
            self._fail("there is no switch in it", help='begin with [switches.NAME] and program = "FILE.weft"')
        for both in hosts.keys() & switches.keys():
            self._fail(f"`{both}` is a host and a switch")
        links = [
            self._link(PortName(switch, port), value, hosts.keys(), switches.keys())
            for switch, content in switches.items()
            for port, value in self._table(f"switches.{switch}.ports", self._ports(switch, content)).items()
        ]
        self._check_links(links, hosts)
        read = [self._host(host, self._table(f"hosts.{host}", hosts[host]), lab=name) for host in hosts]
        self._check_distinct("MAC address", [(host.mac, host.name) for host in read])
        made = [self._switch(switch, self._table(f"switches.{switch}", switches[switch])) for switch in switches]
        fixed = [(str(port), s.name) for s in made for port in (s.p4runtime, s.thrift) if port is not None]
        self._check_distinct("TCP port", fixed)
        return Topology(name, self._path, tuple(read), tuple(made), tuple(links))

    # --- hosts

    def _host(self, name: str, table: _Table, *, lab: str) -> Host:
        where = f"hosts.{name}"
        self._check_name("a host", name)
        self._check_keys(where, table, _HOST_KEYS)
        texts = self._texts(f"{where}.address", table.get("address", []))
        addresses = tuple(self._interface(f"{where}.address", text) for text in texts)
        routes: dict[Network, Address | None] = {}
        for network, via in self._table(f"{where}.routes", table.get("routes", {})).items():
            known = self._parsed(f"{where}.routes", network, ip_network, "a network such as 198.51.100.0/24")
            text = self._text(f"{where}.routes", via)
            routes[known] = None if text == ON_LINK else self._address(f"{where}.routes", text)
            self._check_version(f"{where}.routes", known, routes[known])
        gateways = tuple(
            self._address(f"{where}.gateway", g) for g in self._texts(f"{where}.gateway", table.get("gateway", []))
        )
        if max(Counter(gateway.version for gateway in gateways).values(), default=0) > 1:
            self._fail(f"{where}.gateway: there is one default route for IPv4, and one for IPv6")
        return Host(
            name=name,
            mac=self._mac(f"{where}.mac", table["mac"]) if "mac" in table else _own_mac(lab, name),
            addresses=addresses,
            gateways=gateways,
            routes=routes,
            neighbours={
                self._address(f"{where}.neighbours", address): self._mac(f"{where}.neighbours", mac)
                for address, mac in self._table(f"{where}.neighbours", table.get("neighbours", {})).items()
            },
            mtu=self._number(f"{where}.mtu", table.get("mtu", DEFAULT_MTU), _MTUS),
        )

    def _interface(self, where: str, text: str) -> Interface:
        if "/" not in text:
            self._fail(f"{where}: `{text}` does not say how long its network's prefix is", help=f'write "{text}/24"')
        return self._parsed(where, text, ip_interface, "an address and its prefix length, such as 10.0.0.1/24")

    def _address(self, where: str, value: object) -> Address:
        return self._parsed(where, self._text(where, value), ip_address, "an IP address")

    def _mac(self, where: str, value: object) -> str:
        text = self._text(where, value)
        if not _MAC.fullmatch(text):
            self._fail(f"{where}: `{text}` is no MAC address", help="write it as 02:00:00:00:00:01")
        if int(text[:2], 16) & 1:
            self._fail(f"{where}: `{text}` is the address of a group, not of a station")
        return text.lower()

    def _check_version(self, where: str, network: Network, via: Address | None) -> None:
        if via is not None and via.version != network.version:
            self._fail(f"{where}: the way to {network} cannot be by {via}")

    # --- switches

    def _switch(self, name: str, table: _Table) -> Switch:
        where = f"switches.{name}"
        self._check_name("a switch", name)
        self._check_keys(where, table, _SWITCH_KEYS)
        if "program" not in table:
            self._fail(f"{where} says no program", help='write program = "FILE.weft"')
        if ("cut" in table) != ("piece" in table):
            self._fail(
                f"{where}: a piece is named by a cut and a device", help='write cut = "CUT.toml", piece = "DEVICE"'
            )
        return Switch(
            name=name,
            program=self._file(f"{where}.program", table["program"]),
            cut=self._file(f"{where}.cut", table["cut"]) if "cut" in table else None,
            piece=self._text(f"{where}.piece", table["piece"]) if "piece" in table else None,
            entries=self._file(f"{where}.entries", table["entries"]) if "entries" in table else None,
            engine=self._engine(f"{where}.engine", table.get("engine", Engine.AUTO.value)),
            p4runtime=self._optional_port(f"{where}.p4runtime", table.get("p4runtime")),
            thrift=self._optional_port(f"{where}.thrift", table.get("thrift")),
            device_id=self._number(f"{where}.device_id", table.get("device_id", 1), range(1, 1 << 63)),
        )

    def _ports(self, switch: str, content: object) -> object:
        ports = self._table(f"switches.{switch}", content).get("ports", {})
        if not ports:
            self._fail(
                f"switches.{switch} is connected to nothing", help=f'write [switches.{switch}.ports] and PORT = "HOST"'
            )
        return ports

    def _file(self, where: str, value: object) -> Path:
        path = self._path.parent / self._text(where, value)
        if not path.is_file():
            self._fail(f"{where}: there is no file {path}")
        return path

    def _engine(self, where: str, value: object) -> Engine:
        text = self._text(where, value)
        known = [engine.value for engine in Engine]
        if text not in known:
            self._fail(f"{where}: there is no engine `{text}`{_meant(text, known)}", help=f"one of {', '.join(known)}")
        return Engine(text)

    def _optional_port(self, where: str, value: object) -> int | None:
        return None if value is None else self._number(where, value, range(1, 1 << 16))

    # --- links

    def _link(self, port: PortName, value: object, hosts: Iterable[str], switches: Iterable[str]) -> Link:
        where = f"switches.{port.switch}.ports"
        table = {"to": value} if isinstance(value, str) else self._table(f"{where}.{port.port}", value)
        self._check_keys(f"{where}.{port.port}", table, _LINK_KEYS)
        if "to" not in table:
            self._fail(f"{where}: `{port.port}` does not say where it leads", help='write { to = "HOST", rate = ... }')
        to = self._text(f"{where}.{port.port}", table["to"])
        rate = self._rate(f"{where}.{port.port}", table["rate"]) if "rate" in table else None
        return Link(port, self._peer(f"{where}.{port.port}", to, hosts, switches), rate)

    def _peer(self, where: str, to: str, hosts: Iterable[str], switches: Iterable[str]) -> PortName | HostName:
        switch, dot, port = to.partition(".")
        if dot and switch in switches and port:
            return PortName(switch, port)
        if to in hosts:
            return HostName(to)
        if to in switches:
            self._fail(f"{where}: `{to}` is a switch", help=f'say by which of its ports: "{to}.PORT"')
        what = f"switch `{switch}`" if dot else f"host `{to}`"
        self._fail(f"{where}: there is no {what}{_meant(switch, switches if dot else hosts)}")

    def _rate(self, where: str, value: object) -> int:
        text = self._text(where, value)
        found = _RATE.fullmatch(text)
        if found is None:
            self._fail(f"{where}: `{text}` is no rate", help='write it as "10mbit", "500kbit", "1gbit"')
        rate = int(float(found["number"]) * _UNITS[found["unit"].lower()])
        if rate < _SLOWEST_BPS:
            self._fail(f"{where}: `{text}` is too slow: 8kbit at the least")
        return rate

    def _check_links(self, links: list[Link], hosts: _Table) -> None:
        ends = Counter(end for link in links for end in link.ends)
        for end, count in ends.items():
            if count > 1:
                what = "a host has one interface" if isinstance(end, HostName) else "a link stands at one of its ends"
                self._fail(f"`{end}` is connected {'twice' if count == 2 else f'{count} times'}", help=what)
        for host in hosts:
            if HostName(host) not in ends:
                self._fail(f"host `{host}` is connected to nothing", help=f'let a port of a switch lead to "{host}"')

    # --- values

    def _table(self, where: str, value: object) -> _Table:
        if not isinstance(value, dict):
            self._fail(f"`{where}` has to be a table, not {_kind(value)}")
        return value

    def _text(self, where: str, value: object) -> str:
        if not isinstance(value, str):
            self._fail(f"`{where}` has to be a text in quotes, not {_kind(value)}")
        if "\0" in value:
            self._fail(f"`{where}` has a zero byte in it")
        return value

    def _texts(self, where: str, value: object) -> list[str]:
        return [self._text(where, part) for part in (value if isinstance(value, list) else [value])]

    def _number(self, where: str, value: object, within: range) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value not in within:
            self._fail(f"`{where}` has to be a number from {within.start} to {within.stop - 1}")
        return value

    def _parsed(self, where: str, text: str, parse: Callable[[str], _Value], what: str) -> _Value:
        try:
            return parse(text)
        except ValueError as error:
            raise TopologyError(f"{self._path}: {where}: `{text}` is not {what}: {error}") from error

    def _check_keys(self, where: str, table: _Table, known: Iterable[str]) -> None:
        for key in table:
            if key not in known:
                self._fail(f"{where} has no `{key}`{_meant(key, known)}", help=f"there are {', '.join(known)}")

    def _check_name(self, what: str, name: str, *, help: str | None = None) -> None:
        if not _NAME.fullmatch(name):
            usual = "names are made of letters, digits, - and _, at most 31 of them"
            self._fail(f"`{name}` is no name for {what}", help=help or usual)

    def _check_distinct(self, what: str, of: list[tuple[str, str]]) -> None:
        for value, count in Counter(value for value, _ in of).items():
            if count > 1:
                owners = dict.fromkeys(owner for known, owner in of if known == value)
                self._fail(f"{what} {value} is used {count} times, by {', '.join(f'`{owner}`' for owner in owners)}")

    def _fail(self, problem: str, *, help: str | None = None) -> NoReturn:
        raise TopologyError(f"{self._path}: {problem}", help=help)


def _own_mac(lab: str, host: str) -> str:
    """An address that stays from one day to the next. 02: administered locally (IEEE 802, 8.4)."""
    return "02:" + blake2b(f"{lab}/{host}".encode(), digest_size=5).digest().hex(":")


def _meant(name: str, known: Iterable[str]) -> str:
    meant = closest(name, list(known))
    return f"; did you mean `{meant}`?" if meant else ""


def _kind(value: object) -> str:
    match value:
        case bool():
            return "a truth value"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date"
