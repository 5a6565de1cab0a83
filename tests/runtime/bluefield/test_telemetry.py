"""DPDK's telemetry, as `dpdk-telemetry.py` asks for it."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

from runtime.bluefield.application_folder import ApplicationFolder
from runtime.bluefield.entries import write_entries
from runtime.bluefield.process import RunningApplication
from tests.dpdk import needs_dpdk
from tests.runtime.bluefield.conftest import SOURCES, Start
from tests.runtime.bluefield.test_control import entries_of, sent_inside, wait_until

pytestmark = needs_dpdk

LONGEST = 1 << 20


def ask(running: RunningApplication, *commands: str) -> list[Any]:
    path = running.runtime_folder / "dpdk_telemetry.v2"
    found = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.settimeout(10)
        deadline = time.monotonic() + 10
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        connection.connect(str(path))
        connection.recv(LONGEST)  # what it says of itself
        for command in commands:
            connection.sendall(command.encode())
            found.append(json.loads(connection.recv(LONGEST))[command.partition(",")[0]])
    return found


def test_statistics_come_by_telemetry(start: Start, gate: ApplicationFolder) -> None:
    with start(telemetry=True, paused=True, endless=False) as running, running.client() as client:
        write_entries(client, gate, entries_of(gate, 1))
        client.resume()
        wait_until(lambda: sent_inside(client) == SOURCES, running)
        stats, first, second, ports, finals = ask(
            running, "/weft/stats", "/weft/stats,0", "/weft/stats,1", "/weft/ports", "/weft/finals"
        )
    assert (stats["program"], stats["workers"], stats["digest_lost"]) == ("gate", 2, SOURCES)
    assert first["handed_over"] + second["handed_over"] == stats["handed_over"] > 0
    assert ports["port"] == ["outside", "inside"]
    assert (ports["received_packets"], ports["sent_packets"]) == ([SOURCES, 0], [0, SOURCES])
    ends = dict(zip(zip(finals["place"], finals["kind"], strict=True), finals["packets"], strict=True))
    assert ends["gate.weft:35", "send"] == SOURCES == sum(ends.values())
