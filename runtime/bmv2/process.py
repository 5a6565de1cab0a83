"""bmv2 as a child process: started, reached, stopped, and never left behind."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from backends.p4.tools import require_tool
from runtime.bmv2.errors import SwitchError, SwitchProcessError
from runtime.bmv2.thrift_client import SwitchClient

SIMPLE_SWITCH: Final = "simple_switch"
SIMPLE_SWITCH_GRPC: Final = "simple_switch_grpc"

# A queue that cannot fill: packets beyond its depth would be lost without a word, and 64 is what it starts with.
QUEUE_DEPTH: Final = (1 << 31) - 1

_POLL_S: Final = 0.01
_ANSWER_S: Final = 5.0
_TERMINATE_S: Final = 2.0
_PORT_ATTEMPTS: Final = 8
_PORT_TAKEN: Final = "Thrift returned an exception when trying to bind to port"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchOptions:
    """How to start a switch.

    `config`: the JSON that p4c wrote; None: it waits for P4Runtime to bring it. `interfaces`: by device port, names
    of network interfaces or, with `files`, prefixes: packets come from PREFIX_in.pcap, which must be there for every
    port, and leave to PREFIX_out.pcap. `grpc`: run `simple_switch_grpc`, P4Runtime at this address. `cpu_port`: of
    P4Runtime's packet-in; with `files` it is an interface like any other. `more`: further options of bmv2, and after
    them `target_options`, those of the target. `die_with_parent`: it ends with the thread that starts it, also where
    that is killed; False where it is to outlive it.
    """

    config: Path | None
    interfaces: Mapping[int, str] = field(default_factory=dict)
    files: bool = False
    grpc: str | None = None
    cpu_port: int | None = None
    device_id: int | None = None
    thrift_port: int | None = None
    log_file: Path | None = None
    more: Sequence[str] = ()
    target_options: Sequence[str] = ()
    start_limit_s: float = 20.0
    die_with_parent: bool = True
    folder: Path | None = None  # for what it prints, and its sockets; the caller's. None: one that goes with the switch
    environment: Mapping[str, str] = field(default_factory=dict)  # beside that of this process


class SwitchProcess:
    """A running switch, from `start_switch`. Leaving its `with` block stops it, however that happens."""

    def __init__(
        self, child: subprocess.Popen[bytes], *, thrift_port: int, folder: Path, is_folder_ours: bool = True
    ) -> None:
        self.thrift_port = thrift_port
        self._child = child
        self._folder = folder
        self._is_folder_ours = is_folder_ours

    @property
    def pid(self) -> int:
        return self._child.pid

    def client(self, *, timeout_s: float = 10.0) -> SwitchClient:
        return SwitchClient("127.0.0.1", self.thrift_port, timeout_s=timeout_s)

    def check_runs(self) -> None:
        """Raise `SwitchProcessError`, with what it printed last, where the switch has died."""
        code = self._child.poll()
        if code is not None:
            raise SwitchProcessError(f"the switch died: {_ending(code)}{self._printed()}")

    def is_idle(self) -> bool:
        """Whether the switch has nothing to do: every thread sleeps, and none has run since a moment ago.

        Packets that it holds are then on their way no longer: they have left, or were dropped.
        """
        before = _threads(self.pid)
        time.sleep(_POLL_S)
        self.check_runs()
        return before is not None and _threads(self.pid) == before

    def stop(self) -> None:
        """End the process: asked first, then killed. Does nothing where it has ended."""
        try:
            _end(self._child)
        finally:
            if self._is_folder_ours:
                shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _printed(self) -> str:
        return _last_lines(self._folder / "printed")


def start_switch(options: SwitchOptions) -> SwitchProcess:
    """Start a switch that answers over Thrift, its queues deep enough to lose nothing.

    Raises `ToolMissingError` where bmv2 is not on this machine, and `SwitchProcessError` where it does not start.
    Nothing is left behind then.
    """
    binary = require_tool(SIMPLE_SWITCH if options.grpc is None else SIMPLE_SWITCH_GRPC)
    attempts = 1 if options.thrift_port is not None else _PORT_ATTEMPTS
    for attempt in range(1, attempts + 1):
        try:
            return _started(binary, options, options.thrift_port or _free_port())
        except _PortTakenError:
            if attempt == attempts:
                raise
    raise AssertionError("one attempt is made at least")


class _PortTakenError(SwitchProcessError):
    """Somebody else took the port for Thrift in the meantime."""


def _started(binary: Path, options: SwitchOptions, thrift_port: int) -> SwitchProcess:
    # A short path: sockets are made in it.
    folder = options.folder or Path(tempfile.mkdtemp(prefix="weft-bmv2-"))
    device_id = secrets.randbits(31) if options.device_id is None else options.device_id
    try:
        with (folder / "printed").open("wb") as printed:
            child = subprocess.Popen(
                _command(binary, options, thrift_port, device_id, folder),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for us, and we end it in order
                env={**os.environ, **options.environment},
            )
    except BaseException:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    running = SwitchProcess(child, thrift_port=thrift_port, folder=folder, is_folder_ours=options.folder is None)
    try:
        _wait_until_it_answers(running, device_id, options.start_limit_s)
    except BaseException:
        running.stop()
        raise
    return running


def _command(binary: Path, options: SwitchOptions, thrift_port: int, device_id: int, folder: Path) -> list[str]:
    interfaces = [text for port, name in options.interfaces.items() for text in ("-i", f"{port}@{name}")]
    target = list(options.target_options)
    if options.grpc is not None:
        target += ["--grpc-server-addr", options.grpc]
        target += [] if options.cpu_port is None else ["--cpu-port", str(options.cpu_port)]
    command = [
        *(_guard() if options.die_with_parent else ()),
        str(binary),
        *interfaces,
        *(["--use-files", "0"] if options.files else []),
        *["--thrift-port", str(thrift_port), "--device-id", str(device_id)],
        *([] if options.log_file is None else ["--log-file", str(options.log_file), "--log-flush"]),
        *options.more,
    ]
    if options.grpc is None and _knows(binary, "--notifications-addr"):
        # By default it is a file in /tmp that stays there, and that two switches with one device id share.
        command += ["--notifications-addr", f"ipc://{folder}/notifications"]
    command.append("--no-p4" if options.config is None else str(options.config))
    return command + (["--", *target] if target else [])


def _guard() -> Sequence[str]:
    """What makes the kernel end the switch with the thread that started it, where this system has it."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv and _knows(Path(setpriv), "--pdeathsig") else []


