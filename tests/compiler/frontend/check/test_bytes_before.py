"""Sizes of new headers in front of a rest of the packet: what they say is what leaves, whatever the packet holds."""

import pytest
from scapy.layers.inet import IP, TCP, UDP, IPOption
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw

from compiler.load import load_source
from compiler.source import Source
from sim.state import NO_ENTRIES
from tests.engines import Arrival, InterpreterEngine

FRAME = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
ADDRESSES = {"src": "1.2.3.4", "dst": "5.6.7.8"}
PACKETS = {
    "plain": FRAME / IP(**ADDRESSES) / UDP(sport=5, dport=6) / Raw(b"abc"),
    "tagged": FRAME / Dot1Q(vlan=7) / IP(**ADDRESSES) / UDP(sport=5, dport=6) / Raw(b"abc"),
    "options": FRAME / IP(**ADDRESSES, options=[IPOption(b"\1\1\1\0")]) / UDP(sport=5, dport=6) / Raw(b"abcd"),
    "tcp options": FRAME / IP(**ADDRESSES) / TCP(sport=5, dport=6, options=[("MSS", 1400)]) / Raw(b"abcd"),
    "empty": FRAME / IP(**ADDRESSES) / TCP(sport=5, dport=6),
}


@pytest.mark.parametrize("packet", PACKETS.values(), ids=PACKETS)
@pytest.mark.parametrize("rest", ["p", "p.from(ipv4)", "p.after(eth)", "p.after(ipv4)", "p.payload()"])
def test_sizes_say_how_much_follows(packet: Packet, rest: str) -> None:
    source = f"""
        use std::net;
        pair lan <-> wan;
        on lan (p: ipv4 & l4) {{
            send wan with packet {{
                eth {{ type: 0x0800 }}, ipv4 {{ src: 10.0.0.1, dst: 10.0.0.2, proto: 17 }}, udp {{ dport: 9 }}, {rest}
            }};
        }}
        on lan (_) {{ drop }}
    """
    program = load_source(Source("sizes.weft", source)).program
    (sent,) = InterpreterEngine().run(program, NO_ENTRIES, [Arrival("lan", bytes(packet))]).emissions["wan"]
    outer = Ether(sent)
    kept = {
        "p": packet,
        "p.from(ipv4)": packet[IP],
        "p.after(eth)": packet[Ether].payload,
        "p.after(ipv4)": packet[IP].payload,
        "p.payload()": packet[IP].payload.payload,
    }[rest]
    assert outer[IP].len == 20 + 8 + len(kept)
    assert outer[UDP].len == 8 + len(kept)
    assert sent.endswith(bytes(kept))
