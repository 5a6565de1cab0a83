"""Packets: what is parsed, which handler takes a packet, what may be written."""

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Dot1Q
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from tests.engines import Arrival
from tests.language.running import ADDRESSES, FRAME, Run, codes, codes_in_handler, sent

# Tells which headers a packet is found to have.
SHOW = """port lan;
    struct Found { eth: bool, vlan: bool, ipv4: bool, tcp: bool, udp: bool, vxlan: bool }
    on lan (p: _) {
        digest Found {
            eth: p.has(eth), vlan: p.has(vlan), ipv4: p.has(ipv4),
            tcp: p.has(tcp), udp: p.has(udp), vxlan: p.has(vxlan),
        };
        drop
    }
"""
UDP_PACKET = FRAME / IP(**ADDRESSES) / UDP(sport=1, dport=2) / Raw(b"hello")


def headers(run: Run, packet: Packet | bytes | Arrival) -> set[str]:
    (digest,) = run(SHOW, [packet]).digests
    assert isinstance(digest.value, dict)
    return {name for name, present in digest.value.items() if present}


def changed(packet: Packet, at: int, value: bytes) -> bytes:
    """The packet's bytes with some of them overwritten."""
    data = bytes(packet)
    return data[:at] + value + data[at + len(value) :]


def test_whole_headers_are_present(run: Run) -> None:
    assert headers(run, UDP_PACKET) == {"eth", "ipv4", "udp"}
    assert headers(run, FRAME / Dot1Q(vlan=5) / UDP_PACKET[IP]) == {"eth", "vlan", "ipv4", "udp"}


def test_truncated_header(run: Run) -> None:
    data = bytes(UDP_PACKET)
    assert headers(run, data[: 14 + 20 + 7]) == {"eth", "ipv4"}
    assert headers(run, data[: 14 + 20 + 8]) == {"eth", "ipv4", "udp"}
    assert headers(run, data[: 14 + 19]) == {"eth"}


def test_zero_length_packet(run: Run) -> None:
    assert headers(run, b"") == set()
    source = "port lan, wan; struct Seen { value: u32 } on lan (p: _) { digest Seen { value: p.length }; send wan; }"
    outcome = run(source, [b""])
    assert sent(outcome) == [b""]
    assert outcome.digests[0].value == {"value": 0}


def test_ihl_too_small(run: Run) -> None:
    assert headers(run, changed(UDP_PACKET, 14, b"\x44")) == {"eth"}


def test_ihl_beyond_the_packet(run: Run) -> None:
    assert headers(run, changed(UDP_PACKET, 14, b"\x4f")) == {"eth"}


def test_wrong_ip_version(run: Run) -> None:
    assert headers(run, changed(UDP_PACKET, 14, b"\x65")) == {"eth"}


def test_total_length_too_small(run: Run) -> None:
    assert headers(run, changed(UDP_PACKET, 16, b"\x00\x13")) == {"eth"}
    assert headers(run, changed(UDP_PACKET, 16, b"\x00\x14")) == {"eth", "ipv4", "udp"}


def test_total_length_beyond_the_packet(run: Run) -> None:
    assert headers(run, changed(UDP_PACKET, 16, b"\xff\xff")) == {"eth", "ipv4", "udp"}


def test_udp_length_too_small(run: Run) -> None:
    assert headers(run, changed(UDP_PACKET, 38, b"\x00\x07")) == {"eth", "ipv4"}


def test_tcp_data_offset_too_small(run: Run) -> None:
    packet = FRAME / IP(**ADDRESSES) / TCP(sport=1, dport=2)
    assert headers(run, packet) == {"eth", "ipv4", "tcp"}
    assert headers(run, changed(packet, 14 + 20 + 12, b"\x40")) == {"eth", "ipv4"}
    assert headers(run, changed(packet, 14 + 20 + 12, b"\x60")) == {"eth", "ipv4"}  # options beyond the packet


def test_later_fragment(run: Run) -> None:
    packet = FRAME / IP(**ADDRESSES, frag=1, proto=17) / Raw(bytes(range(64)))
    assert headers(run, packet) == {"eth", "ipv4"}


def test_first_fragment(run: Run) -> None:
    packet = FRAME / IP(**ADDRESSES, flags="MF", frag=0) / UDP(sport=1, dport=2) / Raw(bytes(64))
    assert headers(run, packet) == {"eth", "ipv4", "udp"}


def test_ip_options(run: Run) -> None:
    source = """port lan, wan; on lan (p: udp) { p.udp.dport = 9; send wan; } on lan (_) { drop }"""
    packet = FRAME / IP(**ADDRESSES, options=b"\x01\x01\x01\x00") / UDP(sport=1, dport=2) / Raw(b"hello")
    wanted = FRAME / IP(**ADDRESSES, options=b"\x01\x01\x01\x00") / UDP(sport=1, dport=9) / Raw(b"hello")
    assert sent(run(source, [packet])) == [bytes(wanted)]


