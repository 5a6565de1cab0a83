"""What a program's state means, without layout: what two runs, engines or placements must agree on.

Live entries by key, not ways, hands or generations; buckets as full as they are now; nothing that is as it was at
the start. Names and values are those of the source: `{"sessions": {"1024": {"value": {"src": "10.0.0.1", ...}}}}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from compiler.ir.leaf_values import Leaf, filled
from compiler.ir.literals import render_value
from compiler.ir.program import Program
from compiler.ir.types import Shape, Type
from compiler.meaning.clock import tick_of
from compiler.meaning.slot_protocol import Combine
from compiler.meaning.token_bucket import CREDIT_SHIFT, TIME_SHIFT, bucket_constants, take
from sim.control.cell_shapes import split_cell
from sim.control.key_patterns import render_key
from sim.state import (
    ArrayState,
    CounterState,
    IndexState,
    LeaseState,
    MapState,
    MeterState,
    ReductionState,
    RunState,
    TableArrayState,
    TableState,
)

AbstractState: TypeAlias = dict[str, dict[str, object]]
Entry: TypeAlias = tuple[str, object]


def abstract_state(program: Program, states: Mapping[str, RunState], now_ns: int) -> AbstractState:
    """The meaning, at time `now_ns`, of each state by name: entries by label, in plain JSON types."""
    ports = tuple(port.name for port in program.ports)
    return {name: dict(_entries(state, _Writer(ports), now_ns)) for name, state in states.items()}


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes values with the program's port names."""

    ports: Sequence[str]

    def value(self, shape: Shape | None, leaves: Sequence[Leaf]) -> object:
        return None if shape is None else render_value(shape, leaves, ports=self.ports)

    def label(self, shape: Shape, leaves: Sequence[Leaf]) -> str:
        return render_label(self.value(shape, leaves))

    def entry(self, shape: Shape | None, leaves: Sequence[Leaf], last_tick: int | None) -> dict[str, object]:
        value = {} if shape is None else {"value": self.value(shape, leaves)}
        return value if last_tick is None else {**value, "last_tick": last_tick}


def render_label(value: object) -> str:
    """A key in one line: `src=10.0.0.1, dst=10.0.0.2`, `(1, 2)`, `80`."""
    match value:
        case dict():
            return ", ".join(f"{name}={_inner_label(inner)}" for name, inner in value.items())
        case list():
            return f"({', '.join(_inner_label(inner) for inner in value)})"
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _inner_label(value: object) -> str:
    return f"({render_label(value)})" if isinstance(value, dict) else render_label(value)


def _entries(state: RunState, writer: _Writer, now_ns: int) -> Iterator[Entry]:
    match state:
        case ArrayState(declaration=declaration):
            initial = filled(declaration.type, declaration.initial)
            return _cells(declaration.type, declaration.shape, state.cells, initial, writer)
        case TableArrayState(declaration=declaration):
            return _cells(declaration.type, declaration.shape, state.cells, filled(declaration.type), writer)
        case MapState():
            return _map_entries(state, writer, tick_of(now_ns))
        case LeaseState():
            return _lease_entries(state, writer, tick_of(now_ns))
        case IndexState(declaration=declaration):
            found = state.entries(tick_of(now_ns))
            return ((writer.label(declaration.key_shape, key), id_) for key, id_, _, _ in found)
        case TableState():
            return _table_entries(state, writer)
        case CounterState():
            counts = enumerate(zip(state.packets, state.byte_counts, strict=True))
            return ((str(i), {"packets": packets, "bytes": size}) for i, (packets, size) in counts if packets or size)
        case MeterState():
            return _buckets(state, now_ns)
        case ReductionState():
            return _banks(state, writer)
        case _:
            assert_never(state)


def _cells(type_: Type, shape: Shape, cells: Iterable[Leaf], initial: Leaf, writer: _Writer) -> Iterator[Entry]:
    for i, cell in enumerate(cells):
        if cell != initial:
            yield str(i), writer.value(shape, split_cell(type_, shape, cell))


def _map_entries(state: MapState, writer: _Writer, tick: int) -> Iterator[Entry]:
    declaration = state.declaration
    seen: set[tuple[Leaf, ...]] = set()
    for key, values, last, _ in state.entries(tick):
        if key not in seen:  # where a key stands in two ways, lookups see the lowest
            seen.add(key)
            last_tick = None if declaration.idle_ticks is None else last
            yield writer.label(declaration.key_shape, key), writer.entry(declaration.value_shape, values, last_tick)


def _lease_entries(state: LeaseState, writer: _Writer, tick: int) -> Iterator[Entry]:
    declaration = state.declaration
    for id_, values, last in state.entries(tick):
        last_tick = None if declaration.idle_ticks is None else last
        yield str(id_), writer.entry(declaration.value_shape, values, last_tick)


def _table_entries(state: TableState, writer: _Writer) -> Iterator[Entry]:
    declaration = state.declaration
    for entry in state.entries:
        label = ", ".join(render_key(declaration, entry.key, ports=writer.ports))
        if entry.priority:
            label += f" priority {entry.priority}"
        yield label, writer.entry(declaration.value_shape, entry.values, None)


def _buckets(state: MeterState, now_ns: int) -> Iterator[Entry]:
    constants = bucket_constants(rate=state.declaration.rate, burst=state.declaration.burst)
    for i, bucket in enumerate(state.buckets):
        settled, _ = take(bucket, 0, now_ns=now_ns, constants=constants)
        ahead = settled.last > now_ns >> TIME_SHIFT
        if settled.credit != constants.full or ahead:
            tokens = settled.credit / (1 << CREDIT_SHIFT)
            yield str(i), {"tokens": tokens, "credit": settled.credit} | ({"ahead_to": settled.last} if ahead else {})


def _banks(state: ReductionState, writer: _Writer) -> Iterator[Entry]:
    declaration = state.declaration
    for slot, which, bank in state.banks():
        total = writer.value(declaration.shape, split_cell(declaration.type, declaration.shape, bank.total))
        yield (
            f"slot {slot} bank {which}",
            {
                "epoch": bank.epoch,
                "round": bank.round,
                "tag": bank.tag,
                "operator": Combine(bank.operator).name.lower(),
                "seen": [member for member in range(bank.seen.bit_length()) if bank.seen >> member & 1],
                "total": total,
            },
        )
