"""Read generated packets back: by scapy where a field's meaning is tested, by hand where many are counted."""

import struct
from collections.abc import Iterable
from typing import NamedTuple

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import Ether

from sim.captures import Packet


class Seen(NamedTuple):
    """The fields of an IPv4 frame without options; ports are 0 for ICMP."""

    time_ns: int
    port: int
    protocol: int
    source: bytes
    destination: bytes
    source_port: int
    destination_port: int
    flags: int
    length: int

    @property
    def ends(self) -> tuple[int, frozenset[tuple[bytes, int]]]:
        """The flow, whatever the direction of the packet."""
        return self.protocol, frozenset({(self.source, self.source_port), (self.destination, self.destination_port)})


def seen(packets: Iterable[Packet]) -> list[Seen]:
    """Return the fields of IPv4 packets."""
    return [_seen(packet) for packet in packets]


def _seen(packet: Packet) -> Seen:
    data = packet.data
    assert data[12:15] == b"\x08\x00\x45"
    protocol = data[23]
    ports = struct.unpack(">HH", data[34:38]) if protocol in (6, 17) else (0, 0)
    flags = data[47] if protocol == 6 else 0
    return Seen(packet.time_ns, packet.port, protocol, data[26:30], data[30:34], *ports, flags, len(data))


def with_scapy_checksums(data: bytes) -> bytes:
    """Return the frame as scapy writes it when it computes every checksum and length itself."""
    frame = Ether(data)
    for layer, fields in (
        (IP, ("chksum", "len")),
        (IPv6, ("plen",)),
        (TCP, ("chksum",)),
        (UDP, ("chksum", "len")),
        (ICMP, ("chksum",)),
        (ICMPv6EchoRequest, ("cksum",)),
        (ICMPv6EchoReply, ("cksum",)),
    ):
        if layer in frame:
            for field in fields:
                delattr(frame[layer], field)
    return bytes(frame)
