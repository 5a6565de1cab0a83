"""What leaves: order, copies, new packets, checksums."""

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from tests.language.running import ADDRESSES, FRAME, Run, codes_in_handler, sent

UDP_PACKET = FRAME / IP(**ADDRESSES) / UDP(sport=1, dport=2) / Raw(b"hello")
GROUPS = "port lan, wan; port any[3];"


def rewritten(run: Run, body: str, packet: Packet | bytes, pattern: str = "ipv4 & udp") -> bytes:
    (out,) = sent(run(f"port lan, wan; on lan (p: {pattern}) {{ {body} send wan; }} on lan (_) {{ drop }}", [packet]))
    return out


# --- checksums ----------------------------------------------------------------------------------------


def test_checksums_follow_changes(run: Run) -> None:
    out = rewritten(run, "p.ipv4.src = 192.0.2.1; p.ipv4.ttl -= 1; p.udp.sport = 99;", UDP_PACKET)
    wanted = FRAME / IP(src="192.0.2.1", dst=ADDRESSES["dst"], ttl=63) / UDP(sport=99, dport=2) / Raw(b"hello")
    assert out == bytes(wanted)


def test_checksum_of_odd_payload(run: Run) -> None:
    for payload in (b"", b"x", b"xy"):
        packet = FRAME / IP(**ADDRESSES) / TCP(sport=1, dport=2) / Raw(payload)
        out = rewritten(run, "p.tcp.window = 77;", packet, "tcp")
        assert out == bytes(FRAME / IP(**ADDRESSES) / TCP(sport=1, dport=2, window=77) / Raw(payload))


def test_corrupt_checksum_stays_wrong(run: Run) -> None:
    packet = FRAME / IP(**ADDRESSES, chksum=0x1234) / UDP(sport=1, dport=2, chksum=0x4321) / Raw(b"hello")
    out = Ether(rewritten(run, "p.ipv4.src = 192.0.2.1;", packet))
    right = Ether(bytes(FRAME / IP(src="192.0.2.1", dst=ADDRESSES["dst"]) / UDP(sport=1, dport=2) / Raw(b"hello")))
    before = Ether(bytes(UDP_PACKET))
    # as far from the right sum afterwards as before, in one's complement arithmetic
    for layer, wrong in ((IP, 0x1234), (UDP, 0x4321)):
        assert (out[layer].chksum - right[layer].chksum) % 0xFFFF == (wrong - before[layer].chksum) % 0xFFFF


def test_no_change_no_new_checksum(run: Run) -> None:
    packet = FRAME / IP(**ADDRESSES, chksum=0) / UDP(sport=1, dport=2, chksum=0xFFFF) / Raw(b"hello")
    assert rewritten(run, "p.ipv4.ttl = 64; p.ipv4.src = p.ipv4.src;", packet) == bytes(packet)


def test_udp_checksum_zero_stays(run: Run) -> None:
    packet = FRAME / IP(**ADDRESSES) / UDP(sport=1, dport=2, chksum=0) / Raw(b"hello")
    out = Ether(rewritten(run, "p.udp.dport = 3;", packet))
    assert (out[UDP].chksum, out[UDP].dport) == (0, 3)


def test_udp_checksum_becomes_zero(run: Run) -> None:
    # The source port that makes the sum of everything else come to 0xffff, whose complement is 0.
    plain = Ether(bytes(FRAME / IP(**ADDRESSES) / UDP(sport=0, dport=2) / Raw(b"hello")))
    port = plain[UDP].chksum
    assert Ether(bytes(FRAME / IP(**ADDRESSES) / UDP(sport=port, dport=2) / Raw(b"hello")))[UDP].chksum == 0xFFFF
    assert Ether(rewritten(run, f"p.udp.sport = {port};", UDP_PACKET))[UDP].chksum == 0xFFFF


def test_inner_change_reaches_outer_checksum(run: Run) -> None:
    def tunnelled(ttl: int) -> Packet:
        return FRAME / IP(**ADDRESSES) / UDP(sport=7, dport=4789) / VXLAN(vni=5) / FRAME / IP(**ADDRESSES, ttl=ttl)

    out = rewritten(run, "if p.has(inner_ipv4) { p.inner_ipv4.ttl = 9; }", tunnelled(64))
    assert out == bytes(tunnelled(9))


def test_new_headers(run: Run) -> None:
    body = """packet {
        eth { dst: 02:00:00:00:00:09, src: p.eth.dst, type: 0x0800 },
        ipv4 { src: 192.0.2.1, dst: 192.0.2.2, proto: 17 }, udp { sport: 5, dport: 4789 }, vxlan { vni: 77 }, p
    }"""
    source = f"port lan, wan; on lan (p: udp) {{ send wan with {body}; }} on lan (_) {{ drop }}"
    outer = Ether(dst="02:00:00:00:00:09", src="02:00:00:00:00:02") / IP(src="192.0.2.1", dst="192.0.2.2", id=0)
    wanted = outer / UDP(sport=5, dport=4789, chksum=0) / VXLAN(vni=77, flags=8) / UDP_PACKET
    assert sent(run(source, [UDP_PACKET])) == [bytes(wanted)]


def test_new_tcp_checksum() -> None:
    body = "send wan with packet { eth { type: 0x0800 }, ipv4 { proto: 6 }, tcp { dport: 5 }, p.payload() };"
    assert codes_in_handler(body) == ["W0420"]


