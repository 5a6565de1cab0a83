"""Open a capture of any format that Weft reads."""

import os
import stat
import sys
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self, cast

from sim.captures.errors import CONVERT_HELP, CaptureFileError, NotACapture, TruncatedCapture, file_error
from sim.captures.pcap import PCAP_MAGICS, PcapRecords, read_records
from sim.captures.pcapng import PCAPNG_MAGIC, read_pcapng
from sim.captures.records import Packet
from sim.captures.source import ByteSource

STANDARD_INPUT: Final = "-"

_MAGIC_BYTES: Final = 4


class ReadableFile(Protocol):
    """A binary file, as far as reading a capture goes: `read` returns no bytes only at the end."""

    def read(self, size: int, /) -> bytes | None: ...

    def close(self) -> None: ...


class Capture:
    """The packets of one capture, read lazily, once, in constant memory.

    Iterate it, in a `with` block. Construction reads the start of `file` and raises a `CaptureError` if that is not a
    capture of Ethernet frames; iteration yields every packet that is whole and sound and then raises what is wrong
    with the next one. With `tolerate_truncation` a capture that merely ends too early ends without an error, and
    `warning` then holds what would have been raised. For progress, `bytes_read` of `size_bytes` (None where the size is
    not known: standard input) are behind us.
    """

    def __init__(
        self,
        file: ReadableFile,
        *,
        path: str,
        port: int = 0,
        size_bytes: int | None = None,
        tolerate_truncation: bool = False,
    ) -> None:
        self.path = path
        self.port = port
        self.size_bytes = size_bytes
        self.warning: TruncatedCapture | None = None
        self._file = file
        self._tolerate_truncation = tolerate_truncation
        self._source = ByteSource(file.read, path=path)
        opened = _open_any(self._source, port=port)
        self.records = opened if isinstance(opened, PcapRecords) else None
        packets = read_records(opened, port=port) if isinstance(opened, PcapRecords) else opened
        self._packets = self._until_truncated(packets)

    @property
    def bytes_read(self) -> int:
        """Bytes of the file read so far, before decompression."""
        return self._source.bytes_read

    def __iter__(self) -> Iterator[Packet]:
        """Return the one iterator over the packets; a second call goes on where the first stands."""
        return self._packets

    def _until_truncated(self, packets: Iterator[Packet]) -> Iterator[Packet]:
        try:
            yield from packets
        except TruncatedCapture as error:
            self.end(error)
        else:
            self.end()

    def end(self, problem: TruncatedCapture | None = None) -> None:
        """Take note that there are no more packets, for `problem` if one is given; raises it unless it is tolerated."""
        try:
            if problem is not None:
                raise problem
            self._source.check_complete()
        except TruncatedCapture as error:
            if not self._tolerate_truncation:
                raise
            self.warning = error

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_capture(path: str | os.PathLike[str], *, port: int = 0, tolerate_truncation: bool = False) -> Capture:
    """Open the pcap or pcapng file at `path`, plain or gzip-compressed, or standard input for `-`.

    Its packets arrive on `port`. Raises `CaptureError`; see `Capture` for when.
    """
    name = os.fspath(path)
    file, size_bytes = _standard_input() if name == STANDARD_INPUT else _open_file(name)
    try:
        return Capture(file, path=name, port=port, size_bytes=size_bytes, tolerate_truncation=tolerate_truncation)
    except BaseException:
        file.close()
        raise


def _open_file(name: str) -> tuple[ReadableFile, int | None]:
    try:
        file = Path(name).open("rb", buffering=0)  # noqa: SIM115  # unbuffered: the reads are larger than any buffer
        status = os.fstat(file.fileno())
    except OSError as error:
        raise file_error(name, error, doing="open") from error
    except ValueError as error:  # a NUL in the name
        raise CaptureFileError(name, f"cannot open: {error}") from error
    return file, status.st_size if stat.S_ISREG(status.st_mode) else None


class _StandardInput:
    """Standard input, which stays open when its capture is closed."""

    def read(self, size: int, /) -> bytes:
        # read1: of a pipe, what is there, without waiting for a full chunk.
        return cast(BufferedReader, sys.stdin.buffer).read1(size)

    def close(self) -> None:
        pass


def _standard_input() -> tuple[ReadableFile, int | None]:
    if sys.stdin is None or sys.stdin.closed:
        raise CaptureFileError(STANDARD_INPUT, "cannot open: there is no standard input")
    return _StandardInput(), None


def _open_any(source: ByteSource, *, port: int) -> PcapRecords | Iterator[Packet]:
    """Return what a capture holds, whose format its first bytes tell."""
    start = source.extended(b"", to=_MAGIC_BYTES)
    magic = start[:_MAGIC_BYTES]
    if magic in PCAP_MAGICS:
        return PcapRecords(source, start)
    if magic == PCAPNG_MAGIC:
        return read_pcapng(source, start, port=port)
    source.check_complete()
    raise NotACapture(
        source.path, f"the first bytes are those of no capture: {magic.hex(' ')}", offset=0, help=CONVERT_HELP
    )
