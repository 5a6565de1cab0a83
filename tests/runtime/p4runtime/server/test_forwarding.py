"""What a switch starts with, and what it leaves when it stops: entries and states of the source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from finsy.proto import p4r

from compiler.ir.program import Program
from compiler.meaning.hashing import DEFAULT_SALT
from runtime.p4runtime.errors import DeployError
from runtime.p4runtime.server.forwarding import Forwarding
from runtime.p4runtime.server.packets import PacketPath
from runtime.p4runtime.server.pipeline import ServedProgram
from sim.captures import Packet
from sim.control import SavedState, abstract_state, load_state, save_state
from sim.interpreter import Run
from sim.state import ControlEntries, Exact, Prefix, Range, StateError, TableEntry, Ternary
from tests.runtime.p4runtime.server.controller import delete, insert, modify
from tests.runtime.p4runtime.server.entities import between, cell, entry, exact, group, prefix, register_id, ternary
from tests.runtime.p4runtime.server.program import LAN, SPARE, WAN, datagram, served_program

SECOND = 1_000_000_000
ENTRIES = ControlEntries(
    tables={
        "hosts": (TableEntry((Exact(0x0A000009),), (SPARE, 0xAA)),),
        # In a program the longer prefix comes first, whatever the priorities.
        "rules": (
            TableEntry((Prefix(0x0A000000, 8), Ternary(0, 0), Range(0, 65535)), (8,), 9),
            TableEntry((Prefix(0x0A000000, 24), Ternary(0, 0), Range(0, 65535)), (24,), 2),
            TableEntry((Prefix(0x0A000000, 24), Ternary(1, 1), Range(0, 65535)), (1,), 5),
        ),
        "groups": (TableEntry((Exact(7),), (3,)),),
    },
    arrays={"cells": (0, 5)},
    tunables={"limit": 2},
    multicast={3: (WAN, SPARE)},
)


class Served:
    """A forwarding state, and packets through it at given times."""

    def __init__(self, served: ServedProgram, forwarding: Forwarding) -> None:
        self.forwarding = forwarding
        self.now_ns = SECOND
        self._path = PacketPath(served.manifest, served.program, now_ns=lambda: self.now_ns)

    def send(self, data: bytes, *, port: int = LAN) -> list[tuple[int, bytes]]:
        return self._path.receive(self.forwarding, (port, data))[0]

    @property
    def strange(self) -> int:
        return self._path.traffic.strange


@pytest.fixture
def filled(served: ServedProgram) -> Served:
    return Served(served, Forwarding(served.manifest, served.program, entries=ENTRIES))


PACKETS = [
    datagram(dport=80, sport=2),
    datagram(dport=80, sport=3),
    datagram(dport=80, sport=3, dst="10.9.9.9"),
    datagram(dport=90, sport=7),
    datagram(dport=100, sport=1),
    datagram(dport=1),
    *[datagram(src="192.0.2.7")] * 3,
    datagram(dst="192.0.2.9", dport=1),
]


def test_entries_of_a_file_do_what_they_do_in_a_run(filled: Served, served: ServedProgram) -> None:
    sent: list[Packet] = []
    run = Run(served.program, entries=ENTRIES)
    run.feed((Packet(SECOND, data, len(data), LAN) for data in PACKETS), send=sent.append)
    assert len(sent) == 9  # 3 by rules, 2 of the group, 1 cell, 1 host, 2 of 3 to a client, none without a route
    assert [out for data in PACKETS for out in filled.send(data)] == [(packet.port, packet.data) for packet in sent]


def test_saved_state_is_that_of_a_run(filled: Served, served: ServedProgram, tmp_path: Path) -> None:
    run = Run(served.program, entries=ENTRIES)
    run.feed(Packet(SECOND, data, len(data), LAN) for data in PACKETS)
    for data in PACKETS:
        filled.send(data)
    expected = abstract_state(served.program, run.states, SECOND)
    expected["hosts"] = {"10.0.0.9": expected["hosts"].pop("10.0.0.9")}

    def view(saved: SavedState, program: Program) -> object:
        return abstract_state(program, saved.states, SECOND)

    saved = filled.forwarding.saved_state(SECOND)
    assert (saved.now_ns, saved.salt) == (SECOND, DEFAULT_SALT)
    assert view(saved, served.program) == expected
    # And once it runs on arrays, for a controller wrote what was there already.
    filled.forwarding.write(modify(cell(register_id(served.manifest, "clients__used"), 127, 0)))
    assert view(filled.forwarding.saved_state(SECOND), served.program) == expected

    save_state(tmp_path / "state.json", served.program, saved.states, saved.now_ns)
    again = Forwarding(served.manifest, served.program, saved=load_state(tmp_path / "state.json", served.program))
    assert view(again.saved_state(SECOND), served.program) == expected
    back = Served(served, again)
    assert [len(back.send(data)) for data in PACKETS[:3]] == [1, 1, 1]
    assert back.send(datagram(src="192.0.2.7")) == [(WAN, PACKETS[6])]  # the third of 3: tunables are not saved
    assert back.send(datagram(src="192.0.2.7")) == []


def test_entries_take_the_place_of_saved_tables(filled: Served, served: ServedProgram) -> None:
    saved = filled.forwarding.saved_state(SECOND)
    other = ControlEntries(tables={"hosts": (TableEntry((Exact(0x0A000009),), (WAN, 0xBB)),)})
    both = Served(served, Forwarding(served.manifest, served.program, entries=other, saved=saved))
    assert both.send(datagram(dport=1))[0][0] == WAN
    assert [len(both.send(data)) for data in PACKETS[:3]] == [1, 1, 1]  # the rules are those saved


def test_what_a_controller_wrote_is_saved(served: ServedProgram) -> None:
    empty = Served(served, Forwarding(served.manifest, served.program))
    manifest = served.manifest
    for update in (
        insert(entry(manifest, "hosts", [exact(5)], [WAN, 6])),
        insert(entry(manifest, "cells", [exact(2)], [7])),
        insert(
            entry(
                manifest,
                "rules",
                [prefix(0x0A000000, 8), ternary(1, 3, field=2), between(1, 2, field=3)],
                [4],
                priority=6,
            )
        ),
    ):
        empty.forwarding.write(update)
    view = abstract_state(served.program, empty.forwarding.saved_state(0).states, 0)
    assert view["hosts"] == {"0.0.0.5": {"value": {"to": "wan", "mac": "00:00:00:00:00:06"}}}
    assert view["cells"] == {"2": 7}
    ((label, found),) = view["rules"].items()
    assert (label.partition(" priority")[0], found) == ("10.0.0.0/8, 1 & 0x3, 1..2", {"value": 4})


def test_order_that_no_file_can_say_is_not_saved_silently(served: ServedProgram) -> None:
    empty = Forwarding(served.manifest, served.program)
    empty.write(insert(entry(served.manifest, "rules", [prefix(0x0A000000, 8)], [1], priority=2)))
    empty.write(insert(entry(served.manifest, "rules", [prefix(0x0A000000, 24)], [1], priority=1)))
    with pytest.raises(DeployError, match="a prefix of 8 bits wins over one of 24 bits"):
        empty.saved_state(0)


def test_registers_that_hold_no_state_are_not_saved(filled: Served, served: ServedProgram) -> None:
    key, used = (register_id(served.manifest, f"clients__{part}") for part in ("key0", "used"))
    for index in range(128):  # one key in all places cannot be
        filled.forwarding.write(modify(cell(key, index, 5)))
        filled.forwarding.write(modify(cell(used, index, 1)))
    with pytest.raises(StateError, match="clients"):
        filled.forwarding.saved_state(SECOND)


def test_entries_beyond_the_program_are_refused(served: ServedProgram) -> None:
    with pytest.raises(DeployError, match="multicast group 65535"):
        Forwarding(served.manifest, served.program, entries=ControlEntries(multicast={65535: (LAN,)}))


LEASES = """\
use std::net;
port lan, wan;
state ids: lease<u16 => ip4> { range: 10..=13 }
state by_ip: index<ip4 => ids>;
on lan (p: ipv4) {
    let session = by_ip.find_or_open(p.ipv4.src) else drop;
    p.ipv4.id = session.id;
    send wan;
}
on lan | wan (_) { drop }
"""


def test_index_that_leads_nowhere_costs_a_packet_and_no_more() -> None:
    served = served_program(LEASES, "leases")
    leases = Served(served, Forwarding(served.manifest, served.program))
    assert len(leases.send(datagram(src="10.0.0.1"))) == 1
    hand = cell(register_id(served.manifest, "ids__hand"), 0, 1_000_000)
    leases.forwarding.write(modify(hand))
    assert leases.send(datagram(src="10.0.0.2")) == []
    assert leases.strange == 1
    assert len(leases.send(datagram(src="10.0.0.1"))) == 1  # is known, and needs no new id
    leases.forwarding.write(modify(cell(register_id(served.manifest, "ids__hand"), 0, 1)))
    assert len(leases.send(datagram(src="10.0.0.2"))) == 1


def test_frames_by_ports_that_the_program_does_not_have(filled: Served) -> None:
    assert filled.send(datagram(), port=77) == []


def test_groups_that_the_program_itself_needs_can_be_written(served: ServedProgram) -> None:
    """The interpreter makes all copies itself, but a deployer writes these, and reads them back."""
    fresh = Forwarding(served.manifest, served.program)
    (own,) = served.manifest.groups
    written = group(own.number, [(r.device_port, r.instance) for r in own.replicas])
    fresh.write(insert(written))
    assert list(fresh.read(group(0))) == [written]
    fresh.write(delete(group(own.number)))


def test_reads_are_of_the_time_of_the_call(served: ServedProgram) -> None:
    fresh = Forwarding(served.manifest, served.program)
    fresh.write(insert(entry(served.manifest, "hosts", [exact(1)], [0, 1])))
    read = fresh.read(p4r.Entity(table_entry=p4r.TableEntry()))
    fresh.write(delete(entry(served.manifest, "hosts", [exact(1)], None)))
    assert len(list(read)) == 1


def test_tables_that_are_on_no_switch_keep_their_entries() -> None:
    """A table that nothing is looked up in does not become P4."""
    text = LEASES.replace("state ids", "table unused: exact<u8 -> u8> { size: 4 }\nstate ids")
    served = served_program(text, "unused")
    assert [table.name for table in served.manifest.tables] == []
    entries = ControlEntries(tables={"unused": (TableEntry((Exact(1),), (2,)),)})
    kept = Forwarding(served.manifest, served.program, entries=entries).saved_state(0)
    assert abstract_state(served.program, kept.states, 0)["unused"] == {"1": {"value": 2}}
    saved = replace(kept, salt=5)
    assert Forwarding(served.manifest, served.program, saved=saved).saved_state(0).salt == 5


TWICE = """\
use std::net;
port lan, wan;
table hops: exact<ip4 -> port> { size: 4 }
on lan (p: ipv4) {
    let to = hops.get(p.ipv4.dst) else drop;
    let back = hops.get(p.ipv4.src) else drop;
    if back == to { drop }
    send to;
}
on lan | wan (_) { drop }
"""


def test_of_several_copies_of_a_table_the_first_one_counts() -> None:
    served = served_program(TWICE, "twice")
    (table,) = served.manifest.tables
    assert len(table.copies) == 2  # one for each lookup
    twice = Served(served, Forwarding(served.manifest, served.program))
    to, back = (
        entry(served.manifest, "hops", [exact(i)], [port]) for i, port in ((0x0A000009, WAN), (0x0A000001, LAN))
    )
    for hop in (to, back):
        twice.forwarding.write(insert(hop))
    assert [port for port, _ in twice.send(datagram())] == [WAN]
    second = entry(served.manifest, "hops", [exact(0x0A000009)], [LAN])
    second.table_entry.table_id = table.copies[1].id
    twice.forwarding.write(insert(second))
    assert [port for port, _ in twice.send(datagram())] == [WAN]
    assert list(twice.forwarding.read(p4r.Entity(table_entry=p4r.TableEntry()))) == [to, back, second]


def test_entries_are_written_into_all_copies() -> None:
    served = served_program(TWICE, "twice")
    entries = ControlEntries(tables={"hops": (TableEntry((Exact(5),), (1,)),)})
    filled = Forwarding(served.manifest, served.program, entries=entries)
    found = [e.table_entry.table_id for e in filled.read(p4r.Entity(table_entry=p4r.TableEntry()))]
    assert found == [copy.id for copy in served.manifest.tables[0].copies]
