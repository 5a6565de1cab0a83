"""Start a lab's switches, as processes that outlive the command that starts them."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runtime.bmv2.process import SwitchOptions, start_switch
from runtime.lab.errors import SwitchStartError
from runtime.lab.programs import BMV2, BuiltProgram, EngineName
from runtime.lab.record import MARK, PortRecord, SwitchRecord
from runtime.lab.topology import Switch
from runtime.p4runtime.deploy import deploy
from runtime.p4runtime.target import Target

_HOST: Final = "127.0.0.1"
_POLL_S: Final = 0.02
_SHOWN_LINES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchToStart:
    """`folder`: for its logs. `interfaces`: by device port, there and up. Addresses are HOST:PORT."""

    switch: Switch
    engine: EngineName
    built: BuiltProgram
    ports: tuple[PortRecord, ...]
    folder: Path
    lab_id: str

    @property
    def interfaces(self) -> dict[int, str]:
        return {port.device_port: port.interface for port in self.ports}

    @property
    def environment(self) -> Mapping[str, str]:
        return {MARK: self.lab_id}


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
            records.append(_started_bmv2(one, limit_s))
        else:
            records.append(starting[one.switch.name].ready(limit_s, check))
    return tuple(records)


# --- bmv2


def _started_bmv2(one: SwitchToStart, limit_s: float) -> SwitchRecord:
    manifest = one.built.folder.manifest
    log = one.folder / f"{one.switch.name}.txt"
    grpc = f"{_HOST}:{one.switch.p4runtime or _free_port()}"
    scratch = one.folder / f"{one.switch.name}.bmv2"
    scratch.mkdir()
    options = SwitchOptions(
        config=None,
        interfaces=one.interfaces,
        grpc=grpc,
        cpu_port=manifest.cpu_port,
        device_id=one.switch.device_id,
        thrift_port=one.switch.thrift,
        log_file=log.with_suffix(""),  # bmv2 adds `.txt`
        more=("--log-level", "info"),  # a line for each packet's every step would fill the disk
        start_limit_s=limit_s,
        die_with_parent=False,
        folder=scratch,
        environment=one.environment,
    )
    running = start_switch(options)
    thrift = (_HOST, running.thrift_port)
    host, _, port = grpc.rpartition(":")
    target = Target(host, int(port), device_id=one.switch.device_id)
    asyncio.run(deploy(one.built.folder, one.built.entries, target, thrift=thrift))
    running.check_runs()
    return _record(one, log, pid=running.pid, p4runtime=grpc, thrift=f"{_HOST}:{running.thrift_port}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return probe.getsockname()[1]


# --- the interpreter


class _Starting:
    def __init__(self, one: SwitchToStart) -> None:
        self._one = one
        self._log = one.folder / f"{one.switch.name}.log"
        self._ready = one.folder / f"{one.switch.name}.ready"
        with ExitStack() as files:
            output = files.enter_context(self._log.open("wb"))
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
        command += ["--address", f"{_HOST}:{one.switch.p4runtime or 0}", "--device-id", str(one.switch.device_id)]
        command += ["--ready", str(self._ready)]
        command += [] if one.switch.entries is None else ["--entries", str(one.switch.entries.absolute())]
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
        address = f"{_HOST}:{self._ready.read_text()}"
        return _record(self._one, self._log, pid=self._child.pid, p4runtime=address, thrift=None)

    def _printed(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()[-_SHOWN_LINES:]
        return "".join(f"\n  {line}" for line in lines)


def _record(one: SwitchToStart, log: Path, *, pid: int, p4runtime: str, thrift: str | None) -> SwitchRecord:
    return SwitchRecord(
        name=one.switch.name,
        program=str(one.switch.program),
        engine=one.engine,
        folder=str(one.built.folder.path),
        log=str(log),
        pid=pid,
        device_id=one.switch.device_id,
        p4runtime=p4runtime,
        thrift=thrift,
        ports=one.ports,
    )
