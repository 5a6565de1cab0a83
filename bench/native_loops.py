"""Loops in C around a program's datapath, and around the NAT written by hand: a step for each packet in Python would
cost more than what is measured."""

from __future__ import annotations

import mmap
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import cffi
import numpy as np

from backends.c.compile import compile_datapath, datapath_files
from compiler.ir.program import Program
from sim.captures import Packet
from sim.native.block import StateBlock
from sim.native.build import FLAGS, build_library
from sim.state import NO_ENTRIES, ControlEntries, TableArrayState, TableState, build_states

BATCH = 256  # packets, as in native_driver.c
HUGE_PAGE = 1 << 21
SOURCES = ("native_driver.c", "nat_by_hand.c", "nat_by_hand.h")

RECORDED = np.dtype([("time_ns", "u8"), ("start", "u8"), ("wire_length", "u4"), ("size", "u2"), ("port", "u2")])

DECLARATIONS = """
    struct weft_packet { uint8_t *data; uint32_t size; uint32_t wire_length; uint64_t now; uint16_t port; };
    struct weft_emission { uint8_t *data; uint32_t size; uint32_t wire_length; uint32_t packet; uint16_t port; };
    struct weft_output {
        struct weft_emission *emissions; uint32_t emission_count; uint32_t emission_capacity;
        uint8_t *bytes; size_t bytes_used; size_t bytes_capacity;
        uint8_t *digests; size_t digests_used; size_t digests_capacity;
        uint64_t *finals;
    };
    struct recording { const void *bytes; const void *packets; uint64_t count; uint64_t duration_ns; };
    struct sent { uint8_t *data; uint32_t size; uint32_t port; };
    struct buffers {
        uint8_t *bytes; uint8_t *kept; uint8_t *ports; uint64_t stride;
        struct weft_packet packets[256]; struct sent sent[256];
    };
    uint64_t drive_nothing(struct buffers *, const struct recording *, uint32_t passes);
    uint64_t drive_datapath(void *process, void *state, struct weft_output *, struct buffers *,
                            const struct recording *, uint32_t passes);
    uint64_t drive_by_hand(void *nat, struct buffers *, const struct recording *, uint32_t passes);
    uint64_t nat_by_hand_bytes(void);
"""


@dataclass(frozen=True, slots=True)
class Recording:
    """Packets in memory: `records` of type RECORDED say where in `data` each one is."""

    data: np.ndarray[Any, np.dtype[np.uint8]]
    records: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.records)


@dataclass(frozen=True, slots=True)
class Kept:
    """What left in one pass: for each packet its first 64 bytes, and the port, -1 where it was dropped."""

    packets: np.ndarray[Any, np.dtype[np.uint8]]
    ports: np.ndarray[Any, Any]


def record_rows(packets: np.ndarray[Any, np.dtype[np.uint8]], *, ports: Any, first_ns: int = 0) -> Recording:  # noqa: ANN401
    """Rows of 64 bytes that come a microsecond apart. `ports` is one number, or one for each packet."""
    data = huge_memory(packets.size + 64)
    data[: packets.size] = packets.reshape(-1)
    records = np.zeros(len(packets), dtype=RECORDED)
    records["time_ns"] = first_ns + np.arange(len(packets), dtype=np.uint64) * np.uint64(1000)
    records["start"] = np.arange(len(packets), dtype=np.uint64) * np.uint64(packets.shape[1])
    records["wire_length"] = records["size"] = packets.shape[1]
    records["port"] = ports
    return Recording(data, records)


def record_packets(packets: Sequence[Packet]) -> Recording:
    """Packets of captures."""
    sizes = np.array([len(packet.data) for packet in packets], dtype=np.uint64)
    joined = b"".join(bytes(packet.data) for packet in packets)
    data = huge_memory(len(joined) + 64)
    data[: len(joined)] = np.frombuffer(joined, dtype=np.uint8)
    records = np.zeros(len(packets), dtype=RECORDED)
    records["time_ns"] = [packet.time_ns for packet in packets]
    records["start"] = np.cumsum(sizes) - sizes
    records["wire_length"] = [packet.wire_length for packet in packets]
    records["size"], records["port"] = sizes, [packet.port for packet in packets]
    return Recording(data, records)


