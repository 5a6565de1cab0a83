"""An application as a child process: started, watched and stopped, and never left behind."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from runtime.bluefield.control import ApplicationClient, connect
from runtime.bluefield.errors import ProcessError

SOFTWARE_EAL: Final = ("--no-huge", "-m", "512", "--no-pci", "--no-shconf")  # without a NIC and without huge pages
_STOP_S: Final = 10.0
_PRINTED_LINES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How to start an application.

    `eal`: options of DPDK's EAL, cores and devices among them; a file prefix is added. `ports`: the DPDK port of
    each logical one, where it is not the one of its number. `folder`: where the control socket and what it prints
    are. `more`: further options of the application. `environment`: variables beside this process's. `launcher`: a
    command that runs the binary, such as an emulator. `die_with_parent`: it ends with the thread that starts it, also
    where that is killed; False where it is to outlive it.
    """

    eal: Sequence[str]
    folder: Path
    ports: Mapping[str, str | int] = field(default_factory=dict)
    digests: Path | None = None
    save: Path | None = None
    until_idle_ms: int | None = None
    paused: bool = False
    more: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    launcher: Sequence[str] = ()
    die_with_parent: bool = True


class RunningApplication:
    """A running application, from `start_application`. Leaving its `with` block stops it, however that happens."""

    def __init__(self, child: subprocess.Popen[bytes], *, prefix: str, socket: Path, printed: Path) -> None:
        self.file_prefix = prefix  # of EAL, by which telemetry is found
        self.socket = socket
        self._child = child
        self._printed = printed

    @property
    def runtime_folder(self) -> Path:
        """Where EAL keeps its files, telemetry's socket among them; it leaves them there."""
        base = "/var/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")
        return Path(base) / "dpdk" / self.file_prefix

    @property
    def pid(self) -> int:
        return self._child.pid

    def client(self, *, timeout_s: float = 10.0) -> ApplicationClient:
        """A connection to its control socket, for which it is waited. Raises `ProcessError` where it dies first."""
        return connect(self.socket, timeout_s=timeout_s, check=self.check_runs)

    def check_runs(self) -> None:
        code = self._child.poll()
        if code is not None:
            raise ProcessError(f"the application ended with {_ending(code)}{self.last_lines()}")

    def wait(self, *, limit_s: float) -> None:
        """Wait until it ends by itself; `ProcessError` where it does not, or not well."""
        try:
            code = self._child.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise ProcessError(f"the application is not done within {limit_s:g} s{self.last_lines()}") from None
        if code:
            raise ProcessError(f"the application ended with {_ending(code)}{self.last_lines()}")

    def stop(self) -> None:
        """Let it finish what it has received; kill it where that takes too long. Nothing of it is left then."""
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(_STOP_S)
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        shutil.rmtree(self.runtime_folder, ignore_errors=True)

    def last_lines(self) -> str:
        """What it printed last, to stand behind a message."""
        with suppress(OSError):
            lines = self._printed.read_text(errors="replace").strip().splitlines()[-_PRINTED_LINES:]
            return "".join(f"\n  {line}" for line in lines)
        return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_application(binary: Path, options: RunOptions) -> RunningApplication:
    """Start the binary; nothing is waited for. Raises an `OSError` where there is no such program."""
    prefix = f"weft-{os.getpid()}-{secrets.token_hex(4)}"
    socket, printed = options.folder / "control", options.folder / "printed"
    command = [
        *(_guard() if options.die_with_parent else ()),
        *options.launcher,
        str(binary),
        *options.eal,
        "--file-prefix",
        prefix,
        "--",
        "--control",
        str(socket),
    ]
    command += [text for name, port in options.ports.items() for text in ("--port", f"{name}={port}")]
    command += _given("--digests", options.digests) + _given("--save", options.save)
    command += _given("--until-idle", options.until_idle_ms)
    command += [*(["--paused"] if options.paused else []), *options.more]
    with printed.open("wb") as out:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **options.environment},
        )
    return RunningApplication(child, prefix=prefix, socket=socket, printed=printed)


def _given(option: str, value: object) -> list[str]:
    return [] if value is None else [option, str(value)]


def _guard() -> Sequence[str]:
    """What makes the kernel end the application with the thread that started it, where this system has it."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
