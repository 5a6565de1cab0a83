"""Write captures: nanosecond pcap, little endian, Ethernet.

Nothing appears under the target's name until the capture is complete: packets go to a temporary file in the same
folder, which is renamed when the writer is closed and removed when it is discarded.
"""

import os
import secrets
import stat
import struct
from collections.abc import Mapping
from contextlib import suppress
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sim.captures.errors import CaptureError, CaptureFileError, UnwritablePacket, file_error
from sim.captures.link_types import ETHERNET
from sim.captures.records import MAX_RECORD_BYTES, Packet

_NANOSECOND_MAGIC: Final = 0xA1B23C4D
_FILE_HEADER: Final = struct.Struct("<IHHiIII").pack(_NANOSECOND_MAGIC, 2, 4, 0, 0, MAX_RECORD_BYTES, ETHERNET)
_RECORD_HEADER: Final = struct.Struct("<4I")

# Collected before one write call: enough that the call costs nothing per packet.
FLUSH_BYTES: Final = 1 << 18


class _OutputFile:
    """A file that replaces its target when it is complete, and otherwise leaves no trace.

    A target that is no regular file (a device, a named pipe) cannot be replaced and is written in place.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._target = Path(os.path.realpath(path))  # through a symbolic link, not over it
        self._temporary = None if _is_special(path) else self._target.with_name(f".weft-{secrets.token_hex(8)}.tmp")
        self._file = self._opened()

    def _opened(self) -> FileIO:
        if self._temporary is None:
            return Path(self._path).open("wb", buffering=0)
        return self._temporary.open("xb", buffering=0)

    def write(self, content: bytes | bytearray | memoryview) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[self._file.write(rest) or 0 :]

    def close(self) -> None:
        self._file.close()

    def commit(self) -> None:
        if self._temporary is not None:
            self._temporary.replace(self._target)
            self._temporary = None

    def discard(self) -> None:
        with suppress(OSError):  # the first error is the one to report
            self._file.close()
        if self._temporary is not None:
            with suppress(OSError):
                self._temporary.unlink()
            self._temporary = None


def _is_special(path: str) -> bool:
    try:
        return not stat.S_ISREG(Path(path).stat().st_mode)
    except FileNotFoundError:
        return False


class PcapWriter:
    """One capture being written. Closing it commits; leaving its `with` block by an exception discards it.

    Construction and every method raise `CaptureError` with the path; after one, the capture is discarded and nothing
    of it is left. `packets_written` counts.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.packets_written = 0
        self._pending = bytearray(_FILE_HEADER)
        self._is_open = True
        try:
            self._file = _OutputFile(self.path)
        except OSError as error:
            raise file_error(self.path, error, doing="create") from error
        except ValueError as error:  # a NUL in the name
            raise CaptureFileError(self.path, f"cannot create: {error}") from error

    def write(self, packet: Packet) -> None:
        """Append a packet, whatever its port.

        Its time must lie before 2106 (the format has 32 bits of seconds), `data` within `MAX_RECORD_BYTES`, and
        `wire_length` between `len(data)` and 2^32-1.
        """
        if not self._is_open:
            raise CaptureFileError(self.path, "cannot write: the capture is closed")
        time_ns, data, wire_length, _ = packet
        captured = len(data)
        if not captured <= wire_length or captured > MAX_RECORD_BYTES:
            raise self._unwritable(packet)
        seconds, fraction_ns = divmod(time_ns, 1_000_000_000)
        pending = self._pending
        try:
            pending += _RECORD_HEADER.pack(seconds, fraction_ns, captured, wire_length)
        except struct.error:
            raise self._unwritable(packet) from None
        pending += data
        self.packets_written += 1
        if len(pending) >= FLUSH_BYTES:
            self._flush()

    def write_records(self, records: memoryview, *, packets: int) -> None:
        """Append `packets` records as `write` makes them, which the caller has made and checked."""
        if not self._is_open:
            raise CaptureFileError(self.path, "cannot write: the capture is closed")
        self._flush()
        self._write(records)
        self.packets_written += packets

    def close(self) -> None:
        """Write what is pending and put the capture in place of its target. Does nothing once closed or discarded."""
        self.finish()
        self.commit()

    def finish(self) -> None:
        """Do the part of `close` that may run out of space: after it, the capture is complete under another name."""
        if not self._is_open:
            return
        self._flush()
        try:
            self._file.close()
        except OSError as error:
            raise self._failed(error) from error

    def commit(self) -> None:
        """Do the rest of `close`, after `finish`: one rename."""
        if not self._is_open:
            return
        try:
            self._file.commit()
        except OSError as error:
            raise self._failed(error) from error
        self._is_open = False

    def discard(self) -> None:
        """Leave nothing behind. Does nothing once closed."""
        if self._is_open:
            self._is_open = False
            self._file.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def _flush(self) -> None:
        self._write(self._pending)
        self._pending = bytearray()

    def _write(self, content: bytes | bytearray | memoryview) -> None:
        try:
            self._file.write(content)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> CaptureError:
        self.discard()
        return file_error(self.path, error, doing="write")

    def _unwritable(self, packet: Packet) -> CaptureError:
        self.discard()
        number = self.packets_written + 1
        return UnwritablePacket(
            self.path,
            f"a packet of time {packet.time_ns} ns, {len(packet.data)} bytes captured and {packet.wire_length} on the "
            "wire does not fit a pcap record",
            packet=number,
            help=f"pcap holds times from 1970 to 2106 and packets of up to {MAX_RECORD_BYTES} bytes, "
            "none longer than it was on the wire",
        )


