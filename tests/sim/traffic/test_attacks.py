from collections import Counter
from ipaddress import ip_address, ip_network

import pytest
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from sim.traffic import (
    INSIDE,
    OUTSIDE,
    START_NS,
    Attack,
    DnsAmplification,
    PortScan,
    SynFlood,
    TrafficError,
    generate_attack,
)
from tests.sim.traffic.observed import seen, with_scapy_checksums

FLOOD = SynFlood(victim="10.0.0.80", victim_port=80)
SCAN = PortScan(scanner="192.0.2.66", victims="10.0.1.0/30", ports=(20, 29))
DNS_ATTACK = DnsAmplification(victim="10.0.0.53")


@pytest.mark.parametrize("attack", [FLOOD, SCAN, DNS_ATTACK], ids=lambda attack: type(attack).__name__)
def test_attacks_are_valid_timed_and_repeatable(attack: Attack) -> None:
    packets = list(generate_attack(attack, packets=400, rate_pps=1_000))
    assert all(with_scapy_checksums(packet.data) == packet.data for packet in packets)
    times = [packet.time_ns for packet in packets]
    assert times == sorted(times)
    # 400 exponential gaps of 1 ms: the sum's relative standard deviation is 1/20.
    assert times[-1] - START_NS == pytest.approx(0.4e9, rel=4 / 20)
    assert {packet.port for packet in packets} == {OUTSIDE}
    assert packets == list(generate_attack(attack, packets=400, rate_pps=1_000))
    assert packets != list(generate_attack(attack, packets=400, rate_pps=1_000, seed=2))
    assert all(packet.port == INSIDE for packet in generate_attack(attack, packets=3, port=INSIDE))


def test_syn_flood_comes_from_everywhere_to_one_port() -> None:
    packets = seen(generate_attack(FLOOD, packets=2_000))
    assert {(packet.destination, packet.destination_port, packet.flags) for packet in packets} == {
        (b"\x0a\0\0\x50", 80, 0x02)
    }
    sources = [ip_address(packet.source) for packet in packets]
    assert len(set(sources)) == 2_000
    assert all(source.is_global for source in sources)


def test_sources_of_a_flood_can_be_chosen() -> None:
    attack = SynFlood(victim="2001:db8::1", sources=["2001:db8:f::/48"])
    for packet in generate_attack(attack, packets=50):
        assert ip_address(Ether(packet.data)[IPv6].src) in ip_network("2001:db8:f::/48")


def test_scan_probes_each_port_of_each_host_once_a_round() -> None:
    packets = seen(generate_attack(SCAN, packets=50))
    probes = [(packet.destination, packet.destination_port) for packet in packets]
    hosts = [b"\x0a\0\x01\x01", b"\x0a\0\x01\x02"]
    assert sorted(probes[:20]) == [(host, port) for host in hosts for port in range(20, 30)]
    assert probes[:20] != sorted(probes[:20])
    assert probes[20:40] == probes[:20]
    assert {(packet.source, packet.flags) for packet in packets} == {(b"\xc0\0\x02\x42", 0x02)}
    assert len({packet.source_port for packet in packets}) == 1


@pytest.mark.parametrize("size", [*range(60, 90), 300, 335, *range(560, 600), 1_400, 4_000])
def test_dns_answers_are_complete_messages(size: int) -> None:
    (packet,) = generate_attack(DnsAmplification(victim="10.0.0.53", response_bytes=size), packets=1)
    frame = Ether(packet.data)
    assert (frame[IP].dst, frame[UDP].sport, frame[UDP].len) == ("10.0.0.53", 53, size + 8)
    answer = frame[DNS]
    assert (answer.qr, answer.rcode, answer.qdcount) == (1, 0, 1)
    question = answer.qd[0] if isinstance(answer.qd, list) else answer.qd
    assert isinstance(question, DNSQR)
    assert (question.qname, question.qtype) == (b"example.com.", 255)
    assert len(answer.an) == answer.ancount >= 1
    assert {(record.rrname, record.type) for record in answer.an} == {(b"example.com.", 16)}
    # Header 12, question 17; a record has twelve bytes, a length byte and its text (RFC 1035, section 4.1.3).
    assert 12 + 17 + sum(13 + len(record.rdata[0]) for record in answer.an) == size


def test_resolvers_and_ports_vary() -> None:
    packets = seen(generate_attack(DNS_ATTACK, packets=5_000))
    assert len({packet.source for packet in packets}) == 254
    assert all(ip_address(packet.source) in ip_network("203.0.113.0/24") for packet in packets)
    assert len(Counter(packet.destination_port for packet in packets)) > 4_500


def test_duration_ends_an_attack() -> None:
    packets = list(generate_attack(FLOOD, duration_s=0.1, rate_pps=10_000))
    assert len(packets) == pytest.approx(1_000, abs=4 * 32)
    assert packets[-1].time_ns < START_NS + 100_000_000


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        (SynFlood(victim="nobody"), "address"),
        (SynFlood(victim="10.0.0.1", victim_port=0), "victim_port"),
        (SynFlood(victim="2001:db8::1"), "IP versions"),
        (PortScan(scanner="2001:db8::1", victims="10.0.0.0/24"), "IP versions"),
        (PortScan(scanner="10.0.0.1", victims="10.0.0.0/24", ports=(2, 1)), "ports"),
        (DnsAmplification(victim="10.0.0.1", response_bytes=20), "response_bytes"),
        (DnsAmplification(victim="10.0.0.1", name="a..b"), "domain name"),
    ],
)
def test_bad_attacks_are_refused_at_once(attack: Attack, words: str) -> None:
    with pytest.raises(TrafficError, match=words):
        generate_attack(attack, packets=1)


def test_tcp_layer_is_a_plain_syn() -> None:
    (packet,) = generate_attack(FLOOD, packets=1)
    tcp = Ether(packet.data)[TCP]
    assert (str(tcp.flags), tcp.ack, tcp.dataofs) == ("S", 0, 5)
