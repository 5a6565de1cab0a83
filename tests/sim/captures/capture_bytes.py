"""Captures built byte by byte from the format specifications, and a way to read such bytes."""

import io
import struct

from sim.captures import Capture, CaptureError, Packet

ETHERNET = 1
BYTE_ORDERS = ("<", ">")


def read_bytes(content: bytes, *, port: int = 0, tolerate_truncation: bool = False) -> list[Packet]:
    return list(Capture(io.BytesIO(content), path="test", port=port, tolerate_truncation=tolerate_truncation))


def read_until_error(content: bytes) -> tuple[list[Packet], CaptureError | None]:
    """Return the packets that come before an error, and the error."""
    packets: list[Packet] = []
    try:
        for packet in Capture(io.BytesIO(content), path="test"):
            packets.append(packet)
    except CaptureError as error:
        return packets, error
    return packets, None


def pcap_header(
    order: str, *, magic: int = 0xA1B2C3D4, link_type: int = ETHERNET, version: tuple[int, int] = (2, 4)
) -> bytes:
    return struct.pack(order + "IHHiIII", magic, *version, 0, 0, 65535, link_type)


def pcap_record(order: str, seconds: int, fraction: int, content: bytes, *, wire: int | None = None) -> bytes:
    return (
        struct.pack(order + "IIII", seconds, fraction, len(content), len(content) if wire is None else wire) + content
    )


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 4)


def block(order: str, kind: int, body: bytes) -> bytes:
    length = struct.pack(order + "I", 12 + len(padded(body)))
    return struct.pack(order + "I", kind) + length + padded(body) + length


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(order + "HH", code, len(value)) + padded(value)


def section(order: str, *, options: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, *version, -1) + options)


def interface(
    order: str,
    *,
    link_type: int = ETHERNET,
    snapshot: int = 0,
    resolution: int | None = None,
    offset_s: int | None = None,
) -> bytes:
    options = option(order, 2, b"eth0")
    if resolution is not None:
        options += option(order, 9, bytes([resolution]))
    if offset_s is not None:
        options += option(order, 14, struct.pack(order + "q", offset_s))
    return block(order, 1, struct.pack(order + "HHI", link_type, 0, snapshot) + options + option(order, 0, b""))


def enhanced(
    order: str, content: bytes, *, ticks: int = 0, interface: int = 0, wire: int | None = None, options: bytes = b""
) -> bytes:
    wire = len(content) if wire is None else wire
    fields = struct.pack(order + "IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(content), wire)
    return block(order, 6, fields + padded(content) + options)


def simple(order: str, content: bytes, *, wire: int | None = None) -> bytes:
    return block(order, 3, struct.pack(order + "I", len(content) if wire is None else wire) + content)


def old_packet(order: str, content: bytes, *, ticks: int, interface: int = 0, drops: int = 0) -> bytes:
    fields = struct.pack(
        order + "HHIIII", interface, drops, ticks >> 32, ticks & 0xFFFFFFFF, len(content), len(content)
    )
    return block(order, 2, fields + content)
