"""What waits to be sent to one controller on its stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from threading import Condition

from finsy.proto import p4r

from runtime.p4runtime.server.refusals import Code, Refusal

MOST_PACKETS = 1024  # that wait for a controller; more are lost, as on any switch
MOST_MESSAGES = 4096  # of any kind: a controller that reads nothing is cut off


class Outbox:
    """A queue that one thread empties and others fill. Packets are dropped where it is full, nothing else is."""

    def __init__(self) -> None:
        self._messages: deque[p4r.StreamMessageResponse] = deque()
        self._changed = Condition()
        self._end: Refusal | None = None
        self._is_closed = False
        self.lost_packets = 0

    def put(self, message: p4r.StreamMessageResponse) -> None:
        with self._changed:
            if self._is_closed:
                return
            if message.HasField("packet") and len(self._messages) >= MOST_PACKETS:
                self.lost_packets += 1
                return
            if len(self._messages) >= MOST_MESSAGES:
                self._end = Refusal(Code.RESOURCE_EXHAUSTED, "the controller does not read its stream")
                self._is_closed = True
                self._messages.clear()
            else:
                self._messages.append(message)
            self._changed.notify()

    def close(self, end: Refusal | None = None) -> None:
        """Let the stream end when all is sent; with `end` as its status, at once."""
        with self._changed:
            if self._is_closed:
                return
            self._is_closed, self._end = True, end
            if end is not None:
                self._messages.clear()
            self._changed.notify()

    def __iter__(self) -> Iterator[p4r.StreamMessageResponse]:
        """The messages as they come, until the box is closed. Raises the `Refusal` that it was closed with."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._messages or self._is_closed)
                if not self._messages:
                    if self._end is not None:
                        raise self._end
                    return
                message = self._messages.popleft()
            yield message
