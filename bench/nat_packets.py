"""UDP packets of 64 bytes for a network address translator, thousands at a time, and what must become of them.

Packets are rows: `uint8[packets, 64]`, Ethernet, IPv4 without options, UDP, 22 bytes of payload, right checksums.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Packets: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
Numbers: TypeAlias = np.ndarray[Any, Any]

SIZE = 64
ETHERNET = 14
IP_CHECKSUM, SOURCE, DESTINATION, END = ETHERNET + 10, ETHERNET + 12, ETHERNET + 16, ETHERNET + 20
SOURCE_PORT, DESTINATION_PORT, UDP_CHECKSUM = END, END + 2, END + 6
UDP = 17
FLOWS_OF_HOST = 16
CHANGED = (slice(IP_CHECKSUM, DESTINATION), slice(SOURCE_PORT, DESTINATION_PORT), slice(UDP_CHECKSUM, UDP_CHECKSUM + 2))


def put(packets: Packets, at: int, numbers: Numbers | int, *, size: int) -> None:
    """Write big-endian numbers of `size` bytes into every packet."""
    column = np.broadcast_to(np.asarray(numbers, dtype=np.uint64), len(packets)).astype(f">u{size}")
    packets[:, at : at + size] = column.view(np.uint8).reshape(-1, size)


def get(packets: Packets, at: int, *, size: int) -> Numbers:
    """The big-endian numbers of `size` bytes that stand in the packets."""
    return np.ascontiguousarray(packets[:, at : at + size]).view(f">u{size}")[:, 0].astype(np.uint64)


def sums(packets: Packets, first: int, last: int) -> Numbers:
    """The one's complement sums of the 16-bit words from byte `first` to `last`."""
    words = np.ascontiguousarray(packets[:, first:last]).view(">u2").astype(np.uint64).sum(axis=1)
    while (words > 0xFFFF).any():
        words = (words & 0xFFFF) + (words >> 16)
    return words


def udp_sums(packets: Packets) -> Numbers:
    """As `sums`, over UDP and its pseudo header."""
    total = sums(packets, SOURCE, SIZE) + UDP + (SIZE - END)
    while (total > 0xFFFF).any():
        total = (total & 0xFFFF) + (total >> 16)
    return total


def outgoing(flows: int, *, seed: int = 1) -> Packets:
    """One packet of each flow, from hosts inside to servers outside. No two flows are the same."""
    rng = np.random.default_rng(seed)
    numbers = np.arange(flows, dtype=np.uint64)
    packets = np.zeros((flows, SIZE), dtype=np.uint8)
    packets[:, :12] = np.frombuffer(bytes.fromhex("020000000001020000000002"), dtype=np.uint8)
    put(packets, 12, 0x0800, size=2)
    put(packets, ETHERNET, 0x4500, size=2)
    put(packets, ETHERNET + 2, SIZE - ETHERNET, size=2)
    put(packets, ETHERNET + 4, rng.integers(1 << 16, size=flows), size=2)
    put(packets, ETHERNET + 8, 64 << 8 | UDP, size=2)
    put(packets, SOURCE, 0x0A00_0000 + numbers // FLOWS_OF_HOST, size=4)
    put(packets, DESTINATION, 0x6440_0000 + rng.integers(1 << 20, size=flows), size=4)
    ports_of_host = numbers % FLOWS_OF_HOST * 4000 + rng.integers(4000, size=flows).astype(np.uint64)
    put(packets, SOURCE_PORT, 1024 + ports_of_host, size=2)
    put(packets, DESTINATION_PORT, rng.choice([53, 443, 3478], size=flows), size=2)
    put(packets, END + 4, SIZE - END, size=2)
    packets[:, END + 8 :] = rng.integers(256, size=(flows, SIZE - END - 8), dtype=np.uint8)
    put(packets, IP_CHECKSUM, 0xFFFF ^ sums(packets, ETHERNET, END), size=2)
    checksums = 0xFFFF ^ udp_sums(packets)
    put(packets, UDP_CHECKSUM, np.where(checksums == 0, 0xFFFF, checksums), size=2)
    return packets


def answers(packets: Packets) -> Packets:
    """The packets that come back: ends are exchanged, so the checksums stay right."""
    back = packets.copy()
    back[:, SOURCE:DESTINATION] = packets[:, DESTINATION:END]
    back[:, DESTINATION:END] = packets[:, SOURCE:DESTINATION]
    back[:, SOURCE_PORT:DESTINATION_PORT] = packets[:, DESTINATION_PORT : DESTINATION_PORT + 2]
    back[:, DESTINATION_PORT : DESTINATION_PORT + 2] = packets[:, SOURCE_PORT:DESTINATION_PORT]
    return back


def odd_packets() -> list[bytes]:
    """Packets that a NAT meets beside plain ones: half of them it must translate, the rest it must drop."""
    plain = outgoing(1)[0]

    def changed(*changes: tuple[int, int], size: int = SIZE) -> bytes:
        packet = plain.copy()
        for at, value in changes:
            packet[at] = value
        return packet[:size].tobytes()

    options = np.concatenate([plain[:END], np.ones(4, dtype=np.uint8), plain[END:]])
    options[ETHERNET] = 0x46
    tcp, tcp_at = (ETHERNET + 9, 6), END + 12
    return [
        plain.tobytes(),
        options.tobytes(),
        changed((UDP_CHECKSUM, 0), (UDP_CHECKSUM + 1, 0)),  # UDP without a checksum
        changed(tcp, (tcp_at, 0x50)),
        changed(tcp, (tcp_at, 0x70)),  # with options
        changed(size=END + 8),  # cut behind UDP
        changed(size=END + 7),
        changed(size=END),
        changed(size=ETHERNET + 19),
        changed(size=13),
        changed(tcp, (tcp_at, 0x40)),  # a TCP header of 16 bytes
        changed(tcp, (tcp_at, 0xF0)),  # one that is longer than the packet
        changed(tcp, (tcp_at, 0x50), size=END + 19),
        changed((ETHERNET, 0x44)),  # an IP header of 16 bytes
        changed((ETHERNET, 0x4F)),
        changed((ETHERNET, 0x65)),
        changed((ETHERNET + 2, 0), (ETHERNET + 3, 19)),  # an IP packet of 19 bytes
        changed((ETHERNET + 7, 1)),  # a later fragment
        changed((ETHERNET + 6, 0x20)),  # a first one
        changed((END + 5, 7)),  # UDP of 7 bytes
        changed((ETHERNET + 9, 47)),  # neither TCP nor UDP
        changed((12, 0x86), (13, 0xDD)),
    ]
