"""Table entries over the wire: writing, reading, and what packets then see."""

from __future__ import annotations

from ipaddress import IPv4Address

import grpc
import pytest
from finsy.proto import p4r
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether

from runtime.p4runtime.server.pipeline import ServedProgram
from runtime.p4runtime.server.switch import Switch
from tests.runtime.p4runtime.server.controller import Controller, codes_of, delete, errors_of, insert, modify
from tests.runtime.p4runtime.server.entities import (
    all_entries,
    between,
    entry,
    exact,
    group,
    prefix,
    ternary,
    tunables,
)
from tests.runtime.p4runtime.server.program import LAN, SPARE, WAN, datagram, table_of

INVALID, NOT_FOUND, EXISTS, DENIED, FULL, OUT_OF_RANGE, UNIMPLEMENTED = 3, 5, 6, 7, 8, 11, 12  # google/rpc/code.proto
MAC = 0x02_00_00_00_00_AA
UNKNOWN = grpc.StatusCode.UNKNOWN


def ip(text: str) -> int:
    return int(IPv4Address(text))


def refused(controller: Controller, *updates: p4r.Update) -> list[int]:
    """The codes of a batch that is refused in part."""
    with pytest.raises(grpc.RpcError) as found:
        controller.write(*updates)
    assert isinstance(found.value, grpc.Call)
    assert found.value.code() is UNKNOWN
    return list(codes_of(found.value))


def test_written_entry_is_read_back_and_decides(controller: Controller, switch: Switch, served: ServedProgram) -> None:
    hop = entry(served.manifest, "hosts", [exact(ip("10.0.0.9"))], [SPARE, MAC], metadata=b"mine")
    controller.write(insert(hop))
    assert controller.read(all_entries(served.manifest, "hosts")) == [hop]
    ((port, frame),) = switch.receive((LAN, datagram(dport=1)))
    assert (port, Ether(frame).dst) == (SPARE, "02:00:00:00:00:aa")

    controller.write(modify(entry(served.manifest, "hosts", [exact(ip("10.0.0.9"))], [WAN, MAC])))
    assert switch.receive((LAN, datagram(dport=1)))[0][0] == WAN
    controller.write(delete(entry(served.manifest, "hosts", [exact(ip("10.0.0.9"))], None)))
    assert switch.receive((LAN, datagram(dport=1))) == []
    assert controller.read(all_entries(served.manifest, "hosts")) == []


def test_longest_prefix_wins(controller: Controller, switch: Switch, served: ServedProgram) -> None:
    controller.write(
        insert(entry(served.manifest, "routes", [], [LAN])),  # matches anything
        insert(entry(served.manifest, "routes", [prefix(ip("10.0.0.0"), 8)], [WAN])),
        insert(entry(served.manifest, "routes", [prefix(ip("10.1.0.0"), 16)], [SPARE])),
    )
    sent = [switch.receive((WAN, datagram(dst=dst, dport=1)))[0][0] for dst in ("10.1.2.3", "10.2.2.3", "192.0.2.1")]
    assert sent == [SPARE, WAN, LAN]
    assert len(controller.read(all_entries(served.manifest, "routes"))) == 3


def test_highest_priority_wins_over_a_longer_prefix(
    controller: Controller, switch: Switch, served: ServedProgram
) -> None:
    """A switch knows one order of a table with priorities; that of Weft's own files is the deployer's business."""
    long = entry(served.manifest, "rules", [prefix(ip("10.0.0.0"), 24)], [24], priority=1)
    short = entry(served.manifest, "rules", [prefix(ip("10.0.0.0"), 8)], [8], priority=2)
    port = entry(served.manifest, "rules", [ternary(0x10, 0xF0, field=2)], [2], priority=3)
    length = entry(served.manifest, "rules", [between(100, 200, field=3)], [3], priority=4)
    controller.write(*map(insert, (long, short, port, length)))
    packets = [
        datagram(dport=80, sport=0x20),
        datagram(dport=80, sport=0x11),
        datagram(dport=80, sport=0x11, size=100),  # 108 with its header
        datagram(dport=80, sport=0x20, dst="11.0.0.1"),
    ]
    marks = [[IP(frame[14:]).ttl for _, frame in switch.receive((LAN, packet))] for packet in packets]
    assert marks == [[8], [2], [3], []]
    controller.write(delete(short))
    assert IP(switch.receive((LAN, packets[0]))[0][1][14:]).ttl == 24
    assert controller.read(all_entries(served.manifest, "rules")) == [long, port, length]


