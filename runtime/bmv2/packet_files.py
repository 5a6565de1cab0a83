"""Packets in and out of a switch that was started with `files`: one file for each port and direction.

All packets come in by one port, whose file is a named pipe: the switch waits at it, so that tables and queues can be
filled first, and nobody has to guess how long that takes.
"""

from __future__ import annotations

import os
import select
import struct
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from runtime.bmv2.errors import SwitchProcessError
from runtime.bmv2.process import SwitchProcess

_ETHERNET: Final = 1
_MICROSECOND_MAGIC: Final = 0xA1B2C3D4
MAX_PACKET_BYTES: Final = 1 << 16
_FILE_HEADER: Final = struct.Struct("<IHHiIII")
_RECORD_HEADER: Final = struct.Struct("<4I")
_EMPTY: Final = _FILE_HEADER.pack(_MICROSECOND_MAGIC, 2, 4, 0, 0, MAX_PACKET_BYTES, _ETHERNET)
_ALIVE_S: Final = 0.2  # between two looks whether a switch that takes nothing still runs


class PacketFiles:
    """Files in `folder` for the device ports `ports`; packets come in by `input_port`.

    `interfaces` is what `SwitchOptions` wants. Used as a context manager, around the switch.
    """

    def __init__(self, folder: Path, ports: Sequence[int], *, input_port: int) -> None:
        self.interfaces = {port: str(folder / f"port{port}") for port in ports}
        self._pipe = Path(f"{self.interfaces[input_port]}_in.pcap")
        for prefix in self.interfaces.values():
            path = Path(f"{prefix}_in.pcap")
            if path == self._pipe:
                os.mkfifo(path)
            else:
                path.write_bytes(_EMPTY)
        # Open for both directions, for else opening waits for the switch; it finds the header in the pipe.
        self._held: int | None = os.open(self._pipe, os.O_RDWR)
        os.write(self._held, _EMPTY)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def feed(self, packets: Iterable[bytes], running: SwitchProcess, *, limit_s: float) -> int:
        """Give the switch all packets, wait until it has done everything with them, and return how many they were.

        The input ends then. Raises `SwitchProcessError` where the switch dies, or is not done after `limit_s`.
        """
        deadline = time.monotonic() + limit_s
        pipe = os.open(self._pipe, os.O_WRONLY | os.O_NONBLOCK)
        self._let_go()  # the switch alone reads now, so that its end shows
        count = 0
        try:
            pending = bytearray()
            for count, packet in enumerate(packets, start=1):
                pending += _RECORD_HEADER.pack(count // 1_000_000, count % 1_000_000, len(packet), len(packet)) + packet
                if len(pending) >= MAX_PACKET_BYTES:
                    _write(pipe, pending, running, deadline)
                    pending.clear()
            _write(pipe, pending, running, deadline)
        finally:
            os.close(pipe)
        while not running.is_idle():
            _check_time(deadline)
        return count

    def sent(self, port: int) -> list[bytes]:
        """The packets that left by a port, in order. Complete once `feed` is done."""
        path = Path(f"{self.interfaces[port]}_out.pcap")
        content = path.read_bytes()
        packets: list[bytes] = []
        at = _FILE_HEADER.size
        while at < len(content):  # a file without packets is empty: its header is written with the first one
            if at + _RECORD_HEADER.size > len(content):
                raise SwitchProcessError(f"{path}: the switch wrote half a packet")
            _, _, captured, _ = _RECORD_HEADER.unpack_from(content, at)
            at += _RECORD_HEADER.size + captured
            if at > len(content):
                raise SwitchProcessError(f"{path}: the switch wrote half a packet")
            packets.append(content[at - captured : at])
        return packets


def _write(pipe: int, content: bytes | bytearray, running: SwitchProcess, deadline: float) -> None:
    rest = memoryview(bytes(content))
    poll = select.poll()
    poll.register(pipe, select.POLLOUT)
    while rest:
        if poll.poll(_ALIVE_S * 1000):
            try:
                rest = rest[os.write(pipe, rest) :]
            except BrokenPipeError:
                running.check_runs()
                raise SwitchProcessError("the switch stopped reading packets") from None
        else:
            running.check_runs()
            _check_time(deadline)


def _check_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise SwitchProcessError("the switch is not done with its packets in time")
