"""Packets as bytes, by the layouts of RFC 791, 768 and 9293; checksums are left zero."""

from __future__ import annotations

import struct

TCP, UDP = 6, 17


def l4_packet(
    src: int,
    dst: int,
    sport: int,
    dport: int,
    *,
    proto: int = UDP,
    flags: int = 0x10,
    payload: bytes = b"",
    macs: tuple[int, int] = (1, 2),
) -> bytes:
    """Ethernet (destination and source of `macs`), IPv4 without options, TCP or UDP."""
    ports = struct.pack("!HH", sport, dport)
    if proto == TCP:
        segment = ports + struct.pack("!IIBBHHH", 0, 0, 0x50, flags, 0, 0, 0)
    else:
        segment = ports + struct.pack("!HH", 8 + len(payload), 0)
    total = 20 + len(segment) + len(payload)
    ip = struct.pack("!BBHIBBHII", 0x45, 0, total, 0, 64, proto, 0, src, dst)
    ethernet = macs[0].to_bytes(6, "big") + macs[1].to_bytes(6, "big") + b"\x08\x00"
    return ethernet + ip + segment + payload
