from __future__ import annotations

import pytest
from finsy.proto import p4r
from hypothesis import given

from runtime.p4runtime.desired import desired_state
from runtime.p4runtime.device_state import DeviceState, MulticastGroup, Row, Update, UpdateKind
from runtime.p4runtime.difference import difference
from runtime.p4runtime.errors import ForeignContentsError
from runtime.p4runtime.wire import Wire
from sim.state import ControlEntries, Exact, Prefix, Range, Ternary
from tests.runtime.p4runtime.gate import MANIFEST, TABLES, gate
from tests.runtime.p4runtime.model import applied, gate_entries

EMPTY = DeviceState()
WIRE = Wire(MANIFEST)
ID = {table.name: table.copies[0].id for table in TABLES}


@given(entries=gate_entries())
def test_what_is_written_reads_back(entries: ControlEntries) -> None:
    updates = difference(EMPTY, desired_state(MANIFEST, gate().program, entries))
    messages = WIRE.messages(updates)
    assert all(message.type in (p4r.Update.INSERT, p4r.Update.MODIFY) for message in messages)
    held = WIRE.state_of([p4r.Update.FromString(m.SerializeToString()).entity for m in messages])
    wanted = applied(EMPTY, updates)
    assert {t: set(rows) for t, rows in held.rows.items() if rows} == {
        t: set(rows) for t, rows in wanted.rows.items() if rows
    }
    assert (held.defaults, held.groups) == (wanted.defaults, wanted.groups)


def test_keys_are_canonical_and_lack_what_matches_everything() -> None:
    """Specification of P4Runtime, 8.4 (shortest byte strings) and 9.1.1 (don't-care fields are left out)."""
    any_rule = Row(ID["rules"], (Ternary(0, 0), Range(0, 65535), Exact(0)), 5, 0x01000030, (0, 1023), b"\0\0\0\1")
    rule = Row(ID["rules"], (Ternary(0x0A00, 0xFF00), Range(1, 256), Exact(6)), 5, 0x01000030, (1, 1))
    route = Row(ID["routes"], (Prefix(0, 0),), 0, 0x01000020, (2,))
    first, second, third = (
        m.entity.table_entry for m in WIRE.messages(Update(UpdateKind.INSERT, row) for row in (any_rule, rule, route))
    )
    assert [(field.field_id, field.exact.value) for field in first.match] == [(3, b"\0")]
    assert [(param.param_id, param.value) for param in first.action.action.params] == [(1, b"\0"), (2, b"\x03\xff")]
    assert (first.priority, first.metadata) == (5, b"\0\0\0\1")
    assert (second.match[0].ternary.value, second.match[0].ternary.mask) == (b"\x0a\0", b"\xff\0")
    assert (second.match[1].range.low, second.match[1].range.high) == (b"\1", b"\1\0")
    assert list(third.match) == [] and third.priority == 0


def test_a_deletion_names_only_what_goes() -> None:
    row = Row(ID["hosts"], (Exact(1),), 0, 0x01000010, (1, 2), b"x")
    group = MulticastGroup(19, MANIFEST.groups[0].replicas)
    entry, groups = (m.entity for m in WIRE.messages(Update(UpdateKind.DELETE, e) for e in (row, group)))
    assert not entry.table_entry.HasField("action") and not entry.table_entry.metadata
    assert not groups.packet_replication_engine_entry.multicast_group_entry.replicas


def test_everything_of_the_program_is_asked_for() -> None:
    wanted = WIRE.wanted()
    tables = [e.table_entry for e in wanted if e.HasField("table_entry")]
    assert [t.table_id for t in tables if not t.is_default_action] == [c.id for t in TABLES for c in t.copies]
    assert [t.table_id for t in tables if t.is_default_action] == [0x02000100]
    assert sum(e.HasField("packet_replication_engine_entry") for e in wanted) == 1


def test_padded_numbers_and_other_forms_of_ports_are_understood() -> None:
    entry = p4r.TableEntry(table_id=ID["hosts"])
    entry.match.add(field_id=1).exact.value = bytes(10) + b"\1"
    entry.action.action.action_id = 0x01000010
    entry.action.action.params.add(param_id=2, value=b"\0\0\2")
    entry.action.action.params.add(param_id=1, value=b"\0")
    group = p4r.MulticastGroupEntry(multicast_group_id=7)
    group.replicas.add(port=b"\0\3", instance=1)
    engine = p4r.PacketReplicationEngineEntry(multicast_group_entry=group)
    held = WIRE.state_of([p4r.Entity(table_entry=entry), p4r.Entity(packet_replication_engine_entry=engine)])
    assert held.rows[ID["hosts"]] == (Row(ID["hosts"], (Exact(1),), 0, 0x01000010, (0, 2)),)
    assert [(copy.device_port, copy.instance) for copy in held.groups[7].replicas] == [(3, 1)]


@pytest.mark.parametrize(
    ("table", "field", "problem"),
    [
        ("hosts", p4r.FieldMatch(field_id=1), "field `k0` is no exact match"),
        ("hosts", p4r.FieldMatch(field_id=2), "field `k0` is no exact match"),
        ("hosts", p4r.FieldMatch(field_id=1, lpm=p4r.FieldMatch.LPM(value=b"\1", prefix_len=8)), "no exact match"),
        ("hosts", p4r.FieldMatch(field_id=1, exact=p4r.FieldMatch.Exact(value=b"\1" * 5)), "takes 33 bits, not 32"),
        ("routes", p4r.FieldMatch(field_id=1, lpm=p4r.FieldMatch.LPM(value=b"\1", prefix_len=33)), "prefix of 33"),
        ("routes", p4r.FieldMatch(field_id=1, lpm=p4r.FieldMatch.LPM(value=b"\1", prefix_len=-1)), "prefix of -1"),
    ],
)
def test_keys_that_the_program_cannot_have(table: str, field: p4r.FieldMatch, problem: str) -> None:
    entry = p4r.TableEntry(table_id=ID[table], match=[field])
    with pytest.raises(ForeignContentsError, match=problem):
        WIRE.state_of([p4r.Entity(table_entry=entry)])


def test_arguments_that_the_program_cannot_have() -> None:
    entry = p4r.TableEntry(table_id=ID["routes"])
    entry.action.action.action_id = 0x01000020
    entry.action.action.params.add(param_id=1, value=b"\1\0\0")
    with pytest.raises(ForeignContentsError, match="parameter `v0` takes 17 bits, not 16"):
        WIRE.state_of([p4r.Entity(table_entry=entry)])
