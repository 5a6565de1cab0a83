"""Live states of a program as people read them: by the names and types of the source, ages told in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final, assert_never

from compiler.ir.leaf_values import Leaf
from compiler.ir.literals import leaf_shapes, render_number, render_value
from compiler.ir.program import Program
from compiler.ir.states import Array, Counter, Index, Lease, Map, Meter, Reduction, Table, TableArray
from compiler.ir.types import Scalar, Shape, VectorShape, leaves
from compiler.meaning.clock import TICK_SHIFT, age, tick_of
from sim.control import abstract_state
from sim.control.abstract_state import render_label
from sim.state import (
    ArrayState,
    IndexState,
    LeaseState,
    MapState,
    RunState,
)
from weft.terminal import Table as TextTable

MOST_ROWS: Final = 20  # of a state as a table, where nobody asks for another number
_WIDEST: Final = 60  # of a cell of a table; JSON has all of it
_LINE: Final = 100


@dataclass(frozen=True, slots=True)
class _Entry:
    """A live entry. `idle`: ticks since its last use, None where none is kept."""

    key: tuple[Leaf, ...]
    values: tuple[Leaf, ...]
    idle: int | None


@dataclass(frozen=True, slots=True)
class _Keyed:
    """The entries of a map, a lease or an index, those used last in front."""

    key_shape: Shape
    key_name: str
    value_shape: Shape | None
    value_name: str
    idle_ticks: int | None
    size: int
    entries: list[_Entry]


def states_data(
    program: Program, states: Mapping[str, RunState], now_ns: int, *, limit: int | None = None
) -> dict[str, list[dict[str, object]]]:
    """The live entries of each state in plain JSON types, `limit` of each at most."""
    return {name: list(_data(program, state, now_ns))[:limit] for name, state in states.items()}


def states_tables(
    program: Program, states: Mapping[str, RunState], now_ns: int, *, limit: int | None = None
) -> Iterator[TextTable]:
    """The same for people, and the names of the states that hold nothing."""
    empty = []
    for name, group in _groups(states):
        if len(group) > 1:
            table = _struct_table(program, name, group, now_ns, limit)
        else:
            table = _table(program, name, group[0], now_ns, limit)
        if table.rows:
            yield table
        else:
            empty.append(name)
    if empty:
        lines = wrap(f"empty, or as at the start: {', '.join(empty)}", _LINE)
        yield TextTable("", ("",), tuple((line,) for line in lines))


def selected_states(names: Sequence[str], states: Iterable[str]) -> list[str] | None:
    """Those of `states` that `names` ask for, an array of structs by its own name or by that of a field."""
    if not names:
        return None
    known = list(states)
    meant = [[state for state in known if state == name or state.startswith(f"{name}.")] or [name] for name in names]
    return list(dict.fromkeys(state for found in meant for state in found))


def _groups(states: Mapping[str, RunState]) -> Iterator[tuple[str, list[RunState]]]:
    """The states, and those together that are the fields of one array of structs, under its name."""
    groups: dict[tuple[str, int | None], list[RunState]] = {}
    for name, state in states.items():
        whole, is_field, _ = name.partition(".")
        if is_field and isinstance(state, ArrayState):
            groups.setdefault((whole, state.declaration.cells), []).append(state)
        else:
            groups[name, None] = [state]
    for (whole, _), group in groups.items():
        yield (whole if len(group) > 1 else group[0].declaration.name), group


def _data(program: Program, state: RunState, now_ns: int) -> Iterator[dict[str, object]]:
    keyed = _keyed(program, state, now_ns)
    if keyed is None:
        for label, held in _meaning(program, state, now_ns).items():
            yield {"entry": label, "value": held}
        return
    ports = _ports(program)
    for entry in keyed.entries:
        data: dict[str, object] = {keyed.key_name: render_value(keyed.key_shape, entry.key, ports=ports)}
        if keyed.value_shape is not None:
            data[keyed.value_name] = render_value(keyed.value_shape, entry.values, ports=ports)
        if entry.idle is not None and keyed.idle_ticks is not None:
            data["idle_ns"] = entry.idle << TICK_SHIFT
            data["expires_in_ns"] = keyed.idle_ticks - entry.idle << TICK_SHIFT
        yield data


def _table(program: Program, name: str, state: RunState, now_ns: int, limit: int | None) -> TextTable:
    keyed = _keyed(program, state, now_ns)
    if keyed is None:
        return _plain_table(program, name, state, now_ns, limit)
    ports = _ports(program)
    key_columns = _columns(keyed.key_shape, keyed.key_name)
    value_columns = [] if keyed.value_shape is None else _columns(keyed.value_shape, keyed.value_name)
    value_columns = [f"{keyed.value_name}.{column}" if column in key_columns else column for column in value_columns]
    clock = () if keyed.idle_ticks is None else ("idle", "expires in")
    rows = tuple(
        (
            *_texts(keyed.key_shape, entry.key, ports),
            *([] if keyed.value_shape is None else _texts(keyed.value_shape, entry.values, ports)),
            *_times(entry.idle, keyed.idle_ticks),
        )
        for entry in keyed.entries[:limit]
    )
    title = f"{name}: {len(keyed.entries):,} of {keyed.size:,}{_shown(len(rows), len(keyed.entries))}"
    return TextTable(title, (*key_columns, *value_columns, *clock), rows)


def _keyed(program: Program, state: RunState, now_ns: int) -> _Keyed | None:
    """The state as entries under keys; None for one that is none of these."""
    tick = tick_of(now_ns)
    match state:
        case MapState(declaration=Map() as declaration):
            seen: dict[tuple[Leaf, ...], _Entry] = {}
            for key, values, last, _ in state.entries(tick):  # of a key in two ways, lookups see the lowest
                seen.setdefault(key, _Entry(key, values, _idle(declaration.idle_ticks, tick, last)))
            found, shape, size = list(seen.values()), declaration.value_shape, declaration.capacity
            return _sorted(_Keyed(declaration.key_shape, "key", shape, "value", declaration.idle_ticks, size, found))
        case LeaseState(declaration=Lease() as declaration):
            found = [
                _Entry((id_,), values, _idle(declaration.idle_ticks, tick, last))
                for id_, values, last in state.entries(tick)
            ]
            size = declaration.last - declaration.first + 1
            identifier = Scalar("uint", declaration.id_width)
            return _sorted(
                _Keyed(identifier, "id", declaration.value_shape, "value", declaration.idle_ticks, size, found)
            )
        case IndexState(declaration=Index() as declaration):
            identifier = Scalar("uint", state.lease.declaration.id_width)
            found = [_Entry(key, (id_,), None) for key, id_, _, _ in state.entries(tick)]
            return _sorted(_Keyed(declaration.key_shape, "key", identifier, "id", None, declaration.capacity, found))
        case _:
            return None


def _idle(idle_ticks: int | None, now: int, last: int) -> int | None:
    return None if idle_ticks is None else age(now, last)


def _sorted(keyed: _Keyed) -> _Keyed:
    keyed.entries.sort(key=lambda entry: (entry.idle or 0, entry.key))
    return keyed


def _plain_table(program: Program, name: str, state: RunState, now_ns: int, limit: int | None) -> TextTable:
    """A state of cells: those that are not as at the start."""
    held = _meaning(program, state, now_ns)
    label, what = _words(state)
    values = [value if isinstance(value, dict) else {"value": value} for value in held.values()]
    columns = list(dict.fromkeys(column for value in values for column in value if column != "credit"))
    rows = tuple(
        (entry, *(_counted(value.get(column)) for column in columns))
        for entry, value in list(zip(held, values, strict=True))[:limit]
    )
    return TextTable(f"{name}: {what.format(len(held))}{_shown(len(rows), len(held))}", (label, *columns), rows)


def _struct_table(program: Program, name: str, fields: Sequence[RunState], now_ns: int, limit: int | None) -> TextTable:
    """The cells of an array of structs, which is an array for each field; a field as at the start is left empty."""
    held = {state.declaration.name.partition(".")[2]: _meaning(program, state, now_ns) for state in fields}
    cells = sorted({cell for column in held.values() for cell in column}, key=int)
    rows = tuple((cell, *(_short(column.get(cell)) for column in held.values())) for cell in cells[:limit])
    title = f"{name}: {_words(fields[0])[1].format(len(cells))}{_shown(len(rows), len(cells))}"
    return TextTable(title, ("cell", *held), rows)


def _words(state: RunState) -> tuple[str, str]:
    """What an entry is called, and what those shown are."""
    match state.declaration:
        case Array(cells=cells) | TableArray(cells=cells):
            return "cell", f"{{:,}} of {cells:,} cells are not as at the start"
        case Counter(cells=cells):
            return "cell", f"{{:,}} of {cells:,} cells counted"
        case Meter(cells=cells, burst=burst):
            return "cell", f"{{:,}} of {cells:,} buckets are not full, which is {burst:,} tokens"
        case Reduction(slots=slots):
            return "bank", f"{{:,}} banks in use, of {slots:,} slots"
        case Table(size=size):
            return "key", f"{{:,}} of {size:,}"
        case Map() | Lease() | Index():
            raise AssertionError("these have keys")
        case _:
            assert_never(state.declaration)


def _meaning(program: Program, state: RunState, now_ns: int) -> dict[str, object]:
    name = state.declaration.name
    return abstract_state(program, {name: state}, now_ns)[name]


def _ports(program: Program) -> list[str]:
    return [port.name for port in program.ports]


def _columns(shape: Shape, name: str) -> list[str]:
    return [path or name for path, _ in leaves(shape)]


def _texts(shape: Shape, values: Sequence[Leaf], ports: Sequence[str]) -> Iterator[str]:
    for leaf, value in zip(leaf_shapes(shape), values, strict=True):
        if isinstance(leaf, VectorShape):
            yield _short(render_value(leaf, (value,), ports=ports))
        else:
            assert isinstance(value, int), "only vectors have lanes"
            yield _short(render_number(leaf, value, ports=ports))


def _times(idle: int | None, idle_ticks: int | None) -> tuple[str, ...]:
    if idle is None or idle_ticks is None:
        return ()
    return render_ticks(idle), render_ticks(idle_ticks - idle)


def render_ticks(ticks: int) -> str:
    """A time of so many ticks, to three digits or so."""
    seconds = (ticks << TICK_SHIFT) / 1e9
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def _shown(shown: int, there: int) -> str:
    return "" if shown == there else f"; {shown:,} shown"


def _counted(value: object) -> object:
    """Numbers that say how much: the table sets them apart and to the right."""
    return value if isinstance(value, int) and not isinstance(value, bool) else _short(value)


def _short(value: object) -> str:
    """A cell of a table. Numbers that name something, such as ports, have no commas."""
    if value is None:
        return ""
    text = f"{value:,.1f}" if isinstance(value, float) else render_label(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
