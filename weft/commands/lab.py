"""`weft lab`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from compiler.diagnostics.suggest import closest
from runtime.lab.lab import LabStatus, all_labs, bring_up, command_in_host, lab_status, running_lab, take_down
from runtime.lab.record import HostRecord, SwitchRecord
from runtime.lab.topology import Engine
from runtime.lab.topology_file import lab_name_of, load_topology
from weft.failures import CommandError, UsageError
from weft.terminal import Table, flush_results, write_json, write_note, write_result, write_tables

_NOT_FOUND = 127  # as shells say it
_SIGNALLED = 128
_ENDING_S = 5.0


def bring_lab_up(file: Path, *, engine: str | None, timeout_s: float, as_json: bool) -> None:
    """Bring a lab up and print what it is made of."""
    topology = load_topology(file)
    status = bring_up(topology, engine=_engine(engine), start_limit_s=timeout_s, notice=write_note)
    _print(status, as_json=as_json)


def take_lab_down(lab: str, *, as_json: bool) -> None:
    """Take a lab down and say so."""
    name = lab_name_of(lab)
    was_there = take_down(name)
    if as_json:
        write_json({"lab": name, "was_there": was_there})
    else:
        write_result(f"the lab `{name}` is gone" if was_there else f"there was no lab `{name}`")


def print_status(lab: str | None, *, as_json: bool) -> int:
    """Print a lab or all; returns the exit code."""
    if lab is None:
        return _print_all(as_json=as_json)
    status = lab_status(lab_name_of(lab))
    _print(status, as_json=as_json)
    return 0 if status.is_complete else 1


def run_in_host(lab: str, host: str, command: Sequence[str]) -> None:
    """Become the command: its terminal, signals and exit code are its own."""
    words = command_in_host(lab_name_of(lab), host, command)
    flush_results()
    sys.stderr.flush()
    os.execvp(words[0], words)


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


# --- what is printed


def _print(status: LabStatus, *, as_json: bool) -> None:
    if as_json:
        write_json(_data(status))
        return
    record = status.record
    if not record.is_up:
        write_note(f"the lab `{record.name}` was left half made; `weft lab down {record.name}` removes what is there")
    hosts = Table(
        f"lab {record.name}: hosts",
        ("host", "addresses", "MAC", "connected to"),
        tuple((host.name, ", ".join(host.addresses) or "-", host.mac, host.port) for host in record.hosts),
    )
    switches = Table(
        "switches",
        ("switch", "program", "engine", "P4Runtime", "Thrift", "state"),
        tuple(
            (s.name, Path(s.program).name, s.engine, s.p4runtime, s.thrift or "-", _state(status, s))
            for s in record.switches
        ),
    )
    ports = Table(
        "ports",
        ("port", "number", "interface", "connected to"),
        tuple(
            (f"{switch.name}.{port.name}", str(port.device_port), port.interface, port.peer)
            for switch in record.switches
            for port in switch.ports
        ),
    )
    files = Table(
        "files", ("switch", "compiled program", "log"), tuple((s.name, s.folder, s.log) for s in record.switches)
    )
    write_tables([hosts, switches, ports, files])


def _state(status: LabStatus, switch: SwitchRecord) -> str:
    return "runs" if switch.name in status.running else "has died"


def _print_all(*, as_json: bool) -> int:
    labs = all_labs()
    if as_json:
        write_json([_data(lab) for lab in labs])
    elif not labs:
        write_result("there is no lab")
    rows = tuple(
        (
            lab.record.name,
            lab.record.topology,
            len(lab.record.hosts),
            len(lab.record.switches),
            "up" if lab.is_complete else "half made" if not lab.record.is_up else "a switch has died",
        )
        for lab in labs
    )
    if not as_json:
        write_tables([Table("", ("lab", "topology", "hosts", "switches", "state"), rows)])
    return 0 if all(lab.is_complete for lab in labs) else 1


def _data(status: LabStatus) -> dict[str, object]:
    record = status.record
    return {
        "lab": record.name,
        "topology": record.topology,
        "up": status.is_complete,
        "hosts": [_host_data(host) for host in record.hosts],
        "switches": [_switch_data(status, switch) for switch in record.switches],
    }


def _host_data(host: HostRecord) -> object:
    return msgspec.to_builtins(host)


def _switch_data(status: LabStatus, switch: SwitchRecord) -> object:
    return {**msgspec.to_builtins(switch), "runs": switch.name in status.running}
