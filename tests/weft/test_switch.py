"""`weft switch`: what it takes, how it ends, what it leaves."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from pathlib import Path

import grpc
import pytest
from finsy.proto import p4r, p4r_grpc

from backends.p4.compile import compile_program
from compiler.load import load_program
from sim.control import load_state
from tests.runtime.p4runtime.certificates import WITHOUT_OPENSSL, Authority
from tests.runtime.p4runtime.server.controller import Controller
from tests.runtime.p4runtime.server.namespace import namespace, needs_namespaces
from tests.runtime.p4runtime.server.program import SOURCE
from tests.weft.command_line import weft, write_program
from tests.weft.running_switch import running_switch

ENTRIES = """\
hosts = [{ key = "10.0.0.9", value = { to = "spare", mac = "02:00:00:00:00:aa" } }]
[tunables]
limit = 7
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return write_program(tmp_path, SOURCE, name="gate.weft")


def test_switch_serves_until_a_signal_and_saves_its_state(program: Path, tmp_path: Path) -> None:
    entries, state = tmp_path / "entries.toml", tmp_path / "state.json"
    entries.write_text(ENTRIES)
    with running_switch(program, "--entries", entries, "--state-out", state, "--device-id", "5") as switch:
        assert switch.serving == {"event": "serving", "program": "gate", "port": switch.port, "device_id": 5}
        with Controller(switch.port, device_id=5) as client:
            assert client.get_pipeline().HasField("config")
            (host,) = client.read(p4r.Entity(table_entry=p4r.TableEntry()))
            assert host.table_entry.match[0].exact.value == bytes([10, 0, 0, 9])
        before_ns = time.time_ns()
        ended = switch.end(signal.SIGTERM)
    assert (ended.code, ended.notes) == (0, "")
    assert ended.stopped["event"] == "stopped"
    saved = load_state(state, load_program(program).program)
    assert abs(saved.now_ns - before_ns) < 60_000_000_000  # the time of the wall clock
    assert json.loads(state.read_text())["view"]["hosts"] == {
        "10.0.0.9": {"value": {"to": "spare", "mac": "02:00:00:00:00:aa"}}
    }
    with running_switch(program, "--state-in", state) as switch, Controller(switch.port) as client:
        assert client.read(p4r.Entity(table_entry=p4r.TableEntry())) == [host]
        assert switch.end(signal.SIGINT).code == 0


def test_compiled_folder_is_served(program: Path, tmp_path: Path) -> None:
    folder = tmp_path / "compiled"
    for place, content in compile_program(load_program(program).program).items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(content)
    with running_switch(folder, "--cpu-port", "510") as switch, Controller(switch.port) as client:
        assert switch.serving["program"] == "gate"
        assert not client.get_pipeline().HasField("config")  # it waits for a controller
        assert switch.end().code == 0


