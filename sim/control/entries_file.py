"""Read the file that fills a program's tables.

    backends = [                                                   # a table: key, value, and priority where it counts
        { key = 1, value = { ip = "10.0.0.1", mac = "02:00:00:00:00:01" } },
    ]
    maglev = [1, 1, 2]                                             # an array: its first cells

    [[routes]]                                                     # the other way to write a list
    key = "10.0.0.0/8"
    value = "wan"

    [tunables]
    threshold = 5000

    [multicast]
    1 = ["any[0]", "any[1]"]

How values are written: `compiler/ir/literals.py`; keys: `key_patterns.py`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from compiler.diagnostics.suggest import closest
from compiler.ir.leaf_values import Leaf
from compiler.ir.literals import LiteralError, parse_number, parse_value
from compiler.ir.program import Program
from compiler.ir.states import Table, TableArray
from compiler.ir.types import Scalar
from sim.control.cell_shapes import join_cell
from sim.control.errors import EntriesError, reason_of
from sim.control.key_patterns import parse_key
from sim.state.entries import ControlEntries, TableEntry
from sim.state.errors import StateError
from sim.state.table import MAX_PRIORITY, check_entries

TUNABLES = "tunables"
MULTICAST = "multicast"


def load_entries(path: Path | str, program: Program) -> ControlEntries:
    """Read a file of entries for `program`; `EntriesError` where it cannot be read or does not fit."""
    return read_entries(_read_toml(str(path)), program, name=str(path))


def read_entries(tree: dict[str, object], program: Program, *, name: str) -> ControlEntries:
    """The entries that a file of this `name`, parsed, holds for `program`; `EntriesError` where it does not fit."""
    return _EntriesReader(name, program).read(tree)


def _read_toml(path: str) -> dict[str, object]:
    try:
        return tomllib.loads(Path(path).read_bytes().decode("utf-8"))
    except OSError as error:
        raise EntriesError(path, f"cannot read: {reason_of(error)}") from error
    except UnicodeDecodeError as error:
        raise EntriesError(path, f"not a text file in UTF-8 (byte {error.start})") from error
    except RecursionError as error:
        raise EntriesError(path, "values are nested too deeply") from error
    except ValueError as error:  # of tomllib, or of a number with thousands of digits
        raise EntriesError(path, f"not valid TOML: {error}") from error


class _EntriesReader:
    """Reads one file; every error carries the file's name and the place in it."""

    def __init__(self, path: str, program: Program) -> None:
        self._path = path
        self._program = program
        self._ports = tuple(port.name for port in program.ports)

    def read(self, tree: dict[str, object]) -> ControlEntries:
        tables: dict[str, tuple[TableEntry, ...]] = {}
        arrays: dict[str, tuple[Leaf, ...]] = {}
        states = {state.name: state for state in self._program.states}
        for name, found in tree.items():
            match states.get(name):
                case Table() as table:
                    tables[name] = self._table(table, found)
                case TableArray() as array:
                    arrays[name] = self._array(array, found)
                case None if name in (TUNABLES, MULTICAST):
                    pass
                case _:
                    raise self._unknown_table(name)
        return ControlEntries(
            tables, arrays, self._tunables(tree.get(TUNABLES, {})), self._multicast(tree.get(MULTICAST, {}))
        )

    def _unknown_table(self, name: str) -> EntriesError:
        known = [state.name for state in self._program.states if isinstance(state, Table | TableArray)]
        if any(state.name == name for state in self._program.states):
            return self._error(f"`{name}`", "the control plane does not fill this state, packets do", _tables(known))
        return self._error(f"`{name}`", "the program has no table of this name", _meant(name, known) or _tables(known))

    def _table(self, table: Table, found: object) -> tuple[TableEntry, ...]:
        if not isinstance(found, list):
            raise self._error(
                f"table `{table.name}`", "expected a list of entries", f"write [[{table.name}]] above each"
            )
        entries = tuple(self._entry(table, item, i) for i, item in enumerate(found, start=1))
        try:
            check_entries(table, entries, first=1)
        except StateError as error:
            raise self._error(_place_of(table, error), error.problem) from error
        return entries

    def _entry(self, table: Table, found: object, number: int) -> TableEntry:
        place = f"table `{table.name}`, entry {number}"
        names = ["key", "value", "priority"] if table.value_shape else ["key", "priority"]
        if not isinstance(found, dict) and table.value_shape is None:
            found = {"key": found}  # a table without values may be a list of keys
        if not isinstance(found, dict):
            raise self._error(place, f"expected a table of {', '.join(names)}")
        for name in found:
            if name not in names:
                raise self._error(
                    place, f"unknown field `{name}`", _meant(name, names) or f"fields: {', '.join(names)}"
                )
        for name in names[:-1]:
            if name not in found:
                raise self._error(place, f"`{name}` is missing")
        try:
            key = parse_key(table, found["key"], ports=self._ports)
            shape = table.value_shape
            values = parse_value(shape, found["value"], ports=self._ports, path="value") if shape else ()
        except LiteralError as error:
            raise self._literal_error(place, error) from error
        priority = found.get("priority", 0)
        if isinstance(priority, bool) or not isinstance(priority, int) or not 0 <= priority <= MAX_PRIORITY:
            raise self._error(place, f"priority: expected a whole number from 0 to {MAX_PRIORITY}")
        return TableEntry(key, values, priority)

    def _array(self, array: TableArray, found: object) -> tuple[Leaf, ...]:
        place = f"array `{array.name}`"
        if not isinstance(found, list):
            raise self._error(place, f"expected a list of at most {array.cells} values")
        if len(found) > array.cells:
            raise self._error(place, f"there are {array.cells} cells, and {len(found)} values for them")
        try:
            return tuple(
                join_cell(array.type, array.shape, parse_value(array.shape, item, ports=self._ports, path=f"[{i}]"))
                for i, item in enumerate(found)
            )
        except LiteralError as error:
            raise self._literal_error(place, error) from error

    def _tunables(self, found: object) -> dict[str, int]:
        declared = {tunable.name: tunable for tunable in self._program.tunables}
        values: dict[str, int] = {}
        for name, item in self._section(TUNABLES, found).items():
            if name not in declared:
                raise self._error(
                    f"tunable `{name}`", "the program has no tunable of this name", _meant(name, declared)
                )
            # A truth value is a number of one bit to the IR.
            number = int(item) if isinstance(item, bool) and declared[name].type.width == 1 else item
            try:
                values[name] = parse_number(Scalar("uint", declared[name].type.width), number)
            except LiteralError as error:
                raise self._literal_error(f"tunable `{name}`", error) from error
        return values

    def _multicast(self, found: object) -> dict[int, tuple[int, ...]]:
        groups: dict[int, tuple[int, ...]] = {}
        for name, members in self._section(MULTICAST, found).items():
            place = f"multicast group `{name}`"
            try:
                number = parse_number(Scalar("multicast", 16), name)
                if not isinstance(members, list):
                    raise LiteralError("", "a list of ports", members)
                port = Scalar("port", 16)
                ports = tuple(
                    parse_number(port, item, ports=self._ports, path=f"[{i}]") for i, item in enumerate(members)
                )
            except LiteralError as error:
                raise self._literal_error(place, error) from error
            if number in groups:
                raise self._error(place, f"group {number} is given twice")
            if len(set(ports)) < len(ports):
                raise self._error(place, "a port is in the group twice")
            groups[number] = ports
        return groups

    def _section(self, name: str, found: object) -> dict[str, object]:
        if name in {state.name for state in self._program.states}:
            return {}  # a table of this name is read as a table
        if not isinstance(found, dict):
            raise self._error(f"[{name}]", "expected a section of names and values")
        return found

    def _literal_error(self, place: str, error: LiteralError) -> EntriesError:
        path = f"{error.path}: " if error.path else ""
        help = f"did you mean `{error.suggestion}`?" if error.suggestion else None
        return self._error(place, f"{path}expected {error.expected}, found {error.found}", help)

    def _error(self, place: str, problem: str, help: str | None = None) -> EntriesError:
        return EntriesError(self._path, problem, place=place, help=help)


def _meant(name: str, known: Iterable[str]) -> str | None:
    suggestion = closest(name, known)
    return f"did you mean `{suggestion}`?" if suggestion else None


def _tables(known: Sequence[str]) -> str:
    return f"tables: {', '.join(known)}" if known else "the program has no tables"


def _place_of(table: Table, error: StateError) -> str:
    number = error.place.removeprefix(table.name).strip("[]")
    return f"table `{table.name}`" + (f", entry {number}" if number else "")
