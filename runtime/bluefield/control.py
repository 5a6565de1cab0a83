"""The client of the application's control socket.

Requests and answers are a length in 4 bytes, so much JSON, and raw bytes: `app/control.h`.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from runtime.bluefield.application_folder import ApplicationFolder
from runtime.bluefield.errors import OtherProgramError, ProtocolError, RefusedError, UnreachableError

PROTOCOL: Final = 1
_POLL_S: Final = 0.01
_MOST_JSON: Final = 1 << 16


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON of an answer. All but the first three are there where the application says what it is."""

    ok: int
    bytes: int = 0
    error: str = ""
    protocol: int = 0
    program: str = ""
    build: str = ""
    workers: int = 0
    shares: int = 0
    block_bytes: int = 0
    record_bytes: int = 0
    now_ns: int = 0


class ApplicationClient:
    """A connection; one request at a time."""

    def __init__(self, connection: socket.socket, name: str) -> None:
        self._connection = connection
        self._name = name

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def request(self, do: str, *, content: bytes = b"", **fields: str | int) -> tuple[Answer, bytes]:
        """Ask, and return the answer. Raises `RefusedError`, `UnreachableError` or `ProtocolError`."""
        head = msgspec.json.encode({"do": do, **fields, "bytes": len(content)})
        try:
            self._connection.sendall(len(head).to_bytes(4) + head + content)
            answer, found = self._answer()
        except OSError as error:
            raise UnreachableError(f"{self._name}: {error.strerror or error}") from error
        if not answer.ok:
            raise RefusedError(f"the application refuses `{do}`: {answer.error}")
        return answer, found

    def _answer(self) -> tuple[Answer, bytes]:
        length = int.from_bytes(self._receive(4))
        if length > _MOST_JSON:
            raise ProtocolError(f"{self._name}: what answers is no application of Weft's")
        answer = decode_answer(self._receive(length), self._name)
        return answer, self._receive(answer.bytes)

    def _receive(self, size: int) -> bytes:
        found = bytearray(size)
        view = memoryview(found)
        while view:
            got = self._connection.recv_into(view)
            if not got:
                raise UnreachableError(f"{self._name}: the application closed the connection")
            view = view[got:]
        return bytes(found)

    # --- what can be asked

    def hello(self, folder: ApplicationFolder) -> Answer:
        """What runs there; `OtherProgramError` where that is not what is in the folder."""
        answer, _ = self.request("hello")
        check_is_of(answer, folder, self._name)
        return answer

    def stats(self) -> dict[str, Any]:
        """What it has counted; docs/bluefield.md says what is where."""
        _, text = self.request("stats")
        return msgspec.json.decode(text, type=dict[str, Any])

    def fresh(self) -> bytes:
        """The block of a program that has seen no packet."""
        return self.request("fresh")[1]

    def save(self) -> tuple[Answer, bytes]:
        """The record and the blocks of all workers, of one moment."""
        return self.request("save")

    def pause(self) -> None:
        """Let no packet be processed; those that come wait, as many as queues hold."""
        self.request("pause")

    def resume(self) -> None:
        self.request("resume")

    def stop(self) -> None:
        """Let it finish what it has received, and end."""
        self.request("stop")


def connect(path: Path | str, *, timeout_s: float = 10.0, check: Callable[[], None] | None = None) -> ApplicationClient:
    """Connect to the socket at `path`, for which `timeout_s` are waited; `check` may raise meanwhile.

    Raises `UnreachableError`.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(path))
            return ApplicationClient(connection, str(path))
        except OSError as error:
            connection.close()
            if check is not None:
                check()
            if time.monotonic() > deadline:
                raise UnreachableError(f"{path}: {error.strerror or error}", help="start it with --control") from error
            time.sleep(_POLL_S)


def decode_answer(text: bytes, name: str) -> Answer:
    try:
        return msgspec.json.decode(text, type=Answer)
    except msgspec.MsgspecError as error:
        raise ProtocolError(f"{name}: not an answer of an application of Weft's ({error})") from error


def check_is_of(answer: Answer, folder: ApplicationFolder, name: str) -> None:
    if answer.protocol != PROTOCOL:
        raise ProtocolError(f"{name}: speaks version {answer.protocol} of the protocol, not {PROTOCOL}")
    if answer.build != folder.manifest.build:
        raise OtherProgramError(
            f"{name}: `{answer.program}` there is not what {folder.path} holds",
            help="name the folder that it was built from; after compiling, build and start it again",
        )
