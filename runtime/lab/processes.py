"""The processes of a lab: known by a mark in their environment, or by the namespace that they are in."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from runtime.lab.errors import LabError
from runtime.lab.iproute import NAMESPACES
from runtime.lab.record import MARK

_GRACE_S: Final = 4.0
_KILL_S: Final = 10.0
_ROUNDS: Final = 8  # a process may start another one while it is ended


def is_marked(pid: int, lab_id: str) -> bool:
    """Whether a process runs that was started as one of the lab's."""
    return _has_mark(Path(f"/proc/{pid}"), f"{MARK}={lab_id}".encode())


def end_processes(lab_id: str, namespaces: Iterable[str]) -> int:
    """End every process of a lab, asked first and then killed; returns how many there were.

    Those of this process's own line are spared. Raises `LabError` where some do not end.
    """
    ended: set[int] = set()
    for _ in range(_ROUNDS):
        found = list(_found(lab_id, list(namespaces)))
        if not found:
            return len(ended)
        ended.update(pid for pid, _ in found)
        try:
            _end([handle for _, handle in found])
        finally:
            for pid, handle in found:
                os.close(handle)
                with suppress(ChildProcessError):  # not ours to bury
                    os.waitpid(pid, os.WNOHANG)
    raise LabError("processes of the lab start others as fast as they are ended")


def _found(lab_id: str, namespaces: list[str]) -> Iterator[tuple[int, int]]:
    """Numbers and handles. Between looking and ending, a handle cannot come to mean another process."""
    mark = f"{MARK}={lab_id}".encode()
    inside = {number for name in namespaces if (number := _number(NAMESPACES / name)) is not None}
    own = _own_line()
    for path in Path("/proc").iterdir():
        if not path.name.isdigit() or int(path.name) in own:
            continue
        try:
            handle = os.pidfd_open(int(path.name))
        except OSError:  # it has ended
            continue
        if _has_mark(path, mark) or _number(path / "ns" / "net") in inside:
            yield int(path.name), handle
        else:
            os.close(handle)


def _has_mark(process: Path, mark: bytes) -> bool:
    with suppress(OSError):
        return mark in (process / "environ").read_bytes().split(b"\0")
    return False


def _number(namespace: Path) -> int | None:
    with suppress(OSError):
        return namespace.stat().st_ino
    return None


def _own_line() -> set[int]:
    """This process, and those that started it."""
    line: set[int] = set()
    pid = os.getpid()
    while pid > 0 and pid not in line:
        line.add(pid)
        try:
            after_name = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2]
            pid = int(after_name.split()[1])
        except (OSError, IndexError, ValueError):
            break
    return line


def _end(handles: list[int]) -> None:
    for number, limit_s in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, _KILL_S)):
        for handle in handles:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, number)
        handles = _left_after(handles, limit_s)
        if not handles:
            return
    raise LabError(f"{len(handles)} processes of the lab cannot be killed")


def _left_after(handles: list[int], limit_s: float) -> list[int]:
    deadline = time.monotonic() + limit_s
    left = select.poll()
    waiting = set(handles)
    for handle in handles:
        left.register(handle, select.POLLIN)  # a handle is readable when its process has ended
    while waiting and (wait_s := deadline - time.monotonic()) > 0:
        for handle, _ in left.poll(1000 * wait_s):
            left.unregister(handle)
            waiting.discard(handle)
    return sorted(waiting)
