"""Whatever the bytes, reading ends, in little memory, with packets and at most a `CaptureError`."""

import gzip
import io
import struct
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.captures import Capture, MalformedCapture, TruncatedCapture
from tests.sim.captures.capture_bytes import (
    block,
    enhanced,
    interface,
    pcap_header,
    pcap_record,
    read_until_error,
    section,
)
from tests.sim.captures.damaged_bytes import INTERESTING, VALID, damaged


@given(damaged())
def test_damage_is_nothing_but_a_capture_error(content: bytes) -> None:
    packets, error = read_until_error(content)  # any other exception passes
    assert sum(len(packet.data) for packet in packets) <= 50 * len(content)
    assert all(0 <= packet.time_ns < 2**64 and packet.wire_length >= len(packet.data) for packet in packets)
    if error is not None:
        assert error.path == "test"
        assert error.problem


@given(
    st.sampled_from(sorted(VALID)), st.integers(0, 2**16), st.sampled_from(INTERESTING), st.sampled_from(["<I", ">I"])
)
def test_any_word_may_be_hostile(name: str, place: int, word: int, order: str) -> None:
    content = bytearray(VALID[name])
    place = place * 4 % (len(content) - 4)
    content[place : place + 4] = struct.pack(order, word)
    read_until_error(bytes(content))


@given(
    st.sampled_from([b"", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", section("<"), section(">"), b"\x1f\x8b"]),
    st.binary(),
)
def test_rubbish_is_nothing_but_a_capture_error(start: bytes, rubbish: bytes) -> None:
    read_until_error(start + rubbish)


class EndlessFile:
    """A file of `repeats` times `piece` after `start`, made as it is read."""

    def __init__(self, start: bytes, piece: bytes, *, repeats: int) -> None:
        self._chunks = self._produced(start, piece * (500_000 // len(piece)), repeats // (500_000 // len(piece)))
        self._rest = b""

    def _produced(self, start: bytes, chunk: bytes, count: int) -> Iterator[bytes]:
        yield start
        for _ in range(count):
            yield chunk

    def read(self, size: int, /) -> bytes:
        chunk = self._rest or next(self._chunks, b"")
        self._rest = chunk[size:]
        return chunk[:size]

    def close(self) -> None:
        pass


MTU_RECORD = pcap_record("<", 1, 1, bytes(1500))
MTU_BLOCK = enhanced("<", bytes(1500))
NG_START = section("<") + interface("<")


def peak_bytes_reading(file: EndlessFile) -> tuple[int, int]:
    """Return the packets read and the peak of memory, in bytes."""
    tracemalloc.start()
    try:
        count = sum(1 for _ in Capture(file, path="endless"))
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("start", "piece", "packets"),
    [
        (pcap_header("<"), MTU_RECORD, 1),
        (NG_START, MTU_BLOCK, 1),
        (NG_START, block("<", 0x0BAD, bytes(400_000)), 0),
    ],
    ids=["pcap", "pcapng", "unknown blocks"],
)
def test_memory_does_not_grow_with_the_capture(start: bytes, piece: bytes, packets: int) -> None:
    per_chunk = 500_000 // len(piece)
    repeats = 100_000_000 // len(piece) // per_chunk * per_chunk
    count, peak_bytes = peak_bytes_reading(EndlessFile(start, piece, repeats=repeats))
    assert count == repeats * packets
    assert peak_bytes < 20_000_000


def test_gzip_bomb_is_read_in_little_memory() -> None:
    bomb = gzip.compress(pcap_header("<") + pcap_record("<", 1, 1, bytes(200_000)) * 500, mtime=0)
    assert len(bomb) < 200_000
    tracemalloc.start()
    try:
        assert sum(1 for _ in Capture(io.BytesIO(bomb), path="bomb")) == 500
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (pcap_header("<") + struct.pack("<IIII", 0, 0, 2**32 - 1, 60), MalformedCapture),
        (NG_START + struct.pack("<II", 6, 2**32 - 4) + bytes(4), MalformedCapture),
        (NG_START + struct.pack("<II", 0x0BAD, 2**32 - 4) + bytes(4), TruncatedCapture),
    ],
)
def test_length_of_four_gigabytes_asks_for_no_memory(start: bytes, kind: type[Exception]) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(kind):
            list(Capture(EndlessFile(start, bytes(1000), repeats=100_000), path="hostile"))
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