def test_same_key_with_two_priorities_is_two_entries(controller: Controller, served: ServedProgram) -> None:
    one = entry(served.manifest, "rules", [between(1, 2, field=3)], [1], priority=1)
    two = entry(served.manifest, "rules", [between(1, 2, field=3)], [1], priority=2)
    controller.write(insert(one), insert(two))
    wanted = p4r.TableEntry(table_id=two.table_entry.table_id, match=two.table_entry.match, priority=2)
    assert controller.read(p4r.Entity(table_entry=wanted)) == [two]


def test_byte_strings_of_any_length_are_taken_and_short_ones_given(
    controller: Controller, served: ServedProgram
) -> None:
    long = entry(served.manifest, "hosts", [exact(1)], [0, 2])
    long.table_entry.match[0].exact.value = bytes(9) + b"\1"
    long.table_entry.action.action.params[0].value = bytes(3)
    controller.write(insert(long))
    assert controller.read(all_entries(served.manifest, "hosts")) == [
        entry(served.manifest, "hosts", [exact(1)], [0, 2])
    ]


def test_full_table(controller: Controller, served: ServedProgram) -> None:
    hosts = [insert(entry(served.manifest, "hosts", [exact(i)], [0, 1])) for i in range(3)]
    assert refused(controller, *hosts) == [0, 0, FULL]
    assert len(controller.read(all_entries(served.manifest, "hosts"))) == 2
    # An entry that is there is no new one.
    assert refused(controller, hosts[0]) == [EXISTS]
    controller.write(delete(hosts[0].entity))
    controller.write(hosts[2])


def test_each_update_of_a_batch_has_its_own_outcome(controller: Controller, served: ServedProgram) -> None:
    good = entry(served.manifest, "hosts", [exact(1)], [0, 1])
    absent = entry(served.manifest, "hosts", [exact(2)], [0, 1])
    assert refused(
        controller,
        insert(good),
        insert(good),
        modify(absent),
        delete(absent),
        p4r.Update(entity=good),
        p4r.Update(type=p4r.Update.INSERT),
        insert(entry(served.manifest, "hosts", [exact(3)], [2, 1])),
    ) == [0, EXISTS, NOT_FOUND, NOT_FOUND, INVALID, INVALID, 0]
    assert len(controller.read(all_entries(served.manifest, "hosts"))) == 2


def test_error_details_of_a_large_batch_fit_into_what_grpc_carries(
    controller: Controller, served: ServedProgram
) -> None:
    """A client takes 8 kB of metadata by default; one that asked for more gets a code for each update."""
    options = [("grpc.max_metadata_size", 64 << 10), ("grpc.absolute_max_metadata_size", 64 << 10)]
    with Controller(0, channel=grpc.insecure_channel(controller.address, options=options)) as patient:
        patient.election_id = controller.election_id
        absent = delete(entry(served.manifest, "hosts", [exact(2)], None))
        with pytest.raises(grpc.RpcError) as found:
            patient.write(*[absent] * 300)
        assert list(codes_of(found.value)) == [NOT_FOUND] * 300


BAD_ENTRIES = {
    "no such field": ([exact(1, field=9)], [0, 1], 0),
    "field twice": ([exact(1), exact(1)], [0, 1], 0),
    "field of another kind": ([prefix(1, 32)], [0, 1], 0),
    "exact field missing": ([], [0, 1], 0),
    "value too large": ([exact(1 << 32)], [0, 1], 0),
    "value empty": ([p4r.FieldMatch(field_id=1, exact=p4r.FieldMatch.Exact())], [0, 1], 0),
    "no match at all": ([p4r.FieldMatch(field_id=1)], [0, 1], 0),
    "priority where there is none": ([exact(1)], [0, 1], 5),
    "parameter too large": ([exact(1)], [1 << 16, 1], 0),
    "no action": ([exact(1)], None, 0),
}


