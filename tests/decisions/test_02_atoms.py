"""Atoms: states without a flow between them may be placed apart, but packets meet them in one order."""

from __future__ import annotations

from itertools import permutations, product

from compiler.analyses import find_atoms
from tests.decisions.device import Device, load, udp

# Each packet carries away what it found in both states.
STAMP = """pair lan <-> wan;
state a: u8;
state b: u8;
on lan | wan (p: ipv4) {
    let x = a;
    a = 1;
    let y = b;
    b = 1;
    p.ipv4.ttl = concat(0u6, x as u1, y as u1);
    send p.port.peer;
}
on lan | wan (_) { drop }
"""

TICKETS = """port lan, wan;
state a: u8;
state b: u8;
on lan (p: ipv4) { let x = a; a += 1; b = x; send wan; }
on lan | wan (_) { drop }
"""


def atom_names(text: str) -> list[str]:
    return [atom.name for atom in find_atoms(load(text).program).atoms]


def stamps(order: tuple[str, ...]) -> list[int]:
    device = Device(STAMP)
    return [device.send(port, udp())[0][1][22] for port in order]  # TTL: byte 22 of an untagged frame


def test_two_states_without_a_flow_are_two_atoms() -> None:
    assert atom_names(STAMP) == ["a", "b"]
    assert atom_names(TICKETS) == ["a", "b"]  # a flow one way


def test_in_every_serial_order_one_packet_finds_both_states_untouched() -> None:
    # A lan packet at a then b, a wan packet at b then a, would both be stamped with one 0 and one 1.
    for order in permutations(("lan", "wan")):
        assert stamps(order) == [0b00, 0b11]


def test_the_last_ticket_is_one_less_than_the_tickets_given() -> None:
    # With a lock for each state alone, a == 2 and b == 0 could be left behind.
    for packets in range(1, 5):
        device = Device(TICKETS)
        for _ in range(packets):
            device.send("lan", udp())
        assert {name: cells.get("0", 0) for name, cells in device.state().items()} == {"a": packets, "b": packets - 1}


def test_no_other_stamp_exists_whatever_the_order() -> None:
    for order in product(("lan", "wan"), repeat=3):
        assert sorted(stamps(order)) == [0b00, 0b11, 0b11]