def huge_memory(size: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Zeros at a multiple of 2 MiB, in huge pages where the system gives them."""
    memory = mmap.mmap(-1, size + HUGE_PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    whole = np.frombuffer(memory, dtype=np.uint8)
    start = -whole.ctypes.data % HUGE_PAGE
    return whole[start : start + size]


class Loops:
    """A program's datapath, the NAT written by hand, and the loops around both, in one library."""

    def __init__(self, program: Program, *, entries: ControlEntries = NO_ENTRIES, flags: tuple[str, ...] = ()) -> None:
        """`flags` are more ones for the C compiler. Raises what `sim.native.NativeRun` raises."""
        datapath = compile_datapath(program)
        folder, name = Path(__file__).parent, datapath.name
        sources = {PurePath(source): (folder / source).read_bytes() for source in SOURCES}
        ffi = self._ffi = cffi.FFI()
        installs = (f"void {name}_state_install_{table}(void *, uint32_t);" for table in datapath.installable)
        ffi.cdef(f"{DECLARATIONS} void {name}_init(void *); void {name}_process(void); {''.join(installs)}")
        library = build_library(datapath_files(datapath) | sources, flags=(*FLAGS, *flags))
        self._library: Any = ffi.dlopen(str(library))
        self._memory = [huge_memory(datapath.block.size), huge_memory(self._library.nat_by_hand_bytes())]
        self._state, self._by_hand = (self._pointer(memory) for memory in self._memory)
        self._process = ffi.cast("void *", ffi.addressof(self._library, f"{name}_process"))
        self._prepare(
            StateBlock(program, datapath.block, self._memory[0]), program, entries, name, datapath.state_names
        )
        self._output = self._make_output(datapath.room, len(datapath.finals))

    def _pointer(self, memory: np.ndarray[Any, Any]) -> Any:  # noqa: ANN401
        return self._ffi.cast("void *", memory.ctypes.data)

    def _prepare(self, block: StateBlock, program: Program, entries: ControlEntries, name: str, names: Any) -> None:  # noqa: ANN401
        getattr(self._library, f"{name}_init")(self._state)
        states = build_states(program, entries)
        block.write(states)
        block.write_tunables(entries.tunables)
        block.write_groups(entries.multicast)
        for state, held in states.items():
            if isinstance(held, TableState | TableArrayState):
                count = block.write_table(held) if isinstance(held, TableState) else 0
                if isinstance(held, TableArrayState):
                    block.write_table_array(held)
                getattr(self._library, f"{name}_state_install_{names[state]}")(self._state, count)

    def _make_output(self, room: tuple[int, int, int, int], finals: int) -> Any:  # noqa: ANN401
        emissions, copies, front, digest_bytes = room
        output: Any = self._ffi.new("struct weft_output *")
        capacity = max(4 * BATCH, 2 * emissions)
        largest = 1 << 16
        parts = [32 * capacity, 16 * (copies * largest + front), BATCH * digest_bytes, 8 * finals]
        memory = [huge_memory(size + 64) for size in parts]
        self._memory += memory
        output.emissions, output.bytes, output.digests, output.finals = (
            self._ffi.cast(kind, each.ctypes.data)
            for kind, each in zip(
                ("struct weft_emission *", "uint8_t *", "uint8_t *", "uint64_t *"), memory, strict=True
            )
        )
        output.emission_capacity, output.bytes_capacity, output.digests_capacity = capacity, parts[1], parts[2]
        return output

    def feed(self, engine: str, recording: Recording, *, passes: int = 1) -> tuple[int, float]:
        """Packets that left, and seconds. `engine` is one of `ENGINES`."""
        buffers, given, _keep_alive = self._arguments(recording)
        return self._timed(engine, buffers, given, passes)

    def keep(self, engine: str, recording: Recording) -> Kept:
        """What becomes of each packet; of packets that leave several times, the last one."""
        buffers, given, _keep_alive = self._arguments(recording)
        packets = np.zeros((len(recording), 64), dtype=np.uint8)
        ports = np.full(len(recording), 0xFF, dtype=np.uint8)
        buffers.kept = self._ffi.cast("uint8_t *", packets.ctypes.data)
        buffers.ports = self._ffi.cast("uint8_t *", ports.ctypes.data)
        self._timed(engine, buffers, given, 1)
        return Kept(packets, np.where(ports == 0xFF, -1, ports.astype(np.int64)))

    def _arguments(self, recording: Recording) -> tuple[Any, Any, object]:
        ffi = self._ffi
        buffers: Any = ffi.new("struct buffers *")
        given: Any = ffi.new("struct recording *")
        buffers.stride = (int(recording.records["size"].max()) + 63) // 64 * 64
        memory = huge_memory(BATCH * buffers.stride + 64)
        buffers.bytes = ffi.cast("uint8_t *", memory.ctypes.data)
        given.bytes, given.packets = self._pointer(recording.data), self._pointer(recording.records)
        given.count = len(recording)
        times = recording.records["time_ns"]
        given.duration_ns = int(times.max() - times.min()) + 1000
        return buffers, given, memory

    def _timed(self, engine: str, buffers: Any, given: Any, passes: int) -> tuple[int, float]:  # noqa: ANN401
        library = self._library
        before = time.perf_counter()
        match engine:
            case "by hand":
                sent = library.drive_by_hand(self._by_hand, buffers, given, passes)
            case "native":
                sent = library.drive_datapath(self._process, self._state, self._output, buffers, given, passes)
            case _:
                sent = library.drive_nothing(buffers, given, passes)
        return sent, time.perf_counter() - before
