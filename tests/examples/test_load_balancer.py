"""The load balancer's rules. Which backend a connection gets is read off what leaves."""

import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from socket import inet_ntoa

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_NOP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from sim.control import load_entries
from sim.state import ControlEntries
from tests.examples.corpus import EXAMPLES, Device, example_program, example_script

VIP = "192.0.2.10"
OWN_MAC, GATEWAY = "02:00:00:00:00:0b", "02:00:00:00:00:01"
MACS = Ether(src=GATEWAY, dst=OWN_MAC)
control_plane = example_script("load_balancer", "control_plane")


def request(number: int, *, kind: type[Scapy] = TCP) -> Scapy:
    """A packet of the connection of client `number`."""
    client = f"198.18.{number >> 8}.{number & 255}"
    return MACS / IP(src=client, dst=VIP) / kind(sport=1_024 + number, dport=443) / b"request"


@cache
def frame(number: int) -> bytes:
    return bytes(request(number))


def backend_of(device: Device, packet: Scapy | bytes, *, at_s: float = 0.0) -> str:
    ((port, data),) = device.send("clients", packet, at_s=at_s)
    assert port == "servers"
    return inet_ntoa(data[30:34])


def entries_without(absent: set[int], folder: Path) -> ControlEntries:
    path = folder / "tables.toml"
    remaining = {number: ip for number, ip in control_plane.BACKENDS.items() if number not in absent}
    path.write_text(control_plane.tables(remaining))
    return load_entries(path, example_program("load_balancer"))


def test_the_tables_are_those_of_the_control_plane() -> None:
    text = (EXAMPLES / "load_balancer" / "tables.toml").read_text()
    assert text == control_plane.tables(control_plane.BACKENDS)
    shares = Counter(tomllib.loads(text)["maglev"])
    assert set(shares.values()) == {2039 // 8, 2039 // 8 + 1}


@pytest.mark.parametrize("kind", [TCP, UDP])
def test_a_request_goes_to_a_backend_and_the_answer_comes_from_the_virtual_address(kind: type[Scapy]) -> None:
    device = Device("load_balancer")
    ((port, data),) = device.send("clients", request(1, kind=kind))
    backend = Ether(data)[IP].dst
    expected = request(1, kind=kind)
    expected[IP].dst = backend
    expected.src, expected.dst = OWN_MAC, "02:00:0a:00:00:0" + backend.rpartition(".")[2]
    assert (port, data) == ("servers", bytes(expected))

    answer = Ether(src="02:00:0a:00:00:09", dst=OWN_MAC) / IP(src=backend, dst="198.18.0.1")
    seen = Ether(src=OWN_MAC, dst=GATEWAY) / IP(src=VIP, dst="198.18.0.1")
    rest = kind(sport=443, dport=1_025) / b"answer"
    assert device.send("servers", answer / rest) == [("clients", bytes(seen / rest))]


def test_connections_are_spread_evenly() -> None:
    device = Device("load_balancer")
    found = Counter(backend_of(device, frame(number)) for number in range(2_000))
    assert set(found) == set(control_plane.BACKENDS.values())
    # Binomial with p = 1/8: mean 250, standard deviation 15; six of these.
    assert all(abs(count - 250) < 90 for count in found.values())


def test_a_backend_that_leaves_moves_its_connections_alone_and_once(tmp_path: Path) -> None:
    device = Device("load_balancer")
    before = {number: backend_of(device, frame(number)) for number in range(1_000)}
    device.replace(entries_without({3}, tmp_path))
    during = {number: backend_of(device, frame(number), at_s=1) for number in before}
    moved = {number for number in before if before[number] != during[number]}
    assert moved == {number for number, ip in before.items() if ip == "10.0.0.3"}
    device.replace(entries_without(set(), tmp_path))
    assert {number: backend_of(device, frame(number), at_s=2) for number in before} == during


def test_new_connections_mostly_go_where_they_would_have_gone(tmp_path: Path) -> None:
    with_all, without_one = Device("load_balancer"), Device("load_balancer")
    without_one.replace(entries_without({3}, tmp_path))
    found = [(backend_of(with_all, frame(number)), backend_of(without_one, frame(number))) for number in range(1_000)]
    others = [(first, second) for first, second in found if first != "10.0.0.3"]
    # A table of hash % 7 in the place of hash % 8 would keep one in seven.
    assert sum(first == second for first, second in others) > 0.8 * len(others)
    assert "10.0.0.3" not in {second for _, second in found}


def test_a_connection_is_remembered_for_five_idle_minutes(tmp_path: Path) -> None:
    by_hash = {number: backend_of(Device("load_balancer"), frame(number)) for number in range(50)}
    numbers = [number for number, backend in by_hash.items() if backend == "10.0.0.3"]
    device = Device("load_balancer", entries=entries_without({3}, tmp_path))
    elsewhere = [backend_of(device, frame(number)) for number in numbers]
    device.replace(entries_without(set(), tmp_path))
    assert [backend_of(device, frame(number), at_s=299) for number in numbers] == elsewhere
    assert {backend_of(device, frame(number), at_s=299 + 301) for number in numbers} == {"10.0.0.3"}


def test_without_room_a_connection_is_balanced_by_its_hash() -> None:
    full, empty = Device("load_balancer", capacity=16), Device("load_balancer")
    for number in range(1_000):
        assert backend_of(full, frame(number)) == backend_of(empty, frame(number))


def test_options_checksums_and_first_fragments() -> None:
    device = Device("load_balancer")
    optioned = MACS / IP(src="198.18.0.1", dst=VIP, options=[IPOption_NOP()] * 4) / TCP(sport=1, dport=443)
    ((_, data),) = device.send("clients", optioned)
    assert Ether(data)[IP].options == Ether(bytes(optioned))[IP].options
    without_checksum = request(1, kind=UDP)
    without_checksum[UDP].chksum = 0
    ((_, data),) = device.send("clients", without_checksum)
    assert Ether(data)[UDP].chksum == 0
    first = MACS / IP(src="198.18.0.1", dst=VIP, flags="MF") / TCP(sport=1, dport=443)
    assert backend_of(device, first) == backend_of(device, optioned)


@pytest.mark.parametrize(
    "packet",
    [
        MACS / IP(src="198.18.0.1", dst="192.0.2.11") / TCP(sport=1, dport=443),
        MACS / IP(src="198.18.0.1", dst=VIP) / ICMP(),
        MACS / IP(src="198.18.0.1", dst=VIP, frag=9, proto=6) / Raw(b"a later fragment"),
        MACS / IPv6() / TCP(),
        MACS / ARP(),
        MACS / Raw(b"no protocol"),
    ],
    ids=["other-address", "icmp", "fragment", "ipv6", "arp", "unknown"],
)
def test_everything_else_is_dropped(packet: Scapy) -> None:
    assert Device("load_balancer").send("clients", packet) == []


def test_without_backends_requests_are_dropped() -> None:
    assert Device("load_balancer", entries=ControlEntries()).send("clients", request(1)) == []