def test_trailer_stays(run: Run) -> None:
    source = "port lan, wan; on lan (p: ipv4) { p.ipv4.ttl = 1; send wan; } on lan (_) { drop }"
    (out,) = sent(run(source, [bytes(UDP_PACKET) + b"\xaa" * 13]))
    assert out == bytes(FRAME / IP(**ADDRESSES, ttl=1) / UDP_PACKET[UDP]) + b"\xaa" * 13


def test_capture_cut_short(run: Run) -> None:
    source = "port lan, wan; struct Seen { value: u32 } on lan (p: _) { digest Seen { value: p.length }; send wan; }"
    outcome = run(source, [Arrival("lan", bytes(UDP_PACKET)[:20], 0, 1500)])
    assert outcome.digests[0].value == {"value": 1500}
    assert sent(outcome) == [bytes(UDP_PACKET)[:20]]


def test_absent_header() -> None:
    assert codes_in_handler("let x = p.vlan.vid; drop") == ["W0400"]
    assert codes_in_handler("if p.has(vlan) { let x = p.vlan.vid; } drop") == []
    assert codes_in_handler("if !p.has(vlan) { drop } let x = p.vlan.vid; drop") == []
    assert codes_in_handler("if p.has(vlan) {} let x = p.vlan.vid; drop") == ["W0400"]


def test_alias_of_headers(run: Run) -> None:
    source = """port lan, wan;
        on lan (p: ipv4 & l4) { p.l4.dport = 9; match p.l4 { tcp => { p.tcp.window = 1; } udp => {} } send wan; }
        on lan (_) { drop }"""
    packets = [FRAME / IP(**ADDRESSES) / layer for layer in (UDP(sport=1, dport=2), TCP(sport=1, dport=2))]
    wanted = [FRAME / IP(**ADDRESSES) / layer for layer in (UDP(sport=1, dport=9), TCP(sport=1, dport=9, window=1))]
    assert sent(run(source, packets)) == [bytes(packet) for packet in wanted]


def test_field_differs_between_headers() -> None:
    items = "alias ip = ipv4 | ipv6; fn source(p: ip) { let x = p.ip.src; }"
    assert codes_in_handler("drop", items) == ["W0412"]


def test_handlers_in_order(run: Run) -> None:
    source = """port lan, wan; struct Seen { value: u8 }
        on lan (p: udp) where p.udp.dport == 2 { digest Seen { value: 1 }; drop }
        on lan (p: ipv4) { digest Seen { value: 2 }; drop }
        on lan (_) { digest Seen { value: 3 }; drop }"""
    packets = [UDP_PACKET, FRAME / IP(**ADDRESSES) / UDP(sport=1, dport=3), FRAME / Raw(b"x")]
    assert [digest.value for digest in run(source, packets).digests] == [{"value": 1}, {"value": 2}, {"value": 3}]


def test_no_catch_all(run: Run) -> None:
    source = "port lan, wan; on lan (p: ipv4) { send wan; }"
    assert codes(source) == ["W0612"]
    assert run(source, [FRAME / Raw(b"not IP")]).emissions == {}


def test_handler_never_reached() -> None:
    assert codes("port lan; on lan (p: ipv4) { drop } on lan (p: tcp & ipv4) { drop } on lan (_) { drop }") == ["W0613"]


def test_no_verdict() -> None:
    assert codes_in_handler("if p.probe.e == 1 { send wan; }") == ["W0600"]


def test_two_finals() -> None:
    assert codes_in_handler("send wan; drop") == ["W0601"]
    assert codes_in_handler("drop; p.probe.e = 1; ") == ["W0601"]


def test_where_reads_no_state() -> None:
    items = "state known: set<ip4> { capacity: 8 } on lan (p: ipv4) where known.has(p.ipv4.src) { drop }"
    assert codes_in_handler("drop", items) == ["W0413"]


def test_write_then_read(run: Run) -> None:
    source = """port lan, wan; struct Seen { value: (u16, bool) }
        on lan (p: udp) { p.udp.dport = 4789; digest Seen { value: (p.udp.dport, p.has(vxlan)) }; drop }
        on lan (_) { drop }"""
    packet = FRAME / IP(**ADDRESSES) / UDP(sport=1, dport=2) / VXLAN(vni=5) / FRAME
    assert run(source, [packet]).digests[0].value == {"value": [4789, False]}


def test_length_field_is_read_only() -> None:
    for line in ("p.ipv4.ihl = 6;", "p.ipv4.total_length = 20;", "p.ipv4.version = 4;"):
        assert codes_in_handler(f"{line} drop") == ["W0421"], line


def test_checksum_is_not_written() -> None:
    assert codes_in_handler("p.ipv4.checksum = 0; drop") == ["W0419"]
