"""Write a program's tables as the file that `entries_file.py` reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from compiler.ir.leaf_values import Leaf
from compiler.ir.literals import LeafShape, is_tuple, leaf_shapes, render_number, render_value
from compiler.ir.program import Program
from compiler.ir.states import Table, TableArray
from compiler.ir.types import Enumeration, FlagSet, Record, Scalar, Shape, VectorShape
from sim.control.cell_shapes import split_cell
from sim.control.entries_file import MULTICAST, TUNABLES
from sim.control.key_patterns import ANY
from sim.state.entries import ControlEntries, Exact, Pattern, Prefix, Range, TableEntry, Ternary

LINE_LENGTH = 100  # of lists of cells

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def entries_as_toml(program: Program, entries: ControlEntries) -> str:
    """The text of a file that holds these entries: `load_entries` reads them back.

    Tables come in the program's order, entries in theirs. Numbers of ports that the program does not have
    are written as numbers, which no file may say. Where a table has the name of a section, the section is
    left out: in a file that name is the table's.
    """
    ports = tuple(port.name for port in program.ports)
    blocks: list[str] = []
    for state in program.states:
        match state:
            case Table() if entries.tables.get(state.name):
                rows = [as_toml(entry_as_written(state, entry, ports=ports)) for entry in entries.tables[state.name]]
                blocks.append(_list(state.name, rows))
            case TableArray() if entries.arrays.get(state.name):
                cells = [as_toml(cell_as_written(state, cell, ports=ports)) for cell in entries.arrays[state.name]]
                blocks.append(_array(state.name, cells))
            case _:
                pass
    widths = {tunable.name: tunable.type.width for tunable in program.tunables}
    tunables = {name: number_as_written(value, width=widths[name]) for name, value in entries.tunables.items()}
    groups = {
        str(group): [render_number(Scalar("port", 16), port, ports=ports) for port in members]
        for group, members in sorted(entries.multicast.items())
    }
    taken = {state.name for state in program.states}
    sections = {TUNABLES: tunables, MULTICAST: groups}
    blocks.extend(_section(name, values) for name, values in sections.items() if values and name not in taken)
    return "\n".join(blocks)


def entry_as_written(table: Table, entry: TableEntry, *, ports: Sequence[str]) -> dict[str, object]:
    """An entry as the file has it: key, value and, where it counts, priority."""
    written: dict[str, object] = {"key": key_as_written(table, entry.key, ports=ports)}
    if table.value_shape is not None:
        written["value"] = render_value(table.value_shape, entry.values, ports=ports)
    if entry.priority:
        written["priority"] = entry.priority
    return written


def cell_as_written(array: TableArray, cell: Leaf, *, ports: Sequence[str]) -> object:
    return render_value(array.shape, split_cell(array.type, array.shape, cell), ports=ports)


def number_as_written(number: int, *, width: int) -> object:
    """A number without a shape of its own, such as a tunable's; one of a single bit as a truth value."""
    return render_number(Scalar("bool" if width == 1 else "uint", width), number)


def key_as_written(table: Table, key: Sequence[Pattern], *, ports: Sequence[str]) -> object:
    """The key's patterns in the place of the values that they match."""
    patterns = [
        _pattern(pattern, shape, ports) for pattern, shape in zip(key, leaf_shapes(table.key_shape), strict=True)
    ]
    return _nested(table.key_shape, iter(patterns))


def _nested(shape: Shape, supply: Iterator[object]) -> object:
    match shape:
        case Record(fields=fields):
            inner = {name: _nested(field, supply) for name, field in fields}
            return list(inner.values()) if is_tuple(shape) else inner
        case VectorShape() | Scalar() | Enumeration() | FlagSet():
            return next(supply)


def _pattern(pattern: Pattern, shape: LeafShape, ports: Sequence[str]) -> object:
    if isinstance(pattern, Exact):
        return render_value(shape, [pattern.value], ports=ports)
    assert not isinstance(shape, VectorShape), "vectors match exactly"
    # Names of variants and flags have no order and no prefixes: there, patterns are written in numbers.
    scalar = shape if isinstance(shape, Scalar) else Scalar("uint", shape.width)
    everything = (1 << scalar.width) - 1

    def plain(number: int) -> object:
        return render_number(scalar, number, ports=ports)

    match pattern:
        case Prefix(length=0) | Ternary(mask=0):
            return ANY
        case Prefix(value=value, length=length):
            return plain(value) if length == scalar.width else f"{plain(value)}/{length}"
        case Ternary(value=value, mask=mask):
            return _masked(scalar, value, mask, plain(value))
        case Range(low=low, high=high) if low == high:
            return plain(low)
        case Range(low=low, high=high):
            return ANY if (low, high) == (0, everything) else f"{plain(low)}..{plain(high)}"


def _masked(scalar: Scalar, value: int, mask: int, written: object) -> object:
    everything = (1 << scalar.width) - 1
    if mask == everything:
        return written
    length = mask.bit_count()
    if scalar.kind in ("ip4", "ip6") and mask == everything >> (scalar.width - length) << (scalar.width - length):
        return f"{written}/{length}"
    return {"value": written, "mask": hex(mask)}


# --- TOML ---------------------------------------------------------------------------------------------


def as_toml(value: object) -> str:
    """A value on one line, as TOML."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return _text(value)
        case Mapping():
            fields = ", ".join(f"{_name(str(name))} = {as_toml(item)}" for name, item in value.items())
            return f"{{ {fields} }}" if fields else "{}"
        case Sequence():
            return f"[{', '.join(map(as_toml, value))}]"
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a file of entries")


def _list(name: str, rows: Iterable[str]) -> str:
    return "".join([f"{_name(name)} = [\n", *(f"    {row},\n" for row in rows), "]\n"])


def _array(name: str, cells: Sequence[str]) -> str:
    plain = f"{_name(name)} = [{', '.join(cells)}]"
    if len(plain) <= LINE_LENGTH:
        return plain + "\n"
    lines, line = [f"{_name(name)} = ["], "   "
    for cell in cells:
        if len(line) + len(cell) + 2 > LINE_LENGTH and line.strip():
            lines.append(line)
            line = "   "
        line += f" {cell},"
    return "\n".join([*lines, line, "]\n"])


def _section(name: str, values: Mapping[str, object]) -> str:
    return "".join([f"[{name}]\n", *(f"{_name(item)} = {as_toml(value)}\n" for item, value in values.items())])


def _name(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    escaped = "".join(_ESCAPES.get(c, c if c.isprintable() else f"\\U{ord(c):08x}") for c in text)
    return f'"{escaped}"'
