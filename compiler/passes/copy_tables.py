"""A table for each lookup.

Before: a control-plane table may be looked up in several places.
After:  the first lookup of a table is its only one; each further one goes to a copy, a table of the same
        declaration called `NAME__2`, `NAME__3`, ... that stands behind it. `table_copies` says which tables
        the control plane has to fill alike.

Some switches apply a table once in a packet's way. `merge_table_lookups` leaves what no one lookup can stand for.

    table_get t, (%a); table_get t, (%b)     becomes    table_get t, (%a); table_get t__2, (%b)
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from itertools import count

from compiler.ir.operations import Operation, TableGet
from compiler.ir.program import Program
from compiler.ir.states import State, Table, TableArray


def copy_tables(program: Program) -> Program:
    names = _Names(program)
    operations = tuple(_with_own_table(operation, names) for operation in program.operations)
    states = tuple(each for state in program.states for each in _with_copies(state, names.of_table.get(state.name, [])))
    return dataclasses.replace(program, states=states, operations=operations)


def table_copies(source: Program, copied: Program) -> dict[str, tuple[str, ...]]:
    """For each table and `TableArray` by name: it and its copies in `copied`, which came from `source`.

    `source` may be the program before other passes, too, that put tables in the place of other states.
    """
    given = _tables(source)
    found: dict[str, tuple[str, ...]] = {}
    for name in _tables(copied):
        ending = None if name in given else re.fullmatch(r"(.+)__\d+", name)
        original = name if ending is None else ending[1]
        found[original] = (*found.get(original, ()), name)
    return found


def _tables(program: Program) -> list[str]:
    return [state.name for state in program.states if isinstance(state, Table | TableArray)]


class _Names:
    """Names for lookups, one after another; those of other states are left out."""

    def __init__(self, program: Program) -> None:
        self.of_table: dict[str, list[str]] = {}
        self._taken = {state.name for state in program.states}
        self._fresh: dict[str, Iterator[str]] = {}

    def next_of(self, table: str) -> str:
        names = self.of_table.setdefault(table, [])
        fresh = self._fresh.setdefault(table, (f"{table}__{number}" for number in count(2)))
        names.append(next(name for name in fresh if name not in self._taken) if names else table)
        return names[-1]


def _with_own_table(operation: Operation, names: _Names) -> Operation:
    if not isinstance(operation, TableGet):
        return operation
    return dataclasses.replace(operation, state=names.next_of(operation.state))


def _with_copies(state: State, names: list[str]) -> list[State]:
    return [state, *(dataclasses.replace(state, name=name) for name in names[1:])]