@pytest.mark.parametrize("case", BAD_ENTRIES)
def test_bad_exact_entries(case: str, controller: Controller, served: ServedProgram) -> None:
    match, values, priority = BAD_ENTRIES[case]
    bad = entry(served.manifest, "hosts", match, values, priority=priority)
    assert refused(controller, insert(bad)) == [INVALID]
    assert controller.read(all_entries(served.manifest, "hosts")) == []


BAD_RULES = {
    "no priority": ([], 0),
    "negative priority": ([], -1),
    "bits behind the prefix": ([prefix(0x0A000001, 24)], 1),
    "prefix too long": ([prefix(1, 33)], 1),
    "prefix of any address": ([prefix(0, 0)], 1),
    "bits outside the mask": ([ternary(3, 1, field=2)], 1),
    "mask of nothing": ([ternary(0, 0, field=2)], 1),
    "empty range": ([between(5, 4, field=3)], 1),
    "whole range": ([between(0, 65535, field=3)], 1),
    "range too large": ([between(0, 65536, field=3)], 1),
}


@pytest.mark.parametrize("case", BAD_RULES)
def test_bad_rules(case: str, controller: Controller, served: ServedProgram) -> None:
    match, priority = BAD_RULES[case]
    assert refused(controller, insert(entry(served.manifest, "rules", match, [1], priority=priority))) == [INVALID]


def test_bad_actions(controller: Controller, served: ServedProgram) -> None:
    table = table_of(served.manifest, "hosts")
    miss, foreign, missing, extra, twice, member = (
        entry(served.manifest, "hosts", [exact(1)], [0, 1]) for _ in range(6)
    )
    miss.table_entry.action.action.action_id = table.miss.id
    foreign.table_entry.action.action.action_id = table_of(served.manifest, "routes").hit.id
    del missing.table_entry.action.action.params[1]
    extra.table_entry.action.action.params.add(param_id=9, value=b"\1")
    twice.table_entry.action.action.params.add(param_id=1, value=b"\1")
    member.table_entry.action.action_profile_member_id = 1
    codes = refused(controller, *map(insert, (miss, foreign, missing, extra, twice, member)))
    assert codes == [DENIED, INVALID, INVALID, INVALID, INVALID, INVALID]


def test_what_tables_of_weft_have_not(controller: Controller, served: ServedProgram) -> None:
    const, idle, hit, counter = (entry(served.manifest, "hosts", [exact(1)], [0, 1]) for _ in range(4))
    const.table_entry.is_const = True
    idle.table_entry.idle_timeout_ns = 1
    hit.table_entry.time_since_last_hit.SetInParent()
    counter.table_entry.counter_data.packet_count = 1
    assert refused(controller, *map(insert, (const, idle, hit, counter))) == [INVALID] * 4
    unknown = p4r.Entity(table_entry=p4r.TableEntry(table_id=0x02FFFFFF))
    nothing = p4r.Entity(table_entry=p4r.TableEntry())
    assert refused(controller, insert(unknown), insert(nothing)) == [INVALID] * 2


def test_modify_without_an_action_keeps_it(controller: Controller, served: ServedProgram) -> None:
    controller.write(insert(entry(served.manifest, "hosts", [exact(1)], [2, 3])))
    controller.write(modify(entry(served.manifest, "hosts", [exact(1)], None, metadata=b"new")))
    (found,) = controller.read(all_entries(served.manifest, "hosts"))
    assert found == entry(served.manifest, "hosts", [exact(1)], [2, 3], metadata=b"new")


def test_delete_looks_at_the_key_alone(controller: Controller, served: ServedProgram) -> None:
    controller.write(insert(entry(served.manifest, "hosts", [exact(1)], [2, 3])))
    nonsense = entry(served.manifest, "hosts", [exact(1)], None)
    nonsense.table_entry.action.action.action_id = 1
    nonsense.table_entry.idle_timeout_ns = 5
    controller.write(delete(nonsense))


