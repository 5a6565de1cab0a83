from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap

from sim.captures import (
    MalformedCapture,
    NotACapture,
    Packet,
    TruncatedCapture,
    UnsupportedLinkType,
    open_capture,
)
from tests.sim.captures.capture_bytes import BYTE_ORDERS, pcap_header, pcap_record, read_bytes, read_until_error

NANOSECONDS = 0xA1B23C4D


@pytest.mark.parametrize("order", BYTE_ORDERS)
def test_microseconds_become_nanoseconds(order: str) -> None:
    content = pcap_header(order) + pcap_record(order, 1_700_000_000, 999_999, b"frame")
    assert read_bytes(content, port=3) == [Packet(1_700_000_000_999_999_000, b"frame", 5, 3)]


@pytest.mark.parametrize("order", BYTE_ORDERS)
def test_nanoseconds_are_kept(order: str) -> None:
    content = pcap_header(order, magic=NANOSECONDS) + pcap_record(order, 2**32 - 1, 999_999_999, b"frame")
    assert read_bytes(content)[0].time_ns == (2**32 - 1) * 10**9 + 999_999_999


def test_cut_frame_keeps_its_length_on_the_wire() -> None:
    content = pcap_header("<") + pcap_record("<", 0, 0, b"abc", wire=1500) + pcap_record("<", 0, 0, b"abc", wire=0)
    assert [packet.wire_length for packet in read_bytes(content)] == [1500, 3]


def test_file_without_packets() -> None:
    assert read_bytes(pcap_header("<")) == []


def test_clock_that_goes_back_keeps_file_order() -> None:
    records = (pcap_record("<", seconds, 0, b"") for seconds in (5, 3, 4))
    assert [packet.time_ns for packet in read_bytes(pcap_header("<") + b"".join(records))] == [
        5 * 10**9,
        3 * 10**9,
        4 * 10**9,
    ]


@pytest.mark.parametrize("order", BYTE_ORDERS)
@pytest.mark.parametrize("is_nano", [False, True])
@pytest.mark.parametrize("is_gzip", [False, True])
def test_reads_what_scapy_writes(tmp_path: Path, order: str, is_nano: bool, is_gzip: bool) -> None:
    frames = [Ether() / IP(dst="192.0.2.1", id=number) / UDP() / (b"x" * (number * 37 % 1400)) for number in range(50)]
    for number, frame in enumerate(frames):
        frame.time = 1_600_000_000 + number
    path = tmp_path / "scapy.pcap"
    wrpcap(str(path), frames, linktype=1, gz=is_gzip, endianness=order, nano=is_nano)
    with open_capture(path, port=1) as capture:
        packets = list(capture)
    assert packets == [
        Packet((1_600_000_000 + number) * 10**9, bytes(frame), len(frame), 1) for number, frame in enumerate(frames)
    ]


@given(
    st.sampled_from(BYTE_ORDERS),
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 10**9 - 1), st.binary(max_size=80))),
)
def test_any_packets_are_read_as_they_were_laid_out(order: str, packets: list[tuple[int, int, bytes]]) -> None:
    content = pcap_header(order, magic=NANOSECONDS) + b"".join(pcap_record(order, *packet) for packet in packets)
    assert read_bytes(content) == [
        Packet(seconds * 10**9 + fraction, frame, len(frame), 0) for seconds, fraction, frame in packets
    ]


@pytest.mark.parametrize(
    ("link_type", "name"),
    [(101, "raw IP (101)"), (113, "Linux cooked capture (113)"), (228, "raw IPv4 (228)"), (147, "147")],
)
def test_other_link_type_is_refused_by_name(link_type: int, name: str) -> None:
    with pytest.raises(UnsupportedLinkType) as raised:
        read_bytes(pcap_header(">", link_type=link_type))
    assert raised.value.link_type == link_type
    assert f"link type {name}, and Weft needs Ethernet" in str(raised.value)


def test_frame_check_sequence_bits_are_no_part_of_the_link_type() -> None:
    content = pcap_header("<", link_type=0x4400_0001) + pcap_record("<", 0, 0, b"frame")
    assert [packet.data for packet in read_bytes(content)] == [b"frame"]


def test_old_version_is_refused() -> None:
    with pytest.raises(NotACapture, match=r"pcap version 2\.2 is not 2\.4"):
        read_bytes(pcap_header("<", version=(2, 2)))


def test_corrupt_length_is_refused_after_the_packets_before_it() -> None:
    content = pcap_header("<") + pcap_record("<", 1, 0, b"good") + b"\0" * 8 + b"\xff" * 4 + b"\0" * 4
    packets, error = read_until_error(content)
    assert [packet.data for packet in packets] == [b"good"]
    assert isinstance(error, MalformedCapture)
    assert (error.packet, error.offset) == (2, 24 + 16 + 4)
    assert "4294967295 bytes exceeds the limit of 262144" in str(error)


def test_longest_record_is_read() -> None:
    content = pcap_header("<") + pcap_record("<", 0, 0, bytes(262_144))
    assert len(read_bytes(content)[0].data) == 262_144
    with pytest.raises(MalformedCapture):
        read_bytes(pcap_header("<") + pcap_record("<", 0, 0, bytes(262_145)))


def test_every_truncation_yields_the_whole_packets_first() -> None:
    record = pcap_record("<", 1, 0, b"0123456789")
    content = pcap_header("<") + record * 3
    for length in range(24, len(content)):
        packets, error = read_until_error(content[:length])
        whole, part = divmod(length - 24, len(record))
        assert len(packets) == whole
        if part:
            assert isinstance(error, TruncatedCapture)
            assert (error.packet, error.offset) == (whole + 1, 24 + whole * len(record))
        else:
            assert error is None


def test_truncated_file_header_is_an_error() -> None:
    with pytest.raises(TruncatedCapture, match="inside the pcap file header"):
        read_bytes(pcap_header("<")[:23])
