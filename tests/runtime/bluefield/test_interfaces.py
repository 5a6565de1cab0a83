"""A NAT between two interfaces of the kernel, in a network namespace of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from runtime.bluefield.process import SOFTWARE_EAL, RunningApplication, RunOptions, start_application
from runtime.bluefield.saved_state import pull_state
from runtime.lab.namespace import in_namespace
from tests.dpdk import DpdkEngine, binary_of, floating_lcores, needs_dpdk
from tests.examples.corpus import example_program
from tests.runtime.lab.machine import needs_root

pytestmark = [needs_dpdk, needs_root]

PUBLIC, INNER, OUTER = "203.0.113.1", "10.0.0.7", "192.0.2.9"
FLOWS = 20
LIMIT_S = 10.0


@pytest.fixture
def namespace() -> Iterator[str]:
    """Two pairs of interfaces: the far end of `lan` and of `wan` are the application's."""
    name = f"weft-dpdk-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        for port in ("lan", "wan"):
            ip(name, "link", "add", port, "type", "veth", "peer", "name", f"{port}-far")
            for end in (port, f"{port}-far"):
                ip(name, "link", "set", end, "up", "promisc", "on")
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


def ip(namespace: str, *words: str) -> None:
    subprocess.run(["ip", "-n", namespace, *words], check=True)


def raw_socket(interface: str) -> socket.socket:
    found = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # linux/if_ether.h: ETH_P_ALL
    found.bind((interface, 0))
    found.settimeout(LIMIT_S)
    return found


def packet(*, source: tuple[str, int], destination: tuple[str, int]) -> bytes:
    ether = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    ip_ = IP(src=source[0], dst=destination[0])
    return bytes(ether / ip_ / UDP(sport=source[1], dport=destination[1]) / Raw(b"a packet of some bytes"))


def received(link: socket.socket, *, destination: str, count: int) -> list[UDP]:
    """The next UDP packets to `destination`, of those that the interface sees."""
    found: list[UDP] = []
    while len(found) < count:
        seen = Ether(link.recv(65536))
        if UDP in seen and seen[IP].dst == destination:
            found.append(seen[UDP])
    return found


def start(namespace: str, folder: Path, binary: Path) -> RunningApplication:
    devices = [f"net_af_packet{n},iface={port}-far" for n, port in enumerate(("lan", "wan"))]
    eal = [*SOFTWARE_EAL, "--no-telemetry", "--lcores", floating_lcores(2)]
    eal += [word for device in devices for word in ("--vdev", device)]
    options = RunOptions(eal=eal, folder=folder, die_with_parent=False)  # the thread in the namespace ends at once
    return in_namespace(namespace, lambda: start_application(binary, options))


def test_a_nat_between_interfaces(namespace: str, tmp_path: Path) -> None:
    engine = DpdkEngine()  # what it builds goes with it
    built = engine.build(example_program("nat"), test_header=False)
    lan, wan = (in_namespace(namespace, lambda port=port: raw_socket(port)) for port in ("lan", "wan"))
    began = time.time_ns()
    with lan, wan, start(namespace, tmp_path, binary_of(built)) as running, running.client() as client:
        client.hello(built)
        for flow in range(FLOWS):
            lan.send(packet(source=(INNER, 4000 + flow), destination=(OUTER, 53)))
        outside = received(wan, destination=OUTER, count=FLOWS)
        assert len({udp.sport for udp in outside}) == FLOWS
        for udp in outside:
            wan.send(packet(source=(OUTER, 53), destination=(PUBLIC, udp.sport)))
        inside = received(lan, destination=INNER, count=FLOWS)
        assert sorted(udp.dport for udp in inside) == [4000 + flow for flow in range(FLOWS)]
        saved = pull_state(client, built)
    assert began - 1_000_000_000 < saved.now_ns < time.time_ns() + 1_000_000_000
    assert len(saved.states["sessions"].snapshot()["leases"]) == FLOWS  # type: ignore[arg-type]
