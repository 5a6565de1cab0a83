"""Turn planned packets into Ethernet frames: headers by the column, correct checksums, minimum length."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.captures import Packet
from sim.traffic.checksum import word_sum
from sim.traffic.errors import TrafficError, require
from sim.traffic.flows import INSIDE, Protocol

_BATCH = 8_192
MINIMUM_FRAME_BYTES = 60
"""IEEE 802.3: 64 bytes with the frame check sequence, which a capture leaves out. Shorter ones are padded."""

_ETHERNET = [("destination_mac", "u1", (6,)), ("source_mac", "u1", (6,)), ("ether_type", ">u2")]
# `ends` is the addresses and the first four bytes behind them: both ports, or an ICMP type, code and checksum.
_IPV4 = [
    ("version_length", "u1"),
    ("traffic_class", "u1"),
    ("ip_length", ">u2"),
    ("identification", ">u2"),
    ("fragment", ">u2"),
    ("ttl", "u1"),
    ("protocol", "u1"),
    ("ip_checksum", ">u2"),
    ("ends", "u1", (12,)),
]
_IPV6 = [("version_class_label", ">u4"), ("ip_length", ">u2"), ("protocol", "u1"), ("ttl", "u1"), ("ends", "u1", (36,))]
_TRANSPORT: dict[Protocol, list[tuple[str, str]]] = {
    "tcp": [
        ("sequence", ">u4"),
        ("acknowledgement", ">u4"),
        ("offset_flags", ">u2"),
        ("window", ">u2"),
        ("checksum", ">u2"),
        ("urgent", ">u2"),
    ],
    "udp": [("udp_length", ">u2"), ("checksum", ">u2")],
    "icmp": [("sequence", ">u4")],
}


class Kind(NamedTuple):
    """A stack of headers: Ethernet, IP of `version`, `protocol`."""

    version: int
    protocol: Protocol

    @property
    def layout(self) -> np.dtype[np.void]:
        """The headers as a packed structured type."""
        return np.dtype(_ETHERNET + (_IPV4 if self.version == 4 else _IPV6) + _TRANSPORT[self.protocol])

    @property
    def transport_start(self) -> int:
        """Byte offset of the transport header."""
        return 34 if self.version == 4 else 54

    @property
    def header_bytes(self) -> int:
        """Bytes from the start of the frame to the payload."""
        return self.transport_start + {"tcp": 20, "udp": 8, "icmp": 8}[self.protocol]

    @property
    def ip_protocol(self) -> int:
        """The number in the IP header."""
        if self.protocol == "icmp":
            return 1 if self.version == 4 else 58
        return {"tcp": 6, "udp": 17}[self.protocol]


class Plan(NamedTuple):
    """One packet before its headers are written.

    `ends` is source and destination address, then the four bytes behind them (see `Kind.layout`). `sequence`
    is the TCP sequence number, or the ICMP identifier and sequence number as one 32-bit value.
    """

    time_ns: int
    port: int
    kind: Kind
    ends: bytes
    flags: int
    sequence: int
    acknowledgement: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Macs:
    """MAC addresses of the frames.

    Beside a router all frames of a port go from its neighbour to the device. With `per_host`, as beside a bridge,
    every host has an address of its own: 02:00 and the last four bytes of its IP address.
    """

    inside_neighbour: bytes = bytes.fromhex("020000000001")
    inside_device: bytes = bytes.fromhex("02000000000a")
    outside_neighbour: bytes = bytes.fromhex("020000000002")
    outside_device: bytes = bytes.fromhex("02000000000b")
    per_host: bool = False

    def __post_init__(self) -> None:
        macs = (self.inside_neighbour, self.inside_device, self.outside_neighbour, self.outside_device)
        require(all(len(mac) == 6 for mac in macs), "a MAC address has 6 bytes")


def frames(plans: Iterable[Plan], *, macs: Macs | None = None) -> Iterator[Packet]:
    """Yield the packet of every plan, in order.

    The IPv4 identification counts the packets, so that no two within 65536 are the same bytes.
    """
    addresses = macs or Macs()
    remaining, number = iter(plans), 0
    while batch := list(islice(remaining, _BATCH)):
        yield from _batch_frames(batch, macs=addresses, first_number=number)
        number += len(batch)


def _batch_frames(batch: Sequence[Plan], *, macs: Macs, first_number: int) -> Iterator[Packet]:
    rows_of: dict[Kind, list[int]] = {}
    for row, plan in enumerate(batch):
        rows_of.setdefault(plan.kind, []).append(row)
    data = [b""] * len(batch)
    for kind, rows in rows_of.items():
        plans = [batch[row] for row in rows]
        headers = _headers(kind, plans, macs=macs, numbers=np.array(rows, dtype=np.int64) + first_number)
        size = kind.header_bytes
        for row, plan, start in zip(rows, plans, range(0, len(headers), size), strict=True):
            data[row] = (headers[start : start + size] + plan.payload).ljust(MINIMUM_FRAME_BYTES, b"\0")
    for plan, frame in zip(batch, data, strict=True):
        yield Packet(plan.time_ns, frame, len(frame), plan.port)


def _headers(kind: Kind, plans: Sequence[Plan], *, macs: Macs, numbers: npt.NDArray[np.int64]) -> bytes:
    """Return the headers of `plans`, all of one kind, back to back."""
    _, ports, _, ends, flags, sequences, acknowledgements, payloads = zip(*plans, strict=True)
    lengths = np.array([len(payload) for payload in payloads], dtype=np.int64)
    headers = np.zeros(len(plans), dtype=kind.layout)
    headers["ends"] = np.frombuffer(b"".join(ends), dtype=np.uint8).reshape(len(plans), -1)
    headers["protocol"] = kind.ip_protocol
    headers["ttl"] = 64
    transport_lengths = lengths + (kind.header_bytes - kind.transport_start)
    if np.any(transport_lengths > 65_515):
        raise TrafficError(f"a payload of {lengths.max()} bytes does not fit an IP packet")
    if kind.version == 4:
        headers["ether_type"] = 0x0800
        headers["version_length"] = 0x45
        headers["ip_length"] = transport_lengths + 20
        headers["identification"] = numbers & 0xFFFF
        headers["fragment"] = 0x4000  # don't fragment, as hosts with path MTU discovery send
    else:
        headers["ether_type"] = 0x86DD
        headers["version_class_label"] = 0x6000_0000
        headers["ip_length"] = transport_lengths
    match kind.protocol:
        case "tcp":
            headers["sequence"] = sequences
            headers["acknowledgement"] = acknowledgements
            headers["offset_flags"] = np.array(flags, dtype=np.int64) | 0x5000
            headers["window"] = 0xFFFF
        case "udp":
            headers["udp_length"] = transport_lengths
        case "icmp":
            headers["sequence"] = sequences
    _write_macs(headers, np.array(ports) == INSIDE, macs=macs)
    _write_checksums(kind, headers, transport_lengths=transport_lengths, payloads=payloads)
    return headers.tobytes()


def _write_macs(headers: npt.NDArray[np.void], is_inside: npt.NDArray[np.bool_], *, macs: Macs) -> None:
    if macs.per_host:
        ends = headers["ends"]
        end = ends.shape[1] - 4
        for field, last in (("source_mac", end // 2), ("destination_mac", end)):
            headers[field][:, 0] = 2
            headers[field][:, 2:] = ends[:, last - 4 : last]
        return
    for field, inside, outside in (
        ("source_mac", macs.inside_neighbour, macs.outside_neighbour),
        ("destination_mac", macs.inside_device, macs.outside_device),
    ):
        columns = (np.frombuffer(inside, dtype=np.uint8), np.frombuffer(outside, dtype=np.uint8))
        headers[field] = np.where(is_inside[:, np.newaxis], *columns)


def _write_checksums(
    kind: Kind,
    headers: npt.NDArray[np.void],
    *,
    transport_lengths: npt.NDArray[np.int64],
    payloads: Sequence[bytes],
) -> None:
    """Write the IPv4 and transport checksums of headers whose checksum fields are 0."""
    octets = headers.view(np.uint8).reshape(len(headers), -1)
    words = octets.view(">u2").astype(np.int64)
    start = kind.transport_start // 2
    total = words[:, start:].sum(axis=1) + np.array([word_sum(payload) for payload in payloads], dtype=np.int64)
    if (kind.version, kind.protocol) != (4, "icmp"):  # ICMP has no pseudo header in IPv4 (RFC 792)
        address_words = 4 if kind.version == 4 else 16
        total += words[:, start - address_words : start].sum(axis=1) + kind.ip_protocol + transport_lengths
    checksum = _complement(total)
    if kind.protocol == "icmp":
        octets[:, kind.transport_start + 2] = checksum >> 8
        octets[:, kind.transport_start + 3] = checksum & 0xFF
    elif kind.protocol == "udp":
        headers["checksum"] = np.where(checksum == 0, 0xFFFF, checksum)  # 0 says "no checksum" (RFC 768)
    else:
        headers["checksum"] = checksum
    if kind.version == 4:
        headers["ip_checksum"] = _complement(words[:, 7:17].sum(axis=1))


def _complement(total: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the Internet checksum of sums of 16-bit words, each above 0 and below 2**32 (RFC 1071)."""
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total
