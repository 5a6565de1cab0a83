"""The thread that takes frames from interfaces, lets the switch look at them, and sends what leaves."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable, Mapping
from threading import Thread

from runtime.p4runtime.server.interfaces import Interface
from runtime.p4runtime.server.packets import Frame

_FRAMES_A_TURN = 64  # of one interface, before the others get theirs


class PacketLoop:
    """Forwards frames between `interfaces` (by device port) until it is stopped.

    `handle` gets every frame that arrives, with its port, and returns those that leave. `failed` is told of an
    error that ends the loop.
    """

    def __init__(
        self,
        interfaces: Mapping[int, Interface],
        *,
        handle: Callable[[Frame], list[Frame]],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._interfaces = interfaces
        self._handle = handle
        self._failed = failed
        self._wake, self._woken = socket.socketpair()
        self._thread = Thread(target=self._run, name="packets", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop when the frames at hand are through, and close the interfaces."""
        if self._thread.is_alive():
            self._wake.send(b".")
            self._thread.join()
        for closing in (*self._interfaces.values(), self._wake, self._woken):
            closing.close()

    def _run(self) -> None:
        try:
            self._forward()
        except BaseException as error:  # noqa: BLE001  # the thread that waits for the switch tells it
            self._failed(error)

    def _forward(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            for port, interface in self._interfaces.items():
                selector.register(interface.fileno(), selectors.EVENT_READ, port)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._woken:
                        return
                    self._take_turn(key.data)

    def _take_turn(self, port: int) -> None:
        interface = self._interfaces[port]
        for _ in range(_FRAMES_A_TURN):
            frame = interface.receive()
            if frame is None:
                return
            for out, data in self._handle((port, frame)):
                leaving = self._interfaces.get(out)
                if leaving is not None:
                    leaving.send(data)
