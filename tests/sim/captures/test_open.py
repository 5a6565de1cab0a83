import gzip
import io
import sys
from pathlib import Path

import pytest

from sim.captures import (
    Capture,
    CaptureError,
    CaptureFileError,
    MalformedCapture,
    NotACapture,
    Packet,
    TruncatedCapture,
    open_capture,
)
from tests.sim.captures.capture_bytes import (
    enhanced,
    interface,
    pcap_header,
    pcap_record,
    read_bytes,
    read_until_error,
    section,
)

PCAP = pcap_header("<") + b"".join(pcap_record("<", number, 0, b"frame %d" % number) for number in range(2000))
PCAPNG = section(">") + interface(">") + b"".join(enhanced(">", b"frame %d" % number) for number in range(2000))
FRAMES = [b"frame %d" % number for number in range(2000)]


class OneByteAtATime:
    """What a slow pipe may do."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def read(self, size: int, /) -> bytes:
        assert size > 0
        return self._content.read(1)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("content", [PCAP, PCAPNG])
def test_format_is_told_by_content_plain_or_compressed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no extension"
    for stored in (
        content,
        gzip.compress(content, mtime=0),
        gzip.compress(content[:5000], mtime=0) + gzip.compress(content[5000:], mtime=0),
    ):
        path.write_bytes(stored)
        with open_capture(path) as capture:
            assert [packet.data for packet in capture] == FRAMES
            assert capture.bytes_read == capture.size_bytes == len(stored)


@pytest.mark.parametrize("content", [PCAP, PCAPNG, gzip.compress(PCAP, mtime=0), gzip.compress(PCAPNG, mtime=0)])
def test_short_reads_change_nothing(content: bytes) -> None:
    assert [packet.data for packet in Capture(OneByteAtATime(content), path="pipe")] == FRAMES


@pytest.mark.parametrize("content", [PCAP, gzip.compress(PCAPNG, mtime=0)])
def test_standard_input_is_read_and_left_open(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(content))
    monkeypatch.setattr(sys, "stdin", stdin)
    with open_capture("-") as capture:
        assert [packet.data for packet in capture] == FRAMES
        assert capture.size_bytes is None
        assert capture.bytes_read == len(content)
    assert not stdin.closed


def test_no_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CaptureFileError, match="there is no standard input"):
        open_capture("-")


def test_progress_follows_the_packets(tmp_path: Path) -> None:
    path = tmp_path / "large.pcap"
    path.write_bytes(pcap_header("<") + pcap_record("<", 0, 0, bytes(1000)) * 4000)
    with open_capture(path) as capture:
        read_at = [capture.bytes_read for _ in capture]
        assert capture.size_bytes == path.stat().st_size
    assert read_at == sorted(read_at)
    assert len(set(read_at)) >= 4
    for number, bytes_read in enumerate(read_at):  # never behind the packets, and at most a chunk or two ahead
        assert 0 <= bytes_read - (24 + 1016 * (number + 1)) <= 2 * 2**20


@pytest.mark.parametrize(
    "content",
    [b"GET / HTTP/1.1\r\n", b"\n", b"\xa1\xb2", b"\xa1\xb2\xcd\x34" + bytes(40), gzip.compress(b"not one", mtime=0)],
)
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(NotACapture) as raised:
        read_bytes(content)
    assert "Weft reads pcap and pcapng" in str(raised.value)


def test_empty_file_is_refused() -> None:
    with pytest.raises(NotACapture, match="the file is empty"):
        read_bytes(b"")


def test_file_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path / "missing.pcap", "No such file"),
        (tmp_path, "directory"),
        ("name\0with NUL", "null byte"),
    ):
        with pytest.raises(CaptureFileError, match=reason) as raised:
            list(open_capture(path))
        assert raised.value.path == str(path)


def test_error_of_the_disk_is_a_capture_error() -> None:
    class FailingFile(OneByteAtATime):
        def read(self, size: int, /) -> bytes:
            chunk = super().read(size)
            if not chunk:
                raise OSError(5, "Input/output error")
            return chunk

    packets: list[Packet] = []
    with pytest.raises(CaptureFileError, match="cannot read: Input/output error"):
        packets.extend(Capture(FailingFile(PCAP[:-1]), path="disk"))
    packets.clear()
    capture = Capture(FailingFile(PCAP), path="disk")
    for _ in FRAMES:
        packets.append(next(iter(capture)))
    with pytest.raises(CaptureFileError):
        next(iter(capture))
    assert [packet.data for packet in packets] == FRAMES


@pytest.mark.parametrize("content", [PCAP[:-1], PCAPNG[:-1]])
def test_tolerated_truncation_becomes_a_warning(content: bytes) -> None:
    capture = Capture(io.BytesIO(content), path="cut.pcap", tolerate_truncation=True)
    assert [packet.data for packet in capture] == FRAMES[:-1]
    assert capture.warning is not None
    assert capture.warning.packet == 2000
    assert "cut.pcap: the file ends inside a " in str(capture.warning)


def test_whole_capture_has_no_warning() -> None:
    capture = Capture(io.BytesIO(PCAP), path="whole", tolerate_truncation=True)
    assert len(list(capture)) == 2000
    assert capture.warning is None


def test_tolerance_does_not_cover_corruption() -> None:
    with pytest.raises(MalformedCapture):
        read_bytes(PCAP + b"\xff" * 16, tolerate_truncation=True)


def test_gzip_that_ends_early_is_truncated_even_between_packets() -> None:
    compressed = gzip.compress(
        PCAP, compresslevel=0, mtime=0
    )  # stored, so that a cut of the file is a cut of the content
    packets, error = read_until_error(compressed[:-8])  # only the check sum is missing
    assert [packet.data for packet in packets] == FRAMES
    assert isinstance(error, TruncatedCapture)
    packets, error = read_until_error(compressed[: len(compressed) // 2])
    assert 900 < len(packets) < 1100
    assert isinstance(error, TruncatedCapture)


def test_corrupt_gzip_is_malformed() -> None:
    compressed = gzip.compress(PCAP, mtime=0)
    wrong_sum = compressed[:-8] + bytes([compressed[-8] ^ 1]) + compressed[-7:]
    for content in (wrong_sum, compressed + b"rubbish", compressed[:10] + b"\xff" * 50):
        with pytest.raises(MalformedCapture, match="gzip"):
            read_bytes(content)


def test_message_says_where_and_what_to_do() -> None:
    error = CaptureError("a.pcap", "it is wrong", offset=40, packet=2, help="mend it")
    assert str(error) == "a.pcap: it is wrong (packet 2, byte 40)\nhelp: mend it"
    assert str(CaptureError("a.pcap", "it is wrong")) == "a.pcap: it is wrong"
