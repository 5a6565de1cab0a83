"""Captures on the native engine: what scapy wrote and reads, and the interpreter's files byte for byte."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.utils import PcapNgReader, RawPcapReader, RawPcapWriter, rdpcap, wrpcap, wrpcapng

from sim.captures import Capture, Packet, PortCaptures
from sim.interpreter import UnknownPortError
from sim.native import GroupRoomError, NativeRun
from sim.state import ControlEntries
from tests.sim.captures.capture_bytes import BYTE_ORDERS, enhanced, interface, pcap_header, pcap_record, section
from tests.sim.captures.damaged_bytes import damaged
from tests.sim.native.replaying import EVERYTHING, GROUPS, needs_compiler, on_both, program_of, replayed

pytestmark = needs_compiler

MICRO, NANO = 0xA1B2C3D4, 0xA1B23C4D
THROUGH = "use std::net;\nport a; port b; port c;\non a (_) { send c; }\non b (_) { send c; }\non c (_) { drop }\n"
BUILDING = """\
use std::net;
port a; port b; port c;
on a (p: eth) { send c with packet { eth { dst: p.eth.src, src: p.eth.dst, type: 0x1234 }, p }; }
on b (p: eth) { send c with packet { eth { dst: p.eth.src, src: p.eth.dst, type: 0x1234 } }; }
on c (p: eth) { clone a; multicast 3u16 as multicast }
on a | b | c (_) { drop }
"""


def frame(number: int, size: int = 60) -> bytes:
    head = bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", type=0x88B5))
    return head + number.to_bytes(4) + bytes(max(0, size - len(head) - 4))


def pcap(packets: Sequence[tuple[int, bytes]], order: str = "<", magic: int = NANO) -> bytes:
    """Packets at so many ns (of which microseconds cut the rest), in either order and resolution."""
    unit = 1 if magic == NANO else 1000
    records = (pcap_record(order, at // 10**9, at % 10**9 // unit, data) for at, data in packets)
    return pcap_header(order, magic=magic) + b"".join(records)


def records_of(capture: bytes) -> list[tuple[int, int, bytes]]:
    """(time in ns, length on the wire, bytes) of each record, as scapy reads them."""
    with RawPcapReader(io.BytesIO(capture)) as reader:
        assert reader.nano
        return [(meta.sec * 10**9 + meta.usec, meta.wirelen, data) for data, meta in reader]


def test_scapys_capture_goes_through(tmp_path: Path) -> None:
    packets = [Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / Raw(bytes(n)) for n in range(50)]
    for number, packet in enumerate(packets):
        packet.time = 1_700_000_000 + number / 8
    wrpcap(str(tmp_path / "in.pcap"), packets)
    done = replayed(NativeRun(program_of(THROUGH)), [(tmp_path / "in.pcap").read_bytes()])
    (tmp_path / "out.pcap").write_bytes(done.captures[2])
    left = rdpcap(str(tmp_path / "out.pcap"))
    assert [(p.time, bytes(p)) for p in left] == [(p.time, bytes(p)) for p in packets]


def test_scapys_pcapng_goes_through(tmp_path: Path) -> None:
    packets = [Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / Raw(bytes(n)) for n in range(50)]
    for number, packet in enumerate(packets):
        packet.time = 1_700_000_000 + number / 8
    wrpcapng(str(tmp_path / "in.pcapng"), packets)
    with PcapNgReader(str(tmp_path / "in.pcapng")) as reader:
        expected = [(round(p.time * 10**9), len(p), bytes(p)) for p in reader]
    done = replayed(NativeRun(program_of(THROUGH)), [(tmp_path / "in.pcapng").read_bytes()])
    assert records_of(done.captures[2]) == expected


def test_the_file_is_the_one_that_scapy_writes(tmp_path: Path) -> None:
    packets = [(5 * 10**9 + n, frame(n)) for n in range(3)]
    path = tmp_path / "scapy.pcap"
    with RawPcapWriter(str(path), linktype=1, endianness="<", nano=True, snaplen=262_144) as writer:
        writer.write_header(None)
        for at, data in packets:
            writer.write_packet(data, sec=at // 10**9, usec=at % 10**9)
    assert on_both(THROUGH, [pcap(packets)]).captures[2] == path.read_bytes()


@pytest.mark.parametrize("order", BYTE_ORDERS)
@pytest.mark.parametrize(("magic", "unit_ns"), [(MICRO, 1000), (NANO, 1)])
def test_either_byte_order_and_resolution(order: str, magic: int, unit_ns: int) -> None:
    content = pcap_header(order, magic=magic) + b"".join(
        pcap_record(order, 4_000_000_000 + n, 999_999 + n, frame(n), wire=60 + n) for n in range(9)
    )
    expected = [((4_000_000_000 + n) * 10**9 + (999_999 + n) * unit_ns, 60 + n, frame(n)) for n in range(9)]
    assert records_of(on_both(THROUGH, [content]).captures[2]) == expected


def test_a_fraction_may_exceed_a_second_and_a_length_on_the_wire_may_be_0() -> None:
    content = pcap_header("<", magic=MICRO) + pcap_record("<", 7, 2**32 - 1, frame(1), wire=0)
    ((time_ns, wire, data),) = records_of(on_both(THROUGH, [content]).captures[2])
    assert (time_ns, wire, data) == (7 * 10**9 + (2**32 - 1) * 1000, 60, frame(1))


def test_captures_are_merged_by_time_and_ties_go_to_the_first() -> None:
    first = pcap([(10, frame(1)), (30, frame(3)), (20, frame(5)), (40, frame(6))])  # its clock goes back
    second = pcap([(10, frame(2)), (30, frame(4)), (35, frame(7))], ">")
    numbers = [data[14:18] for _, _, data in records_of(on_both(THROUGH, [first, second]).captures[2])]
    assert [int.from_bytes(number) for number in numbers] == [1, 2, 3, 5, 4, 7, 6]


def test_formats_are_merged() -> None:
    blocks = b"".join(enhanced("<", frame(n), ticks=2 * n) for n in range(0, 4000, 2))
    second = section("<") + interface("<", resolution=9) + blocks
    first = gzip.compress(pcap([(2 * n, frame(n)) for n in range(1, 4000, 2)]))
    left = records_of(on_both(THROUGH, [first, second]).captures[2])
    assert [int.from_bytes(data[14:18]) for _, _, data in left] == list(range(4000))


def test_more_than_any_buffer_holds() -> None:
    packets = [(n, frame(n, 262_144 - n)) for n in range(12)] + [(n, frame(n)) for n in range(12, 40_000)]
    done = on_both(EVERYTHING, [pcap(packets), pcap(packets[:5]), pcap(packets[:5])], entries=GROUPS)
    assert done.error is not None and "262158 bytes captured" in done.error
    small = [(n, frame(n, 262_144 - 14 - n)) for n in range(12)] + [(n, frame(n)) for n in range(12, 9000)]
    done = on_both(EVERYTHING, [pcap(small), pcap(small), pcap(small)], entries=GROUPS)
    assert done.error is None
    assert [len(records_of(capture)) for capture in done.captures] == [18_000, 27_000, 27_000]
    assert len(done.digests) == 9000


def test_a_record_of_the_largest_size_behind_a_buffer_that_is_all_but_full() -> None:
    sizes = [262_144 - 16 - 1, 262_144, 1, 262_144, 0]
    packets = [(n, bytes(size)) for n, size in enumerate(sizes)]
    content = pcap(packets)  # scapy reads no packet of this length
    captures = on_both(THROUGH, [content]).captures
    assert captures[2][24:] == content[24:]


@pytest.mark.parametrize("wire", [60, 61, 2**32 - 15, 2**32 - 14, 2**32 - 1])
@pytest.mark.parametrize("port", [0, 1])
def test_lengths_on_the_wire_near_the_limit(wire: int, port: int) -> None:
    contents = [pcap([(1, frame(0))]), pcap([])]
    contents[port] += pcap_record("<", 1, 0, frame(1), wire=wire)
    done = on_both(BUILDING, contents)
    if port == 0 and wire + 14 >= 2**32:
        assert done.error is not None and f"{wire + 14} on the wire does not fit a pcap record (packet 2)" in done.error
    elif port == 0:
        assert [length for _, length, _ in records_of(done.captures[2])] == [74, wire + 14]


def test_a_packet_above_the_limit_of_a_record_is_an_error() -> None:
    done = on_both(BUILDING, [pcap([(1, frame(0)), (2, frame(1, 262_144 - 13))])])
    assert done.error is not None and "262145 bytes captured" in done.error and "(packet 2)" in done.error


def test_times_that_no_record_can_hold_are_errors() -> None:
    late = pcap_header("<", magic=MICRO) + pcap_record("<", 2**32 - 1, 999_999, frame(0))
    assert on_both(THROUGH, [late]).error is None
    later = late + pcap_record("<", 2**32 - 1, 1_000_000, frame(1))
    done = on_both(THROUGH, [later])
    assert done.error is not None and "4294967296000000000 ns" in done.error and "(packet 2)" in done.error
    latest = section("<") + interface("<", resolution=9) + enhanced("<", frame(1), ticks=2**64 - 1)
    done = on_both(THROUGH, [latest])
    assert done.error is not None and f"{2**64 - 1} ns" in done.error
    assert on_both(THROUGH.replace("send c", "drop"), [latest]).error is None


@pytest.mark.parametrize("cut", [1, 15, 16, 17, 75, 76, 77])
@pytest.mark.parametrize("tolerate", [False, True])
def test_a_cut_capture(cut: int, tolerate: bool) -> None:
    whole = pcap([(n, frame(n)) for n in range(3)])
    content = whole[: len(whole) - cut]
    other = pcap([(n, frame(n)) for n in range(3, 6)])
    done = on_both(THROUGH, [content, other], tolerate_truncation=tolerate)
    if cut == 76:
        assert (done.error, done.warnings) == (None, ("None", "None"))
    elif tolerate:
        assert "ends inside a" in str(done.warnings[0])
        assert len(records_of(done.captures[2])) == (5 if cut < 76 else 4)
    else:
        assert done.error is not None and done.error.startswith("TruncatedCapture: in-0: the file ends inside a")


@pytest.mark.parametrize("tolerate", [False, True])
def test_a_gzip_stream_that_ends_early(tolerate: bool) -> None:
    packed = gzip.compress(pcap([(n, frame(n)) for n in range(3)]), mtime=0)
    for cut in (1, 8, 9, 20, 40):
        on_both(THROUGH, [packed[:-cut], packed], tolerate_truncation=tolerate)
    done = on_both(THROUGH, [packed[:-1]], tolerate_truncation=True)
    assert "the gzip stream ends early" in str(done.warnings[0])
    assert len(records_of(done.captures[2])) == 3


def test_no_packets_and_no_captures() -> None:
    assert on_both(THROUGH, [pcap([])]).summary == on_both(THROUGH, []).summary


@given(st.lists(damaged(), min_size=1, max_size=3), st.booleans())
def test_whatever_is_wrong_is_told_as_the_interpreter_does(contents: list[bytes], tolerate: bool) -> None:
    on_both(EVERYTHING, contents, entries=GROUPS, tolerate_truncation=tolerate)


class EndlessFile:
    """A file of `repeats` times `piece` after `start`, in reads of the sizes that a pipe may have."""

    def __init__(self, start: bytes, piece: bytes, *, repeats: int) -> None:
        self._rest, self._piece, self._repeats = start, piece, repeats

    def read(self, size: int, /) -> bytes:
        while len(self._rest) < min(size, 1 << 16) and self._repeats:
            self._rest += self._piece
            self._repeats -= 1
        chunk, self._rest = self._rest[:size], self._rest[size:]
        return chunk

    def close(self) -> None:
        pass


@pytest.mark.parametrize("reads", [1, 3, 17, 100_000])
def test_reads_may_end_anywhere(reads: int) -> None:
    content = pcap([(n, frame(n, 40 + n)) for n in range(20)], ">")

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(reads)

    done = replayed(NativeRun(program_of(THROUGH)), [Slow(content)])
    assert [data for _, _, data in records_of(done.captures[2])] == [frame(n, 40 + n) for n in range(20)]


@pytest.mark.parametrize(
    ("start", "piece"),
    [(pcap_header("<"), pcap_record("<", 1, 1, bytes(1500)) * 100),
     (section("<") + interface("<"), enhanced("<", bytes(1500)) * 100)],
    ids=["pcap", "pcapng"],
)  # fmt: skip
def test_memory_does_not_grow_with_the_capture(start: bytes, piece: bytes) -> None:
    run = NativeRun(program_of(EVERYTHING), entries=GROUPS)

    def peak_bytes(repeats: int) -> int:
        tracemalloc.start()
        try:
            with (
                Capture(EndlessFile(start, piece, repeats=repeats), path="endless") as capture,
                PortCaptures(dict.fromkeys(range(3), "/dev/null")) as outputs,
            ):
                run.feed_captures([capture], outputs)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak_bytes(400) < peak_bytes(40) + 1_000_000
    assert run.summary.packets == 44_000


def test_progress_is_told_in_bytes() -> None:
    content = pcap([(n, frame(n)) for n in range(50_000)])
    told: list[int] = []
    with (
        Capture(io.BytesIO(content), path="x") as capture,
        PortCaptures(dict.fromkeys(range(3), "/dev/null")) as outputs,
    ):
        NativeRun(program_of(THROUGH)).feed_captures([capture], outputs, progress=told.append)
    assert told == sorted(told) and len(told) > 3
    assert told[-1] == len(content)


def test_it_goes_on_where_it_stood() -> None:
    run = NativeRun(program_of(EVERYTHING), entries=GROUPS)
    content = pcap([(n, frame(n)) for n in range(10)])
    replayed(run, [content])
    run.feed([Packet(11, frame(11), 60, 0)])
    done = replayed(run, [content])
    assert run.summary.packets == 21
    assert [record[1][0] for _, record in done.digests] == list(range(12, 22))
    assert done.states["seen"] == {"cells": [[3, 21]]}


def test_a_capture_of_no_port_is_refused() -> None:
    with (
        Capture(io.BytesIO(pcap([])), path="x", port=3) as capture,
        PortCaptures({}) as outputs,
        pytest.raises(UnknownPortError),
    ):
        NativeRun(program_of(THROUGH)).feed_captures([capture], outputs)


def test_groups_with_too_many_members_are_refused() -> None:
    entries = ControlEntries(multicast=dict.fromkeys(range(5462), (0, 1, 2)))  # 16,386 members
    with pytest.raises(GroupRoomError, match="16386 members"):
        NativeRun(program_of(EVERYTHING), entries=entries)


def test_the_largest_group_is_served() -> None:
    entries = ControlEntries(multicast={3: (0, 1, 2, 9) * 4096})  # port 9 does not exist
    done = on_both(EVERYTHING, [pcap([]), pcap([]), pcap([(n, frame(n)) for n in range(3)])], entries=entries)
    assert [len(records_of(capture)) for capture in done.captures] == [3 * 4096] * 3
