"""Captures through a datapath: C walks the records, Python reads and writes the files. See `replay.h`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import Final

import cffi

from compiler.ir.types import Record
from sim.captures import MAX_RECORD_BYTES, Capture, Packet, PortCaptures
from sim.captures.pcap import RECORD_HEADER_BYTES
from sim.captures.write import FLUSH_BYTES
from sim.interpreter import DigestSink, Summary, UnknownPortError
from sim.native.build import build_library
from sim.native.c_types import PACKET_TYPES, CData, Foreign
from sim.native.digests import read_digests
from sim.native.inputs import input_of

_FOLDER: Final = files("sim.native")
_INCLUDED: Final = ("types", "packet")
_MORE_BYTES: Final = 1 << 20  # room for emissions' own bytes beyond what one packet may need


@dataclass(frozen=True, slots=True)
class Processing:
    """A datapath that is loaded: addresses of its function, its state and its counts of finals, and `Datapath.room`."""

    process: int
    state: int
    finals: int
    room: tuple[int, int, int, int]


class CaptureReplay:
    """Runs captures, merged by time, through a datapath into the captures of ports. Memory does not grow with them."""

    def __init__(
        self,
        processing: Processing,
        captures: Sequence[Capture],
        outputs: PortCaptures,
        *,
        ports: int,
        records: tuple[Record, ...],
    ) -> None:
        """`records` are those of the program's digests. Raises `UnknownPortError` for a capture of no port."""
        _check_ports(captures, ports)
        self._ffi, self._library = _load()
        self._outputs, self._records = outputs, records
        replay = self._replay = self._ffi.new("struct weft_replay *")
        self._held: list[object] = []  # memory that the structs point to
        replay.process = self._ffi.cast("void *", processing.process)
        replay.state = self._ffi.cast("void *", processing.state)
        replay.most_captured, replay.full = MAX_RECORD_BYTES, FLUSH_BYTES
        replay.first_ns, replay.last_ns = (1 << 64) - 1, 0
        self._prepare_output(processing)
        self._prepare_ports(ports)
        replay.inputs, replay.input_count = self._new("struct weft_input[]", len(captures)), len(captures)
        self._inputs = [input_of(self._ffi, capture, replay.inputs[at]) for at, capture in enumerate(captures)]

    def _new(self, kind: str, count: int) -> CData:
        made = self._ffi.new(kind, count)
        self._held.append(made)
        return made

    def _prepare_output(self, processing: Processing) -> None:
        """Room for what any packet may cause; where that is little, for what a batch does."""
        batch = self._library.WEFT_REPLAY_BATCH
        emissions, copies, front, digest_bytes = processing.room
        out = self._replay.out
        out.emission_capacity = max(4 * batch, 2 * emissions)
        out.emissions = self._new("struct weft_emission[]", out.emission_capacity)
        out.bytes_capacity = copies * MAX_RECORD_BYTES + front + _MORE_BYTES if copies else 0
        out.bytes = self._reserve(out.bytes_capacity)
        out.digests_capacity = batch * digest_bytes
        out.digests = self._ffi.cast("uint8_t *", self._new("uint64_t[]", out.digests_capacity // 8))
        out.finals = self._ffi.cast("uint64_t *", processing.finals)

    def _reserve(self, size: int) -> CData:
        """Memory that costs nothing until it is used."""
        made = self._ffi.new_allocator(should_clear_after_alloc=False)("uint8_t[]", size)
        self._held.append(made)
        return made

    def _prepare_ports(self, count: int) -> None:
        replay = self._replay
        replay.ports, replay.port_count = self._new("struct weft_port[]", count), count
        for port in replay.ports[0:count]:
            port.records = self._reserve(FLUSH_BYTES + RECORD_HEADER_BYTES + MAX_RECORD_BYTES)

    def run(
        self, summary: Summary, *, digest: DigestSink | None = None, progress: Callable[[int], None] | None = None
    ) -> None:
        """Process all packets and add what became of them to `summary`. Raises `CaptureError`.

        `progress` is called now and then with the bytes read.
        """
        library, replay = self._library, self._replay
        while (wanted := library.weft_replay_step(replay)) != library.WEFT_WANTS_NOTHING:
            match wanted:
                case library.WEFT_WANTS_INPUT:
                    if progress is not None:
                        progress(sum(input.capture.bytes_read for input in self._inputs))
                    self._inputs[replay.input].extend()
                case library.WEFT_WANTS_VERDICT:
                    raise self._inputs[replay.input].too_long()
                case library.WEFT_WANTS_ROOM:
                    self._write(replay.output)
                case library.WEFT_WANTS_NO_PACKET:
                    self._refuse(replay.out.emissions[replay.refused])
                case _:
                    self._tell_digests(summary, digest)
        for port in range(replay.port_count):
            self._write(port)
        self._add_to(summary)

    def _write(self, number: int) -> None:
        port = self._replay.ports[number]
        records = memoryview(self._ffi.buffer(port.records, port.used))
        self._outputs.write_records(number, records, packets=port.pending)
        port.used = port.pending = 0

    def _refuse(self, emission: CData) -> None:
        """Raise what the writer has to say to a packet that does not fit a record."""
        self._write(emission.port)  # so that it counts right
        data = bytes(self._ffi.buffer(emission.data, emission.size))
        wire_length = emission.wire_length
        if wire_length < emission.size:  # built in front of a packet that says of itself that it had nearly 4 GB
            wire_length += 1 << 32
        self._outputs.write(Packet(self._time_of(emission.packet), data, wire_length, emission.port))
        raise AssertionError("the writer takes what C refuses")

    def _time_of(self, place: int) -> int:
        return self._replay.packets[self._replay.first + place].now

    def _tell_digests(self, summary: Summary, digest: DigestSink | None) -> None:
        out = self._replay.out
        for place, record in read_digests(bytes(self._ffi.buffer(out.digests, out.digests_used)), self._records):
            summary.digests[record[0]] += 1
            if digest is not None:
                digest(self._time_of(place), record)
        out.digests_used = 0

    def _add_to(self, summary: Summary) -> None:
        replay = self._replay
        for number, (received, sent) in enumerate(zip(summary.received, summary.sent, strict=True)):
            port = replay.ports[number]
            received.packets += port.received_packets
            received.bytes += port.received_bytes
            sent.packets += port.sent_packets
            sent.bytes += port.sent_bytes
        summary.lost += replay.lost
        if replay.first_ns <= replay.last_ns:
            summary.note_times(replay.first_ns, replay.last_ns)


def _check_ports(captures: Sequence[Capture], ports: int) -> None:
    for capture in captures:
        if capture.port >= ports:
            raise UnknownPortError(capture.port, ports=ports)


@cache
def _load() -> tuple[Foreign, CData]:
    ffi = cffi.FFI()
    header = (_FOLDER / "replay.h").read_text(encoding="utf-8")
    declared = "\n".join(line for line in header.splitlines() if not line.startswith("#"))
    ffi.cdef(PACKET_TYPES + declared)
    sources = {PurePath(name): (_FOLDER / name).read_bytes() for name in ("replay.c", "replay.h")}
    for name in _INCLUDED:
        path = PurePath("weft") / f"{name}.h"
        sources[path] = (files("backends.c") / "include" / path).read_bytes()
    return ffi, ffi.dlopen(str(build_library(sources)))