def test_reads_are_filtered(controller: Controller, served: ServedProgram) -> None:
    manifest = served.manifest
    one = entry(manifest, "rules", [between(1, 2, field=3)], [1], priority=1, metadata=b"a")
    two = entry(manifest, "rules", [between(1, 3, field=3)], [2], priority=2, metadata=b"b")
    host = entry(manifest, "hosts", [exact(1)], [0, 1])
    controller.write(*map(insert, (one, two, host)))
    id_ = one.table_entry.table_id
    hit, miss = (
        p4r.TableAction(action=p4r.Action(action_id=a.id))
        for a in (table_of(manifest, "rules").hit, table_of(manifest, "rules").miss)
    )

    def read(**wanted: object) -> list[p4r.Entity]:
        return controller.read(p4r.Entity(table_entry=p4r.TableEntry(**wanted)))  # type: ignore[arg-type]

    assert read(table_id=id_, priority=2) == [two]
    assert read(table_id=id_, metadata=b"a") == [one]
    assert read(table_id=id_, match=two.table_entry.match) == [two]
    assert read(table_id=id_, action=hit) == [one, two]
    assert read(table_id=id_, action=miss) == []
    assert read() == [host, one, two]  # of all tables
    (default,) = read(table_id=id_, is_default_action=True)
    assert default.table_entry.action == miss
    assert len(read(is_default_action=True)) == len(manifest.tables) + 1


def test_default_entries_are_fixed(controller: Controller, served: ServedProgram) -> None:
    default = entry(served.manifest, "hosts", [], [0, 1])
    default.table_entry.is_default_action = True
    assert refused(controller, modify(default), insert(default), delete(default)) == [DENIED, INVALID, INVALID]


def test_tunables_are_a_default_entry(controller: Controller, switch: Switch, served: ServedProgram) -> None:
    question = datagram(src="10.0.0.5")
    assert controller.read(tunables(served.manifest, None)) == [tunables(served.manifest, [3, 96])]
    controller.write(modify(tunables(served.manifest, [1, 5])))
    assert [len(switch.receive((LAN, question))) for _ in range(2)] == [1, 0]  # the limit is 1
    assert controller.read(tunables(served.manifest, None)) == [tunables(served.manifest, [1, 5])]
    controller.write(modify(tunables(served.manifest, None)))  # without an action: as the program has them
    assert controller.read(tunables(served.manifest, None)) == [tunables(served.manifest, [3, 96])]
    assert [len(switch.receive((LAN, question))) for _ in range(3)] == [1, 1, 0]


def test_bad_tunables(controller: Controller, served: ServedProgram) -> None:
    plain = tunables(served.manifest, [1, 1])
    plain.table_entry.is_default_action = False
    wrong = tunables(served.manifest, [1, 1])
    wrong.table_entry.action.action.action_id = 1
    codes = refused(
        controller,
        insert(tunables(served.manifest, [1, 1])),
        modify(tunables(served.manifest, [1, 128])),  # of 7 bits
        modify(tunables(served.manifest, [1])),
        insert(plain),
        modify(wrong),
    )
    assert codes == [INVALID] * 5
    assert controller.read(tunables(served.manifest, None)) == [tunables(served.manifest, [3, 96])]


def test_arrays_are_tables_of_their_index(controller: Controller, switch: Switch, served: ServedProgram) -> None:
    def ids() -> list[int]:
        packets = [datagram(dport=100, sport=1000 + i) for i in range(5)]
        return [IP(switch.receive((LAN, packet))[0][1][14:]).id for packet in packets]

    assert ids() == [0] * 5
    cells = [entry(served.manifest, "cells", [exact(i)], [0x100 + i]) for i in (1, 4)]
    controller.write(*map(insert, cells))
    assert ids() == [0, 0x101, 0, 0, 0x104]
    controller.write(delete(cells[0]))
    assert ids() == [0, 0, 0, 0, 0x104]
    # The field has 32 bits: there is room in it for cells that the program does not have.
    controller.write(insert(entry(served.manifest, "cells", [exact(9)], [1])))
    assert ids() == [0, 0, 0, 0, 0x104]


