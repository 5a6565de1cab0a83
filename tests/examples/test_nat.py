"""The NAT's rules, on packets that scapy builds. Public ports are read off what leaves, never predicted."""

import pytest
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_RR
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from tests.examples.corpus import Device

PUBLIC = "203.0.113.1"
HOST, OTHER_HOST, SERVER, STRANGER = "10.0.0.5", "10.0.0.6", "198.51.100.7", "192.0.2.66"
MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
BODY = Raw(b"some payload of an odd length")


def frame(source: str, destination: str, layer: Scapy) -> Scapy:
    return MACS / IP(src=source, dst=destination, id=7) / layer / BODY


def outgoing(layer: Scapy, *, source: str = HOST, destination: str = SERVER) -> Scapy:
    return frame(source, destination, layer)


def translated(nat: Device, packet: Scapy, *, at_s: float = 0.0) -> Scapy:
    """What leaves by `wan` for a packet from inside."""
    ((port, data),) = nat.send("lan", packet, at_s=at_s)
    assert port == "wan"
    return Ether(data)


@pytest.mark.parametrize("kind", [TCP, UDP])
def test_source_becomes_public_and_the_answer_comes_back(kind: type[Scapy]) -> None:
    nat = Device("nat")
    out = translated(nat, outgoing(kind(sport=1234, dport=443)))
    port = out[kind].sport
    assert 1024 <= port <= 65535
    assert bytes(out) == bytes(frame(PUBLIC, SERVER, kind(sport=port, dport=443)))
    answer = nat.send("wan", frame(SERVER, PUBLIC, kind(sport=443, dport=port)))
    assert answer == [("lan", bytes(frame(SERVER, HOST, kind(sport=443, dport=1234))))]


def test_a_ping_and_its_reply_are_translated_by_identifier() -> None:
    nat = Device("nat")
    out = translated(nat, outgoing(ICMP(type=8, id=77, seq=3)))
    assert bytes(out) == bytes(frame(PUBLIC, SERVER, ICMP(type=8, id=out[ICMP].id, seq=3)))
    reply = nat.send("wan", frame(SERVER, PUBLIC, ICMP(type=0, id=out[ICMP].id, seq=3)))
    assert reply == [("lan", bytes(frame(SERVER, HOST, ICMP(type=0, id=77, seq=3))))]


def test_pings_of_two_hosts_with_one_identifier_stay_apart() -> None:
    nat = Device("nat")
    first = translated(nat, outgoing(ICMP(type=8, id=77)))[ICMP].id
    second = translated(nat, outgoing(ICMP(type=8, id=77), source=OTHER_HOST))[ICMP].id
    assert first != second
    ((_, data),) = nat.send("wan", frame(SERVER, PUBLIC, ICMP(type=0, id=second)))
    assert Ether(data)[IP].dst == OTHER_HOST


def test_a_flow_keeps_its_port_and_no_two_flows_share_one() -> None:
    nat = Device("nat")
    flows = [(host, kind, sport) for host in (HOST, OTHER_HOST) for kind in (TCP, UDP) for sport in range(5000, 5100)]
    given = [
        [translated(nat, outgoing(kind(sport=sport, dport=53), source=host))[kind].sport for host, kind, sport in flows]
        for _ in range(2)
    ]
    assert given[0] == given[1]
    assert len(set(given[0])) == len(flows)


@pytest.mark.parametrize(
    "intruder",
    [
        frame(STRANGER, PUBLIC, TCP(sport=443, dport=1)),
        frame(SERVER, PUBLIC, TCP(sport=444, dport=1)),
        frame(SERVER, PUBLIC, UDP(sport=443, dport=1)),
        frame(SERVER, PUBLIC, ICMP(type=0, id=1)),
    ],
    ids=["address", "port", "protocol", "ping"],
)
def test_only_the_peer_of_a_session_may_answer(intruder: Scapy) -> None:
    nat = Device("nat")
    port = translated(nat, outgoing(TCP(sport=1234, dport=443)))[TCP].sport
    if ICMP in intruder:
        intruder[ICMP].id = port
    else:
        intruder[IP].payload.dport = port
    assert nat.send("wan", intruder) == []


@pytest.mark.parametrize(
    ("port", "packet"),
    [
        ("wan", frame(SERVER, PUBLIC, TCP(sport=443, dport=40000))),
        ("wan", frame(SERVER, HOST, TCP(sport=443, dport=1234))),
        ("wan", frame(SERVER, PUBLIC, ICMP(type=8, id=1))),
        ("wan", frame(SERVER, PUBLIC, ICMP(type=3, code=1))),
        ("lan", frame(HOST, SERVER, ICMP(type=0, id=1))),
        ("lan", MACS / IPv6(src="fd00::1", dst="fd00::2") / UDP(sport=1, dport=2)),
        ("lan", MACS / IP(src=HOST, dst=SERVER, proto=47)),
        ("lan", MACS / Raw(b"not ip")),
        ("lan", Raw(b"")),
    ],
    ids=["no-session", "not-public", "ping-in", "unreachable", "reply-out", "ipv6", "gre", "no-ip", "empty"],
)
def test_everything_else_is_dropped(port: str, packet: Scapy) -> None:
    assert Device("nat").send(port, packet) == []


