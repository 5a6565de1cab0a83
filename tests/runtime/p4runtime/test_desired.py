from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from backends.p4.manifest import KeyPart, Manifest, Parameter, Replica
from compiler.passes.expansion.arrays import expanded_entries
from runtime.p4runtime.desired import desired_state
from runtime.p4runtime.device_state import DefaultAction, DesiredState, MulticastGroup
from runtime.p4runtime.errors import EntriesRefusedError, FolderError
from sim.control import load_entries
from sim.state import ControlEntries, Exact, Prefix, Range, TableEntry, Ternary
from tests.runtime.p4runtime.gate import DEVICE_PORTS, ENTRIES, MANIFEST, TABLES, TUNABLES, gate

ID = {table.name: table.copies[0].id for table in TABLES}


@pytest.fixture(scope="module")
def desired(tmp_path_factory: pytest.TempPathFactory) -> DesiredState:
    path = tmp_path_factory.mktemp("entries") / "entries.toml"
    path.write_text(ENTRIES)
    return desired_state(MANIFEST, gate().program, load_entries(path, gate().program))


def test_rows_carry_keys_and_values_as_numbers(desired: DesiredState) -> None:
    hosts = [(row.key, row.action, row.arguments, row.priority) for row in desired.rows[ID["hosts"]]]
    assert hosts == [
        ((Exact(0x0A000001),), 0x01000010, (1, 0x020000000001), 0),
        ((Exact(0x0A000002),), 0x01000010, (3, 0x020000000002), 0),
    ]
    assert [row.key for row in desired.rows[ID["routes"]]] == [(Prefix(0x0A000000, 8),), (Prefix(0, 0),)]


def test_ordered_tables_come_in_the_order_in_which_entries_win(desired: DesiredState) -> None:
    assert desired.ranked == {ID["rules"], ID["rules"] + 1, ID["zones"]}
    assert [row.arguments for row in desired.rows[ID["rules"]]] == [(1, 1), (0, 2), (1, 3)]
    assert [row.metadata for row in desired.rows[ID["rules"]]] == [b"\0\0\0\x0a", b"\0\0\0\0", b"\0\0\0\0"]
    assert [row.key for row in desired.rows[ID["zones"]]] == [
        (Prefix(0x0A010000, 16), Ternary(64, 0xFF)),
        (Prefix(0x0A000000, 8), Ternary(0, 0)),
    ]


def test_all_copies_of_a_table_hold_the_same(desired: DesiredState) -> None:
    first, second = desired.rows[ID["rules"]], desired.rows[ID["rules"] + 1]
    assert [replace(row, table=0) for row in first] == [replace(row, table=0) for row in second]


def test_cells_of_arrays_that_are_not_zero_are_rows(desired: DesiredState) -> None:
    assert [(row.key, row.arguments) for row in desired.rows[ID["slots"]]] == [((Exact(2),), (7,))]


def test_ids_of_shares_are_filled_from_the_declarations(desired: DesiredState) -> None:
    fixed = expanded_entries(gate().program)
    rows = desired.rows[ID["sessions__order"]]
    assert {row.key: row.arguments for row in rows} == {
        (Exact(cell),): (id_,) for cell, id_ in enumerate(fixed["sessions__order"])
    }
    assert [row.arguments[0] for row in desired.rows[ID["sessions__length"]]] == list(fixed["sessions__length"])


def test_tunables_are_one_default_action(desired: DesiredState) -> None:
    assert desired.defaults == {0x02000100: DefaultAction(0x02000100, 0x01000100, (5000, 0))}


def test_groups_have_their_members_and_what_the_program_adds(desired: DesiredState) -> None:
    members = [Replica(DEVICE_PORTS[name], 5) for name in ("side[1]", "lan")]
    assert desired.groups == {
        1: MulticastGroup(1, MANIFEST.groups[0].replicas),
        19: MulticastGroup(19, (*members, Replica(510, 9)), bytes([0, 0, 0, 4, 0, 0, 0, 1])),
    }
    assert [desired.owns_group(number) for number in (0, 1, 2, 15, 16, 116, 117)] == [0, 1, 0, 0, 1, 1, 0]


def test_without_entries_only_what_the_program_needs_is_touched() -> None:
    desired = desired_state(MANIFEST, gate().program, None)
    assert sorted(desired.rows) == [ID["sessions__order"], ID["sessions__length"]]
    assert desired.defaults == {}
    assert sorted(desired.groups) == [1]
    assert not desired.owns_group(19)