def test_multicast_groups(controller: Controller, switch: Switch, served: ServedProgram) -> None:
    groups = served.manifest.program_groups
    assert groups is not None
    controller.write(insert(entry(served.manifest, "groups", [exact(7)], [3])))
    packet = datagram(dport=90, sport=7)
    assert switch.receive((LAN, packet)) == []
    number = 3 + groups.offset
    extra = [(r.device_port, r.instance) for r in groups.extra]
    two = group(number, [(SPARE, groups.instance), (LAN, groups.instance), (WAN, 77), *extra])
    controller.write(insert(two))
    assert [port for port, _ in switch.receive((LAN, packet))] == [SPARE, LAN]
    assert controller.read(group(0)) == [two] == controller.read(group(number))
    controller.write(modify(group(number, [(WAN, groups.instance)])))
    assert [port for port, _ in switch.receive((LAN, packet))] == [WAN]
    controller.write(delete(group(number)))
    assert switch.receive((LAN, packet)) == []
    assert controller.read(group(0)) == []


def test_bad_groups(controller: Controller) -> None:
    backup = group(2, [(1, 1)])
    backup.packet_replication_engine_entry.multicast_group_entry.replicas[0].backup_replicas.add(port=b"\2")
    nowhere = group(2)
    nowhere.packet_replication_engine_entry.multicast_group_entry.replicas.add(instance=1)
    session = p4r.Entity(packet_replication_engine_entry=p4r.PacketReplicationEngineEntry())
    empty = p4r.Entity(packet_replication_engine_entry=p4r.PacketReplicationEngineEntry())
    session.packet_replication_engine_entry.clone_session_entry.session_id = 1
    controller.write(insert(group(1)))
    codes = refused(
        controller,
        insert(group(1)),
        modify(group(2)),
        delete(group(2)),
        insert(group(0)),
        insert(group(1 << 16)),
        insert(group(2, [(1, 1), (1, 1)])),
        insert(group(2, [(512, 1)])),
        insert(group(2, [(1, 1 << 16)])),
        insert(backup),
        insert(nowhere),
        insert(session),
        insert(empty),
    )
    assert codes == [
        EXISTS,
        NOT_FOUND,
        NOT_FOUND,
        INVALID,
        OUT_OF_RANGE,
        *[INVALID] * 3,
        UNIMPLEMENTED,
        INVALID,
        UNIMPLEMENTED,
        INVALID,
    ]
    assert controller.read(group(0)) == [group(1)]


def test_ports_of_replicas_as_byte_strings(controller: Controller) -> None:
    named = group(2)
    named.packet_replication_engine_entry.multicast_group_entry.replicas.add(port=b"\1", instance=4)
    controller.write(insert(named))
    assert controller.read(group(0)) == [named]


def test_other_kinds_of_entities(controller: Controller) -> None:
    counter = p4r.Entity(counter_entry=p4r.CounterEntry(counter_id=1))
    assert refused(controller, modify(counter)) == [UNIMPLEMENTED]
    # There are none of these: reading all of them finds none, and reading one is a mistake.
    assert (
        controller.read(
            p4r.Entity(counter_entry=p4r.CounterEntry()),
            p4r.Entity(extern_entry=p4r.ExternEntry()),
            p4r.Entity(action_profile_member=p4r.ActionProfileMember()),
            p4r.Entity(digest_entry=p4r.DigestEntry()),
            group(0),
        )
        == []
    )
    with pytest.raises(grpc.RpcError) as found:
        controller.read(counter, group(0), p4r.Entity(), p4r.Entity(direct_counter_entry=p4r.DirectCounterEntry()))
    assert errors_of(found.value) == [
        (INVALID, "programs of Weft have no `counter_entry`"),
        (0, ""),
        (INVALID, "the request has no entity"),
        (INVALID, "tables of Weft have no `direct_counter_entry`"),
    ]
