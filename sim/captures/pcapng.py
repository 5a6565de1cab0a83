"""Read the pcapng format.

Layout: blocks, each framed by its type and length in front and its length again behind. A section header sets the
byte order and forgets the interfaces before it; every packet names an interface of its section, whose description
gives its link type and clock. Blocks of other kinds are passed over. Source: draft-ietf-opsawg-pcapng.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from sim.captures.errors import CaptureError, MalformedCapture, TruncatedCapture, UnsupportedLinkType
from sim.captures.link_types import ETHERNET
from sim.captures.pcapng_section import BlockError, Section
from sim.captures.records import MAX_RECORD_BYTES, MAX_TIME_NS, Packet
from sim.captures.source import TRUNCATED_HELP, ByteSource

PCAPNG_MAGIC: Final = b"\x0a\x0d\x0d\x0a"  # the type of a section header block, the same in both byte orders


class _Block(IntEnum):
    """The types of block that are read."""

    SECTION_HEADER = 0x0A0D0D0A
    INTERFACE_DESCRIPTION = 1
    OLD_PACKET = 2
    SIMPLE_PACKET = 3
    ENHANCED_PACKET = 6


_BLOCKS_READ: Final = frozenset(map(int, _Block))

_BYTE_ORDERS: Final = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}

# Type, length and, in a section header, byte-order magic: enough to know how long any block is. It is also the length
# of the shortest block: type, length, length.
_BLOCK_START_BYTES: Final = 12

# Head (8), fixed fields (20) and length (4) of an enhanced packet block and of the older packet block.
_PACKET_OVERHEAD_BYTES: Final = 32

# A block that is read is held in memory whole: the longest record and ample options, not what a corrupt length says.
MAX_BLOCK_BYTES: Final = 4 * MAX_RECORD_BYTES

_HELP: Final = "`editcap IN OUT` may save the packets before it"


def read_pcapng(source: ByteSource, start: bytes, *, port: int) -> Iterator[Packet]:
    """Yield the packets of all interfaces and sections, in file order, each arriving on `port`.

    `start` holds bytes already taken from `source`, the section header's type among them. Raises a `CaptureError` at
    the first block that is not whole and sound, after the packets before it. A simple packet block carries no time:
    its packet gets the time of the packet before it in the file, or 0. An interface of another link type is an error
    only when it has a packet.
    """
    return _Reader(source, start, port).packets()


class _Reader:
    """The position in the file, the section it is in, and the last packet's time and number."""

    def __init__(self, source: ByteSource, start: bytes, port: int) -> None:
        self._source = source
        self._buffer = start
        self._position = 0
        self._port = port
        self._section = Section("<")  # until the section header, which comes first
        self._time_ns = 0
        self._number = 1

    def packets(self) -> Iterator[Packet]:
        while True:
            yield from self._enhanced_packets()
            block = self._next_block()
            if block is None:
                return
            kind, body = block
            try:
                packet = self._packet_of(kind, body)
            except BlockError as error:
                raise self._malformed(str(error)) from error
            if packet is not None:
                self._number += 1
                yield packet
            self._position += len(body) + _BLOCK_START_BYTES

    def _enhanced_packets(self) -> Iterator[Packet]:
        """Yield packets as long as whole enhanced packet blocks stand one behind the other in the buffer.

        Where it stops (another kind of block, one that is cut by the end of the buffer, one that is wrong) the caller
        looks again, slowly. That is why nothing is reported here, and everything is local.
        """
        buffer, port, clocks = self._buffer, self._port, self._section.clocks
        unpack, unpack_word = self._section.enhanced_packet.unpack_from, self._section.word.unpack_from
        new, limit, last_ns, enhanced = tuple.__new__, MAX_RECORD_BYTES, MAX_TIME_NS, int(_Block.ENHANCED_PACKET)
        position, number, time_ns = self._position, self._number, self._time_ns
        size = len(buffer)
        try:
            while position + _PACKET_OVERHEAD_BYTES <= size:
                kind, length, interface, high, low, captured, wire = unpack(buffer, position)
                end = position + length
                if kind != enhanced or end > size or length & 3 or captured > length - _PACKET_OVERHEAD_BYTES:
                    break
                if captured > limit or interface not in clocks or unpack_word(buffer, end - 4)[0] != length:
                    break
                numerator, denominator, offset_ns = clocks[interface]
                stamp_ns = ((high << 32) | low) * numerator // denominator + offset_ns
                if not 0 <= stamp_ns <= last_ns:
                    break
                time_ns = stamp_ns
                data = buffer[position + 28 : position + 28 + captured]
                position = end
                number += 1
                yield new(Packet, (time_ns, data, wire if wire > captured else captured, port))
        finally:
            self._position, self._number, self._time_ns = position, number, time_ns

    def _next_block(self) -> tuple[int, bytes] | None:
        """Return type and body of the block at the position, the next of a kind that is read; None at the end."""
        while self._hold(_BLOCK_START_BYTES):
            kind, length = self._block_start()
            if length < _BLOCK_START_BYTES or length % 4:
                raise self._malformed(f"a block length of {length} is impossible")
            if kind not in _BLOCKS_READ:
                self._pass_over(length)
                continue
            if length > MAX_BLOCK_BYTES:
                raise self._malformed(f"a block of {length} bytes exceeds the limit of {MAX_BLOCK_BYTES}")
            self._hold(length)
            self._check_length_behind(self._position + length - 4, length)
            return kind, self._buffer[self._position + 8 : self._position + length - 4]
        return None

    def _block_start(self) -> tuple[int, int]:
        """Return type and length of the block at the position; a section header starts its section here."""
        if self._buffer.startswith(PCAPNG_MAGIC, self._position):
            magic = self._buffer[self._position + 8 : self._position + 12]
            order = _BYTE_ORDERS.get(magic)
            if order is None:
                raise self._malformed(f"the byte-order magic of a section header is {magic.hex()}")
            self._section = Section(order)
        return self._section.block_start.unpack_from(self._buffer, self._position)

    def _hold(self, count: int) -> bool:
        """Have `count` bytes from the position on in the buffer; False at the end of the file."""
        if len(self._buffer) - self._position < count:
            self._buffer = self._source.extended(self._buffer[self._position :], to=count)
            self._position = 0
            if not self._buffer:
                return False
            if len(self._buffer) < count:
                raise self._cut_off(f"{len(self._buffer)} of at least {count} bytes are there")
        return True

    def _pass_over(self, length: int) -> None:
        end = self._position + length
        beyond = end - len(self._buffer)
        if beyond <= 0:
            self._check_length_behind(end - 4, length)
            self._position = end
            return
        start = self._offset
        rest = self._source.skipped(beyond)  # it may be gigabytes, so its length behind is passed over too
        if rest is None:
            raise self._cut_off(f"it has {length} bytes", offset=start)
        self._buffer, self._position = rest, 0

    def _check_length_behind(self, position: int, length: int) -> None:
        (again,) = self._section.word.unpack_from(self._buffer, position)
        if again != length:
            raise self._malformed(f"a block's two lengths differ: {length} in front, {again} behind")

    def _packet_of(self, kind: int, body: bytes) -> Packet | None:
        """Take in a block that may be a packet, or raise for what is wrong with it."""
        match kind:
            case _Block.SECTION_HEADER:
                self._section.check_header(body)
                return None
            case _Block.INTERFACE_DESCRIPTION:
                self._section.add_interface(body)
                return None
            case _Block.ENHANCED_PACKET | _Block.OLD_PACKET:
                return self._timed_packet(kind, body)
            case _:
                return self._simple_packet(body)

    def _timed_packet(self, kind: int, body: bytes) -> Packet:
        if len(body) < 20:
            raise BlockError("a packet block is too short")
        if kind == _Block.ENHANCED_PACKET:
            interface, high, low, captured, wire = self._section.packet_fields.unpack_from(body)
        else:  # the second half of its first word counts dropped packets
            interface, _, high, low, captured, wire = self._section.old_packet_fields.unpack_from(body)
        self._check_interface(interface)
        data = _captured_bytes(body, 20, captured)
        numerator, denominator, offset_ns = self._section.clocks[interface]
        time_ns = ((high << 32) | low) * numerator // denominator + offset_ns
        if not 0 <= time_ns <= MAX_TIME_NS:
            raise BlockError(f"a time of {time_ns} ns is outside 0..2^64-1")
        self._time_ns = time_ns
        return Packet(time_ns, data, max(wire, captured), self._port)

    def _simple_packet(self, body: bytes) -> Packet:
        if len(body) < 4:
            raise BlockError("a simple packet block is too short")
        self._check_interface(0)
        (wire,) = self._section.word.unpack_from(body)
        # It does not say how much was captured: the whole packet, unless the snapshot length of the interface cut it.
        captured = min(wire, self._section.first_snapshot_bytes or wire)
        return Packet(self._time_ns, _captured_bytes(body, 4, captured), wire, self._port)

    def _check_interface(self, number: int) -> None:
        link_types = self._section.link_types
        if number >= len(link_types):
            raise BlockError(f"a packet names interface {number}, and the section describes {len(link_types)}")
        if link_types[number] != ETHERNET:
            raise UnsupportedLinkType(self._source.path, link_types[number], offset=self._offset, packet=self._number)

    @property
    def _offset(self) -> int:
        return self._source.offset - len(self._buffer) + self._position

    def _malformed(self, problem: str) -> CaptureError:
        return MalformedCapture(self._source.path, problem, offset=self._offset, packet=self._number, help=_HELP)

    def _cut_off(self, what: str, *, offset: int | None = None) -> CaptureError:
        return TruncatedCapture(
            self._source.path,
            f"the file ends inside a block: {what}",
            offset=self._offset if offset is None else offset,
            packet=self._number,
            help=TRUNCATED_HELP,
        )


def _captured_bytes(body: bytes, start: int, captured: int) -> bytes:
    if captured > MAX_RECORD_BYTES:
        raise BlockError(f"a packet of {captured} bytes exceeds the limit of {MAX_RECORD_BYTES}")
    if captured > len(body) - start:
        raise BlockError(f"a packet of {captured} bytes runs out of its block")
    return body[start : start + captured]
