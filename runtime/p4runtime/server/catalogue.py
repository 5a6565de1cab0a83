"""The objects of a program by their P4Runtime IDs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backends.p4.manifest import Manifest, Register, RegisterArray, Table, Word
from backends.p4.p4info import COUNTER_WIDTH
from compiler.ir.program import Program
from compiler.ir.states import Table as DeclaredTable
from runtime.p4runtime.served_tables import ServedTable, served_tables
from runtime.p4runtime.server.refusals import invalid


@dataclass(frozen=True, slots=True)
class P4Table:
    """A P4 table that entries can be written into.

    Several may stand for one table of the program; `is_first`: the interpreter looks into this one.
    """

    served: ServedTable
    id: int
    name: str  # as P4Runtime has it
    is_first: bool

    @property
    def objects(self) -> Table:
        return self.served.objects

    @property
    def room(self) -> int:
        """How many entries there can be."""
        declaration = self.served.declaration
        return min(self.objects.size, declaration.size) if isinstance(declaration, DeclaredTable) else self.objects.size


@dataclass(frozen=True, slots=True)
class P4Register:
    """A P4 register: bits `word.high` to `word.low` of the lanes of `array`; or, without one, a counter."""

    register: Register
    array: RegisterArray | None = None
    word: Word | None = None

    @property
    def cells(self) -> int:
        return 1 if self.array is None else self.array.cells * self.array.lanes

    @property
    def width(self) -> int:
        return COUNTER_WIDTH if self.word is None else self.word.high - self.word.low + 1


class Catalogue:
    """All tables and registers of a compiled program."""

    def __init__(self, manifest: Manifest, program: Program) -> None:
        """Raises `FolderError` where manifest and program do not fit together."""
        self.manifest = manifest
        self.tables = {
            copy.id: P4Table(served, copy.id, copy.name, is_first=number == 0)
            for served in served_tables(manifest, program)
            for number, copy in enumerate(served.objects.copies)
        }
        self.registers = {found.register.id: found for found in _registers(manifest)}

    def table(self, id_: int) -> P4Table:
        """The table with this ID that has a key; refused where there is none."""
        found = self.tables.get(id_)
        if found is None:
            raise invalid(f"program `{self.manifest.name}` has no table with ID {id_:#010x}")
        return found

    def register(self, id_: int) -> P4Register:
        """The register with this ID; refused where there is none."""
        found = self.registers.get(id_)
        if found is None:
            raise invalid(f"program `{self.manifest.name}` has no register with ID {id_:#010x}")
        return found


def _registers(manifest: Manifest) -> Iterator[P4Register]:
    for counter in (manifest.packets_seen, manifest.digests_sent):
        if counter is not None:
            yield P4Register(counter)
    for array in manifest.arrays:
        for word in array.words:
            yield P4Register(word.register, array, word)