@lru_cache(maxsize=8)
def _knows(binary: Path, option: str) -> bool:
    """Whether the tool's help names the option: bmv2 has some only where it is built with them."""
    shown = subprocess.run([binary, "--help"], capture_output=True, text=True, errors="replace", check=False)
    return option in shown.stdout + shown.stderr


def _wait_until_it_answers(running: SwitchProcess, device_id: int, limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while not _answers(running, device_id, min(_ANSWER_S, limit_s)):
        code = running._child.poll()
        printed = running._printed()
        if code is not None:
            kind = _PortTakenError if _PORT_TAKEN in printed else SwitchProcessError
            raise kind(f"the switch does not start: {_ending(code)}{printed}")
        if time.monotonic() > deadline:
            raise SwitchProcessError(
                f"the switch does not answer over Thrift within {limit_s:g} s{printed}",
                help="it must be built with Thrift; `--log-file` shows what it does",
            )
        time.sleep(_POLL_S)


def _answers(running: SwitchProcess, device_id: int, timeout_s: float) -> bool:
    try:
        with running.client(timeout_s=timeout_s) as client:
            client.now_us()  # of the service that is added last
            found = client.info().device_id
            if found == device_id:
                client.set_queue_depth(QUEUE_DEPTH)
                return True
    except SwitchError:  # not yet, or never: whoever waits finds out
        return False
    raise _PortTakenError(f"another switch, device {found}, listens at port {running.thrift_port}")


def _end(child: subprocess.Popen[bytes]) -> None:
    try:
        for sign in (signal.SIGINT, signal.SIGTERM):
            if child.poll() is None:
                child.send_signal(sign)
                with suppress(subprocess.TimeoutExpired):
                    child.wait(_TERMINATE_S)
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _threads(pid: int) -> list[tuple[str, str, str]] | None:
    """State and context switches of each thread; None where any of them runs, or is about to."""
    found = []
    try:
        for task in sorted(os.listdir(f"/proc/{pid}/task")):  # noqa: PTH208  # names alone
            fields = dict(_fields(Path(f"/proc/{pid}/task/{task}/status").read_text().splitlines()))
            if not fields["State"].startswith("S"):
                return None
            found.append((task, fields["voluntary_ctxt_switches"], fields["nonvoluntary_ctxt_switches"]))
    except (OSError, KeyError):  # a thread, or all of them, ended just now
        return None
    return found


def _fields(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    return ((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _last_lines(path: Path, count: int = 8) -> str:
    """What the switch printed last, to stand behind a message."""
    with suppress(OSError):
        lines = path.read_text(errors="replace").strip().splitlines()[-count:]
        return "".join(f"\n  {line}" for line in lines)
    return ""
