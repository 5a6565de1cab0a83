"""Answers come in for questions that went out; the packets are scapy's DNS."""

from __future__ import annotations

import pytest
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from tests.examples.reporting import ReportingDevice

MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
CLIENT, OTHER, RESOLVER, REFLECTOR = "10.0.0.5", "10.0.0.6", "198.51.100.53", "203.0.113.9"
NAME = "example.com"


def question(number: int = 7, *, client: str = CLIENT, server: str = RESOLVER, sport: int = 5353) -> Scapy:
    return MACS / IP(src=client, dst=server) / UDP(sport=sport, dport=53) / DNS(id=number, qd=DNSQR(qname=NAME))


def answer(number: int = 7, *, client: str = CLIENT, server: str = RESOLVER, dport: int = 5353, size: int = 0) -> Scapy:
    records = DNSRR(rrname=NAME, rdata="192.0.2.1")
    message = DNS(id=number, qr=1, ra=1, qd=DNSQR(qname=NAME), an=records)
    packet = MACS / IP(src=server, dst=client) / UDP(sport=53, dport=dport) / message
    return packet / Raw(bytes(max(0, size - len(packet))))


@pytest.mark.parametrize("size", [0, 1400])
def test_an_answer_comes_in_once_for_each_question(size: int) -> None:
    guard = ReportingDevice("dns_guard")
    asked, reply = question(), answer(size=size)
    assert guard.send("inside", asked) == [("outside", bytes(asked))]
    assert guard.send("outside", reply, at_s=0.1) == [("inside", bytes(reply))]
    assert guard.reports == []
    if size:
        assert guard.send("outside", reply, at_s=0.2) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 8},
        {"client": OTHER},
        {"server": REFLECTOR},
        {"dport": 5354},
    ],
    ids=["id", "client", "server", "port"],
)
def test_an_answer_to_another_question_is_none(wrong: dict[str, object]) -> None:
    guard = ReportingDevice("dns_guard")
    guard.send("inside", question())
    assert guard.send("outside", answer(size=1400, **wrong)) == []  # type: ignore[arg-type]
    assert len(guard.send("outside", answer(size=1400))) == 1


def test_an_answer_later_than_five_seconds_is_not_asked_for() -> None:
    guard = ReportingDevice("dns_guard")
    guard.send("inside", question())
    assert len(guard.send("outside", answer(size=1400), at_s=4.9)) == 1
    guard.send("inside", question(), at_s=10)
    assert guard.send("outside", answer(size=1400), at_s=15.1) == []


def test_an_attack_is_dropped_counted_and_reported_once_a_second() -> None:
    guard = ReportingDevice("dns_guard")
    flood = [answer(number, server=REFLECTOR, size=1400) for number in range(100)]
    assert all(guard.send("outside", packet, at_s=number / 100) == [] for number, packet in enumerate(flood))
    assert guard.counted("stopped") == {0: 100}
    (report,) = guard.reports
    assert (report["name"], report["victim"], report["server"], report["length"]) == ("Attack", CLIENT, REFLECTOR, 1400)
    guard.send("outside", flood[0], at_s=2)
    assert len(guard.reports) == 2


def test_small_answers_nobody_asked_for_are_limited() -> None:
    guard = ReportingDevice("dns_guard")
    sizes = [576, 60, 200] * 20
    packets = [answer(number, server=REFLECTOR, size=size) for number, size in enumerate(sizes)]
    assert sum(bool(guard.send("outside", packet)) for packet in packets) == 10  # the burst
    assert sum(bool(guard.send("outside", packet, at_s=0.51)) for packet in packets) == 5  # ten a second
    assert guard.send("outside", answer(server=REFLECTOR, size=577), at_s=5) == []


def test_later_fragments_of_datagrams_are_dropped_and_of_others_not() -> None:
    guard = ReportingDevice("dns_guard")
    fragment = MACS / IP(src=REFLECTOR, dst=CLIENT, frag=185, proto=17) / Raw(bytes(1400))
    assert guard.send("outside", fragment) == []
    assert len(guard.send("inside", fragment)) == 1
    other = MACS / IP(src=REFLECTOR, dst=CLIENT, frag=185, proto=6) / Raw(bytes(1400))
    assert len(guard.send("outside", other)) == 1


def test_a_server_inside_is_asked_and_answers() -> None:
    guard = ReportingDevice("dns_guard")
    asked = question(client=RESOLVER, server=CLIENT)
    assert guard.send("outside", asked) == [("inside", bytes(asked))]
    reply = answer(client=RESOLVER, server=CLIENT, size=1400)
    assert guard.send("inside", reply) == [("outside", bytes(reply))]


def test_an_answer_sent_to_port_53_is_no_question() -> None:
    guard = ReportingDevice("dns_guard")
    fake = MACS / IP(src=CLIENT, dst=RESOLVER) / UDP(sport=5353, dport=53) / DNS(id=7, qr=1)
    assert len(guard.send("inside", fake)) == 1
    assert guard.send("outside", answer(size=1400)) == []


def test_everything_else_passes_unchanged() -> None:
    guard = ReportingDevice("dns_guard")
    over_tcp = MACS / IP(src=RESOLVER, dst=CLIENT) / TCP(sport=53, dport=5353) / Raw(bytes(900))
    version6 = MACS / IPv6() / UDP(sport=53, dport=5353) / DNS(qr=1)
    short = MACS / IP() / UDP(sport=53, dport=5353) / Raw(b"too short")
    for packet in (over_tcp, version6, short, MACS / IP() / ICMP(), MACS / ARP(), MACS / IP() / UDP(dport=123)):
        assert guard.send("outside", packet) == [("inside", bytes(packet))]
        assert guard.send("inside", packet) == [("outside", bytes(packet))]
