import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.utils import RawPcapReader, rdpcap

from sim.captures import CaptureFileError, Packet, PcapWriter, PortCaptures, UnwritablePacket, open_capture
from tests.sim.captures.capture_bytes import pcap_record

frames = st.binary(max_size=100)
packets = st.builds(
    lambda time_ns, frame, cut, port: Packet(time_ns, frame, len(frame) + cut, port),
    st.integers(0, (2**32) * 10**9 - 1),
    frames,
    st.integers(0, 2000),
    st.integers(0, 2),
)


def written(path: Path, content: list[Packet]) -> bytes:
    with PcapWriter(path) as writer:
        for packet in content:
            writer.write(packet)
    return path.read_bytes()


def test_bytes_are_those_of_the_specification(tmp_path: Path) -> None:
    content = written(tmp_path / "out.pcap", [Packet(5_000_000_007, b"frame", 1500, 0)])
    header = bytes.fromhex("4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000")
    assert content == header + pcap_record("<", 5, 7, b"frame", wire=1500)


@given(st.lists(packets))
def test_scapy_and_weft_read_what_was_written(tmp_path_factory: pytest.TempPathFactory, content: list[Packet]) -> None:
    path = tmp_path_factory.mktemp("written") / "out.pcap"
    written(path, content)
    with RawPcapReader(str(path)) as reader:
        assert reader.nano
        assert reader.linktype == 1
        by_scapy = [(data, meta.sec * 10**9 + meta.usec, meta.wirelen) for data, meta in reader]
    assert by_scapy == [(packet.data, packet.time_ns, packet.wire_length) for packet in content]
    with open_capture(path) as capture:
        assert list(capture) == [packet._replace(port=0) for packet in content]


def test_packets_beyond_one_buffer(tmp_path: Path) -> None:
    content = [Packet(number, bytes([number % 256]) * 1000, 1000, 0) for number in range(1000)]
    written(tmp_path / "out.pcap", content)
    with open_capture(tmp_path / "out.pcap") as capture:
        assert list(capture) == content


def test_every_port_gets_its_packets_and_silent_ports_an_empty_capture(tmp_path: Path) -> None:
    paths = {port: tmp_path / f"{port}.pcap" for port in (0, 1, 7)}
    with PortCaptures(paths) as captures:
        for number in range(10):
            captures.write(Packet(number, b"%d" % number + bytes(20), 21, number % 2))
        assert list(tmp_path.glob("*.pcap")) == []
    assert [bytes(packet)[:1] for packet in rdpcap(str(paths[1]))] == [b"1", b"3", b"5", b"7", b"9"]
    assert [bytes(packet)[:1] for packet in rdpcap(str(paths[0]))] == [b"0", b"2", b"4", b"6", b"8"]
    assert len(rdpcap(str(paths[7]))) == 0
    assert len(list(tmp_path.iterdir())) == 3


def test_exception_leaves_the_old_capture(tmp_path: Path) -> None:
    path = tmp_path / "out.pcap"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), PortCaptures({0: path, 1: tmp_path / "new.pcap"}) as captures:
        captures.write(Packet(0, bytes(200_000), 200_000, 0))
        captures.write(Packet(0, bytes(200_000), 200_000, 0))
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_capture_replaces_what_a_link_points_to(tmp_path: Path) -> None:
    target = tmp_path / "target.pcap"
    target.write_bytes(b"old")
    link = tmp_path / "link.pcap"
    link.symlink_to(target)
    written(link, [])
    assert link.is_symlink()
    assert target.read_bytes()[:4] == b"\x4d\x3c\xb2\xa1"


def test_long_name_leaves_room_for_the_temporary_one(tmp_path: Path) -> None:
    assert written(tmp_path / ("n" * 255), []).startswith(b"\x4d\x3c\xb2\xa1")


