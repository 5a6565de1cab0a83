"""`weft lab down`, `status` and `exec`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from runtime.lab.lab import LabStatus, all_labs, command_in_host, lab_status, take_down
from runtime.lab.record import HostRecord, SwitchRecord
from runtime.lab.topology_file import lab_name_of
from weft.terminal import Table, flush_results, write_json, write_note, write_result, write_tables


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
    print_lab(status, as_json=as_json)
    return 0 if status.is_complete else 1


def run_in_host(lab: str, host: str, command: Sequence[str]) -> None:
    """Become the command: its terminal, signals and exit code are its own."""
    words = command_in_host(lab_name_of(lab), host, command)
    flush_results()
    sys.stderr.flush()
    os.execvp(words[0], words)


# --- what is printed


def print_lab(status: LabStatus, *, as_json: bool) -> None:
    """Print what a lab is made of, and which switches run."""
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
