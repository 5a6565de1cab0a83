"""A packet is parsed once, handlers are tried in order, and a packet that none takes is counted."""

from __future__ import annotations

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet as Scapy
from scapy.packet import Raw

from tests.decisions.device import HOST, MACS, SERVER, Device, codes, said, tcp, udp
from tests.decisions.test_04_sessions import NAT, PUBLIC

INNER = Ether(dst="02:00:00:00:00:09", src="02:00:00:00:00:08") / IP(src="10.9.0.1", dst="10.9.0.2") / UDP() / b"in"


def test_writing_a_port_does_not_change_what_is_parsed() -> None:
    text = """port lan, wan;
        on lan (p: udp) {
            p.udp.dport = 4789;
            if p.has(vxlan) { drop }
            send wan;
        }
        on lan | wan (_) { drop }"""
    packet = MACS / IP(src=HOST, dst=SERVER) / UDP(sport=5, dport=6) / VXLAN(vni=3) / INNER
    out = Device(text).through("lan", packet)
    assert out is not None and out[UDP].dport == 4789


def test_a_header_stays_though_the_field_that_announced_it_is_written() -> None:
    text = """port lan, wan;
        on lan (p: vxlan & udp & inner_ipv4) {
            p.udp.dport = 6;
            p.vxlan.vni = 77;
            p.inner_ipv4.ttl = 9;
            send wan;
        }
        on lan | wan (_) { drop }"""
    packet = MACS / IP(src=HOST, dst=SERVER) / UDP(sport=5, dport=4789) / VXLAN(vni=3) / INNER
    out = Device(text).through("lan", packet)
    assert out is not None and out[UDP].dport == 6
    out[UDP].dport = 4789  # for scapy to look behind it
    behind = Ether(bytes(out))
    assert behind[VXLAN].vni == 77
    assert behind[VXLAN].payload[IP].ttl == 9


def test_length_fields_are_read_only_and_no_header_comes_or_goes_in_place() -> None:
    for line, code in (("p.ipv4.ihl = 6;", "W0421"), ("p.tcp.data_offset = 6;", "W0421"), ("p.ipv4 = 1;", None)):
        text = f"port lan, wan; on lan (p: ipv4 & tcp) {{ {line} send wan; }} on lan | wan (_) {{ drop }}"
        found = codes(text)
        assert found and (code is None or found == [code]), line


def test_a_tag_is_taken_off_by_building_the_packet_without_it() -> None:
    text = """port lan, wan;
        on lan (p: vlan) {
            send wan with packet { eth { dst: p.eth.dst, src: p.eth.src, type: p.vlan.type }, p.after(vlan) };
        }
        on lan | wan (_) { drop }"""
    out = Device(text).send("lan", MACS / Dot1Q(vlan=5) / udp()[IP])
    assert out == [("wan", bytes(udp()))]


def test_a_handler_whose_packets_are_all_taken_is_warned_about() -> None:
    rest = "on lan | wan (_) { drop }"
    general_first = f"port lan, wan; on lan (p: ipv4 & l4) {{ drop }} on lan (p: ipv4 & tcp) {{ send wan; }} {rest}"
    assert codes(general_first) == ["W0613"]
    special_first = f"port lan, wan; on lan (p: ipv4 & tcp) {{ send wan; }} on lan (p: ipv4 & l4) {{ drop }} {rest}"
    assert codes(special_first) == []
    device = Device(special_first)
    assert (device.through("lan", tcp()) is None, device.through("lan", udp()) is None) == (False, True)


def test_a_port_without_a_catch_all_is_warned_about_and_what_nobody_takes_is_counted() -> None:
    text = "port lan, wan; on lan (p: ipv4) { send wan; } on wan (_) { drop }"
    (warning,) = said(text)
    assert warning.code == "W0612"
    assert "on lan (_)" in (warning.help or "")
    device = Device(text)
    device.send("lan", MACS / ARP())
    device.send("lan", b"")
    device.send("wan", MACS / ARP())
    assert device.summary.unhandled == 2
    assert sum(device.summary.dropped.values()) == 3


PING = """
fn ping(p: ipv4 & icmp) -> net::Flow {
    net::Flow { src: p.ipv4.src, dst: p.ipv4.dst, proto: 1, sport: p.icmp.id, dport: 0 }
}
on lan (p: ipv4 & icmp) where p.icmp.type == 8 {
    let session = by_flow.find_or_open(p.ping()) else drop;
    p.ipv4.src = PUBLIC;
    p.icmp.id = session.id;
    send wan;
}
on wan (p: ipv4 & icmp) where p.ipv4.dst == PUBLIC && p.icmp.type == 0 {
    let inner = sessions.get(p.icmp.id) else drop;
    p.ipv4.dst = inner.src;
    p.icmp.id = inner.sport;
    send lan;
}
on lan | wan (p: arp) { send p.port.peer; }
"""


def ping(source: str, destination: str, *, kind: int, id_: int) -> Scapy:
    return MACS / IP(src=source, dst=destination, id=7) / ICMP(type=kind, id=id_, seq=1) / Raw(b"abc")


def test_a_nat_for_tcp_and_udp_passes_neither_ping_nor_arp() -> None:
    nat = Device(NAT)
    assert nat.send("lan", ping(HOST, SERVER, kind=8, id_=77)) == []
    assert nat.send("lan", MACS / ARP(pdst=SERVER)) == []


def test_with_handlers_of_their_own_both_pass() -> None:
    nat = Device(NAT.replace("on lan | wan (_)", f"{PING}on lan | wan (_)"))
    out = nat.through("lan", ping(HOST, SERVER, kind=8, id_=77))
    assert out is not None and (out[IP].src, out[ICMP].id) != (HOST, 77)
    assert bytes(out) == bytes(ping(PUBLIC, SERVER, kind=8, id_=out[ICMP].id))
    back = nat.send("wan", ping(SERVER, PUBLIC, kind=0, id_=out[ICMP].id))
    assert back == [("lan", bytes(ping(SERVER, HOST, kind=0, id_=77)))]
    arp = MACS / ARP(pdst=SERVER)
    assert nat.send("lan", arp) == [("wan", bytes(arp))]


def test_a_later_fragment_has_no_ports_to_translate() -> None:
    fragment = MACS / IP(src=HOST, dst=SERVER, frag=185, proto=17) / Raw(bytes(UDP(sport=5000, dport=53)) + b"x" * 8)
    assert Device(NAT).send("lan", fragment) == []
    first = MACS / IP(src=HOST, dst=SERVER, flags="MF") / UDP(sport=5000, dport=53) / Raw(bytes(64))
    out = Device(NAT).through("lan", first)
    assert out is not None and out[IP].src == PUBLIC


def test_a_transport_header_that_is_not_all_there_is_absent() -> None:
    whole = bytes(tcp())
    for cut in (14 + 20, 14 + 20 + 19):
        assert Device(NAT).send("lan", whole[:cut]) == []
    assert Device(NAT).send("lan", bytes(MACS / IP(src=HOST, dst=SERVER) / TCP())) != []
