"""Eight connections a client: counted here by following each connection on its own."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy

from tests.examples.corpus import Device

MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
CLIENT, OTHER, SERVER = "10.0.0.5", "10.0.0.6", "198.51.100.7"
PLACES = 8


def up(sport: int, flags: str = "S", *, client: str = CLIENT) -> Scapy:
    return MACS / IP(src=client, dst=SERVER) / TCP(sport=sport, dport=443, flags=flags)


def down(sport: int, flags: str = "SA", *, client: str = CLIENT) -> Scapy:
    return MACS / IP(src=SERVER, dst=client) / TCP(sport=443, dport=sport, flags=flags)


def opened(device: Device, ports: range, *, client: str = CLIENT, at_s: float = 0.0) -> list[int]:
    """The ports of those SYNs that passed."""
    return [port for port in ports if device.send("clients", up(port, client=client), at_s=at_s)]


def test_a_client_opens_eight_and_another_one_eight_more() -> None:
    device = Device("conn_limiter")
    assert opened(device, range(1000, 1020)) == list(range(1000, 1008))
    assert opened(device, range(1000, 1020), client=OTHER) == list(range(1000, 1008))
    assert device.counted("refused") == {0: 24}
    assert opened(device, range(1000, 1008)) == list(range(1000, 1008))  # a SYN said again opens nothing new


@pytest.mark.parametrize(
    "ending",
    [
        [("up", "R")],
        [("down", "RA")],
        [("up", "FA"), ("down", "FA"), ("up", "A")],
        [("down", "FA"), ("up", "A"), ("up", "FA"), ("down", "A")],
    ],
    ids=["client-resets", "server-resets", "client-closes", "server-closes"],
)
def test_a_connection_that_ends_makes_room_for_one(ending: list[tuple[str, str]]) -> None:
    device = Device("conn_limiter")
    opened(device, range(1000, 1008))
    for side, flags in ending:
        packet = up(1003, flags) if side == "up" else down(1003, flags)
        assert len(device.send("clients" if side == "up" else "servers", packet)) == 1
    assert opened(device, range(2000, 2003)) == [2000]


def test_a_half_closed_connection_keeps_its_place() -> None:
    device = Device("conn_limiter")
    opened(device, range(1000, 1008))
    for flags in ("FA", "A", "FA"):  # the FIN said again by the same side
        device.send("clients", up(1003, flags))
    assert opened(device, range(2000, 2002)) == []
    device.send("clients", up(1003))  # the ports are used anew
    device.send("servers", down(1003, "FA"))
    assert opened(device, range(2000, 2002)) == []


def test_an_idle_connection_makes_room_after_ten_minutes_and_a_used_one_stays() -> None:
    device = Device("conn_limiter")
    opened(device, range(1000, 1008))
    for minute in range(1, 12):
        device.send("servers", down(1000, "A"), at_s=60 * minute)
        device.send("clients", up(1001, "A"), at_s=60 * minute)
        if minute < 10:
            assert opened(device, range(3000, 3001), at_s=60 * minute) == []  # asking keeps nothing alive
    assert opened(device, range(2000, 2020), at_s=661) == list(range(2000, 2006))


def test_packets_pass_unchanged_and_only_syns_are_refused() -> None:
    device = Device("conn_limiter")
    opened(device, range(1000, 1008))
    for packet in (up(5000, "A"), up(5000, "FA"), up(5000, "R"), up(1000, "PA")):
        assert device.send("clients", packet) == [("servers", bytes(packet))]
    for packet in (down(5000, "SA"), down(5000, "R"), down(1000, "A"), MACS / ARP(), MACS / IP() / UDP()):
        assert device.send("servers", packet) == [("clients", bytes(packet))]
    ping = MACS / IP() / ICMP()
    assert device.send("clients", ping) == [("servers", bytes(ping))]


def test_random_connections_by_a_model() -> None:
    """A model without hashes: for each client the live connections and who has said FIN."""
    device, rng = Device("conn_limiter"), random.Random(5)
    live: dict[str, dict[int, set[str]]] = defaultdict(dict)
    refused = 0
    for _ in range(2_000):
        client, port = rng.choice([CLIENT, OTHER]), rng.randrange(1000, 1016)
        side, flags = rng.choice(["clients", "servers"]), rng.choice(["S", "S", "A", "FA", "R"])
        held = live[client]
        expected = True
        if side == "clients" and flags == "S":
            expected = port in held or len(held) < PLACES
            if expected:
                held[port] = set()
        elif flags == "R":
            held.pop(port, None)
        elif flags == "FA" and port in held:
            held[port].add(side)
            if len(held[port]) == 2:
                del held[port]
        packet = up(port, flags, client=client) if side == "clients" else down(port, flags, client=client)
        assert bool(device.send(side, packet)) == expected
        refused += not expected
    assert refused > 50
