"""The guarded straight line: source order is kept, nothing leaves its guard that could go wrong, names survive."""

from __future__ import annotations

import pytest

from compiler.ir.operations import ArrayUpdate, ArrayWrite, Final, MapFind, MapPut, Select
from compiler.ir.program import Program
from tests.decisions.device import Device, load, optimized, udp

INTERRUPTED = """port lan, wan;
state order: u64[1];
on lan (p: ipv4) {
    let one = order[0];
    order[0] = one * 8 + 1;
    if p.ipv4.ttl > 10 { let two = order[0]; order[0] = two * 8 + 2; }
    let three = order[0];
    order[0] = three * 8 + 3;
    if p.ipv4.ttl > 10 { let four = order[0]; order[0] = four * 8 + 4; }
    send wan;
}
on lan | wan (_) { drop }
"""

BOUNDED = """port lan, wan;
state cells: u8[200];
on lan (p: ipv4) {
    let i = p.ipv4.ttl;
    if i < 200 {
        if p.ipv4.id == 7 { cells[i] += 1; p.ipv4.dscp = cells[i].bits(5, 0); }
    }
    send wan;
}
on lan | wan (_) { drop }
"""


def programs(text: str) -> list[Program]:
    """As lowered, and after every pass, also with states taken apart into registers."""
    return [load(text).program, optimized(text), optimized(text, also=("merge_table_lookups", "expand_state"))]


@pytest.mark.parametrize(("ttl", "wanted"), [(64, 0o1234), (10, 0o13)])
def test_interrupted_guards_keep_source_order(ttl: int, wanted: int) -> None:
    packet = udp()
    packet["IP"].ttl = ttl
    for program in programs(INTERRUPTED):
        device = Device(program)
        device.send("lan", packet)
        assert device.cells("order") == {"0": wanted}


def test_an_index_is_never_used_outside_of_its_guard() -> None:
    for program in programs(BOUNDED):
        device = Device(program)
        for ttl, id_, wanted in ((255, 7, {}), (200, 7, {}), (199, 8, {}), (199, 7, {"199": 1})):
            packet = udp()
            packet["IP"].ttl, packet["IP"].id = ttl, id_
            assert len(device.send("lan", packet)) == 1
            assert device.cells("cells") == wanted


def test_state_operations_and_final_ones_are_neither_doubled_nor_lost() -> None:
    for text, writes in ((INTERRUPTED, 4), (BOUNDED, 1)):
        lowered, after = load(text).program, optimized(text)
        for program in (lowered, after):
            assert sum(isinstance(op, ArrayWrite | ArrayUpdate) for op in program.operations) == writes
        finals = [[type(op) for op in program.operations if isinstance(op, Final)] for program in (lowered, after)]
        assert finals[0] == finals[1]


def test_a_join_bears_the_name_of_its_variable() -> None:
    text = """port lan, wan; state x: u8[256];
        on lan (p: ipv4) {
            let mut hops = 1u8;
            if p.ipv4.ttl > 10 { hops = p.ipv4.ttl; }
            x[hops] = hops;
            send wan;
        }
        on lan | wan (_) { drop }"""
    for program in (load(text).program, optimized(text)):
        (join,) = [op for op in program.operations if isinstance(op, Select)]
        assert join.result.name == "hops"


def test_a_map_stays_one_operation_until_a_target_asks() -> None:
    text = """port lan, wan; state m: map<ip4, u8> { capacity: 64 }
        on lan (p: ipv4) { m.set(p.ipv4.src, 1) else drop; send wan; } on lan | wan (_) { drop }"""
    kept = [type(op) for op in optimized(text).operations if isinstance(op, MapFind | MapPut)]
    assert kept == [MapFind, MapPut]
    apart = optimized(text, also=("expand_state",))
    assert not any(isinstance(op, MapFind | MapPut) for op in apart.operations)
    devices = [Device(load(text).program), Device(apart)]
    for n in range(200):
        packet = udp(f"10.0.{n & 3}.{n}")
        first, second = (device.send("lan", packet) for device in devices)
        assert first == second
