"""A switch between the ends of two cables: frames as they are on the wire."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether

from runtime.p4runtime.server.errors import InterfaceError
from runtime.p4runtime.server.interfaces import Interface
from runtime.p4runtime.server.packet_loop import PacketLoop
from runtime.p4runtime.server.switch import Switch
from tests.runtime.p4runtime.server.namespace import DEADLINE_S, End, Namespace, namespace, needs_namespaces
from tests.runtime.p4runtime.server.program import served_program

pytestmark = needs_namespaces

CABLE = """\
use std::net;
pair left <-> right;
state seen: u32;
on left (_) { seen += 1; send right; }
on right (_) { seen += 1; send left; }
"""
HEAD = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")


class Wired:
    """A switch, two interfaces of the namespace as its ports, and the far ends of their cables."""

    def __init__(self, space: Namespace, switch: Switch) -> None:
        self.space, self.switch = space, switch
        space.pair("l0", "l1")
        space.pair("r0", "r1")
        self.interfaces = space.call(lambda: {0: Interface("l0"), 1: Interface("r0")})
        self.failures: list[BaseException] = []
        self.loop = PacketLoop(self.interfaces, handle=switch.receive, failed=self.failures.append)
        self.left, self.right = space.end_of("l1"), space.end_of("r1")


@pytest.fixture
def wired() -> Iterator[Wired]:
    with namespace() as space, Switch(served_program(CABLE, "cable"), address="127.0.0.1:0") as switch:
        found = Wired(space, switch)
        found.loop.start()
        yield found
        found.loop.stop()
        found.left.close()
        found.right.close()
        assert found.failures == []


def crosses(frame: bytes, from_: End, to: End) -> None:
    """The frame arrives as it was sent, once: what comes next is the next one."""
    from_.send(frame)
    assert to.receive() == frame


def test_frames_cross_both_ways_as_they_are(wired: Wired) -> None:
    frames = [
        HEAD / IP(src="10.0.0.1", dst="10.0.0.2") / UDP() / b"data",
        HEAD / Dot1Q(vlan=5, prio=3) / IP(dst="10.0.0.2") / UDP() / b"tagged",
        HEAD / Dot1AD(vlan=7) / Dot1Q(vlan=8) / IP(dst="10.0.0.2") / b"tagged twice",
        HEAD / bytes(1500),
        Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff", type=0x88B5) / b"x",
        Ether(src="02:00:00:00:00:01", dst="01:00:5e:00:00:05", type=0x88B5) / b"multicast",
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:99", type=0x88B5) / b"to nobody here",
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", type=5) / b"12345",
    ]
    for frame in frames:
        crosses(bytes(frame), wired.left, wired.right)
        crosses(bytes(frame), wired.right, wired.left)
    traffic = wired.switch.traffic.ports
    assert [(port.received, port.sent) for port in traffic.values()] == [(len(frames), len(frames))] * 2


def test_many_frames_keep_their_order(wired: Wired) -> None:
    frames = [bytes(HEAD / number.to_bytes(4, "big")) for number in range(100)]
    for frame in frames:
        wired.left.send(frame)
    assert [wired.right.receive() for _ in frames] == frames


def test_what_the_host_itself_sends_is_none_of_the_switchs(wired: Wired) -> None:
    host = wired.space.end_of("l0")
    host.send(bytes(HEAD / b"of the host"))
    assert wired.left.receive() == bytes(HEAD / b"of the host")
    host.close()
    crosses(bytes(HEAD / b"of the wire"), wired.left, wired.right)
    assert wired.switch.traffic.ports[0].received == 1


def test_frames_that_are_too_long_for_an_interface_are_lost(wired: Wired) -> None:
    for name in ("l0", "l1"):
        wired.space.ip("link", "set", name, "mtu", "9000")
    wired.left.send(bytes(HEAD / bytes(4000)))
    crosses(bytes(HEAD / b"short"), wired.left, wired.right)
    assert wired.interfaces[1].lost == 1


def test_interface_that_goes_down_and_comes_back(wired: Wired) -> None:
    wired.space.ip("link", "set", "r0", "down")
    wired.left.send(bytes(HEAD / b"lost"))
    crosses_back = bytes(HEAD / b"back again")
    wired.space.ip("link", "set", "l0", "down")
    for name in ("l0", "r0"):
        wired.space.ip("link", "set", name, "up")
    crosses(crosses_back, wired.left, wired.right)
    crosses(crosses_back, wired.right, wired.left)


def test_interface_that_goes_away_takes_nothing_along(wired: Wired) -> None:
    wired.space.ip("link", "del", "r0")
    wired.left.send(bytes(HEAD / b"lost"))
    wired.left.send(bytes(HEAD / b"lost as well"))
    wait_for(lambda: wired.interfaces[1].lost == 2)


def wait_for(holds: Callable[[], bool]) -> None:
    """Look until it holds; fails where it does not in time."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0)


def test_unfinished_checksums_are_noticed(wired: Wired) -> None:
    """A host at the other end leaves the checksum of UDP to its interface, which passes it on as it is."""
    wired.space.ip("address", "add", "10.0.0.1/24", "dev", "l1")
    wired.space.ip("neighbour", "add", "10.0.0.2", "lladdr", "02:00:00:00:00:02", "dev", "l1")

    def say() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
            host.sendto(b"hello", ("10.0.0.2", 9))

    assert not wired.interfaces[0].saw_unfinished
    wired.space.call(say)
    assert wired.right.receive().endswith(b"hello")
    assert wired.interfaces[0].saw_unfinished


def test_interface_that_is_not_there() -> None:
    for name in ("no-such-thing", "", "x" * 40, "a\0b"):
        with pytest.raises(InterfaceError, match="there is no network interface"):
            Interface(name)
