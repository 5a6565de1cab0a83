"""`weft lab up` and `run`."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from compiler.diagnostics.suggest import closest
from runtime.lab.bring_up import bring_up, running_lab
from runtime.lab.interrupts import Interrupts
from runtime.lab.lab import command_in_host
from runtime.lab.topology import Engine
from runtime.lab.topology_file import load_topology
from weft.commands.lab import print_lab
from weft.failures import CommandError, UsageError
from weft.terminal import write_note

_NOT_FOUND = 127  # as shells say it
_SIGNALLED = 128
_ENDING_S = 5.0


def bring_lab_up(file: Path, *, engine: str | None, timeout_s: float, as_json: bool) -> None:
    """Bring a lab up and print what it is made of."""
    topology, wanted = load_topology(file), _engine(engine)
    with Interrupts(until_exit=True) as interrupts:
        status = bring_up(topology, engine=wanted, start_limit_s=timeout_s, interrupts=interrupts, notice=write_note)
        # From here on it is up: Ctrl-C comes too late to undo it, and must not make this look like a failure.
        print_lab(status, as_json=as_json)


def run_with_lab(file: Path, command: Sequence[str], *, host: str | None, engine: str | None, timeout_s: float) -> int:
    """Run a command while a lab is up; returns its exit code."""
    topology = load_topology(file)
    if host is not None and host not in (known.name for known in topology.hosts):
        raise UsageError(
            f"{file} has no host `{host}`", help=f"its hosts are {', '.join(known.name for known in topology.hosts)}"
        )
    with running_lab(topology, engine=_engine(engine), start_limit_s=timeout_s, notice=write_note):
        words = list(command) if host is None else command_in_host(topology.name, host, command)
        try:
            child = subprocess.Popen(words)
        except OSError as error:
            raise CommandError(f"`{words[0]}` does not run: {error.strerror or error}", code=_NOT_FOUND) from error
        try:
            code = child.wait()
        finally:
            _end(child)
    return _SIGNALLED - code if code < 0 else code


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _engine(name: str | None) -> Engine | None:
    known = [engine.value for engine in Engine]
    if name is None or name in known:
        return None if name is None else Engine(name)
    meant = closest(name, known)
    raise UsageError(
        f"there is no engine `{name}`" + (f"; did you mean `{meant}`?" if meant else ""),
        help=f"engines: {', '.join(known)}",
    )
