"""Start a lab's switches, as processes that outlive the command that starts them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from runtime.lab.errors import SwitchStartError
from runtime.lab.programs import BMV2
from runtime.lab.record import SwitchRecord
from runtime.lab.switch_to_start import HOST, SwitchToStart
from sim.control import entries_as_toml

_POLL_S: Final = 0.02
_SHOWN_LINES: Final = 10


def start_switches(
    switches: Sequence[SwitchToStart], *, limit_s: float, check: Callable[[], None], notice: Callable[[str], None]
) -> tuple[SwitchRecord, ...]:
    """Start all, and wait until each forwards by its program; `limit_s` for each of these waits.

    Raises `SwitchStartError`, or an error of bmv2 or of the deployment. Processes may be left then, under the mark.
    """
    starting = {}
    for one in switches:  # these take a second, so they do it side by side
        check()
        if one.engine != BMV2:
            starting[one.switch.name] = _Starting(one)
    records = []
    for one in switches:
        check()
        notice(f"starting {one.switch.name}")
        if one.engine == BMV2:
            records.append(_started_bmv2(one, limit_s=limit_s))
        else:
            records.append(starting[one.switch.name].ready(limit_s, check))
    return tuple(records)


def _started_bmv2(one: SwitchToStart, *, limit_s: float) -> SwitchRecord:
    from runtime.lab.bmv2_switch import started_bmv2  # noqa: PLC0415  # slow: a lab of interpreters needs none of it

    return started_bmv2(one, limit_s=limit_s)


class _Starting:
    def __init__(self, one: SwitchToStart) -> None:
        self._one = one
        self._ready = one.folder / f"{one.switch.name}.ready"
        with one.log.open("wb") as output:
            self._child = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # it outlives this command, and Ctrl-C in the terminal is not for it
                env={**os.environ, **one.environment},
            )

    def _command(self) -> list[str]:
        one = self._one
        # -P: a folder `runtime` that happens to be where the user is must not be taken for ours.
        command = [sys.executable, "-P", "-m", "runtime.lab.interpreted_switch", str(one.built.folder.path)]
        command += ["--address", f"{HOST}:{one.switch.p4runtime or 0}", "--device-id", str(one.switch.device_id)]
        command += ["--ready", str(self._ready)]
        if one.switch.entries is not None:
            folder = one.built.folder
            entries = folder.path.with_suffix(".entries.toml")  # of a piece, fewer than those in the user's file
            entries.write_text(entries_as_toml(folder.program, one.built.entries), encoding="utf-8")
            command += ["--entries", str(entries)]
        return command + [text for port, name in one.interfaces.items() for text in ("-i", f"{port}@{name}")]

    def ready(self, limit_s: float, check: Callable[[], None]) -> SwitchRecord:
        deadline = time.monotonic() + limit_s
        while not self._ready.exists():
            check()
            code = self._child.poll()
            if code is not None:
                raise SwitchStartError(f"switch `{self._one.switch.name}` does not start{self._printed()}")
            if time.monotonic() > deadline:
                raise SwitchStartError(
                    f"switch `{self._one.switch.name}` is not ready after {limit_s:g} s{self._printed()}",
                    help="give it longer with --timeout",
                )
            time.sleep(_POLL_S)
        address = f"{HOST}:{self._ready.read_text()}"
        return self._one.started(pid=self._child.pid, p4runtime=address, thrift=None, log=self._one.log)

    def _printed(self) -> str:
        lines = self._one.log.read_text(errors="replace").strip().splitlines()[-_SHOWN_LINES:]
        return "".join(f"\n  {line}" for line in lines)
