"""`weft switch`."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from backends.p4.compile import plan_layout
from backends.p4.emit import manifest_of
from backends.p4.manifest import Manifest
from backends.p4.p4info import render_p4info
from runtime.bmv2.state_time import move_states
from runtime.p4runtime.compiled_folder import load_folder
from runtime.p4runtime.server.credentials import load_credentials
from runtime.p4runtime.server.pipeline import ServedProgram
from runtime.p4runtime.server.switch import Switch
from sim.control import load_entries, load_state, save_state
from weft.failures import CommandError, UsageError
from weft.program_to_run import load_runnable
from weft.terminal import Table, flush_results, write_note, write_result, write_tables

_ADDRESS = re.compile(r"(?:(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:/\s]+):)?(?P<port>[0-9]{1,5})")
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """In PEM. With `client_ca` the switch wants a certificate of its clients, too."""

    cert: Path | None
    key: Path | None
    client_ca: Path | None


def run_switch(
    file: Path,
    *,
    p4runtime: str,
    interfaces: Sequence[str],
    entries: Path | None,
    state_in: Path | None,
    state_out: Path | None,
    device_id: int,
    cpu_port: int | None,
    tls: TlsFiles,
    as_json: bool,
) -> None:
    """Run a program as a switch until a signal ends it; then save the state and print the traffic of its ports.

    The switch's clock begins at 0, or goes on from that of `state_in`; a state is saved in the time of the wall clock.
    """
    address = _address(p4runtime)
    served = _served_program(file)
    _check_cpu_port(served.manifest, cpu_port)
    names = _interfaces(served.manifest, interfaces)
    if state_out is not None:
        _check_place(state_out)
    switch = Switch(
        served,
        address=address,
        device_id=device_id,
        interfaces=names,
        entries=None if entries is None else load_entries(entries, served.program),
        saved=None if state_in is None else load_state(state_in, served.program),
        credentials=_credentials(tls),
    )
    with _ended_by_signals(switch), switch:
        _tell_start(switch, served.manifest, device_id, as_json=as_json)
        switch.wait()
    if state_out is not None:
        saved = switch.saved_state()
        now_ns = move_states(saved.states, now_ns=saved.now_ns, to_ns=time.time_ns())
        save_state(state_out, served.program, saved.states, now_ns, salt=saved.salt)
    _tell_end(switch, served.manifest, as_json=as_json)


def _address(text: str) -> str:
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found["port"]) >= 1 << 16:
        raise UsageError(f"`{text}` is no address to listen on", help="write PORT or HOST:PORT, such as 0.0.0.0:9559")
    return f"{found['host'] or _LOOPBACK}:{int(found['port'])}"


def _served_program(file: Path) -> ServedProgram:
    if not file.is_dir():
        layout = plan_layout(load_runnable(file, warn=True).program)
        manifest = manifest_of(layout, device_config=None)
        return ServedProgram(manifest, layout.source, render_p4info(manifest))
    folder = load_folder(file)
    if folder.manifest.test_header:
        raise CommandError(
            f"{file}: this is a test build, which takes its time from a header in front of every packet",
            help="compile without --test-header",
        )
    return ServedProgram(folder.manifest, folder.program, folder.p4info)


def _check_cpu_port(manifest: Manifest, cpu_port: int | None) -> None:
    if cpu_port is not None and cpu_port != manifest.cpu_port:
        raise UsageError(
            f"the controller of `{manifest.name}` is behind port {manifest.cpu_port}, not {cpu_port}",
            help="leave --cpu-port out",
        )


def _interfaces(manifest: Manifest, bindings: Sequence[str]) -> dict[int, str]:
    """Names of interfaces by device port, from words like `0@veth0`."""
    ports = {port.device_port: port.name for port in manifest.ports}
    listed = ", ".join(f"{number} ({name})" for number, name in sorted(ports.items()))
    found: dict[int, str] = {}
    for binding in bindings:
        number, at, name = binding.partition("@")
        if not at or not name or not (number.isascii() and number.isdecimal()):
            raise UsageError(f"`-i {binding}` does not say NUMBER@INTERFACE", help="write `-i 0@veth0`, for instance")
        if int(number) not in ports:
            raise UsageError(f"`{manifest.name}` has no port {number}", help=f"its ports are {listed}")
        if int(number) in found or name in found.values():
            raise UsageError(f"`-i {binding}`: the port or the interface has been given already")
        found[int(number)] = name
    return found


def _check_place(path: Path) -> None:
    """A switch runs for long: what would keep its state from being saved is told now."""
    folder = path.resolve().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise CommandError(f"{path}: there is no folder {folder} that can be written to")


def _credentials(tls: TlsFiles) -> grpc.ServerCredentials | None:
    if tls.cert is None and tls.key is None and tls.client_ca is None:
        return None
    if tls.cert is None or tls.key is None:
        raise UsageError("TLS takes a certificate and its key", help="give both --tls-cert and --tls-key")
    return load_credentials(tls.cert, tls.key, client_ca=tls.client_ca)


@contextmanager
def _ended_by_signals(switch: Switch) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the switch in good order."""
    before = {number: signal.signal(number, lambda *_: switch.end()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell_start(switch: Switch, manifest: Manifest, device_id: int, *, as_json: bool) -> None:
    if as_json:
        served = {"event": "serving", "program": manifest.name, "port": switch.port, "device_id": device_id}
        write_result(json.dumps(served))
        flush_results()
        return
    waits = "" if switch.is_pipeline_set else "; no controller has set its pipeline yet"
    write_note(f"`{manifest.name}` is device {device_id} of the P4Runtime service on port {switch.port}{waits}")


def _tell_end(switch: Switch, manifest: Manifest, *, as_json: bool) -> None:
    names = {port.device_port: port.name for port in manifest.ports}
    rows = tuple((names[port], port, t.received, t.sent) for port, t in switch.traffic.ports.items())
    if as_json:
        columns = ("name", "number", "received", "sent")
        ports = [dict(zip(columns, row, strict=True)) for row in rows]
        write_result(json.dumps({"event": "stopped", "ports": ports, "strange": switch.traffic.strange}))
    else:
        write_tables([Table("packets", ("port", "number", "in", "out"), rows)])
    for remark in _remarks(switch):
        write_note(f"note: {remark}")


def _remarks(switch: Switch) -> Iterator[str]:
    for interface in switch.interfaces.values():
        if interface.saw_unfinished:
            yield (
                f"packets came in by {interface.name} whose checksums their host had left to its interface: "
                "turn that off there (`ethtool -K INTERFACE tx off`)"
            )
        if interface.lost:
            yield f"{interface.lost:,} packets could not be sent by {interface.name}"
    if switch.traffic.strange:
        yield f"{switch.traffic.strange:,} packets were lost to numbers out of range that somebody wrote into registers"