class PortCaptures:
    """One capture for each port, all put in place together.

    `paths` says where each port's capture goes; a port that sends nothing gets a capture without packets. All
    captures are complete on disk before the first is renamed, and an error before that discards them all.
    """

    def __init__(self, paths: Mapping[int, str | os.PathLike[str]]) -> None:
        _check_targets_differ(paths)
        self._writers: dict[int, PcapWriter] = {}
        try:
            for port, path in paths.items():
                self._writers[port] = PcapWriter(path)
        except CaptureError:
            self.discard()
            raise

    def write(self, packet: Packet) -> None:
        """Append a packet to the capture of its port. Raises `CaptureError`, having discarded all captures."""
        try:
            self._writers[packet[3]].write(packet)
        except KeyError:
            self.discard()
            raise UnwritablePacket(
                f"port {packet.port}", "a packet leaves by a port that has no capture", help="name one for the port"
            ) from None
        except CaptureError:
            self.discard()
            raise

    def write_records(self, port: int, records: memoryview, *, packets: int) -> None:
        """Append `packets` records to the capture of a port, as `PcapWriter.write_records`."""
        try:
            self._writers[port].write_records(records, packets=packets)
        except CaptureError:
            self.discard()
            raise

    def close(self) -> None:
        """Commit the captures of all ports."""
        try:
            for writer in self._writers.values():
                writer.finish()
            for writer in self._writers.values():
                writer.commit()
        except CaptureError:
            self.discard()
            raise

    def discard(self) -> None:
        """Leave nothing behind of any capture that is not yet in place."""
        for writer in self._writers.values():
            writer.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()


def _check_targets_differ(paths: Mapping[int, str | os.PathLike[str]]) -> None:
    taken: dict[str, int] = {}
    for port, path in paths.items():
        name = os.fspath(path)
        try:
            target = os.path.realpath(name)
            if _is_special(name):  # /dev/null may serve several ports
                continue
        except (OSError, ValueError):
            continue  # opening it will say what is wrong
        if target in taken:
            raise CaptureFileError(
                name, f"ports {taken[target]} and {port} write the same file", help="give each port a file of its own"
            )
        taken[target] = port
