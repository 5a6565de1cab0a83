"""The firewall's rules, as conversations of packets that scapy builds."""

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_NOP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from tests.examples.corpus import Device

HOST, SERVER = "10.0.0.5", "198.51.100.7"
MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
OTHER_SIDE = {"inside": "outside", "outside": "inside"}


def segment(side: str, flags: str, *, port: int = 40_000) -> Scapy:
    """A segment of the connection of HOST's `port` with SERVER's port 443, as `side` sends it."""
    if side == "inside":
        return MACS / IP(src=HOST, dst=SERVER) / TCP(sport=port, dport=443, flags=flags)
    return MACS / IP(src=SERVER, dst=HOST) / TCP(sport=443, dport=port, flags=flags)


def datagram(side: str) -> Scapy:
    if side == "inside":
        return MACS / IP(src=HOST, dst=SERVER) / UDP(sport=5000, dport=53) / b"question"
    return MACS / IP(src=SERVER, dst=HOST) / UDP(sport=53, dport=5000) / b"answer"


def passes(firewall: Device, side: str, packet: Scapy, *, at_s: float = 0.0) -> bool:
    """Whether `packet` passes; what does is unchanged and leaves on the other side."""
    sent = firewall.send(side, packet, at_s=at_s)
    assert sent in ([], [(OTHER_SIDE[side], bytes(packet))])
    return bool(sent)


def says(firewall: Device, side: str, flags: str, *, at_s: float = 0.0) -> bool:
    return passes(firewall, side, segment(side, flags), at_s=at_s)


def connected(*, at_s: float = 0.0) -> Device:
    firewall = Device("firewall")
    for side, flags in (("inside", "S"), ("outside", "SA"), ("inside", "A")):
        assert says(firewall, side, flags, at_s=at_s)
    return firewall


def test_a_connection_that_a_host_inside_opens_carries_data_both_ways() -> None:
    firewall = connected()
    assert says(firewall, "inside", "PA")
    assert says(firewall, "outside", "PA")
    assert firewall.counted("refused") == {}


@pytest.mark.parametrize("flags", ["S", "SA", "A", "PA", "FA", "R", "RA", "SF", "", "FPU"])
def test_nothing_comes_in_uninvited_and_it_is_counted(flags: str) -> None:
    firewall = Device("firewall")
    assert not says(firewall, "outside", flags)
    assert firewall.counted("refused") == {6: 1}


@pytest.mark.parametrize("flags", ["A", "PA", "SA", "FA", "R"])
def test_a_host_inside_opens_with_a_syn_alone(flags: str) -> None:
    assert not says(Device("firewall"), "inside", flags)


def test_a_syn_with_ecn_bits_opens() -> None:
    firewall = Device("firewall")
    assert says(firewall, "inside", "SEC")
    assert says(firewall, "outside", "SAE")


def test_an_answer_to_another_connection_does_not_come_in() -> None:
    firewall = connected()
    assert not passes(firewall, "outside", segment("outside", "PA", port=40_001))
    assert not passes(firewall, "outside", MACS / IP(src="192.0.2.1", dst=HOST) / TCP(sport=443, dport=40_000))


def test_data_does_not_pass_before_the_handshake() -> None:
    firewall = Device("firewall")
    assert says(firewall, "inside", "S")
    assert not says(firewall, "outside", "A")
    assert not says(firewall, "inside", "PA")


def test_a_reset_answers_a_syn_and_ends_the_attempt() -> None:
    firewall = Device("firewall")
    assert says(firewall, "inside", "S")
    assert says(firewall, "outside", "RA")
    assert not says(firewall, "outside", "SA")


def test_a_syn_may_wait_30_seconds_for_its_answer() -> None:
    for wait_s, expected in ((29, True), (31, False)):
        firewall = Device("firewall")
        says(firewall, "inside", "S")
        assert says(firewall, "outside", "SA", at_s=wait_s) == expected


