"""Work as a host of a lab, from the test's own process: sockets that are opened in a namespace stay in it."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from scapy.layers.inet import ICMP, IP
from scapy.packet import Raw

from runtime.lab.namespace import in_namespace

TIME_LIMIT_S = 30.0

_Result = TypeVar("_Result")


def socket_in(namespace: str, kind: socket.SocketKind, protocol: int = 0) -> socket.socket:
    opened = in_namespace(namespace, lambda: socket.socket(socket.AF_INET, kind, protocol))
    opened.settimeout(TIME_LIMIT_S)
    return opened


@contextmanager
def beside(work: Callable[[], None]) -> Iterator[None]:
    """`work` goes on in a thread while the block runs; what it raises is raised at the end."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # raised below
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(TIME_LIMIT_S)
    if errors:
        raise errors[0]
    assert not thread.is_alive()


def ping(namespace: str, address: str, *, count: int) -> list[bytes]:
    """Send echo requests one after another; the payloads that came back."""
    identifier = os.getpid() & 0xFFFF
    back = []
    with socket_in(namespace, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        for sequence in range(count):
            payload = struct.pack("!I", sequence) * 14
            raw.sendto(bytes(ICMP(type=8, id=identifier, seq=sequence) / Raw(payload)), (address, 0))
            while True:
                answer = IP(raw.recv(2048))[ICMP]
                if answer.type == 0 and answer.id == identifier and answer.seq == sequence:
                    back.append(bytes(answer.payload))
                    break
    return back


def tcp_transfer(client: str, server: str, *, address: str, port: int, content: bytes) -> tuple[str, bytes]:
    """Send `content` from the client to the server and back again; the client's address as the server saw it."""
    with socket_in(server, socket.SOCK_STREAM) as listening:
        listening.bind((address, port))
        listening.listen()
        seen: list[str] = []

        def serve() -> None:
            connection, peer = listening.accept()
            seen.append(peer[0])
            connection.settimeout(TIME_LIMIT_S)
            with connection:
                while data := connection.recv(1 << 16):
                    connection.sendall(data)

        with beside(serve), socket_in(client, socket.SOCK_STREAM) as connecting:
            connecting.connect((address, port))
            received = _echoed(connecting, content)
    return seen[0], received


def _echoed(connection: socket.socket, content: bytes) -> bytes:
    received = bytearray()

    def take() -> None:
        while data := connection.recv(1 << 16):
            received.extend(data)

    with beside(take):
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
    return bytes(received)


def udp_exchange(
    client: str, server: str, *, address: str, port: int, messages: Sequence[bytes]
) -> tuple[set[str], list[bytes]]:
    """Send messages one by one; the server sends each back reversed. Addresses seen by the server, and the answers."""
    with socket_in(server, socket.SOCK_DGRAM) as serving, socket_in(client, socket.SOCK_DGRAM) as asking:
        serving.bind((address, port))
        peers, answers = set(), []
        for message in messages:
            asking.sendto(message, (address, port))
            data, peer = serving.recvfrom(2048)
            peers.add(peer[0])
            serving.sendto(data[::-1], peer)
            answers.append(asking.recv(2048))
        return peers, answers
