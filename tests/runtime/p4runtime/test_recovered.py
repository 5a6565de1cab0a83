from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from compiler.ir.states import Table
from runtime.p4runtime.desired import desired_state
from runtime.p4runtime.device_state import DefaultAction, DeviceState, MulticastGroup, Row
from runtime.p4runtime.difference import difference
from runtime.p4runtime.errors import ForeignContentsError
from runtime.p4runtime.recovered import recovered_entries
from sim.control import entries_as_toml, load_entries
from sim.state import ControlEntries, Exact, Prefix, Range, TableEntry, Ternary
from sim.state.table import TableState
from tests.runtime.p4runtime.gate import ENTRIES, MANIFEST, TABLES, TUNABLES, gate
from tests.runtime.p4runtime.model import applied, gate_entries

EMPTY = DeviceState()
RULES = next(table for table in TABLES if table.name == "rules")
ZONES = next(table for table in TABLES if table.name == "zones")
DEFAULTS = {TUNABLES.table.id: DefaultAction(TUNABLES.table.id, TUNABLES.action.id, (1000, 0))}


def held_after(entries: ControlEntries) -> DeviceState:
    return applied(EMPTY, difference(EMPTY, desired_state(MANIFEST, gate().program, entries)))


def without_metadata(held: DeviceState) -> DeviceState:
    """As a switch has it that does not keep what is the controller's."""
    rows = {table: tuple(replace(row, metadata=b"") for row in found) for table, found in held.rows.items()}
    return replace(held, rows=rows)


def lookups(entries: ControlEntries) -> list[object]:
    """What the interpreter finds for many keys, in every table with an order."""
    found: list[object] = []
    for name, keys in KEYS.items():
        declaration = gate().program.state(name)
        assert isinstance(declaration, Table)
        state = TableState(declaration, entries.tables.get(name, ()))
        found += [state.get(key) for key in keys]
    return found


SOME_ADDRESSES = [0, 0x0A000000, 0x0A000001, 0x0A010000, 0x0A010001, 0x0A0100FF, 0xFFFFFFFF]
SMALL = [0, 1, 6, 64, 255]
KEYS = {
    "rules": [(a, port, b) for a in SOME_ADDRESSES for port in (0, 1, 53, 500, 65535) for b in SMALL],
    "zones": [(a, b) for a in SOME_ADDRESSES for b in SMALL],
    "routes": [(a,) for a in SOME_ADDRESSES],
}


def test_the_entries_of_a_file_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "entries.toml"
    path.write_text(ENTRIES)
    entries = load_entries(path, gate().program)
    recovered = recovered_entries(MANIFEST, gate().program, held_after(entries))
    assert recovered.remarks == ()
    found = recovered.entries
    assert {name: set(rows) for name, rows in found.tables.items()} == {n: set(r) for n, r in entries.tables.items()}
    assert found.arrays == entries.arrays
    assert found.tunables == {"limit": 5000, "strict": 0}
    assert found.multicast == entries.multicast


@given(entries=gate_entries())
def test_what_is_shown_means_the_same(tmp_path_factory: pytest.TempPathFactory, entries: ControlEntries) -> None:
    for held in (held_after(entries), without_metadata(held_after(entries))):
        shown = recovered_entries(MANIFEST, gate().program, held).entries
        assert lookups(shown) == lookups(entries)
        path = tmp_path_factory.getbasetemp() / "shown.toml"
        path.write_text(entries_as_toml(gate().program, shown))
        assert difference(held, desired_state(MANIFEST, gate().program, load_entries(path, gate().program))) == ()


def test_members_come_back_in_order_even_if_the_switch_sorts_them() -> None:
    held = held_after(ControlEntries(multicast={2: (3, 0, 1)}))
    groups = {n: replace(group, replicas=tuple(sorted(group.replicas, key=repr))) for n, group in held.groups.items()}
    assert recovered_entries(MANIFEST, gate().program, replace(held, groups=groups)).entries.multicast == {2: (3, 0, 1)}
    groups[18] = replace(groups[18], metadata=b"\0\0\0\7")
    shown = recovered_entries(MANIFEST, gate().program, replace(held, groups=groups)).entries.multicast
    assert {group: sorted(members) for group, members in shown.items()} == {2: [0, 1, 3]}


