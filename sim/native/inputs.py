"""Captures as memory full of records, for `replay.c` to walk: a piece at a time, so that their size does not matter."""

from __future__ import annotations

import struct
import sys
from abc import ABC, abstractmethod
from typing import Final

from sim.captures import MAX_RECORD_BYTES, Capture, CaptureError, Packet
from sim.captures.pcap import RECORD_HEADER_BYTES, PcapRecords
from sim.native.c_types import CData, Foreign

SLACK_BYTES: Final = 64  # behind the last record: a datapath may look at whole words of what it masks out
_PIECE_BYTES: Final = 1 << 20
_PACKED_BYTES: Final = 1 << 16  # packets that Python reads are packed in smaller pieces, which stay in the cache

_HOST_ORDER: Final = "<" if sys.byteorder == "little" else ">"
_OWN_HEADER: Final = struct.Struct("=QII")  # of records that Python makes: time in ns, captured, on the wire


class Input(ABC):
    """One capture and its `struct weft_input`, which it fills when asked."""

    def __init__(self, ffi: Foreign, capture: Capture, target: CData) -> None:
        self.capture = capture
        self._ffi, self._struct = ffi, target
        self._allocate = ffi.new_allocator(should_clear_after_alloc=False)  # so that unused pages cost nothing
        self._capacity = RECORD_HEADER_BYTES + MAX_RECORD_BYTES + _PIECE_BYTES
        target.bytes = self._memory = self._allocate("uint8_t[]", self._capacity + SLACK_BYTES)
        target.number, target.port = 1, capture.port

    def extend(self) -> None:
        """Have the record at the position in memory as a whole, or end. Raises `CaptureError`."""
        target, ffi = self._struct, self._ffi
        left = target.end - target.position
        ffi.memmove(target.bytes, target.bytes + target.position, left)
        target.position, target.end = 0, left
        more = self._more(target.needed - left)
        if left + len(more) > self._capacity:
            self._grow(left + len(more))
        ffi.memmove(target.bytes + left, more, len(more))
        target.end += len(more)
        if target.end < target.needed:
            self._end(target.end)
            target.has_ended = True

    def _grow(self, capacity: int) -> None:
        larger = self._allocate("uint8_t[]", capacity + SLACK_BYTES)
        self._ffi.memmove(larger, self._memory, self._struct.end)
        self._struct.bytes = self._memory = larger
        self._capacity = capacity

    @abstractmethod
    def _more(self, count: int) -> bytes | bytearray:
        """The bytes that follow, at least `count`; fewer at the end."""

    @abstractmethod
    def _end(self, left: int) -> None:
        """Judge the end, in front of which `left` bytes are no whole record."""

    @abstractmethod
    def too_long(self) -> CaptureError:
        """What is wrong with a record that is longer than any can be."""


class _RecordInput(Input):
    """A classic pcap: its bytes as they lie in the file."""

    def __init__(self, ffi: Foreign, capture: Capture, target: CData, records: PcapRecords) -> None:
        super().__init__(ffi, capture, target)
        self._records = records
        target.fraction_ns, target.is_swapped = records.fraction_ns, records.order != _HOST_ORDER

    def _more(self, count: int) -> bytes:
        return self._records.extended(b"", to=count)

    def _end(self, left: int) -> None:
        target = self._struct
        self.capture.end(self._records.cut_off(left, target.needed, number=target.number) if left else None)

    def too_long(self) -> CaptureError:
        target = self._struct
        return self._records.too_long(target.captured, left=target.end - target.position, number=target.number)


class _PacketInput(Input):
    """A capture of another format: its packets, one by one, as records of our own."""

    def __init__(self, ffi: Foreign, capture: Capture, target: CData) -> None:
        super().__init__(ffi, capture, target)
        self._packets = iter(capture)
        self._error: CaptureError | None = None  # to be raised once the packets in front of it are done

    def _more(self, count: int) -> bytearray:
        if self._error is not None:
            raise self._error
        packed = bytearray()
        try:
            for packet in self._packets:
                packed += _packed(packet)
                if len(packed) >= max(count, _PACKED_BYTES):
                    break
        except CaptureError as error:
            if not packed:
                raise
            self._error = error
        return packed

    def _end(self, left: int) -> None:
        assert not left, "what we pack is whole"

    def too_long(self) -> CaptureError:
        raise AssertionError("readers yield no packet above the limit")


def _packed(packet: Packet) -> bytes:
    return _OWN_HEADER.pack(packet.time_ns, len(packet.data), packet.wire_length) + packet.data


def input_of(ffi: Foreign, capture: Capture, target: CData) -> Input:
    """Tie a capture to `target`, a `struct weft_input` of zeros."""
    if capture.records is not None:
        return _RecordInput(ffi, capture, target, capture.records)
    return _PacketInput(ffi, capture, target)
