"""The tables that a deployed program has: declarations of the source beside their objects on the switch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backends.p4.manifest import Manifest
from backends.p4.manifest import Table as ManifestTable
from compiler.ir.leaf_values import Leaf
from compiler.ir.program import Program
from compiler.ir.states import Lease, MatchKind, Table, TableArray
from compiler.ir.types import Type
from compiler.passes.expansion.arrays import expanded
from runtime.p4runtime.errors import FolderError
from runtime.p4runtime.value_parts import joined_values, parts_of, split_values
from sim.state.entries import Exact, Pattern


@dataclass(frozen=True, slots=True)
class ServedTable:
    """A table or an array of the program, and where it is. `key_parts`, `value_parts`: see `value_parts.py`."""

    declaration: Table | TableArray
    objects: ManifestTable
    key_parts: tuple[int, ...]
    value_parts: tuple[int, ...]
    is_internal: bool  # filled by the compiler, not by the control plane

    @property
    def name(self) -> str:
        return self.declaration.name

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(copy.id for copy in self.objects.copies)

    @property
    def value_types(self) -> tuple[Type, ...]:
        declaration = self.declaration
        return (declaration.type,) if isinstance(declaration, TableArray) else declaration.values

    def arguments(self, values: Sequence[Leaf]) -> tuple[int, ...]:
        return split_values(values, self.value_types, self.value_parts)

    def values(self, arguments: Sequence[int]) -> tuple[Leaf, ...]:
        return joined_values(arguments, self.value_types, self.value_parts)

    def device_key(self, key: Sequence[Pattern]) -> tuple[Pattern, ...]:
        """The key's patterns with vectors taken apart."""
        if isinstance(self.declaration, TableArray):
            return tuple(key)
        found: list[Pattern] = []
        for pattern, type_, count in zip(key, self.declaration.key, self.key_parts, strict=True):
            if isinstance(pattern, Exact):
                found.extend(map(Exact, split_values([pattern.value], [type_], [count])))
            else:
                found.append(pattern)
        return tuple(found)

    def source_key(self, key: Sequence[Pattern]) -> tuple[Pattern, ...]:
        """The inverse of `device_key`."""
        if isinstance(self.declaration, TableArray):
            return tuple(key)
        found: list[Pattern] = []
        at = 0
        for type_, count in zip(self.declaration.key, self.key_parts, strict=True):
            pattern = key[at]
            if isinstance(pattern, Exact):
                numbers = [part.value for part in key[at : at + count] if isinstance(part, Exact)]
                found.append(Exact(joined_values([n for n in numbers if isinstance(n, int)], [type_], [count])[0]))
            else:
                found.append(pattern)
            at += count
        return tuple(found)


def served_tables(manifest: Manifest, program: Program) -> tuple[ServedTable, ...]:
    """All tables of the manifest, in its order; `FolderError` where it and the program do not fit together."""
    declared: dict[str, Table | TableArray] = {}
    internal: set[str] = set()
    for state in program.states:
        if isinstance(state, Lease):
            arrays = {array.name: array for array in expanded(state, program) if isinstance(array, TableArray)}
            internal.update(arrays)
            declared.update(arrays)
        elif isinstance(state, Table | TableArray):
            declared[state.name] = state
    return tuple(_served(table, declared.get(table.name), table.name in internal) for table in manifest.tables)


def _served(table: ManifestTable, declaration: Table | TableArray | None, is_internal: bool) -> ServedTable:
    place = f"table `{table.name}`"
    if declaration is None:
        raise FolderError(f"{place}: the program has no table of this name", help="compile again")
    widths = [part.width for part in table.key]
    if isinstance(declaration, TableArray):
        key_parts, kinds = [1], [MatchKind.EXACT]
        fits = len(widths) == 1 and (declaration.cells - 1).bit_length() <= widths[0]
        types: tuple[Type, ...] = (declaration.type,)
    else:
        key_parts = parts_of(declaration.key, widths, place=place)
        kinds = [kind for kind, count in zip(declaration.match, key_parts, strict=True) for _ in range(count)]
        fits, types = True, declaration.values
    if not fits or [part.match for part in table.key] != [kind.value for kind in kinds]:
        raise FolderError(f"{place}: the manifest does not fit the program", help="compile again")
    value_parts = parts_of(types, [parameter.width for parameter in table.hit.parameters], place=place)
    return ServedTable(declaration, table, tuple(key_parts), tuple(value_parts), is_internal)
