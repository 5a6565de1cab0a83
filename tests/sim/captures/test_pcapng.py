import struct
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import PcapNgWriter

from sim.captures import MalformedCapture, Packet, TruncatedCapture, UnsupportedLinkType, open_capture
from tests.sim.captures.capture_bytes import (
    BYTE_ORDERS,
    block,
    enhanced,
    interface,
    old_packet,
    option,
    read_bytes,
    read_until_error,
    section,
    simple,
)


@pytest.mark.parametrize("order", BYTE_ORDERS)
def test_default_resolution_is_microseconds(order: str) -> None:
    content = section(order) + interface(order) + enhanced(order, b"frame", ticks=1_700_000_000_123_456, wire=1500)
    assert read_bytes(content, port=2) == [Packet(1_700_000_000_123_456_000, b"frame", 1500, 2)]


@pytest.mark.parametrize("order", BYTE_ORDERS)
@given(
    exponent=st.integers(0, 127),
    is_binary=st.booleans(),
    ticks=st.integers(0, 2**64 - 1),
    offset_s=st.integers(-(2**40), 2**40),
)
def test_resolution_and_offset_give_the_exact_time(
    order: str, exponent: int, is_binary: bool, ticks: int, offset_s: int
) -> None:
    resolution = exponent | (0x80 if is_binary else 0)
    seconds = Fraction(ticks, (2 if is_binary else 10) ** exponent) + offset_s
    time_ns = seconds * 10**9 // 1
    content = (
        section(order)
        + interface(order, resolution=resolution, offset_s=offset_s)
        + enhanced(order, b"frame", ticks=ticks)
    )
    if 0 <= time_ns < 2**64:
        assert [packet.time_ns for packet in read_bytes(content)] == [time_ns]
    else:
        with pytest.raises(MalformedCapture, match="outside"):
            read_bytes(content)


@pytest.mark.parametrize("order", BYTE_ORDERS)
def test_every_packet_uses_the_clock_of_its_interface(order: str) -> None:
    content = (
        section(order)
        + interface(order, resolution=9)
        + enhanced(order, b"a", ticks=7)
        + interface(order, resolution=3, offset_s=1)
        + enhanced(order, b"b", ticks=7, interface=1)
        + old_packet(order, b"c", ticks=8, interface=1, drops=9)
        + enhanced(order, b"d", ticks=8, interface=0)
    )
    assert [(packet.time_ns, packet.data) for packet in read_bytes(content)] == [
        (7, b"a"),
        (1_007_000_000, b"b"),
        (1_008_000_000, b"c"),
        (8, b"d"),
    ]


def test_section_may_change_byte_order_and_forgets_interfaces() -> None:
    first = section("<") + interface("<", resolution=9) + enhanced("<", b"a", ticks=5)
    second = section(">", options=option(">", 1, b"comment")) + interface(">") + enhanced(">", b"b", ticks=5)
    assert [packet.time_ns for packet in read_bytes(first + second)] == [5, 5000]
    with pytest.raises(MalformedCapture, match="names interface 0, and the section describes 0"):
        read_bytes(first + section(">") + enhanced(">", b"b"))


@pytest.mark.parametrize("order", BYTE_ORDERS)
def test_simple_packet_has_the_time_before_it_and_the_snapshot_length(order: str) -> None:
    content = (
        section(order)
        + interface(order, snapshot=6)
        + simple(order, b"first")
        + enhanced(order, b"second", ticks=3)
        + simple(order, b"third!", wire=900)
    )
    assert read_bytes(content) == [
        Packet(0, b"first", 5, 0),
        Packet(3000, b"second", 6, 0),
        Packet(3000, b"third!", 900, 0),
    ]


@pytest.mark.parametrize("length", [0, 4, 1000, 3_000_000])
def test_other_blocks_are_passed_over(length: int) -> None:
    statistics = block("<", 5, bytes(12))
    content = (
        section("<") + block("<", 0x0BAD, bytes(length)) + interface("<") + enhanced("<", b"a", ticks=1)
        + block("<", 0x8000_0001, b"\xff" * length) + statistics + enhanced("<", b"b", ticks=2) + statistics
    )  # fmt: skip
    assert [packet.data for packet in read_bytes(content)] == [b"a", b"b"]


def test_packet_options_are_passed_over() -> None:
    options = option("<", 1, b"a comment") + option("<", 2, bytes(4)) + option("<", 0, b"")
    content = section("<") + interface("<") + enhanced("<", b"odd", options=options) + enhanced("<", b"next")
    assert [packet.data for packet in read_bytes(content)] == [b"odd", b"next"]


def test_packets_beyond_one_chunk() -> None:
    frames = [bytes([number % 256]) * (number * 7919 % 9000) for number in range(800)]
    content = section("<") + interface("<") + b"".join(enhanced("<", frame) for frame in frames)
    assert len(content) > 3 * 2**20
    assert [packet.data for packet in read_bytes(content)] == frames


