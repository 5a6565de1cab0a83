"""Port knocking: what opens SSH, and what does not."""

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from tests.examples.corpus import Device

CLIENT, OTHER, SERVER = "198.51.100.1", "198.51.100.2", "10.0.0.22"
MACS = Ether(src="02:00:00:00:00:02", dst="02:00:00:00:00:0b")


def syn(port: int, *, client: str = CLIENT, flags: str = "S", server: str = SERVER) -> Scapy:
    return MACS / IP(src=client, dst=server) / TCP(sport=40_000, dport=port, flags=flags)


def knock(gate: Device, *ports: int, at_s: float = 0.0, client: str = CLIENT) -> None:
    """Knock at `ports` half a second apart; no knock is let through or answered."""
    for number, port in enumerate(ports):
        assert gate.send("outside", syn(port, client=client), at_s=at_s + number / 2) == []


def is_open(gate: Device, *, at_s: float = 2.0, client: str = CLIENT) -> bool:
    packet = syn(22, client=client)
    sent = gate.send("outside", packet, at_s=at_s)
    assert sent in ([], [("inside", bytes(packet))])
    return bool(sent)


def test_three_right_knocks_open_ssh_to_their_sender_alone() -> None:
    gate = Device("port_knocking")
    assert not is_open(gate, at_s=0)
    knock(gate, 7000, 8000, 9000)
    assert is_open(gate)
    assert not is_open(gate, client=OTHER)


@pytest.mark.parametrize(
    "ports",
    [
        (7000,),
        (7000, 8000),
        (8000, 9000),
        (9000, 8000, 7000),
        (7000, 9000, 8000),
        (7000, 8000, 8001, 9000),
        (7000, 1, 8000, 9000),
        (7000, 8000, 8000, 9000),
        (7000, 8000, 7000, 9000),
    ],
    ids=str,
)
def test_other_knocks_do_not(ports: tuple[int, ...]) -> None:
    gate = Device("port_knocking")
    knock(gate, *ports)
    assert not is_open(gate)


@pytest.mark.parametrize("ports", [(7000, 7000, 8000, 9000), (1, 7000, 8000, 9000), (7000, 8000, 7000, 8000, 9000)])
def test_whoever_was_wrong_may_begin_again(ports: tuple[int, ...]) -> None:
    gate = Device("port_knocking")
    knock(gate, *ports)
    assert is_open(gate, at_s=3)


def test_a_scan_of_all_ports_in_order_does_not_open() -> None:
    gate = Device("port_knocking")
    for port in range(6_900, 9_100):
        gate.send("outside", syn(port), at_s=port / 1e6)
    assert not is_open(gate)


def test_knocks_are_at_most_five_seconds_apart() -> None:
    for pause_s, expected in ((4.9, True), (5.1, False)):
        gate = Device("port_knocking")
        for number, port in enumerate((7000, 8000, 9000)):
            knock(gate, port, at_s=number * pause_s)
        assert is_open(gate, at_s=12) == expected


def test_the_knocks_of_two_clients_do_not_mix() -> None:
    gate = Device("port_knocking")
    knock(gate, 7000)
    knock(gate, 8000, client=OTHER)
    knock(gate, 9000)
    assert not is_open(gate)
    assert not is_open(gate, client=OTHER)


@pytest.mark.parametrize("flags", ["A", "SA", "F", "R", ""])
def test_only_a_syn_is_a_knock(flags: str) -> None:
    gate = Device("port_knocking")
    knock(gate, 7000)
    assert gate.send("outside", syn(8000, flags=flags)) == []
    knock(gate, 9000)
    assert not is_open(gate)


def test_an_open_door_closes_after_half_an_hour_without_a_packet() -> None:
    gate = Device("port_knocking")
    knock(gate, 7000, 8000, 9000)
    assert is_open(gate, at_s=1_790)
    assert is_open(gate, at_s=3_580)
    assert not is_open(gate, at_s=3_580 + 1_802)


def test_an_open_door_is_for_ssh_alone() -> None:
    gate = Device("port_knocking")
    knock(gate, 7000, 8000, 9000)
    assert gate.send("outside", syn(80), at_s=2) == []
    assert gate.send("outside", MACS / IP(src=CLIENT, dst=SERVER) / UDP(dport=22), at_s=2) == []
    later = MACS / IP(src=CLIENT, dst=SERVER, frag=9, proto=6) / Raw(bytes(TCP(dport=22)))
    assert gate.send("outside", later, at_s=2) == []
    assert is_open(gate)


@pytest.mark.parametrize(
    "packet",
    [MACS / IP(src=SERVER, dst=CLIENT) / TCP(sport=22), MACS / IPv6() / UDP(), MACS / ARP(), MACS / Raw(b"unknown")],
    ids=["tcp", "ipv6", "arp", "unknown"],
)
def test_from_inside_everything_passes(packet: Scapy) -> None:
    assert Device("port_knocking").send("inside", packet) == [("outside", bytes(packet))]


@pytest.mark.parametrize(
    ("packet", "passes"),
    [(MACS / ARP(), True), (MACS / IPv6() / TCP(dport=22), False), (MACS / IP(dst=SERVER) / ICMP(), False)],
    ids=["arp", "ipv6", "icmp"],
)
def test_from_outside_arp_passes_and_other_protocols_do_not(packet: Scapy, passes: bool) -> None:
    assert bool(Device("port_knocking").send("outside", packet)) == passes


def test_knocks_without_room_do_not_count_and_those_that_have_room_do() -> None:
    gate = Device("port_knocking", capacity=16)
    clients = [f"203.0.{number >> 8}.{number & 255}" for number in range(1_000)]
    for client in clients:
        knock(gate, 7000, client=client)
    for client in clients:
        knock(gate, 8000, 9000, client=client, at_s=0.5)
    opened = sum(is_open(gate, client=client) for client in clients)
    assert 16 <= opened < 200
    knock(gate, 7000, 8000, 9000, client="192.0.2.1", at_s=4_000)
    assert is_open(gate, client="192.0.2.1", at_s=4_002)