@given(entries=gate_entries())
def test_priorities_of_the_file_come_back_where_the_switch_keeps_them(entries: ControlEntries) -> None:
    shown = recovered_entries(MANIFEST, gate().program, held_after(entries)).entries
    for name in ("rules", "zones"):
        assert set(shown.tables.get(name, ())) == set(entries.tables[name])


def rules(*rows: Row) -> DeviceState:
    return DeviceState({copy.id: tuple(replace(row, table=copy.id) for row in rows) for copy in RULES.copies}, DEFAULTS)


def rule(address: int, priority: int, *, number: int = 1, metadata: bytes = b"") -> Row:
    key = (Ternary(address, 0xFFFFFFFF), Range(0, 65535), Exact(6))
    return Row(0, key, priority, RULES.hit.id, (0, number), metadata)


def test_ranks_stand_in_where_kept_priorities_contradict_the_order() -> None:
    held = rules(rule(1, 20, metadata=b"\0\0\0\1"), rule(1, 10, number=2, metadata=b"\0\0\0\5"))
    shown = recovered_entries(MANIFEST, gate().program, held).entries.tables["rules"]
    assert [(entry.values, entry.priority) for entry in shown] == [((0, 1), 2), ((0, 2), 1)]


def test_one_key_twice_needs_priorities() -> None:
    shown = recovered_entries(MANIFEST, gate().program, rules(rule(1, 20), rule(1, 10, number=2))).entries
    assert [entry.priority for entry in shown.tables["rules"]] == [2, 1]


def test_copies_that_differ_are_told() -> None:
    first, second = (copy.id for copy in RULES.copies)
    held = DeviceState({first: (replace(rule(1, 5), table=first),), second: ()}, DEFAULTS)
    recovered = recovered_entries(MANIFEST, gate().program, held)
    assert recovered.remarks == ("table `rules`: its copies on the switch differ; the first one is shown",)
    assert len(recovered.entries.tables["rules"]) == 1


def zone(prefix: Prefix, priority: int) -> Row:
    return Row(ZONES.copies[0].id, (prefix, Ternary(0, 0)), priority, ZONES.hit.id, (1,))


@pytest.mark.parametrize(
    ("held", "problem"),
    [
        (
            DeviceState({ZONES.copies[0].id: (zone(Prefix(0, 0), 9), zone(Prefix(0x0A000000, 8), 3))}, DEFAULTS),
            "table `zones`: a prefix of 0 bits wins over one of 8 bits on the switch",
        ),
        (
            DeviceState({ZONES.copies[0].id: (replace(zone(Prefix(0, 0), 9), action=77),)}, DEFAULTS),
            "an entry on the switch has action 0x4d, which Weft writes into no entry",
        ),
        (
            DeviceState({0x02000070: (Row(0x02000070, (Exact(300),), 0, 0x01000070, (1,)),)}, DEFAULTS),
            "array `slots`: the switch has a cell 300, and the program 300",
        ),
        (DeviceState(), "tunables: the switch has another action in their table"),
        (
            DeviceState(groups={19: MulticastGroup(19, ())}, defaults=DEFAULTS),
            "multicast group 19 of the switch has other copies",
        ),
    ],
)
def test_what_no_file_can_say_is_an_error(held: DeviceState, problem: str) -> None:
    with pytest.raises(ForeignContentsError) as caught:
        recovered_entries(MANIFEST, gate().program, held)
    assert problem in str(caught.value)


def test_an_empty_switch_shows_its_tunables() -> None:
    assert recovered_entries(MANIFEST, gate().program, DeviceState(defaults=DEFAULTS)).entries == ControlEntries(
        tunables={"limit": 1000, "strict": 0}
    )


def test_entry_types() -> None:
    """A vector whose lanes are parameters of their own is one value again."""
    held = held_after(ControlEntries({"weights": (TableEntry((Exact(9),), ((3, 4),)),)}))
    assert [row.arguments for row in held.rows[0x02000060]] == [(3, 4)]
    shown = recovered_entries(MANIFEST, gate().program, held).entries
    assert shown.tables["weights"] == (TableEntry((Exact(9),), ((3, 4),)),)
