"""The packets that several senders send at once."""

from __future__ import annotations

import struct

FLOWS = 8


def flow_of(number: int) -> int:
    """The flow of a sender's packet; all senders send packets of all flows."""
    return number * number % FLOWS


def frame_of(port: int, number: int) -> bytes:
    """An IPv4 and UDP packet, 64 bytes long, whose source port is its flow."""
    ethernet = bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, port, 8, 0])
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 50, 0, 0, 64, 17, 0, bytes([10, 0, 0, port]), bytes([10, 0, 1, 0]))
    return ethernet + ip + struct.pack(">HHHH", flow_of(number), 9, 30, 0) + bytes(22)
