"""Read the classic pcap format.

Layout: a file header of 24 bytes, then records of a 16-byte header and the packet, all in the byte order of the
machine that wrote them, which the magic number shows. Source: draft-ietf-opsawg-pcap.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final

from sim.captures.errors import MalformedCapture, NotACapture, TruncatedCapture, UnsupportedLinkType
from sim.captures.link_types import ETHERNET
from sim.captures.records import MAX_RECORD_BYTES, Packet
from sim.captures.source import TRUNCATED_HELP, ByteSource

# First four bytes of the file: byte order, and nanoseconds in a unit of the fraction.
PCAP_MAGICS: Final = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}

_FILE_HEADER_BYTES: Final = 24
RECORD_HEADER_BYTES: Final = 16

# Above these bits of the link type field stands the length of a captured frame check sequence.
_LINK_TYPE_MASK: Final = 0xFFFF


class PcapRecords:
    """The records of a classic capture as bytes, once, and what is wrong with one of them.

    `order` is their byte order as `struct` writes it; a fraction of a second counts `fraction_ns`.
    """

    def __init__(self, source: ByteSource, start: bytes) -> None:
        """Check the file header, of which `start` holds the magic number and what came with it."""
        self.order, self.fraction_ns = PCAP_MAGICS[start[:4]]
        buffer = source.extended(start, to=_FILE_HEADER_BYTES)
        if len(buffer) < _FILE_HEADER_BYTES:
            raise TruncatedCapture(source.path, "the file ends inside the pcap file header", offset=len(buffer))
        _check_file_header(source.path, buffer, self.order)
        self._source = source
        self._first = buffer[_FILE_HEADER_BYTES:]

    def extended(self, rest: bytes, *, to: int) -> bytes:
        """Return `rest` and the bytes that follow it: at least `to` in all, fewer only at the end of the capture."""
        first, self._first = self._first, b""
        return self._source.extended(rest + first if first else rest, to=to)

    def too_long(self, captured: int, *, left: int, number: int) -> MalformedCapture:
        """The error for record `number`, from which on `left` bytes were handed out."""
        return MalformedCapture(
            self._source.path,
            f"a record of {captured} bytes exceeds the limit of {MAX_RECORD_BYTES}, so its length is corrupt",
            offset=self._source.offset - left,
            packet=number,
            help="`editcap -r IN OUT 1-N` keeps the first N packets",
        )

    def cut_off(self, have: int, needed: int, *, number: int) -> TruncatedCapture:
        """The error for record `number`, of whose `needed` bytes only `have` are there."""
        part = "header of a record" if needed == RECORD_HEADER_BYTES else "record"
        return TruncatedCapture(
            self._source.path,
            f"the file ends inside a {part}: {have} of {needed} bytes are there",
            offset=self._source.offset - have,
            packet=number,
            help=TRUNCATED_HELP,
        )


def _check_file_header(path: str, header: bytes, order: str) -> None:
    major, minor, link_field = Struct(order + "4xHH12xI").unpack_from(header)
    if (major, minor) != (2, 4):  # before 2.4 the two lengths of a record stood in the other order
        raise NotACapture(
            path, f"pcap version {major}.{minor} is not 2.4", offset=4, help="rewrite it with `editcap -F pcap IN OUT`"
        )
    link_type = link_field & _LINK_TYPE_MASK
    if link_type != ETHERNET:
        raise UnsupportedLinkType(path, link_type, offset=20)


def read_records(records: PcapRecords, *, port: int) -> Iterator[Packet]:
    """Yield the packets in file order, each arriving on `port`.

    Raises a `CaptureError` at the first record that is not whole and sound, after yielding those before it. A fraction
    of a second that exceeds one second is added as it stands, as other readers do.
    """
    # One packet per turn of the inner loop: everything it touches is local, and the named tuple is built without the
    # call of its Python-level constructor, which would cost as much as the rest.
    unpack, new, limit = Struct(records.order + "4I").unpack_from, tuple.__new__, MAX_RECORD_BYTES
    fraction_ns = records.fraction_ns
    number = 1
    buffer, position, needed = b"", 0, RECORD_HEADER_BYTES
    while True:
        buffer = records.extended(buffer[position:], to=needed)
        position, size = 0, len(buffer)
        if size < needed:
            if not buffer:
                return
            raise records.cut_off(size, needed, number=number)
        needed = RECORD_HEADER_BYTES
        while (data_start := position + RECORD_HEADER_BYTES) <= size:
            seconds, fraction, captured, wire = unpack(buffer, position)
            if captured > limit:
                raise records.too_long(captured, left=size - position, number=number)
            data_end = data_start + captured
            if data_end > size:
                needed = data_end - position
                break
            time_ns = seconds * 1_000_000_000 + fraction * fraction_ns
            # Some writers leave the wire length 0; it is never less than what was captured.
            yield new(Packet, (time_ns, buffer[data_start:data_end], wire if wire > captured else captured, port))
            position = data_end
            number += 1
