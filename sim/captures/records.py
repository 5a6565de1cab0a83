"""The packet that readers yield and writers take, and the limits both hold."""

from typing import Final, NamedTuple

# libpcap's MAXIMUM_SNAPLEN: no tool writes a longer record, so a longer one is a corrupt length, and believing it
# would let four bytes of a file ask for 4 GB of memory.
MAX_RECORD_BYTES: Final = 262_144

# Time in Weft is an unsigned 64-bit count of nanoseconds.
MAX_TIME_NS: Final = 2**64 - 1


class Packet(NamedTuple):
    """One Ethernet frame of a capture.

    `time_ns` counts from 1970-01-01 UTC and is 0..2^64-1; `data` is what was captured, without preamble (a frame check
    sequence, if the capturing device kept it, is part of `data`); `wire_length` is the length on the wire, at least
    `len(data)` and more where a snapshot length cut the frame; `port` is the port it arrives on or leaves by.
    """

    time_ns: int
    data: bytes
    wire_length: int
    port: int