def test_reads_what_scapy_writes(tmp_path: Path) -> None:
    frames = [Ether() / IP(dst="192.0.2.1", id=number) / UDP() / (b"x" * (number * 37 % 1400)) for number in range(50)]
    path = tmp_path / "scapy.pcapng"
    with PcapNgWriter(str(path)) as writer:
        for number, frame in enumerate(frames):
            frame.time = 1_600_000_000 + number
            frame.sniffed_on = f"eth{number % 3}"  # an interface description each
            writer.write(frame)
    with open_capture(path) as capture:
        packets = list(capture)
    assert packets == [
        Packet((1_600_000_000 + number) * 10**9, bytes(frame), len(frame), 0) for number, frame in enumerate(frames)
    ]


def test_other_link_type_is_refused_when_it_has_a_packet() -> None:
    start = section("<") + interface("<", link_type=113) + interface("<") + enhanced("<", b"a", interface=1)
    assert len(read_bytes(start)) == 1
    for packet in (enhanced("<", b"b"), old_packet("<", b"b", ticks=0), simple("<", b"b")):
        packets, error = read_until_error(start + packet)
        assert len(packets) == 1
        assert isinstance(error, UnsupportedLinkType)
        assert (error.link_type, error.packet, error.offset) == (113, 2, len(start))


START = section("<") + interface("<")
GOOD = START + enhanced("<", b"good")


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (struct.pack("<III", 6, 0, 0), "block length of 0 is impossible"),
        (struct.pack("<III", 0x0BAD, 0, 0), "block length of 0 is impossible"),
        (struct.pack("<III", 5, 8, 8), "block length of 8 is impossible"),
        (struct.pack("<II", 6, 33) + bytes(60), "block length of 33 is impossible"),
        (struct.pack("<II", 6, 2**32 - 4) + bytes(60), "block of 4294967292 bytes exceeds the limit"),
        (enhanced("<", b"good")[:-4] + struct.pack("<I", 44), "two lengths differ: 36 in front, 44 behind"),
        (block("<", 5, b"")[:-4] + bytes(4), "two lengths differ: 12 in front, 0 behind"),
        (block("<", 6, bytes(16)), "packet block is too short"),
        (block("<", 3, b""), "simple packet block is too short"),
        (block("<", 1, bytes(4)), "interface description is too short"),
        (block("<", 6, struct.pack("<5I", 0, 0, 0, 5, 5) + b"four"), "packet of 5 bytes runs out of its block"),
        (block("<", 3, struct.pack("<I", 5) + b"four"), "packet of 5 bytes runs out of its block"),
        (block("<", 6, struct.pack("<5I", 0, 0, 0, 2**32 - 1, 5)), "packet of 4294967295 bytes exceeds the limit"),
        (enhanced("<", b"a", interface=1), "names interface 1, and the section describes 1"),
        (block("<", 1, struct.pack("<HHIHH", 1, 0, 0, 2, 5) + b"four"), "option 2 of 5 bytes runs out of its block"),
        (block("<", 1, struct.pack("<HHI", 1, 0, 0) + option("<", 9, b"ab")), "if_tsresol has 2 bytes"),
        (block("<", 1, struct.pack("<HHI", 1, 0, 0) + option("<", 14, b"abcd")), "if_tsoffset has 4 bytes"),
        (section("<", version=(2, 0)), "pcapng version 2.0 is not 1.x"),
        (block("<", 0x0A0D0D0A, struct.pack("<I", 0x1A2B3C4D)), "section header is too short"),
        (block("<", 0x0A0D0D0A, b"orderless"), "byte-order magic of a section header is 6f726465"),
    ],
)
def test_malformed_block_is_refused_after_the_packets_before_it(wrong: bytes, problem: str) -> None:
    packets, error = read_until_error(GOOD + wrong + enhanced("<", b"never seen"))
    assert [packet.data for packet in packets] == [b"good"]
    assert isinstance(error, MalformedCapture)
    assert problem in str(error)
    assert (error.packet, error.offset) == (2, len(GOOD))


def test_interfaces_are_limited() -> None:
    with pytest.raises(MalformedCapture, match="more than 65536 interfaces"):
        read_bytes(section("<") + block("<", 1, struct.pack("<HHI", 1, 0, 0)) * 65_537)


@pytest.mark.parametrize("order", BYTE_ORDERS)
def test_every_truncation_yields_the_whole_packets_first(order: str) -> None:
    blocks = [
        section(order), interface(order), enhanced(order, b"a"), block(order, 5, bytes(20)), enhanced(order, b"bcd"),
        simple(order, b"efg"), old_packet(order, b"hi", ticks=1),
    ]  # fmt: skip
    content = b"".join(blocks)
    ends = [sum(map(len, blocks[: count + 1])) for count in range(len(blocks))]
    packet_ends = [ends[number] for number in (2, 4, 5, 6)]
    for length in range(4, len(content) + 1):
        packets, error = read_until_error(content[:length])
        assert len(packets) == sum(end <= length for end in packet_ends)
        if length in ends:
            assert error is None
        else:
            assert isinstance(error, TruncatedCapture)
            assert error.offset == max((end for end in ends if end <= length), default=0)
            assert error.packet == len(packets) + 1
