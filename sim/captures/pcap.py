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
_RECORD_HEADER_BYTES: Final = 16

# Above these bits of the link type field stands the length of a captured frame check sequence.
_LINK_TYPE_MASK: Final = 0xFFFF


def read_pcap(source: ByteSource, start: bytes, *, port: int) -> Iterator[Packet]:
    """Check the file header and return the packets, in file order, each arriving on `port`.

    `start` holds bytes already taken from `source`, the magic number among them. The iterator raises a `CaptureError`
    at the first record that is not whole and sound, after yielding those before it. A fraction of a second that
    exceeds one second is added as it stands, as other readers do.
    """
    order, fraction_ns = PCAP_MAGICS[start[:4]]
    buffer = source.extended(start, to=_FILE_HEADER_BYTES)
    if len(buffer) < _FILE_HEADER_BYTES:
        raise TruncatedCapture(source.path, "the file ends inside the pcap file header", offset=len(buffer))
    _check_file_header(source.path, buffer, order)
    return _records(source, buffer, record_header=Struct(order + "4I"), fraction_ns=fraction_ns, port=port)


def _check_file_header(path: str, header: bytes, order: str) -> None:
    major, minor, link_field = Struct(order + "4xHH12xI").unpack_from(header)
    if (major, minor) != (2, 4):  # before 2.4 the two lengths of a record stood in the other order
        raise NotACapture(
            path, f"pcap version {major}.{minor} is not 2.4", offset=4, help="rewrite it with `editcap -F pcap IN OUT`"
        )
    link_type = link_field & _LINK_TYPE_MASK
    if link_type != ETHERNET:
        raise UnsupportedLinkType(path, link_type, offset=20)


def _records(
    source: ByteSource, buffer: bytes, *, record_header: Struct, fraction_ns: int, port: int
) -> Iterator[Packet]:
    # One packet per turn of the inner loop: everything it touches is local, and the named tuple is built without the
    # call of its Python-level constructor, which would cost as much as the rest.
    unpack, new, limit = record_header.unpack_from, tuple.__new__, MAX_RECORD_BYTES
    number = 1
    position = _FILE_HEADER_BYTES
    while True:
        size = len(buffer)
        needed = _RECORD_HEADER_BYTES
        while (data_start := position + _RECORD_HEADER_BYTES) <= size:
            seconds, fraction, captured, wire = unpack(buffer, position)
            if captured > limit:
                raise _too_long(source, captured, offset=source.offset - size + position, number=number)
            data_end = data_start + captured
            if data_end > size:
                needed = data_end - position
                break
            time_ns = seconds * 1_000_000_000 + fraction * fraction_ns
            # Some writers leave the wire length 0; it is never less than what was captured.
            yield new(Packet, (time_ns, buffer[data_start:data_end], wire if wire > captured else captured, port))
            position = data_end
            number += 1
        buffer = source.extended(buffer[position:], to=needed)
        position = 0
        if len(buffer) < needed:
            if not buffer:
                return
            raise _cut_off(source, len(buffer), needed, number=number)


def _too_long(source: ByteSource, captured: int, *, offset: int, number: int) -> MalformedCapture:
    return MalformedCapture(
        source.path,
        f"a record of {captured} bytes exceeds the limit of {MAX_RECORD_BYTES}, so its length is corrupt",
        offset=offset,
        packet=number,
        help="`editcap -r IN OUT 1-N` keeps the first N packets",
    )


def _cut_off(source: ByteSource, have: int, needed: int, *, number: int) -> TruncatedCapture:
    part = "header of a record" if needed == _RECORD_HEADER_BYTES else "record"
    return TruncatedCapture(
        source.path,
        f"the file ends inside a {part}: {have} of {needed} bytes are there",
        offset=source.offset - have,
        packet=number,
        help=TRUNCATED_HELP,
    )