def test_arp_passes_unchanged() -> None:
    nat = Device("nat")
    question = MACS / ARP(op=1, psrc=HOST, pdst="10.0.0.1")
    assert nat.send("lan", question) == [("wan", bytes(question))]
    assert nat.send("wan", question) == [("lan", bytes(question))]


def test_a_tag_and_ip_options_stay() -> None:
    nat = Device("nat")

    def tagged(source: str, sport: int) -> Scapy:
        ip = IP(src=source, dst=SERVER, id=7, options=[IPOption_RR(routers=["1.2.3.4", "0.0.0.0"])])
        return MACS / Dot1Q(vlan=9) / ip / UDP(sport=sport, dport=53) / DNS(qd=DNSQR(qname="example.com"))

    ((_, data),) = nat.send("lan", tagged(HOST, 5353))
    assert data == bytes(tagged(PUBLIC, Ether(data)[UDP].sport))


def test_only_the_first_fragment_has_ports_and_the_others_are_dropped() -> None:
    nat = Device("nat")
    first = MACS / IP(src=HOST, dst=SERVER, flags="MF", proto=17) / bytes(UDP(sport=1, dport=2, len=4000)) / (b"x" * 64)
    other = MACS / IP(src=HOST, dst=SERVER, frag=9, proto=17) / (b"y" * 64)
    assert len(nat.send("lan", first)) == 1
    assert nat.send("lan", other) == []


def test_a_zero_udp_checksum_stays_zero_and_a_wrong_one_stays_as_wrong() -> None:
    nat = Device("nat")
    none = translated(nat, outgoing(UDP(sport=1, dport=2, chksum=0)))
    assert none[UDP].chksum == 0
    right = translated(nat, outgoing(UDP(sport=1, dport=2)))[UDP].chksum
    sent = Ether(bytes(outgoing(UDP(sport=1, dport=2))))[UDP].chksum
    wrong = translated(nat, outgoing(UDP(sport=1, dport=2, chksum=sent ^ 0x0100)))[UDP].chksum
    # One's complement: what was off by 0x0100 is off by 0x0100 still.
    assert (wrong - right) % 0xFFFF == ((sent ^ 0x0100) - sent) % 0xFFFF


def test_a_session_ends_after_300_idle_seconds_and_either_side_keeps_it_alive() -> None:
    nat = Device("nat")
    port = translated(nat, outgoing(TCP(sport=1234, dport=443)))[TCP].sport
    answer = frame(SERVER, PUBLIC, TCP(sport=443, dport=port))
    assert len(nat.send("wan", answer, at_s=299)) == 1
    assert len(nat.send("wan", answer, at_s=598)) == 1
    assert translated(nat, outgoing(TCP(sport=1234, dport=443)), at_s=897)[TCP].sport == port
    assert nat.send("wan", answer, at_s=897 + 301) == []


def test_a_full_share_refuses_new_flows_until_others_are_idle() -> None:
    nat = Device("nat")
    refused = 0
    # The source port is the source's low word, so that the two cancel in the fold: all flows are of one share.
    packets = [outgoing(UDP(sport=2 * n, dport=9), source=f"10.0.{2 * n >> 8}.{2 * n & 0xFF}") for n in range(1, 1_200)]
    for packet in packets:
        refused += nat.send("lan", packet) == []
    assert refused == len(packets) - (65_536 - 1_024) // 64
    assert len(nat.send("lan", packets[0], at_s=1)) == 1  # sessions that are there go on
    assert len(nat.send("lan", packets[-1], at_s=400)) == 1


def test_a_port_of_a_dead_session_does_not_lead_to_its_old_owner() -> None:
    nat = Device("nat")
    port = translated(nat, outgoing(TCP(sport=1234, dport=443)))[TCP].sport
    assert nat.send("wan", frame(SERVER, PUBLIC, TCP(sport=443, dport=port)), at_s=301) == []
    new = translated(nat, outgoing(TCP(sport=1234, dport=443)), at_s=302)[TCP].sport
    ((_, data),) = nat.send("wan", frame(SERVER, PUBLIC, TCP(sport=443, dport=new)), at_s=303)
    assert (Ether(data)[IP].dst, Ether(data)[TCP].dport) == (HOST, 1234)