def test_a_connection_may_be_idle_for_an_hour_and_either_side_keeps_it() -> None:
    firewall = connected()
    assert says(firewall, "outside", "PA", at_s=3_590)
    assert says(firewall, "inside", "PA", at_s=7_180)
    assert not says(firewall, "inside", "PA", at_s=7_180 + 3_602)


@pytest.mark.parametrize("side", ["inside", "outside"])
def test_after_a_fin_the_last_packets_pass_for_a_minute(side: str) -> None:
    firewall = connected()
    assert says(firewall, side, "FA")
    assert says(firewall, OTHER_SIDE[side], "FA", at_s=1)
    assert says(firewall, side, "A", at_s=2)
    assert not says(firewall, "outside", "PA", at_s=63)


@pytest.mark.parametrize("side", ["inside", "outside"])
def test_a_reset_ends_a_connection_at_once(side: str) -> None:
    firewall = connected()
    assert says(firewall, side, "R")
    assert not says(firewall, "inside", "PA")
    assert not says(firewall, "outside", "PA")


def test_a_reset_ends_the_last_packets_too() -> None:
    firewall = connected()
    assert says(firewall, "inside", "FA")
    assert says(firewall, "outside", "RA")
    assert not says(firewall, "outside", "A")
    assert not says(firewall, "inside", "A")


def test_ports_can_be_used_again_after_a_fin() -> None:
    firewall = connected()
    says(firewall, "inside", "FA")
    for side, flags in (("inside", "S"), ("outside", "SA"), ("inside", "PA")):
        assert says(firewall, side, flags, at_s=2)
    assert says(firewall, "outside", "PA", at_s=1_000)


def test_options_and_a_wrong_checksum_do_not_matter() -> None:
    firewall = connected()
    ip = IP(src=SERVER, dst=HOST, options=[IPOption_NOP()] * 4)
    tcp = TCP(sport=443, dport=40_000, flags="PA", options=[("MSS", 1460)], chksum=0x1234)
    assert passes(firewall, "outside", MACS / ip / tcp / b"data")


def test_udp_answers_come_in_while_the_exchange_is_not_idle_for_a_minute() -> None:
    firewall = Device("firewall")
    assert not passes(firewall, "outside", datagram("outside"))
    assert passes(firewall, "inside", datagram("inside"))
    assert passes(firewall, "outside", datagram("outside"), at_s=59)
    assert passes(firewall, "outside", datagram("outside"), at_s=118)
    assert not passes(firewall, "outside", datagram("outside"), at_s=180)
    assert firewall.counted("refused") == {17: 2}


@pytest.mark.parametrize("side", ["inside", "outside"])
def test_arp_passes(side: str) -> None:
    assert passes(Device("firewall"), side, MACS / ARP())


@pytest.mark.parametrize("side", ["inside", "outside"])
@pytest.mark.parametrize(
    ("packet", "refused"),
    [
        (MACS / IP(src=HOST, dst=SERVER) / ICMP(), {1: 1}),
        (MACS / IP(src=HOST, dst=SERVER, proto=6, frag=10) / Raw(b"a later fragment of it"), {6: 1}),
        (MACS / IPv6() / TCP(flags="S"), {}),
        (MACS / Raw(b"no protocol"), {}),
    ],
    ids=["icmp", "fragment", "ipv6", "unknown"],
)
def test_everything_else_is_dropped(side: str, packet: Scapy, refused: dict[int, int]) -> None:
    firewall = Device("firewall")
    assert not passes(firewall, side, packet)
    assert firewall.counted("refused") == refused


def test_a_full_set_refuses_new_connections_and_keeps_those_it_has() -> None:
    firewall = Device("firewall", capacity=16)
    opened = [port for port in range(1_000) if passes(firewall, "inside", segment("inside", "S", port=port))]
    assert 16 <= len(opened) < 1_000  # 64 shares have a set each
    answered = [port for port in opened if passes(firewall, "outside", segment("outside", "SA", port=port))]
    assert len(answered) == len(opened)
    for port in answered:
        assert passes(firewall, "outside", segment("outside", "PA", port=port))
