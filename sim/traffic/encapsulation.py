"""Put packets into VLANs and VXLAN tunnels."""

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias
from zlib import crc32

from sim.captures import Packet
from sim.traffic.checksum import word_sum
from sim.traffic.errors import require
from sim.traffic.flows import packed_address

Tag: TypeAlias = int | Callable[[Packet], int]
"""A VLAN or VXLAN identifier: one for all packets, or a function of the packet."""

_VXLAN_PORT = 4_789


def with_vlan(packets: Iterable[Packet], *, vlan: Tag, priority: int = 0) -> Iterator[Packet]:
    """Yield each packet with an 802.1Q tag of `vlan` (0..4095) and `priority` (0..7) behind its MAC addresses."""
    require(0 <= priority <= 7, f"priority {priority} is outside 0..7")
    require(callable(vlan) or 0 <= vlan <= 4_095, f"vlan {vlan} is outside 0..4095")

    def tagged() -> Iterator[Packet]:
        for packet in packets:
            number = vlan(packet) if callable(vlan) else vlan
            require(0 <= number <= 4_095, f"vlan {number} is outside 0..4095")
            tag = struct.pack(">HH", 0x8100, priority << 13 | number)
            yield _replaced(packet, packet.data[:12] + tag + packet.data[12:])

    return tagged()


def with_vxlan(
    packets: Iterable[Packet],
    *,
    vni: Tag,
    source: str,
    destination: str,
    source_mac: bytes = bytes.fromhex("020000000003"),
    destination_mac: bytes = bytes.fromhex("02000000000c"),
) -> Iterator[Packet]:
    """Yield each packet inside VXLAN (RFC 7348) from tunnel endpoint `source` to `destination`, both IPv4.

    The outer UDP source port is a hash of the inner flow in 49152..65535, the outer UDP checksum is 0, as
    section 5 asks for.
    """
    ends = packed_address(source) + packed_address(destination)
    require(len(ends) == 8, "the tunnel endpoints are not both IPv4 addresses")
    require(len(source_mac) == len(destination_mac) == 6, "a MAC address has 6 bytes")
    require(callable(vni) or 0 <= vni < 2**24, f"vni {vni} is outside 0..2**24 - 1")
    ethernet = destination_mac + source_mac + b"\x08\x00"

    def tunnelled() -> Iterator[Packet]:
        for packet in packets:
            number = vni(packet) if callable(vni) else vni
            require(0 <= number < 2**24, f"vni {number} is outside 0..2**24 - 1")
            inner = packet.data
            require(len(inner) <= 65_499, f"a frame of {len(inner)} bytes does not fit a VXLAN packet")
            source_port = 49_152 + crc32(_flow_bytes(inner)) % 16_384
            udp = struct.pack(">HHHH", source_port, _VXLAN_PORT, len(inner) + 16, 0)
            vxlan = struct.pack(">II", 0x0800_0000, number << 8)
            yield _replaced(packet, ethernet + _ipv4_header(ends, len(inner) + 36) + udp + vxlan + inner)

    return tunnelled()


def _flow_bytes(frame: bytes) -> bytes:
    """Return bytes that are equal in all packets of one direction of a flow."""
    match frame[12:14]:
        case b"\x08\x00":
            return frame[26:38] if frame[23] in (6, 17) else frame[26:34]
        case b"\x86\xdd":
            return frame[22:58] if frame[20] in (6, 17) else frame[22:54]
        case _:
            return frame[:12]


def _ipv4_header(ends: bytes, length: int) -> bytes:
    start = struct.pack(">BBHHHBB", 0x45, 0, length, 0, 0x4000, 64, 17)
    return start + struct.pack(">H", 0xFFFF - word_sum(start + b"\0\0" + ends)) + ends


def _replaced(packet: Packet, data: bytes) -> Packet:
    return Packet(packet.time_ns, data, packet.wire_length + len(data) - len(packet.data), packet.port)
