"""A small program with something of everything, and its parts on the switch by name."""

from __future__ import annotations

from functools import cache

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from backends.p4.compile import plan_layout
from backends.p4.emit import manifest_of
from backends.p4.manifest import Manifest, RegisterArray, Table
from backends.p4.p4info import render_p4info
from compiler.load import load_source
from compiler.source import Source
from runtime.p4runtime.server.pipeline import ServedProgram

SOURCE = """\
use std::net;
port lan, wan, spare;

tunable limit: u32 = 3;
tunable wide: u7 = 96;
struct Hop { to: port, mac: mac }
struct Seen { client: ip4, sport: u12 }    // 44 bits

table hosts: exact<ip4 -> Hop> { size: 2 }
table routes: lpm<ip4 -> port> { size: 8 }
table rules: mixed<lpm ip4, ternary u16, range u16 -> u8> { size: 8 }
table cells: array<u16>[5];
table groups: exact<u16 -> multicast> { size: 4 }

state clients: map<ip4, u32> { capacity: 64, idle: 10s }
state budget: u32[4] = 1_000;
state lanes: u16[3][2];

// Port 53 counts clients; 80 goes by rules; 90 is sent to a group; 100 reads a cell; all else is routed.
on lan (p: ipv4 & udp) where p.udp.dport == 53 {
    let count = clients.find(p.ipv4.src);
    let before = if count.present { count.value } else { 0 };
    if before >= limit { drop }
    count.set(before + 1) else drop;
    digest Seen { client: p.ipv4.src, sport: p.udp.sport as u12 };
    budget[1] -= 1;
    lanes[1] += [1; 3];
    send wan;
}
on lan (p: ipv4 & udp) where p.udp.dport == 80 {
    let mark = rules.get((p.ipv4.dst, p.udp.sport, p.udp.length)) else drop;
    p.ipv4.ttl = mark;
    send wan;
}
on lan (p: ipv4 & udp) where p.udp.dport == 90 {
    let group = groups.get(p.udp.sport) else drop;
    multicast group;
}
on lan (p: ipv4 & udp) where p.udp.dport == 100 {
    p.ipv4.id = cells[p.udp.sport % 5];
    send wan;
}
on lan | wan | spare (p: ipv4) {
    let hop = hosts.get(p.ipv4.dst) else {
        let out = routes.get(p.ipv4.dst) else drop;
        send out;
    };
    p.eth.dst = hop.mac;
    send hop.to;
}
on lan | wan | spare (_) { drop }
"""
LAN, WAN, SPARE = 0, 1, 2


@cache
def served_program(text: str = SOURCE, name: str = "gate") -> ServedProgram:
    layout = plan_layout(load_source(Source(f"{name}.weft", text)).program)
    manifest = manifest_of(layout, device_config=None)
    return ServedProgram(manifest, layout.source, render_p4info(manifest))


def table_of(manifest: Manifest, name: str) -> Table:
    return next(table for table in manifest.tables if table.name == name)


def array_of(manifest: Manifest, name: str) -> RegisterArray:
    return next(array for array in manifest.arrays if array.name == name)


def datagram(
    *, src: str = "10.0.0.1", dst: str = "10.0.0.9", sport: int = 1000, dport: int = 53, size: int = 10
) -> bytes:
    frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    return bytes(frame / IP(src=src, dst=dst, id=7) / UDP(sport=sport, dport=dport) / bytes(size))