def test_no_entries_empty_the_tables_and_reset_the_tunables() -> None:
    desired = desired_state(MANIFEST, gate().program, ControlEntries())
    assert [name for name, id_ in ID.items() if desired.rows[id_]] == ["sessions__order", "sessions__length"]
    assert desired.defaults[0x02000100].arguments == (1000, 0)


def changed(**fields: object) -> Manifest:
    return msgspec.structs.replace(MANIFEST, **fields)


def with_table(table: str, **fields: object) -> Manifest:
    return changed(tables=tuple(msgspec.structs.replace(t, **fields) if t.name == table else t for t in TABLES))


def test_what_has_no_place_on_the_switch_is_told() -> None:
    manifest = changed(tables=TABLES[1:], tunables=None, program_groups=None)
    entries = ControlEntries({"hosts": (TableEntry((Exact(1),), (0, 1)),)}, tunables={"limit": 1}, multicast={1: (0,)})
    remarks = desired_state(manifest, gate().program, entries).remarks
    assert [remark.split(" on the switch: ")[0] for remark in remarks] == [
        "table `hosts` is not",
        "the tunables are not",
        "the multicast groups are not",
    ]


def test_a_table_that_p4c_left_out_is_told_as_well() -> None:
    entries = ControlEntries({"hosts": (TableEntry((Exact(1),), (0, 1)),)})
    desired = desired_state(with_table("hosts", copies=()), gate().program, entries)
    assert [remark[:34] for remark in desired.remarks] == ["table `hosts` is not on the switch"]
    assert desired.rows.keys() == {c.id for t in TABLES for c in t.copies} - {ID["hosts"]}


@pytest.mark.parametrize(
    ("manifest", "entries", "problem"),
    [
        (
            with_table("blocked", size=1),
            ControlEntries({"blocked": tuple(TableEntry((Exact(i),), ()) for i in range(2))}),
            "table `blocked`: there are 2 entries, and room for 1",
        ),
        (MANIFEST, ControlEntries(multicast={101: ()}), "multicast group 101: the highest one"),
    ],
)
def test_entries_that_do_not_fit_the_device(manifest: Manifest, entries: ControlEntries, problem: str) -> None:
    with pytest.raises(EntriesRefusedError, match=problem):
        desired_state(manifest, gate().program, entries)


HIT = TABLES[0].hit


@pytest.mark.parametrize(
    "manifest",
    [
        with_table("hosts", name="hosts2"),
        with_table("hosts", key=(KeyPart("k", 1, "exact", 31),)),
        with_table("hosts", key=(KeyPart("k", 1, "lpm", 32),)),
        with_table("hosts", key=(KeyPart("k", 1, "exact", 32), KeyPart("l", 2, "exact", 1))),
        with_table("hosts", hit=msgspec.structs.replace(HIT, parameters=HIT.parameters[:1])),
        with_table("weights", hit=msgspec.structs.replace(HIT, parameters=(Parameter("v", 1, 16),))),
        with_table("slots", key=(KeyPart("k", 1, "exact", 8),)),
        changed(tunables=msgspec.structs.replace(TUNABLES, action=HIT)),
    ],
)
def test_a_manifest_of_another_program_is_refused(manifest: Manifest) -> None:
    with pytest.raises(FolderError, match=r"the manifest does not fit|no table of this name"):
        desired_state(manifest, gate().program, ControlEntries())


def test_a_vector_may_lie_in_one_parameter() -> None:
    """Lane 0 stands in the highest bits, as vectors are packed."""
    whole = msgspec.structs.replace(TABLES[5].hit, parameters=(Parameter("v", 1, 32),))
    entries = ControlEntries({"weights": (TableEntry((Exact(1),), ((0x12, 0x34),)),)})
    desired = desired_state(with_table("weights", hit=whole), gate().program, entries)
    assert [row.arguments for row in desired.rows[ID["weights"]]] == [(0x120034,)]


def test_a_range_that_matches_all_stays_a_range() -> None:
    entry = TableEntry((Ternary(0, 0), Range(0, 65535), Exact(6)), (1, 1))
    desired = desired_state(MANIFEST, gate().program, ControlEntries({"rules": (entry,)}))
    assert desired.rows[ID["rules"]][0].key == entry.key
