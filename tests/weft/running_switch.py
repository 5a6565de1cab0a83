"""`weft switch` as a process of its own, which says when it is ready."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DEADLINE_S = 60.0
COMMAND = (sys.executable, "-c", "from weft.cli import main; main()", "switch")


@dataclass(slots=True)
class Ended:
    code: int
    stopped: dict[str, object]
    notes: str


class RunningSwitch:
    """`--json` makes it write a line when it serves, and one when it stops."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.serving = json.loads(self._line())

    @property
    def port(self) -> int:
        return self.serving["port"]

    def _line(self) -> bytes:
        """The next line that it writes; an assertion fails where there is none in time."""
        output = self._process.stdout
        assert output is not None
        line, deadline = b"", time.monotonic() + DEADLINE_S
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                assert selector.select(deadline - time.monotonic()), "the switch says nothing"
                byte = os.read(output.fileno(), 1)
                assert byte, f"the switch ended: {self._process.stderr.read() if self._process.stderr else b''}"
                line += byte
        return line

    def end(self, number: signal.Signals = signal.SIGINT) -> Ended:
        self._process.send_signal(number)
        out, notes = self._process.communicate(timeout=DEADLINE_S)
        return Ended(self._process.returncode, json.loads(out) if out else {}, notes.decode())


@contextmanager
def running_switch(file: Path, *options: str | Path, within: Sequence[str] = ()) -> Iterator[RunningSwitch]:
    """A switch on a free port; `within`: the beginning of a command that runs it somewhere else."""
    command = [*within, *COMMAND, str(file), "--p4runtime", "0", "--json", *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield RunningSwitch(process)
        finally:
            if process.poll() is None:
                process.kill()
