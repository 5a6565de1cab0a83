"""What is on the link between two pieces, byte by byte, and what is not believed there."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from compiler.ir.operations import Drop
from compiler.ir.program import Program
from compiler.load import load_source
from compiler.partition.cut import Cut, CutError
from compiler.partition.split_at_cuts import Piece, split_at_cuts
from compiler.source import Source
from sim.interpreter import Machine
from sim.state import NO_ENTRIES, build_states
from tests.compiler.partition.pieces import Chain
from tests.strategies.packets import Packet

PROGRAM = """\
port lan, wan;
header eth { @destination dst: mac, @source src: mac, type: u16 }
header probe on eth.type == 0x1234 { op: u8, key: u8, x: u16 }
state first: u7[4];
state second: u16[4];

on lan | wan (p: probe) where p.probe.op == 0 { send p.port; }
on lan | wan (p: probe) where p.probe.op == 1 {
    first[p.probe.key % 4] += 1;
    let count = first[p.probe.key % 4];
    second[p.probe.key % 4] += p.probe.x;
    p.probe.x = second[p.probe.key % 4] + (count as u16);
    send wan;
}
on lan | wan (p: eth) { flood }
on lan | wan (_) { drop }
"""
CUT = Cut(("switch", "host", "switch"), {"second": 1})
NOW = 0x0102030405060708
LAN, WAN, LINK = 0, 1, 2


def loaded(text: str = PROGRAM) -> Program:
    return load_source(Source("cut.weft", text)).program


def machine(piece: Piece) -> Machine:
    return Machine(piece.program, states=build_states(piece.program))


def probe(op: int, *, key: int = 2, x: int = 500) -> bytes:
    return bytes(range(12)) + struct.pack(">HBBH", 0x1234, op, key, x) + b"payload"


def shim(position: int, *, port: int, length: int, live: bytes, now: int = NOW) -> bytes:
    return (
        bytes.fromhex(f"0200000000{position:02x}")
        + bytes.fromhex(f"0200000000{position - 1:02x}")
        + struct.pack(">HBHIQ", 0x88B5, position, port, length, now)
        + live
    )


def test_a_packet_is_handed_on_as_it_came_behind_its_shim() -> None:
    switch, host = map(machine, split_at_cuts(loaded(), CUT))
    packet = probe(1)
    (there,) = switch.process(packet, port=WAN, now=NOW, wire_length=90).emissions
    # `count` is 1, in 7 bits and one more to fill up the byte; the capture lacks some of the packet's 90 bytes.
    assert there.data == shim(1, port=WAN, length=90, live=bytes([1 << 1])) + packet
    assert (there.port, there.wire_length) == (LINK, 90 + 30)
    (back,) = host.process(there.data, port=LINK, now=77, wire_length=there.wire_length).emissions
    assert back.data == shim(2, port=WAN, length=90, live=_live(1, 500)) + packet
    (out,) = switch.process(back.data, port=LINK, now=78, wire_length=back.wire_length).emissions
    assert (out.port, out.data, out.wire_length) == (WAN, probe(1, x=501), 90)


def _live(count: int, total: int) -> bytes:
    """7 and 16 bits, and one to fill up."""
    return (count << 17 | total << 1).to_bytes(3, "big")


def test_what_needs_no_other_device_does_not_leave() -> None:
    chain = Chain(split_at_cuts(loaded(), CUT), NO_ENTRIES)
    chain.process(Packet(probe(0), LAN, NOW, 30))
    chain.process(Packet(bytes(14), LAN, NOW, 30))
    assert chain.crossings == 0
    chain.process(Packet(probe(1), LAN, NOW, 30))
    assert chain.crossings == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:29],  # cut inside of the shim
        lambda data: data[:12] + b"\x88\xb6" + data[14:],
        lambda data: data[:14] + b"\x01" + data[15:],  # to go on where this piece never does
        lambda data: b"",
    ],
)
def test_what_comes_by_a_link_without_a_valid_shim_is_dropped(change: Callable[[bytes], bytes]) -> None:
    switch, _ = split_at_cuts(loaded(), CUT)
    good = shim(2, port=LAN, length=25, live=_live(1, 500)) + probe(1)
    assert machine(switch).process(good, port=LINK, now=0).emissions
    outcome = machine(switch).process(change(good), port=LINK, now=0)
    assert (outcome.emissions, outcome.final.__class__) == ([], Drop)


def test_a_shim_by_a_port_of_the_program_is_a_packet_like_any_other() -> None:
    switch, _ = split_at_cuts(loaded(), CUT)
    forged = shim(2, port=LAN, length=25, live=_live(1, 500)) + probe(1)
    (flooded,) = machine(switch).process(forged, port=LAN, now=0).emissions
    assert (flooded.port, flooded.data) == (WAN, forged)  # by the program's other port, not by the link


def test_a_packet_without_a_shim_is_nothing_to_a_later_device() -> None:
    _, host = split_at_cuts(loaded(), CUT)
    assert machine(host).process(probe(1), port=LAN, now=0).emissions == []


def test_an_index_and_its_lease_are_in_one_place() -> None:
    program = loaded(
        "use std::net;\nport lan, wan;\n"
        "state ids: lease<u16 => net::Flow> { range: 1..=9, idle: 1s }\nstate of: index<net::Flow => ids>;\n"
        "on lan (p: ipv4 & l4) { let s = of.find_or_open(p.flow()) else drop; p.l4.sport = s.id; send wan }\n"
        "on lan | wan (_) { drop }\n"
    )
    with pytest.raises(CutError, match="accessed together"):
        split_at_cuts(program, Cut(("a", "b", "a"), {"of": 1}))
