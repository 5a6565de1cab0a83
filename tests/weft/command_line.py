"""Run commands in this process, as a shell would, and make what they run on."""

from collections.abc import Iterable
from pathlib import Path

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw
from scapy.utils import wrpcap
from typer.testing import CliRunner, Result

from weft.cli import app

# Answers to names go through with a new TTL; other IPv4 is dropped; the rest no handler takes.
PROGRAM = """\
use std::net;

pair left <-> right;

state clients: map<ip4, u32> { capacity: 64, idle: 10s }
state asked: counter[4];
struct Seen { client: ip4, name_port: u16 }

on left (p: ipv4 & udp) where p.udp.dport == 53 {
    let entry = clients.find(p.ipv4.src);
    let before = if entry.present { entry.value } else { 0 };
    entry.set(before + 1) else drop;
    asked.add(1);
    p.ipv4.ttl = 9;
    digest Seen { client: p.ipv4.src, name_port: p.udp.sport };
    send right;
}

on left (p: ipv4) {
    drop // not a question
}
"""


def weft(*args: str | Path) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)


def question(*, client: str, port: int = 4000, dport: int = 53, payload: bytes = b"name") -> Packet:
    ether = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    return ether / IP(src=client, dst="192.0.2.53") / UDP(sport=port, dport=dport) / Raw(payload)


def write_capture(path: Path, packets: Iterable[Packet]) -> Path:
    """Packets a millisecond apart, the first at 1 s."""
    timed = list(packets)
    for number, packet in enumerate(timed):
        packet.time = 1 + number / 1000
    wrpcap(str(path), timed)
    return path


def write_program(folder: Path, text: str = PROGRAM, *, name: str = "names.weft") -> Path:
    path = folder / name
    path.write_text(text)
    return path
