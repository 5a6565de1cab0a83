"""A table is looked up once a packet where a target can do no more: exclusive look-ups become one."""

from __future__ import annotations

from compiler.ir.operations import TableGet
from compiler.ir.program import Program
from sim.state.entries import ControlEntries, Exact, TableEntry
from tests.decisions.device import Device, codes, load, optimized, udp

EXCLUSIVE = """port lan, wan;
table backends: exact<u8 -> u8> { size: 16 }
on lan (p: ipv4) {
    if p.ipv4.ttl > 10 {
        let chosen = backends.get(p.ipv4.proto) else drop;
        p.ipv4.ttl = chosen;
    } else {
        let next = backends.get(p.ipv4.ttl) else drop;
        p.ipv4.dscp = next.bits(5, 0);
    }
    send wan;
}
on lan | wan (_) { drop }
"""

BOTH = EXCLUSIVE.replace("} else {", "}\n    {")
ENTRIES = ControlEntries(tables={"backends": (TableEntry((Exact(17),), (99,)), TableEntry((Exact(5),), (33,)))})


def look_ups(program: Program) -> int:
    return sum(isinstance(op, TableGet) for op in program.operations)


def merged(text: str) -> Program:
    return optimized(text, also=("merge_table_lookups",))


def test_look_ups_on_two_sides_of_a_branch_become_one() -> None:
    assert (look_ups(load(EXCLUSIVE).program), look_ups(merged(EXCLUSIVE))) == (2, 1)
    assert look_ups(merged(BOTH)) == 2  # one packet makes both: the second would need a copy of the table


def test_the_one_look_up_gives_what_the_two_gave() -> None:
    for ttl, proto in ((64, 17), (64, 99), (5, 17), (6, 17), (10, 5), (11, 5)):
        packet = udp()
        packet["IP"].ttl, packet["IP"].proto = ttl, proto
        before, after = (
            Device(p, entries=ENTRIES).send("lan", packet) for p in (load(EXCLUSIVE).program, merged(EXCLUSIVE))
        )
        assert before == after


def test_packets_do_not_write_tables() -> None:
    text = """port lan, wan; table t: exact<ip4 -> u8> { size: 4 }
        on lan (p: ipv4) { t.set(p.ipv4.src, 1) else drop; send wan; } on lan | wan (_) { drop }"""
    assert len(codes(text)) == 1


def test_two_look_ups_of_one_packet_agree() -> None:
    text = """port lan, wan; table t: exact<u8 -> u8> { size: 4 }
        on lan (p: ipv4) {
            if !t.has(p.ipv4.proto) { drop }
            let x = t.get(p.ipv4.proto) else { 0 };
            p.ipv4.ttl = x;
            send wan;
        }
        on lan | wan (_) { drop }"""
    entries = ControlEntries(tables={"t": (TableEntry((Exact(17),), (9,)),)})
    device = Device(text, entries=entries)
    assert device.send("lan", udp())[0][1][22] == 9
    device.fill(ControlEntries(tables={"t": ()}))
    assert device.send("lan", udp()) == []
