"""The bridge's rules: learn sources, send to where a station was last heard, flood the rest."""

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from tests.examples.corpus import Device

A, B, NOBODY = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "02:00:00:00:00:99"
PORTS = [f"any[{port}]" for port in range(16)]


def frame(source: str, destination: str) -> Scapy:
    return Ether(src=source, dst=destination) / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=1, dport=2) / b"body"


def ports_of(sent: list[tuple[str, bytes]]) -> list[str]:
    return [port for port, _ in sent]


def all_but(port: int) -> list[str]:
    return [name for name in PORTS if name != f"any[{port}]"]


def test_a_frame_to_an_unknown_station_leaves_unchanged_by_all_other_ports() -> None:
    packet = frame(A, B)
    assert Device("bridge").send("any[3]", packet) == [(port, bytes(packet)) for port in all_but(3)]


def test_a_station_that_was_heard_gets_its_frames_alone() -> None:
    bridge = Device("bridge")
    bridge.send("any[0]", frame(A, B))
    assert ports_of(bridge.send("any[9]", frame(B, A))) == ["any[0]"]
    assert ports_of(bridge.send("any[0]", frame(A, B))) == ["any[9]"]


def test_a_frame_between_stations_of_one_port_stays_there() -> None:
    bridge = Device("bridge")
    bridge.send("any[4]", frame(A, B))
    assert bridge.send("any[4]", frame(B, A)) == []


def test_a_station_that_moves_is_found_at_its_new_port() -> None:
    bridge = Device("bridge")
    bridge.send("any[0]", frame(A, B))
    bridge.send("any[7]", frame(A, B))
    assert ports_of(bridge.send("any[1]", frame(B, A))) == ["any[7]"]


def test_a_silent_station_is_forgotten_after_300_seconds_however_much_is_sent_to_it() -> None:
    bridge = Device("bridge")
    bridge.send("any[0]", frame(A, NOBODY))
    for at_s in (100, 200, 299):
        assert ports_of(bridge.send("any[1]", frame(B, A), at_s=at_s)) == ["any[0]"]
    assert ports_of(bridge.send("any[1]", frame(B, A), at_s=301)) == all_but(1)


def test_a_station_that_speaks_is_remembered() -> None:
    bridge = Device("bridge")
    for at_s in (0, 250, 500):
        bridge.send("any[0]", frame(A, NOBODY), at_s=at_s)
    assert ports_of(bridge.send("any[1]", frame(B, A), at_s=790)) == ["any[0]"]


@pytest.mark.parametrize("destination", ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "33:33:00:00:00:01"])
def test_broadcasts_and_multicasts_are_flooded(destination: str) -> None:
    bridge = Device("bridge")
    assert ports_of(bridge.send("any[2]", frame(A, destination))) == all_but(2)


def test_a_group_address_as_source_is_not_learned() -> None:
    bridge = Device("bridge")
    bridge.send("any[2]", frame("01:00:5e:00:00:01", A))
    assert ports_of(bridge.send("any[3]", frame(A, "01:00:5e:00:00:01"))) == all_but(3)


@pytest.mark.parametrize(("last", "passes"), [("00", False), ("0e", False), ("0f", False), ("10", True)])
def test_frames_between_neighbours_are_not_forwarded(last: str, passes: bool) -> None:
    sent = Device("bridge").send("any[0]", frame(A, f"01:80:c2:00:00:{last}"))
    assert bool(sent) == passes


@pytest.mark.parametrize(
    "rest",
    [
        Dot1Q(vlan=5) / IP() / UDP(),
        ARP(),
        IPv6() / UDP(),
        IP(frag=9, proto=17) / Raw(b"later fragment"),
        Raw(b"no protocol"),
        Raw(b""),
    ],
    ids=["tagged", "arp", "ipv6", "fragment", "unknown", "empty"],
)
def test_whatever_a_frame_carries_it_passes_unchanged(rest: Scapy) -> None:
    bridge = Device("bridge")
    bridge.send("any[0]", frame(A, B))
    packet = Ether(src=B, dst=A) / rest
    assert bridge.send("any[1]", packet) == [("any[0]", bytes(packet))]


def test_less_than_an_ethernet_header_is_dropped() -> None:
    assert Device("bridge").send("any[0]", b"thirteen byte") == []


def test_stations_for_which_there_is_no_room_are_flooded_to() -> None:
    bridge = Device("bridge", capacity=16)
    stations = [f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}" for number in range(1, 1000)]
    for station in stations:
        bridge.send("any[0]", frame(station, NOBODY))
    reached = [ports_of(bridge.send("any[1]", frame("01:00:00:00:00:00", station))) for station in stations]
    assert set(map(tuple, reached)) == {("any[0]",), tuple(all_but(1))}
    assert 16 <= reached.count(["any[0]"]) < 200
