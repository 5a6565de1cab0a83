"""What a lab's links carry, and what they keep apart; no switch runs here."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet

from runtime.lab.errors import NetworkError
from runtime.lab.namespace import in_namespace
from runtime.lab.network import Wire, make_network, plan_wires, remove_network
from runtime.lab.record import LabRecord, new_record
from runtime.lab.topology import Topology
from runtime.lab.topology_file import load_topology
from tests.runtime.lab.hosts import socket_in
from tests.runtime.lab.machine import Machine, needs_root
from tests.runtime.lab.topologies import write_pair

pytestmark = needs_root

ETH_P_ALL = 3  # linux/if_ether.h
MAC, OUR_MAC = "02:00:00:00:00:01", "02:00:00:00:00:99"
TAKEN = "198.51.100.77"  # an address of the machine that the lab is on


@contextmanager
def network(here: Machine, topology: Topology) -> Iterator[tuple[Wire, ...]]:
    """The network of a topology, without its switches."""
    record = new_record(topology.name, topology=topology.file)
    wires = plan_wires(topology, record.id)
    made: list[str] = []

    def make() -> None:
        make_network(
            topology,
            wires,
            lab=topology.name,
            note_namespace=made.append,
            forget_namespace=made.remove,
            check=lambda: None,
        )

    def remove() -> None:
        interfaces = tuple(name for wire in wires for name in wire.ends.values())
        remove_network(LabRecord(name="", id="", topology="", home=0, namespaces=tuple(made), interfaces=interfaces))

    try:
        in_namespace(here.home, make)
        yield wires
    finally:
        in_namespace(here.home, remove)
    assert here.interfaces() == {"lo"}
    assert here.namespaces(topology.name) == set()


@pytest.fixture
def topology(tmp_path: Path, lab: str) -> Topology:
    path = write_pair(tmp_path, lab, right='{ to = "right", rate = "2mbit" }')
    more = f'mac = "{MAC}"\ngateway = "192.0.2.254"\nneighbours = {{ "192.0.2.254" = "{OUR_MAC}" }}\nmtu = 1400\n'
    text = path.read_text().replace("[hosts.left]\n", f"[hosts.left]\n{more}")
    path.write_text(text.replace('"192.0.2.2/24"', '["192.0.2.2/24", "2001:db8::2/64"]'))
    return load_topology(path)


@contextmanager
def frames(here: Machine, interface: str) -> Iterator[socket.socket]:
    """All that passes on a switch's end, as the switch takes it."""
    # Without a protocol it hears nothing before it is bound, else what passes on any interface.
    opened = in_namespace(here.home, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
    with opened:
        opened.bind((interface, ETH_P_ALL))
        opened.settimeout(10)
        yield opened


def next_of(tap: socket.socket, layer: type[Packet]) -> Packet:
    while True:
        packet = Ether(tap.recv(65536))
        if layer in packet:
            return packet


def test_frames_leave_a_host_as_on_a_wire(here: Machine, lab: str, topology: Topology) -> None:
    left = f"weft-{lab}-left"
    with network(here, topology) as (wire, _), frames(here, wire.interface) as tap:
        with socket_in(left, socket.SOCK_DGRAM) as udp:
            udp.sendto(bytes(3000), ("203.0.113.5", 7))
        pieces = [next_of(tap, IP), next_of(tap, IP), next_of(tap, IP)]
        assert [len(piece[IP]) for piece in pieces] == [1396, 1396, 3000 + 8 + 3 * 20 - 2 * 1396], "an MTU of 1400"
        assert {(piece[Ether].src, piece[Ether].dst) for piece in pieces} == {(MAC, OUR_MAC)}
        with socket_in(left, socket.SOCK_DGRAM) as udp:
            udp.sendto(b"whole", ("203.0.113.5", 7))
        _check_checksum(next_of(tap, UDP), UDP)
        with socket_in(left, socket.SOCK_STREAM) as tcp:
            tcp.setblocking(False)
            tcp.connect_ex(("203.0.113.5", 80))
            _check_checksum(next_of(tap, TCP), TCP)


def _check_checksum(packet: Packet, layer: type[Packet]) -> None:
    """Scapy computes it anew."""
    found = packet[layer].chksum
    again = packet[IP].copy()
    del again[layer].chksum
    assert IP(bytes(again))[layer].chksum == found


def test_the_machine_itself_takes_no_part(here: Machine, lab: str, topology: Topology) -> None:
    with network(here, topology) as (wire, _), frames(here, wire.interface) as tap:
        _ip(here, "addr", "add", f"{TAKEN}/24", "dev", "lo")
        (end,) = _shown(here, "link", "show", wire.interface)
        left = in_namespace(f"weft-{lab}-left", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
        with left, socket_in(here.home, socket.SOCK_DGRAM) as service:
            service.bind(("", 7))
            service.setblocking(False)
            left.bind(("eth0", 0))
            everybody = Ether(src=MAC, dst="ff:ff:ff:ff:ff:ff")
            sent = [
                everybody / ARP(psrc="192.0.2.1", pdst=TAKEN, hwsrc=MAC),
                Ether(src=MAC, dst=end["address"]) / IP(src="192.0.2.1", dst=TAKEN) / UDP(dport=7) / b"to you",
                everybody / IP(src="192.0.2.1", dst="255.255.255.255") / UDP(dport=7) / b"to all",
                Ether(src=MAC, dst=OUR_MAC) / Dot1Q(vlan=7) / IP(src="192.0.2.1", dst="192.0.2.9") / ICMP(id=7),
            ]
            for frame in sent:
                left.send(bytes(frame))
            seen = [tap.recv(2048) for _ in sent]
            assert [data[:6] for data in seen] == [bytes(frame)[:6] for frame in sent], "and no answer among them"
            assert Ether(seen[-1])[ICMP].id == 7
            with pytest.raises(BlockingIOError):
                service.recv(100)


def test_a_link_has_the_rate_that_it_was_given(here: Machine, lab: str, topology: Topology) -> None:
    with network(here, topology) as (fast, slow):
        for where in ((here.home, slow.interface), (f"weft-{lab}-right", "eth0")):
            (discipline,) = _disciplines(*where)
            assert (discipline["kind"], discipline["options"]["rate"]) == ("tbf", 2_000_000 / 8)
        (discipline,) = _disciplines(here.home, fast.interface)
        assert discipline["kind"] == "noqueue"


def test_a_host_has_ipv6_where_it_has_an_address_of_it(here: Machine, lab: str, topology: Topology) -> None:
    with network(here, topology) as (_, slow), frames(here, slow.interface) as tap:
        with in_namespace(f"weft-{lab}-right", lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)) as udp:
            udp.sendto(b"hello", ("2001:db8::9", 7))
        asked = next_of(tap, IPv6)
        while asked[IPv6].dst == "ff02::16":  # the host's own: the groups that it listens to (RFC 3810)
            asked = next_of(tap, IPv6)
        assert asked[IPv6].src == "2001:db8::2"
        with (
            pytest.raises(OSError, match=r"unreachable|Cannot assign"),
            in_namespace(f"weft-{lab}-left", lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)) as udp,
        ):
            udp.sendto(b"hello", ("2001:db8::9", 7))


def test_nobody_elses_namespace_is_touched(here: Machine, lab: str, topology: Topology) -> None:
    taken = f"weft-{lab}-right"
    subprocess.run(["ip", "netns", "add", taken], check=True)
    try:
        with (
            pytest.raises(NetworkError, match=f"there is a network namespace `{taken}` already"),
            network(here, topology),
        ):
            pass
        assert here.namespaces(lab) == {taken}
    finally:
        subprocess.run(["ip", "netns", "delete", taken], check=True)
    assert here.interfaces() == {"lo"}


def _ip(here: Machine, *arguments: str) -> str:
    command = ["ip", "-n", here.home, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _shown(here: Machine, *arguments: str) -> list[dict[str, Any]]:
    return json.loads(_ip(here, "-json", *arguments))


def _disciplines(namespace: str, interface: str) -> list[dict[str, Any]]:
    command = ["tc", "-n", namespace, "-json", "qdisc", "show", "dev", interface]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
