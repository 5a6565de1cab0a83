"""The program that finds a packet's share, carried out by the interpreter."""

from __future__ import annotations

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from compiler.analyses.core_owners import find_core_owners
from compiler.ir.emissions import Drop
from compiler.ir.program import Program
from compiler.ir.verify import verify
from compiler.meaning.hashing import share_of
from compiler.passes.find_core import find_core
from compiler.pipeline import run_passes
from sim.interpreter import Machine
from tests.examples.corpus import EXAMPLES, example_program

NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/*.weft"))
LAN, WAN = 0, 1


def finder(program: Program) -> Program:
    found = find_core(program, find_core_owners(program))
    verify(found)
    return run_passes(found, since="assign_shares", check=True)


def answer(program: Program, packet: Packet, port: int) -> int | None:
    """The share, or None where any core may have the packet."""
    outcome = Machine(program, states={}).process(bytes(packet), port=port, now=0)
    return None if isinstance(outcome.final, Drop) else outcome.emissions[0].port


@pytest.mark.parametrize("name", NAMES)
def test_every_example_has_a_valid_one_without_state(name: str) -> None:
    found = finder(example_program(name))
    assert not found.states


def test_both_directions_of_a_session_have_one_share() -> None:
    """A NAT's packets from outside tell their share by the port alone: ids of a share are those that hash to it."""
    program = finder(example_program("nat"))
    flow = Ether() / IP(src="10.0.0.7", dst="198.51.100.9") / UDP(sport=4321, dport=53)
    share = share_of([0x0A000007, 0xC6336409, 4321, 53], shares=64)
    assert answer(program, flow, LAN) == share
    ids = [id_ for id_ in range(1024, 65536) if share_of([id_], shares=64) == share]
    back = Ether() / IP(src="198.51.100.9", dst="203.0.113.1") / UDP(sport=53, dport=ids[5])
    assert answer(program, back, WAN) == share


def test_tcp_and_udp_of_the_same_ports_have_the_same_share() -> None:
    program = finder(example_program("nat"))
    over = {l4: Ether() / IP(src="10.0.0.7", dst="198.51.100.9") / l4(sport=1, dport=2) for l4 in (TCP, UDP)}
    assert answer(program, over[TCP], LAN) == answer(program, over[UDP], LAN)


def test_packets_without_state_may_go_anywhere() -> None:
    program = finder(example_program("nat"))
    assert answer(program, Ether(type=0x88CC) / b"", LAN) is None


def test_what_has_one_home_is_share_0() -> None:
    program = finder(example_program("bridge"))
    assert answer(program, Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / b"", 1) == 0