def test_new_packet_carries_writes(run: Run) -> None:
    body = "p.ipv4.ttl = 9; p.eth.dst = 02:00:00:00:00:07; send wan with packet { eth { type: 0x0800 }, p.after(eth) };"
    source = f"port lan, wan; on lan (p: ipv4) {{ {body} }} on lan (_) {{ drop }}"
    zeros = "00:00:00:00:00:00"
    wanted = Ether(dst=zeros, src=zeros, type=0x800) / IP(**ADDRESSES, ttl=9) / UDP(sport=1, dport=2) / Raw(b"hello")
    assert sent(run(source, [UDP_PACKET])) == [bytes(wanted)]


def test_values_in_new_packet(run: Run) -> None:
    body = "send wan with packet { eth { type: 0x88b5 }, (3u4, 0xabcu12), 7u16 };"
    source = f"port lan, wan; on lan (p: ipv4) {{ {body} }} on lan (_) {{ drop }}"
    assert sent(run(source, [UDP_PACKET])) == [bytes(12) + bytes.fromhex("88b5 3abc 0007")]
    assert codes_in_handler("send wan with packet { eth { type: 1 }, 3u4 };") == ["W0406"]


# --- verdicts -----------------------------------------------------------------------------------------


def test_reply_swaps(run: Run) -> None:
    source = "port lan; on lan (p: udp) { p.udp.sport = 9; reply } on lan (_) { drop }"
    back = Ether(dst=FRAME.src, src=FRAME.dst) / IP(src=ADDRESSES["dst"], dst=ADDRESSES["src"])
    assert sent(run(source, [UDP_PACKET]), "lan") == [bytes(back / UDP(sport=2, dport=9) / Raw(b"hello"))]


def test_reply_on_arp(run: Run) -> None:
    request = FRAME / ARP(hwsrc="02:00:00:00:00:01", psrc="10.0.0.1", hwdst="00:00:00:00:00:00", pdst="10.0.0.2")
    source = "port lan; on lan (p: arp) { p.arp.operation = 2; reply } on lan (_) { drop }"
    wanted = Ether(dst=FRAME.src, src=FRAME.dst) / request[ARP].copy()
    wanted[ARP].op = 2
    assert sent(run(source, [request]), "lan") == [bytes(wanted)]


def test_flood_from_a_group(run: Run) -> None:
    outcome = run(f"{GROUPS} on lan | any (p: eth) {{ flood }} on lan | any (_) {{ drop }}", [UDP_PACKET])
    assert outcome.emissions == {port: [bytes(UDP_PACKET)] for port in ("wan", "any[0]", "any[1]", "any[2]")}


def test_send_back_where_it_came_from(run: Run) -> None:
    assert sent(run("port lan; on lan (p: _) { send p.port; }", [UDP_PACKET]), "lan") == [bytes(UDP_PACKET)]


def test_port_that_does_not_exist(run: Run) -> None:
    source = "port lan; on lan (p: _) { clone 77u16 as port; send lan; }"
    assert run(source, [UDP_PACKET]).emissions == {"lan": [bytes(UDP_PACKET)]}


def test_multicast(run: Run) -> None:
    source = f"{GROUPS} on lan (p: _) {{ multicast 7u16 as multicast; }}"
    outcome = run(source, [UDP_PACKET], entries='[multicast]\n7 = ["any[2]", "lan"]\n')
    assert outcome.emissions == {"any[2]": [bytes(UDP_PACKET)], "lan": [bytes(UDP_PACKET)]}


def test_multicast_to_unknown_group(run: Run) -> None:
    source = f"{GROUPS} on lan (p: _) {{ multicast 8u16 as multicast; }}"
    assert run(source, [UDP_PACKET], entries='[multicast]\n7 = ["wan"]\n').emissions == {}


def test_clone_is_a_snapshot(run: Run) -> None:
    body = "p.ipv4.ttl = 5; clone wan; p.ipv4.ttl = 6; clone wan; p.ipv4.ttl = 7; send wan;"
    outcome = run(f"port lan, wan; on lan (p: ipv4) {{ {body} }} on lan (_) {{ drop }}", [UDP_PACKET])
    packets = [FRAME / IP(**ADDRESSES, ttl=ttl) / UDP(sport=1, dport=2) / Raw(b"hello") for ttl in (5, 6, 7)]
    assert sent(outcome) == [bytes(packet) for packet in packets]


@pytest.mark.parametrize("verdict", ["drop", "send wan", "flood"])
def test_digests_in_order(run: Run, verdict: str) -> None:
    source = f"""port lan, wan; struct First {{ x: u16, mac: mac }} struct Second {{ flags: (bool, u3), at: time }}
        on lan (p: udp) {{
            digest First {{ x: p.udp.dport, mac: p.eth.src }};
            p.udp.dport = 9;
            digest Second {{ flags: (true, 5), at: now }};
            digest First {{ x: p.udp.dport, mac: p.eth.src }};
            {verdict}
        }}
        on lan (_) {{ drop }}"""
    first, second, third = run(source, [UDP_PACKET]).digests
    assert (first.record, first.value) == ("First", {"x": 2, "mac": FRAME.src})
    assert (second.record, second.value) == ("Second", {"flags": [True, 5], "at": "0s"})
    assert (third.record, third.value) == ("First", {"x": 9, "mac": FRAME.src})


def test_drop_undoes_nothing(run: Run) -> None:
    source = """port lan, wan; state seen: u32; struct Note { x: u8 }
        on lan (p: ipv4) { seen += 1; clone wan; digest Note { x: 1 }; drop } on lan (_) { drop }"""
    outcome = run(source, [UDP_PACKET])
    assert outcome.state == {"seen": {"0": 1}}
    assert sent(outcome) == [bytes(UDP_PACKET)]
    assert len(outcome.digests) == 1
