"""A run of the native engine: the C of a program, in this process, fed with packets."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final

import cffi
import numpy as np

from backends.c.compile import compile_datapath, datapath_files
from backends.c.datapath import Datapath
from compiler.ir.emissions import Drop
from compiler.ir.program import Program
from compiler.meaning.hashing import DEFAULT_SALT
from sim.captures import Capture, Packet, PortCaptures
from sim.interpreter.run import DigestSink, PacketSink, Summary, Traffic, place_of
from sim.native.block import StateBlock
from sim.native.build import build_library
from sim.native.c_types import PACKET_TYPES, CData, Foreign
from sim.native.digests import read_digests
from sim.native.replay import CaptureReplay, Processing
from sim.state import NO_ENTRIES, ControlEntries, RunState, TableArrayState, TableState, build_states

ANY_SHARE: Final = (1 << 32) - 1  # WEFT_ANY_SHARE in `weft/packet.h`
BATCH: Final = 256  # packets
_SLACK: Final = 64  # bytes behind a batch's packets


class NativeRun:
    """A program and its state, fed with packets: as `sim.interpreter.Run`, and much faster.

    Raises `NativeError` where there is no library to be had or the entries have no room in it.
    """

    def __init__(
        self,
        program: Program,
        *,
        entries: ControlEntries = NO_ENTRIES,
        states: dict[str, RunState] | None = None,
        salt: int = DEFAULT_SALT,
    ) -> None:
        """Start with `states` where they are given, else with those of a program that has seen no packet."""
        self.program = program
        self._states = build_states(program, entries, salt=salt) if states is None else states
        self._datapath = compile_datapath(program, salt=salt)
        self._ffi, self._library = _load(self._datapath)
        self._memory = _block_memory(self._datapath.block.size)
        memory = np.frombuffer(self._memory, dtype=np.uint8)
        self._block = StateBlock(program, self._datapath.block, memory)
        self._state = self._ffi.cast("void *", self._ffi.from_buffer(self._memory))
        self._call("init")(self._state)
        self._block.write(self._states)
        self._install_tables()
        self._block.write_tunables(entries.tunables)
        self._block.write_groups(entries.multicast)
        self._output = _Output(self._ffi, self._datapath)
        ports = range(len(program.ports))
        self._summary = Summary([Traffic() for _ in ports], [Traffic() for _ in ports])
        self._are_read = True  # whether `_states` is what the block holds

    @property
    def states(self) -> dict[str, RunState]:
        """The states as they are now."""
        if not self._are_read:
            self._block.read(self._states)
            self._are_read = True
        return self._states

    def share(self, packet: Packet) -> int | None:
        """The share whose owner has to process the packet where many cores do; None where any of them may."""
        data = self._ffi.from_buffer(bytearray(packet.data) or bytearray(1))
        given = self._ffi.new("struct weft_packet *")
        given.data, given.size = self._ffi.cast("uint8_t *", data), len(packet.data)
        given.wire_length = packet.wire_length
        given.now, given.port = packet.time_ns & 0xFFFF_FFFF_FFFF_FFFF, packet.port
        found = self._call("share")(given)
        return None if found == ANY_SHARE else found

    @property
    def summary(self) -> Summary:
        summary = self._summary
        summary.dropped.clear()
        summary.unhandled = 0
        for operation, count in zip(self._datapath.finals, self._output.finals, strict=False):
            if isinstance(operation, Drop) and count:
                summary.dropped[place_of(operation.span, operation.reason)] += count
                if operation.reason == "unhandled":
                    summary.unhandled += count
        return summary

    def feed(
        self, packets: Iterable[Packet], *, send: PacketSink | None = None, digest: DigestSink | None = None
    ) -> Summary:
        """Process the packets in the order given; emissions and digests go to the sinks as they come."""
        self._are_read = False
        waiting = iter(packets)
        while batch := list(islice(waiting, BATCH)):
            self._feed_batch(batch, send, digest)
        return self.summary

    def feed_captures(
        self,
        captures: Sequence[Capture],
        outputs: PortCaptures,
        *,
        digest: DigestSink | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Summary:
        """Process the packets of captures, merged by time, and write what leaves: `feed` without Python for a packet.

        `progress` is called now and then with the bytes read. Raises `CaptureError`, having discarded the outputs.
        """
        self._are_read = False
        address = self._ffi.typeof("uintptr_t")
        processing = Processing(
            process=int(self._ffi.cast(address, self._call("process"))),
            state=int(self._ffi.cast(address, self._state)),
            finals=int(self._ffi.cast(address, self._output.struct.finals)),
            room=self._datapath.room,
        )
        program = self.program
        replay = CaptureReplay(processing, captures, outputs, ports=len(program.ports), records=program.records)
        replay.run(self._summary, digest=digest, progress=progress)
        return self.summary

    def _feed_batch(self, batch: list[Packet], send: PacketSink | None, digest: DigestSink | None) -> None:
        ffi, output, summary = self._ffi, self._output, self._summary
        sizes = [len(packet.data) for packet in batch]
        buffer = bytearray(sum(sizes) + _SLACK)
        base = ffi.from_buffer(buffer)
        array = ffi.new("struct weft_packet[]", len(batch))
        at = 0
        for place, (time_ns, data, wire_length, port) in enumerate(batch):
            buffer[at : at + len(data)] = data
            entry = array[place]
            entry.data, entry.size, entry.wire_length = ffi.cast("uint8_t *", base) + at, len(data), wire_length
            entry.now, entry.port = time_ns & 0xFFFF_FFFF_FFFF_FFFF, port
            at += len(data)
            summary.received[port].add(wire_length)
        times = [packet.time_ns for packet in batch]
        summary.note_times(min(times), max(times))
        done = 0
        while done < len(batch):
            output.begin(max(sizes[done:]))
            count = self._call("process")(self._state, array + done, len(batch) - done, output.struct)
            assert count > 0, "there is room for a packet at least"
            self._take(batch, done, send, digest)
            done += count

    def _take(self, batch: list[Packet], first: int, send: PacketSink | None, digest: DigestSink | None) -> None:
        summary, ffi, ports = self._summary, self._ffi, len(self.program.ports)
        out = self._output.struct
        for place in range(out.emission_count):
            emission = out.emissions[place]
            if emission.port >= ports:
                summary.lost += 1
                continue
            summary.sent[emission.port].add(emission.wire_length)
            if send is not None:
                data = bytes(ffi.buffer(emission.data, emission.size))
                time_ns = batch[first + emission.packet].time_ns
                send(Packet(time_ns, data, emission.wire_length, emission.port))
        if out.digests_used:
            for place, record in read_digests(self._output.digests(), self.program.records):
                summary.digests[record[0]] += 1
                if digest is not None:
                    digest(batch[first + place].time_ns, record)

    def _install_tables(self) -> None:
        for name, state in self._states.items():
            if isinstance(state, TableState):
                self._call(f"install_{self._table_name(name)}", state=True)(self._state, self._block.write_table(state))
            elif isinstance(state, TableArrayState):
                self._block.write_table_array(state)
                self._call(f"install_{self._table_name(name)}", state=True)(self._state, 0)

    def _table_name(self, state: str) -> str:
        return self._datapath.state_names[state]

    def _call(self, function: str, *, state: bool = False) -> CData:
        name = f"{self._datapath.name}_state_{function}" if state else f"{self._datapath.name}_{function}"
        return getattr(self._library, name)


class _Output:
    """What a batch makes, in memory of Python's."""

    def __init__(self, ffi: Foreign, datapath: Datapath) -> None:
        emissions, copies, front, digest_bytes = datapath.room
        self._ffi, self._copies, self._front = ffi, copies, front
        self.struct: CData = ffi.new("struct weft_output *")
        capacity = max(4 * BATCH, 2 * emissions)
        self._emissions = ffi.new("struct weft_emission[]", capacity)
        self._digests = ffi.new("uint64_t[]", max(1, BATCH * digest_bytes // 8))
        self._finals = ffi.new("uint64_t[]", max(1, len(datapath.finals)))
        self._bytes = ffi.new("uint8_t[]", 1)
        self.struct.emissions, self.struct.emission_capacity = self._emissions, capacity
        self.struct.digests = ffi.cast("uint8_t *", self._digests)
        self.struct.digests_capacity = BATCH * digest_bytes
        self.struct.finals = self._finals

    def begin(self, largest: int) -> None:
        """Empty it, with room for what a packet of `largest` bytes may need, and for more than one of them."""
        needed = 16 * (self._copies * largest + self._front)
        if self.struct.bytes_capacity < needed:
            self._bytes = self._ffi.new("uint8_t[]", needed)
            self.struct.bytes, self.struct.bytes_capacity = self._bytes, needed
        self.struct.emission_count = self.struct.bytes_used = self.struct.digests_used = 0

    @property
    def finals(self) -> list[int]:
        return list(self._finals)

    def digests(self) -> bytes:
        return bytes(self._ffi.buffer(self._digests, self.struct.digests_used))


def _block_memory(size: int) -> mmap.mmap:
    """Zeros for a state, in huge pages where the system gives them: keys lead everywhere in it."""
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memory


def _load(datapath: Datapath) -> tuple[Foreign, CData]:
    ffi = cffi.FFI()
    name = datapath.name
    installs = "".join(
        f"void {name}_state_install_{table}(void *state, uint32_t count);" for table in datapath.installable
    )
    ffi.cdef(
        f"{PACKET_TYPES} void {name}_init(void *state); {installs}"
        f"uint32_t {name}_process(void *state, const struct weft_packet *packets, uint32_t count, "
        f"struct weft_output *out); uint32_t {name}_share(const struct weft_packet *packet);"
    )
    return ffi, ffi.dlopen(str(build_library(datapath_files(datapath))))
