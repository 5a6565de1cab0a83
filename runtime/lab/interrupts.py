"""Ctrl-C and its kin, held back while something is made that has to be known before it can be removed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Final, Self

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """One of the signals that ask a process to end arrived."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class Interrupts:
    """While its `with` block runs, SIGINT, SIGTERM and SIGHUP raise `Interrupted` at `check`, and within `allowed`.

    One that came before is raised then; those that follow it are ignored, so that an impatient user does not tear up
    the cleaning. Does nothing but in the main thread. `until_exit`: they stay ignored after the block, for a process
    that ends then, with an exit code that says what became of the block.
    """

    def __init__(self, *, until_exit: bool = False) -> None:
        self._until_exit = until_exit
        self._pending: int | None = None
        self._is_allowed = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                self._before[number] = signal.getsignal(number)
                if self._before[number] is not signal.SIG_IGN:  # as under nohup
                    signal.signal(number, self._arrived)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._until_exit:
            self.ignore_all()
            return
        for number, handler in self._before.items():
            if handler is not None:
                signal.signal(number, handler)  # pyright: ignore[reportArgumentType]  # it is what `getsignal` gave

    def check(self) -> None:
        if self._pending is not None:
            number, self._pending = self._pending, None
            raise Interrupted(number)

    def ignore_all(self) -> None:
        """From here on none of them does anything."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """What runs in here leaves nothing behind that is not known."""
        self._is_allowed = True
        try:
            self.check()
            yield
        finally:
            self._is_allowed = False
        self.check()

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        self.ignore_all()
        if self._is_allowed:
            raise Interrupted(number)
        self._pending = number
