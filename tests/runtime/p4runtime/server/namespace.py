"""A network namespace with veth pairs in it, and sockets at their ends. Needs root."""

from __future__ import annotations

import ctypes
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TypeVar

import pytest
from scapy.arch.linux import L2Socket

DEADLINE_S = 20.0
_CLONE_NEWNET = 0x40000000

T = TypeVar("T")


def _can_make_namespaces() -> bool:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"weft-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    if made:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return made


needs_namespaces = pytest.mark.skipif(not _can_make_namespaces(), reason="no root, or no network namespaces here")


class Namespace:
    """`within` is the beginning of a command that runs in it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.within = ("ip", "netns", "exec", name)

    def run(self, *command: str) -> None:
        subprocess.run([*self.within, *command], check=True, capture_output=True)

    def ip(self, *arguments: str) -> None:
        self.run("ip", *arguments)

    def pair(self, one: str, other: str) -> None:
        """Two interfaces, and a cable between them."""
        self.ip("link", "add", one, "type", "veth", "peer", "name", other)
        for name in (one, other):
            self.ip("link", "set", name, "up")

    def call(self, do: Callable[[], T]) -> T:
        """What `do` returns in the namespace; sockets that it opens stay there."""
        found: list[T | BaseException] = []

        def run() -> None:
            try:
                libc = ctypes.CDLL(None, use_errno=True)
                with Path(f"/run/netns/{self.name}").open() as file:
                    assert libc.setns(file.fileno(), _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
                found.append(do())
            except BaseException as error:  # noqa: BLE001  # raised again in the thread that asked
                found.append(error)

        thread = Thread(target=run)  # a thread of its own: the namespace is that of a thread
        thread.start()
        thread.join()
        if isinstance(found[0], BaseException):
            raise found[0]
        return found[0]

    def end_of(self, interface: str) -> End:
        return self.call(lambda: End(interface))


class End:
    """Sends and receives whole frames at an interface, by scapy's socket, which puts VLAN tags back."""

    def __init__(self, interface: str) -> None:
        self._socket = L2Socket(iface=interface, promisc=False)

    def send(self, frame: bytes) -> None:
        self._socket.outs.send(frame)

    def receive(self) -> bytes:
        """The next frame that arrives; an assertion fails where none does in time."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            ready, _, _ = select.select([self._socket.ins], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "no frame arrived"
            _, frame, _ = self._socket.recv_raw()
            if frame is not None:  # None: one that leaves
                return frame

    def close(self) -> None:
        self._socket.close()


@contextmanager
def namespace() -> Iterator[Namespace]:
    name = f"weft-test-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True, capture_output=True)
    try:
        made = Namespace(name)
        # A host says all kinds of things by an interface that has just come up.
        made.run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
        made.run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6")
        yield made
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True, capture_output=True)
