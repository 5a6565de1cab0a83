"""Whether two programs mean the same: the interpreter judges, packet by packet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from compiler.ir.leaf_values import Leaf
from compiler.ir.program import Program
from compiler.ir.states import Table, TableArray
from compiler.passes.expansion.arrays import expanded_entries
from compiler.passes.expansion.snapshots import source_snapshots
from sim.interpreter import Machine
from sim.state import (
    ArrayState,
    ControlEntries,
    Exact,
    Prefix,
    Range,
    TableArrayState,
    TableEntry,
    TableState,
    Ternary,
    build_states,
)
from tests.strategies.packets import Packet
from tests.strategies.programs import GROUPS

ENTRIES: dict[str, tuple[TableEntry, ...]] = {
    "routes": (
        TableEntry((Prefix(0, 0), Exact(1)), (1, 2)),
        TableEntry((Prefix(0, 15), Exact(1)), (3, 1 << 40)),
        TableEntry((Prefix(1, 16), Exact(0)), (4, 4)),
    ),
    "ranked": (
        TableEntry((Range(0, 2), Ternary(0, 0)), (1, 1 << 40), 1),
        TableEntry((Range(1, 6), Ternary(1, 3)), (2, 2), 5),
        TableEntry((Range(1, 4), Ternary(0, 1)), (3, 3), 5),
    ),
    "exact": (TableEntry((Exact(0),), (1, 2)), TableEntry((Exact(2),), (3, 4))),
}
CELLS: dict[str, tuple[Leaf, ...]] = {"cells": (7, 0, 1 << 47, 3)}


class Outcomes:
    """What a program did with packets, and the snapshots of its states afterwards."""

    def __init__(
        self,
        program: Program,
        packets: Sequence[Packet],
        *,
        arrays: Mapping[str, tuple[Leaf, ...]] | None = None,
        copies: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`arrays`: cells that expanding asks the control plane for; `copies`: names of tables filled alike."""
        cells = {**CELLS, **(arrays or {})}
        filled_as = {copy: name for name, names in (copies or {}).items() for copy in names}
        entries = ControlEntries(
            tables={s.name: ENTRIES[filled_as.get(s.name, s.name)] for s in program.states if isinstance(s, Table)},
            arrays={s.name: cells[filled_as.get(s.name, s.name)] for s in program.states if isinstance(s, TableArray)},
        )
        self.states = build_states(program, entries)
        self._machine = Machine(program, states=self.states, groups=GROUPS)
        self.packets: list[tuple[Any, ...]] = []
        self.go_on(packets)

    def go_on(self, packets: Sequence[Packet]) -> None:
        for packet in packets:
            outcome = self._machine.process(
                packet.data, port=packet.port, now=packet.now, wire_length=packet.wire_length
            )
            self.packets.append((outcome.emissions, outcome.digests, type(outcome.final)))

    def snapshots(self) -> dict[str, dict[str, object]]:
        """Of all states but those that the control plane fills."""
        return {n: s.snapshot() for n, s in self.states.items() if not isinstance(s, TableState | TableArrayState)}

    def cells(self) -> dict[str, list[Leaf]]:
        """Of all arrays that packets write."""
        return {name: state.cells for name, state in self.states.items() if isinstance(state, ArrayState)}


def assert_same_meaning(before: Program, after: Program, packets: Sequence[Packet]) -> None:
    """Both programs emit the same and leave the same states, where `after` still has them."""
    expected, found = Outcomes(before, packets), Outcomes(after, packets)
    assert found.packets == expected.packets
    left = found.snapshots()
    assert left == {name: snapshot for name, snapshot in expected.snapshots().items() if name in left}


def assert_same_meaning_expanded(source: Program, after: Program, packets: Sequence[Packet]) -> None:
    """As `assert_same_meaning`, where states of `source` are arrays in `after`."""
    expected, found = Outcomes(source, packets), Outcomes(after, packets, arrays=expanded_entries(source))
    assert found.packets == expected.packets
    assert source_snapshots(source, found.cells()) == plain_snapshots(expected.snapshots())


def plain_snapshots(snapshots: dict[str, dict[str, object]]) -> object:
    """The interpreter's snapshots in the form of those of an expanded program."""
    return _without_failures(snapshots)


def _without_failures(snapshot: object) -> object:
    """A snapshot with all numbers as numbers, without what only counts failed inserts."""
    match snapshot:
        case dict():
            return {k: _without_failures(v) for k, v in snapshot.items() if k != "failed_inserts"}
        case list():
            return [_without_failures(item) for item in snapshot]
        case str():
            return int(snapshot, 16)
        case _:
            return snapshot