@WITHOUT_OPENSSL
def test_mutual_tls(program: Path, tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    own, client = ours.pair("switch"), theirs.pair("client")
    tls = ("--tls-cert", own.cert, "--tls-key", own.key, "--tls-ca", theirs.own.cert)
    with running_switch(program, *tls) as switch:
        address, root = f"127.0.0.1:{switch.port}", ours.own.cert.read_bytes()
        known = grpc.ssl_channel_credentials(root, client.key.read_bytes(), client.cert.read_bytes())
        with grpc.secure_channel(address, known) as channel:
            assert p4r_grpc.P4RuntimeStub(channel).Capabilities(p4r.CapabilitiesRequest(), timeout=20)
        unknown = grpc.ssl_channel_credentials(root)
        with grpc.secure_channel(address, unknown) as channel, pytest.raises(grpc.RpcError):
            p4r_grpc.P4RuntimeStub(channel).Capabilities(p4r.CapabilitiesRequest(), timeout=20)
        assert switch.end().code == 0


BAD = {
    "no address": (["--p4runtime", "here"], 2, "`here` is no address to listen on"),
    "port too large": (["--p4runtime", "65536"], 2, "`65536` is no address to listen on"),
    "no port of the program": (["-i", "3@lo"], 2, "`gate` has no port 3"),
    "no binding": (["-i", "lo"], 2, "`-i lo` does not say NUMBER@INTERFACE"),
    "port twice": (["-i", "1@lo", "-i", "1@eth0"], 2, "the port or the interface has been given already"),
    "interface twice": (["-i", "1@lo", "-i", "2@lo"], 2, "the port or the interface has been given already"),
    "no interface": (["-i", "1@no-such-thing"], 1, "there is no network interface `no-such-thing`"),
    "another CPU port": (["--cpu-port", "255"], 2, "the controller of `gate` is behind port 510, not 255"),
    "half of TLS": (["--tls-cert", "x.pem"], 2, "TLS takes a certificate and its key"),
    "no certificate": (["--tls-cert", "x.pem", "--tls-key", "x.pem"], 1, "x.pem: cannot read"),
    "no entries": (["--entries", "no.toml"], 1, "no.toml: cannot read"),
    "no state": (["--state-in", "no.json"], 1, "no.json: cannot read"),
    "no place for the state": (["--state-out", "no/such/state.json"], 1, "that can be written to"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_command_lines(case: str, program: Path) -> None:
    options, code, words = BAD[case]
    address = [] if "--p4runtime" in options else ["--p4runtime", "0"]
    result = weft("switch", program, *address, *options)
    assert (result.exit_code, result.stdout) == (code, "")
    assert words in result.stderr
    assert re.match(r"error: ", result.stderr)


def test_address_that_is_taken(program: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = weft("switch", program, "--p4runtime", str(port))
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-2:] == [
        f"error: cannot listen on 127.0.0.1:{port}",
        "help: is another program listening there already?",
    ]


def test_certificate_that_is_none(program: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing")
    result = weft("switch", program, "--p4runtime", "0", "--tls-cert", broken, "--tls-key", broken)
    assert result.exit_code == 1
    assert result.stderr == f"error: {broken}: not a certificate in PEM that fits the key {broken}\n"


def test_program_with_errors(tmp_path: Path) -> None:
    result = weft("switch", write_program(tmp_path, "on lan"), "--p4runtime", "0")
    assert result.exit_code == 1
    assert "error[W" in result.stderr
    missing = weft("switch", tmp_path / "missing.weft", "--p4runtime", "0")
    assert (missing.exit_code, "missing.weft" in missing.stderr) == (1, True)
    empty = tmp_path / "empty"
    empty.mkdir()
    result = weft("switch", empty, "--p4runtime", "0")
    assert (result.exit_code, "manifest.json" in result.stderr) == (1, True)


def test_test_build_is_refused(program: Path, tmp_path: Path) -> None:
    for place, content in compile_program(load_program(program).program, test_header=True).items():
        (tmp_path / "built" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "built" / place).write_bytes(content)
    result = weft("switch", tmp_path / "built", "--p4runtime", "0")
    assert (result.exit_code, "this is a test build" in result.stderr) == (1, True)


CABLE = "use std::net;\npair left <-> right;\non left (_) { send right; }\non right (_) { send left; }\n"


@needs_namespaces
def test_hosts_talk_through_a_switch(tmp_path: Path) -> None:
    cable = write_program(tmp_path, CABLE, name="cable.weft")
    with namespace() as space:
        space.pair("l0", "l1")
        space.pair("r0", "r1")
        space.ip("link", "set", "lo", "up")
        space.ip("address", "add", "10.0.0.1/24", "dev", "l1")
        space.ip("neighbour", "add", "10.0.0.2", "lladdr", "02:00:00:00:00:02", "dev", "l1")
        right = space.end_of("r1")
        with running_switch(cable, "-i", "0@l0", "-i", "1@r0", within=space.within) as switch:
            assert space.call(say_hello) == 5
            assert right.receive().endswith(b"hello")
            left = space.end_of("l1")
            right.send(b"\2\0\0\0\0\1" + b"\2\0\0\0\0\2" + b"\x88\xb5")
            assert left.receive()[12:14] == b"\x88\xb5"
            left.close()
            ended = switch.end()
        right.close()
    assert ended.code == 0
    assert ended.stopped["ports"] == [
        {"name": "left", "number": 0, "received": 1, "sent": 1},
        {"name": "right", "number": 1, "received": 1, "sent": 1},
    ]
    assert ended.notes == (
        "note: packets came in by l0 whose checksums their host had left to its interface: "
        "turn that off there (`ethtool -K INTERFACE tx off`)\n"
    )


def say_hello() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
        return host.sendto(b"hello", ("10.0.0.2", 9))
