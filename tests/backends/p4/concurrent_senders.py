"""Runs in a network namespace of its own: a switch on veth pairs, and a sender on each, all at once.

    unshare -n python concurrent_senders.py FOLDER PORTS ROUNDS BURST

Prints what the switch holds at the end as JSON: the meaning of every state. Senders wait for the switch after each
burst, so that no queue of the kernel runs over; within a burst all send as fast as they can.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from backends.p4.manifest import load_manifest
from compiler.ir.text_parse import parse_program
from runtime.bmv2.process import SwitchOptions, start_switch
from runtime.bmv2.state import pull_state
from runtime.bmv2.thrift_client import SwitchClient
from sim.control import abstract_state
from tests.backends.p4.flows import frame_of

_LIMIT_S = 60.0


def main(folder: Path, *, ports: int, rounds: int, burst: int) -> None:
    _make_links(ports)
    manifest = load_manifest(folder)
    program = parse_program((folder / manifest.program).read_text())
    assert manifest.device_config is not None, "p4c was found"
    options = SwitchOptions(
        config=folder / manifest.device_config, interfaces={port: f"switch{port}" for port in range(ports)}
    )
    with start_switch(options) as switch, switch.client() as client:
        _send_all(lambda: _seen(client, manifest.packets_seen.name), ports=ports, rounds=rounds, burst=burst)
        states = pull_state(manifest, program, client).states
        meaning = abstract_state(program, states, 0)
    sys.stdout.write(json.dumps({name: dict(held) for name, held in meaning.items()}, default=str))


def _make_links(ports: int) -> None:
    _ip("link", "set", "lo", "up")
    for port in range(ports):
        _ip("link", "add", f"host{port}", "type", "veth", "peer", "name", f"switch{port}")
        for end in (f"host{port}", f"switch{port}"):
            Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")  # its announcements would be counted
            _ip("link", "set", end, "up")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def _seen(client: SwitchClient, register: str) -> int:
    return client.read(register, 0)


def _send_all(seen: Callable[[], int], *, ports: int, rounds: int, burst: int) -> None:
    sockets = []
    for port in range(ports):
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sender.bind((f"host{port}", 0))
        sockets.append(sender)
    for turn in range(rounds):
        start = threading.Barrier(ports)

        def send(port: int, turn: int = turn, start: threading.Barrier = start) -> None:
            frames = [frame_of(port, turn * burst + number) for number in range(burst)]
            start.wait()
            for frame in frames:
                sockets[port].send(frame)

        threads = [threading.Thread(target=send, args=(port,)) for port in range(ports)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        _wait_for(seen, (turn + 1) * ports * burst)


def _wait_for(seen: Callable[[], int], count: int) -> None:
    until = time.monotonic() + _LIMIT_S
    while (now := seen()) < count:
        if time.monotonic() > until:
            raise SystemExit(f"the switch saw {now} packets of {count}")
        time.sleep(0.01)


if __name__ == "__main__":
    main(Path(sys.argv[1]), ports=int(sys.argv[2]), rounds=int(sys.argv[3]), burst=int(sys.argv[4]))
