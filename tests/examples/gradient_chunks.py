"""Chunks of the gradient aggregator as scapy packets, with a CRC-32C of their own."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import ClassVar

from scapy.fields import ByteField, FieldListField, IntField, ShortField
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet as Scapy

LANES = 64
SUM, OR, MAX = range(3)
AGGREGATOR, AGGREGATOR_MAC = "10.0.0.254", "02:00:00:00:00:fe"
GROUP, GROUP_MAC = "239.1.1.1", "01:00:5e:01:01:01"


def crc32c(octets: bytes) -> int:
    """Bit by bit. Source: RFC 3720, appendix B.4, whose test vectors hold this."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Chunk(Scapy):
    """What workers send and receive. `crc` is computed where it is not given."""

    fields_desc: ClassVar = [
        ByteField("message", 0),
        ByteField("op", SUM),
        ShortField("job", 1),
        IntField("epoch", 1),
        ShortField("slot", 0),
        ByteField("worker", 0),
        ByteField("reserved", 0),
        IntField("round", 0),
        IntField("tag", 0),
        IntField("crc", None),
        FieldListField("lanes", None, IntField("", 0), length_from=lambda _: 4 * LANES),
    ]

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        if self.crc is None:
            pkt = pkt[:20] + struct.pack("!I", crc32c(pkt[:20] + pkt[24:])) + pkt[24:]
        return pkt + pay


def lanes_of(value: int | Sequence[int]) -> list[int]:
    return [(value + i) % 2**32 for i in range(LANES)] if isinstance(value, int) else list(value)


def request(worker: int, value: int | Sequence[int], **fields: object) -> Scapy:
    """A worker's contribution, from its own address and port."""
    link = Ether(src=f"02:00:00:00:00:{worker + 1:02x}", dst=AGGREGATOR_MAC)
    ends = IP(src=f"10.0.0.{worker + 1}", dst=AGGREGATOR) / UDP(sport=5000 + worker, dport=4242)
    return link / ends / Chunk(worker=worker, lanes=lanes_of(value), **fields)


def multicast(worker: int, value: int | Sequence[int], **fields: object) -> Scapy:
    """The result that the contribution of `worker` completed, as all of the job get it."""
    ends = IP(src=AGGREGATOR, dst=GROUP) / UDP(sport=4242, dport=4243)
    chunk = Chunk(message=1, worker=worker, lanes=lanes_of(value), **fields)
    return Ether(src=AGGREGATOR_MAC, dst=GROUP_MAC) / ends / chunk


def unicast(worker: int, value: int | Sequence[int], **fields: object) -> Scapy:
    """The result as the answer to a repeated contribution of `worker`."""
    link = Ether(src=AGGREGATOR_MAC, dst=f"02:00:00:00:00:{worker + 1:02x}")
    ends = IP(src=AGGREGATOR, dst=f"10.0.0.{worker + 1}") / UDP(sport=4242, dport=5000 + worker)
    return link / ends / Chunk(message=1, worker=worker, lanes=lanes_of(value), **fields)


def received(data: bytes) -> Scapy:
    return Chunk(bytes(Ether(data)[UDP].payload))
