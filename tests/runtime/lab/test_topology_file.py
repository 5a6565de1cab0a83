"""What a topology file may say, and what is said of mistakes in it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Interface, ip_interface
from pathlib import Path

import pytest

from runtime.lab.errors import TopologyError
from runtime.lab.topology import Engine, HostName, Link, PortName, Topology
from runtime.lab.topology_file import lab_name_of, load_topology
from tests.runtime.lab.machine import LABS

WHOLE = """\
name = "home"

[hosts.inside]
address = ["10.0.1.2/24", "2001:db8::2/64"]
mac = "02:00:00:00:01:0A"
gateway = ["10.0.1.1", "fe80::1"]
routes = { "198.51.100.0/24" = "10.0.1.9", "239.1.1.1/32" = "link" }
neighbours = { "10.0.1.1" = "02:00:00:00:01:01" }
mtu = 1400

[hosts.outside]

[switches.nat]
program = "nat.weft"
entries = "nat.toml"
engine = "bmv2"
p4runtime = 9559
thrift = 9090
device_id = 7
ports = { lan = "inside", wan = { to = "edge.any[0]", rate = "1.5mbit" } }

[switches.edge]
program = "nat.weft"
ports = { "any[1]" = "outside" }
"""


def load(folder: Path, text: str) -> Topology:
    for name in ("nat.weft", "nat.toml"):
        (folder / name).touch()
    path = folder / "lab.toml"
    path.write_text(text)
    return load_topology(path)


def test_all_that_a_file_can_say(tmp_path: Path) -> None:
    found = load(tmp_path, WHOLE)
    assert found.name == "home"
    inside, outside = found.hosts
    assert inside.mac == "02:00:00:00:01:0a"
    assert inside.addresses == (ip_interface("10.0.1.2/24"), IPv6Interface("2001:db8::2/64"))
    assert inside.gateways == (IPv4Address("10.0.1.1"), IPv6Address("fe80::1"))
    assert inside.routes == {
        IPv4Network("198.51.100.0/24"): IPv4Address("10.0.1.9"),
        IPv4Network("239.1.1.1/32"): None,
    }
    assert inside.neighbours == {IPv4Address("10.0.1.1"): "02:00:00:00:01:01"}
    assert (inside.mtu, outside.mtu) == (1400, 1500)
    assert (outside.addresses, outside.gateways) == ((), ())
    nat, edge = found.switches
    assert (nat.program, nat.entries) == (tmp_path / "nat.weft", tmp_path / "nat.toml")
    assert (nat.engine, nat.p4runtime, nat.thrift, nat.device_id) == (Engine.BMV2, 9559, 9090, 7)
    assert (edge.engine, edge.entries, edge.p4runtime, edge.thrift) == (Engine.AUTO, None, None, None)
    assert found.links == (
        Link(PortName("nat", "lan"), HostName("inside")),
        Link(PortName("nat", "wan"), PortName("edge", "any[0]"), 1_500_000),
        Link(PortName("edge", "any[1]"), HostName("outside")),
    )


def test_a_host_without_a_mac_has_one_of_its_own(tmp_path: Path) -> None:
    first, second = load(tmp_path, WHOLE), load(tmp_path, WHOLE)
    assert first == second
    macs = {load(tmp_path, WHOLE.replace('"home"', f'"{name}"')).hosts[1].mac for name in ("a", "b", "c")}
    assert len(macs) == 3
    assert all(int(mac[:2], 16) & 0b11 == 0b10 for mac in macs), "of a station, and administered locally"


@pytest.mark.parametrize("file", sorted(path for path in LABS.glob("*.toml") if "[switches" in path.read_text()))
def test_the_labs_of_the_examples_are_read(file: Path) -> None:
    assert load_topology(file).name == file.stem


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('name = "home"', 'name = "a b"', "`a b` is no name for a lab"),
        ('name = "home"', "name = 7", "`name` has to be a text in quotes, not a number"),
        ('name = "home"', "nmae = 1", "the file has no `nmae`; did you mean `name`?"),
        ("[hosts.outside]", "[hosts.outside]\naddres = 1", "hosts.outside has no `addres`; did you mean `address`?"),
        ("[hosts.outside]", "[hosts.nat]", "`nat` is a host and a switch"),
        ('ports = { "any[1]" = "outside" }', 'ports = "all"', "`switches.edge.ports` has to be a table, not a text"),
        ("10.0.1.2/24", "10.0.1.2", "hosts.inside.address: `10.0.1.2` does not say how long its network's prefix is"),
        ("10.0.1.2/24", "10.0.1.256/24", "hosts.inside.address: `10.0.1.256/24` is not an address and its prefix"),
        ("198.51.100.0/24", "198.51.100.7/24", "hosts.inside.routes: `198.51.100.7/24` is not a network such as"),
        ('= "10.0.1.9"', '= "fe80::9"', "hosts.inside.routes: the way to 198.51.100.0/24 cannot be by fe80::9"),
        ('"fe80::1"', '"10.0.1.3"', "hosts.inside.gateway: there is one default route for IPv4, and one for IPv6"),
        ("02:00:00:00:01:0A", "02:00:00:00:01", "hosts.inside.mac: `02:00:00:00:01` is no MAC address"),
        ("02:00:00:00:01:0A", "01:00:5e:00:00:01", "`01:00:5e:00:00:01` is the address of a group"),
        ("mtu = 1400", "mtu = 10000", "`hosts.inside.mtu` has to be a number from 68 to 9000"),
        ("mtu = 1400", "mtu = true", "`hosts.inside.mtu` has to be a number from 68 to 9000"),
        ('entries = "nat.toml"', 'entries = "x.toml"', "switches.nat.entries: there is no file"),
        ('program = "nat.weft"\nports', "ports", "switches.edge says no program"),
        ('engine = "bmv2"', 'engine = "bmv"', "switches.nat.engine: there is no engine `bmv`; did you mean `bmv2`?"),
        ("p4runtime = 9559", "p4runtime = 65536", "`switches.nat.p4runtime` has to be a number from 1 to 65535"),
        ("thrift = 9090", "thrift = 9559", "TCP port 9559 is used 2 times, by `nat`"),
        ("1.5mbit", "fast", "switches.nat.ports.wan: `fast` is no rate"),
        ("1.5mbit", "1kbit", "switches.nat.ports.wan: `1kbit` is too slow: 8kbit at the least"),
        ('"inside", wan', '"insid", wan', "switches.nat.ports.lan: there is no host `insid`; did you mean `inside`?"),
        ("edge.any[0]", "egde.any[0]", "there is no switch `egde`; did you mean `edge`?"),
        ("edge.any[0]", "edge", "switches.nat.ports.wan: `edge` is a switch"),
        ("edge.any[0]", "edge.any[1]", "`edge.any[1]` is connected twice"),
        ("edge.any[0]", "inside", "`inside` is connected twice"),
        ('{ "any[1]" = "outside" }', '{ "any[1]" = "inside" }', "`inside` is connected twice"),
        ('ports = { "any[1]" = "outside" }', "", "switches.edge is connected to nothing"),
        ('{ "any[1]" = "outside" }', '{ "any[1]" = "nat.dmz" }', "host `outside` is connected to nothing"),
        ("[hosts.outside]", '[hosts.outside]\nmac = "02:00:00:00:01:0a"', "MAC address 02:00:00:00:01:0a is used 2"),
        ("[switches.edge]", "[switches.edge", "not valid TOML"),
        ('"edge.any[0]"', '"edge.\\u0000"', "`switches.nat.ports.wan` has a zero byte in it"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in WHOLE
    with pytest.raises(TopologyError) as error:
        load(tmp_path, WHOLE.replace(old, new))
    assert problem in error.value.problem
    assert error.value.problem.startswith(f"{tmp_path / 'lab.toml'}: ")


def test_a_file_without_switches_or_of_bytes_is_no_topology(tmp_path: Path) -> None:
    with pytest.raises(TopologyError, match="there is no switch in it"):
        load(tmp_path, "")
    path = tmp_path / "lab.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(TopologyError, match="not a text file in UTF-8"):
        load_topology(path)
    with pytest.raises(TopologyError, match="cannot read: Is a directory"):
        load_topology(tmp_path)


def test_a_lab_is_meant_by_its_name_or_its_file(tmp_path: Path) -> None:
    path = tmp_path / "here.toml"
    path.write_text('name = "there"')
    assert lab_name_of(str(path)) == "there"
    path.write_text("broken [")
    assert lab_name_of(str(path)) == "here"
    path.unlink()
    assert lab_name_of(str(path)) == "here"
    assert lab_name_of("nat") == "nat"
