"""Bytes of a capture file in large chunks, plain or gzip-compressed, with a count for progress.

_CountedFile    the bytes as they lie in the file: what a progress bar counts
ByteSource      the bytes of the capture (decompressed): what the format readers see
"""

import gzip
import zlib
from collections.abc import Callable
from typing import BinaryIO, Final, cast

from sim.captures.errors import MalformedCapture, NotACapture, TruncatedCapture, file_error

# Large enough that the cost of a read and of carrying half a record over is lost in the packets of the chunk.
CHUNK_BYTES: Final = 1 << 20

# GzipFile allocates what it is asked for and returns far less, so ask for about what comes.
_GZIP_CHUNK_BYTES: Final = 1 << 17

_GZIP_MAGIC: Final = b"\x1f\x8b"
_SNIFFED_BYTES: Final = 4

TRUNCATED_HELP: Final = "the capture was copied or stopped half way; tolerate truncation to use what is there"

ReadBytes = Callable[[int], bytes | None]


class _CountedFile:
    """A `read` that counts, gives sniffed bytes back, and raises only `CaptureError`."""

    def __init__(self, read: ReadBytes, path: str) -> None:
        self._read = read
        self._path = path
        self._given_back = b""
        self.bytes_read = 0

    def read(self, size: int) -> bytes:
        if self._given_back:
            start, self._given_back = self._given_back[:size], self._given_back[size:]
            return start
        try:
            chunk = self._read(size) or b""  # None: a non-blocking file without data, which is as good as its end
        except OSError as error:
            raise file_error(self._path, error, doing="read") from error
        self.bytes_read += len(chunk)
        return chunk

    def first_bytes(self) -> bytes:
        """Return the first bytes of the file; the next `read` returns them again."""
        first = b""
        while len(first) < _SNIFFED_BYTES and (more := self.read(CHUNK_BYTES)):
            first += more
        self._given_back = first
        return first


class ByteSource:
    """The bytes of one capture, in order, once.

    `read` returns up to that many bytes, and none only at the end. `path` is for messages. `bytes_read` counts the
    bytes of the file so far, before decompression; `offset` the bytes handed out, after it. `cut_short` is set at the
    end of a gzip file that lacks its own end.
    """

    def __init__(self, read: ReadBytes, *, path: str) -> None:
        self.path = path
        self.offset = 0
        self.cut_short = False
        self._file = _CountedFile(read, path)
        self._read, self._chunk_bytes = self._opened()

    @property
    def bytes_read(self) -> int:
        return self._file.bytes_read

    def _opened(self) -> tuple[ReadBytes, int]:
        first = self._file.first_bytes()
        if not first:
            raise NotACapture(self.path, "the file is empty", help="a capture without packets still has a file header")
        if not first.startswith(_GZIP_MAGIC):
            return self._file.read, CHUNK_BYTES
        # GzipFile asks of its file no more than `read`, as long as nobody seeks.
        unpacked = gzip.GzipFile(fileobj=cast(BinaryIO, self._file), mode="rb")
        # read1, not read: an error later in the stream must not cost the bytes before it.
        return unpacked.read1, _GZIP_CHUNK_BYTES

    def extended(self, rest: bytes, *, to: int) -> bytes:
        """Return `rest` and the bytes that follow it: at least `to` in all, fewer only at the end of the capture."""
        pieces = [rest] if rest else []  # of one piece, `join` makes no copy
        have = len(rest)
        while have < to and (chunk := self._next_chunk()):
            pieces.append(chunk)
            have += len(chunk)
        return b"".join(pieces)

    def skipped(self, count: int) -> bytes | None:
        """Pass over `count` bytes and return those after them that came in the same chunk; None if there are fewer."""
        while count > 0:
            chunk = self._next_chunk()
            if not chunk:
                return None
            if len(chunk) > count:
                return chunk[count:]
            count -= len(chunk)
        return b""

    def _next_chunk(self) -> bytes:
        try:
            chunk = self._read(self._chunk_bytes) or b""
        except EOFError:  # of gzip: the file ends inside the compressed stream
            self.cut_short = True
            return b""
        except (OSError, zlib.error) as error:
            raise MalformedCapture(
                self.path, f"the gzip compression is corrupt: {error}", offset=self.offset, help="fetch the file again"
            ) from error
        self.offset += len(chunk)
        return chunk

    def check_complete(self) -> None:
        """Raise `TruncatedCapture` if the end that was reached is not the end of the file that was compressed."""
        if self.cut_short:
            raise TruncatedCapture(self.path, "the gzip stream ends early", offset=self.offset, help=TRUNCATED_HELP)