def test_capture_has_the_permissions_of_a_new_file(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    written(tmp_path / "out.pcap", [])
    assert stat.S_IMODE((tmp_path / "out.pcap").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_device_is_written_in_place() -> None:
    with PortCaptures({0: "/dev/null", 1: "/dev/null"}) as captures:
        captures.write(Packet(0, b"frame", 5, 0))
    assert Path("/dev/null").is_char_device()


def test_full_device() -> None:
    with (
        pytest.raises(CaptureFileError, match="/dev/full: cannot write: No space left on device"),
        PcapWriter("/dev/full"),
    ):
        pass


@contextmanager
def files_limited_to(size_bytes: int) -> Iterator[None]:
    """Make the operating system refuse, as a full disk does, to let a file grow; Python ignores the signal for it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_disk_that_fills_up_leaves_nothing(tmp_path: Path) -> None:
    paths = {0: tmp_path / "quiet.pcap", 1: tmp_path / "busy.pcap"}
    with (
        pytest.raises(CaptureFileError, match="cannot write: ") as raised,
        files_limited_to(1_000_000),
        PortCaptures(paths) as captures,
    ):
        for number in range(2000):
            captures.write(Packet(number, bytes(1000), 1000, 1))
    assert raised.value.path == str(paths[1])
    assert isinstance(raised.value.__cause__, OSError)
    assert list(tmp_path.iterdir()) == []


def test_disk_that_is_full_at_the_end_leaves_nothing(tmp_path: Path) -> None:
    captures = PortCaptures({0: tmp_path / "a.pcap", 1: tmp_path / "b.pcap"})
    captures.write(Packet(0, bytes(2000), 2000, 1))
    with files_limited_to(1000), pytest.raises(CaptureFileError, match=r"b\.pcap"):
        captures.close()
    captures.close()  # a capture that failed cannot be put in place after all
    assert list(tmp_path.iterdir()) == []


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, reason in (
        (tmp_path / "missing" / "out.pcap", "No such file"),
        (tmp_path / "file" / "out.pcap", "Not a directory"),
        (tmp_path, "Is a directory"),
        ("name\0with NUL", "null byte"),
    ):
        with pytest.raises(CaptureFileError, match=f"cannot create: .*{reason}") as raised:
            PortCaptures({0: tmp_path / "good.pcap", 1: path})
        assert raised.value.path == str(path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_target_that_becomes_a_folder(tmp_path: Path) -> None:
    writer = PcapWriter(tmp_path / "out.pcap")
    (tmp_path / "out.pcap").mkdir()
    with pytest.raises(CaptureFileError, match="cannot write: Is a directory"):
        writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["out.pcap"]


def test_two_ports_cannot_share_a_capture(tmp_path: Path) -> None:
    (tmp_path / "link.pcap").symlink_to(tmp_path / "out.pcap")
    with pytest.raises(CaptureFileError, match="ports 0 and 4 write the same file"):
        PortCaptures({0: tmp_path / "out.pcap", 4: tmp_path / "link.pcap"})


@pytest.mark.parametrize(
    "packet",
    [
        Packet(2**32 * 10**9, b"", 0, 0),
        Packet(-1, b"", 0, 0),
        Packet(0, bytes(262_145), 262_145, 0),
        Packet(0, b"four", 3, 0),
        Packet(0, b"", 2**32, 0),
        Packet(0, b"", 0, 5),
    ],
)
def test_packet_that_does_not_fit_is_refused(tmp_path: Path, packet: Packet) -> None:
    with pytest.raises(UnwritablePacket), PortCaptures({0: tmp_path / "out.pcap"}) as captures:
        captures.write(Packet(0, b"fits", 4, 0))
        captures.write(packet)
    assert list(tmp_path.iterdir()) == []


def test_write_after_close_is_an_error(tmp_path: Path) -> None:
    writer = PcapWriter(tmp_path / "out.pcap")
    writer.close()
    writer.close()
    with pytest.raises(CaptureFileError, match="the capture is closed"):
        writer.write(Packet(0, b"late", 4, 0))
    assert (tmp_path / "out.pcap").read_bytes()[24:] == b""
