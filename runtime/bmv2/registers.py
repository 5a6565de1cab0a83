"""Arrays of an expanded program as registers of a running switch: cells to lanes to words, and back.

A register keeps the difference (XOR) of each lane from the array's initial value, for bmv2 begins with zeros.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from backends.p4.manifest import Manifest, RegisterArray, Word
from compiler.ir.leaf_values import Leaf
from compiler.ir.program import Program
from compiler.ir.states import Array
from compiler.ir.types import Vector, bit_width
from compiler.passes.expansion.arrays import expanded
from runtime.bmv2.errors import WrongProgramError
from runtime.bmv2.thrift_client import SwitchClient

Cells = dict[str, Sequence[Leaf]]  # of each array, by its name


@dataclass(frozen=True, slots=True)
class StoredArray:
    """An array, and how it is stored."""

    declaration: Array
    registers: RegisterArray

    @property
    def is_vector(self) -> bool:
        return isinstance(self.declaration.type, Vector)


def stored_arrays(manifest: Manifest, program: Program) -> dict[str, StoredArray]:
    """The arrays that the states of `program` are made of; `WrongProgramError` where the manifest has others."""
    registers = {array.name: array for array in manifest.arrays}
    declared = [array for state in program.states for array in expanded(state, program) if isinstance(array, Array)]
    found: dict[str, StoredArray] = {}
    for array in declared:
        stored = registers.get(array.name)
        if stored is None or not _fits(array, stored):
            raise WrongProgramError(
                f"the manifest and the program of the folder do not fit together: array `{array.name}`",
                help="files of two compilations are mixed; compile again",
            )
        found[array.name] = StoredArray(array, stored)
    return found


def _fits(array: Array, stored: RegisterArray) -> bool:
    lanes, width = (
        (array.type.lanes, array.type.width) if isinstance(array.type, Vector) else (1, bit_width(array.type))
    )
    return (stored.cells, stored.lanes, stored.width) == (array.cells, lanes, width)


def read_arrays(client: SwitchClient, arrays: Collection[StoredArray]) -> Cells:
    return {array.declaration.name: _read_array(client, array) for array in arrays}


def _read_array(client: SwitchClient, array: StoredArray) -> Sequence[Leaf]:
    lanes: list[int] | None = None
    for word in array.registers.words:
        stored = read_word(client, array.registers, word)
        shifted = [value << word.low for value in stored] if word.low else stored
        lanes = shifted if lanes is None else [rest | part for rest, part in zip(lanes, shifted, strict=True)]
    assert lanes is not None, "an array has a word at least"
    if array.registers.initial:
        lanes = [lane ^ array.registers.initial for lane in lanes]
    if not array.is_vector:
        return lanes
    return list(zip(*[iter(lanes)] * array.registers.lanes, strict=True))


def read_word(client: SwitchClient, array: RegisterArray, word: Word) -> list[int]:
    """All cells of one register; `WrongProgramError` where it is not as the manifest says."""
    stored = client.read_all(word.register.name)
    if len(stored) != array.cells * array.lanes or not 0 <= min(stored) <= max(stored) < 1 << word.high - word.low + 1:
        raise WrongProgramError(
            f"register `{word.register.name}` of the switch at {client.address} is not as the manifest says",
            help="the switch runs another version of the program; deploy this one",
        )
    return stored


@dataclass(frozen=True, slots=True)
class Write:
    """Put `value` into cells `start` up to, but not including, `end`."""

    register: str
    start: int
    end: int
    value: int


def writes_for(
    client: SwitchClient, arrays: Mapping[str, StoredArray], cells: Mapping[str, Sequence[Leaf]]
) -> list[Write]:
    """What to write for the switch's arrays to hold `cells`; no cell is written that holds its value already."""
    return [
        Write(word.register.name, start, end, wanted[start])
        for name, values in cells.items()
        for word, wanted in _words(arrays[name], values)
        for start, end in differing_runs(read_word(client, arrays[name].registers, word), wanted)
    ]


def carry_out(client: SwitchClient, write: Write) -> None:
    if write.end - write.start == 1:
        client.write(write.register, write.start, write.value)
    else:
        client.write_range(write.register, write.start, write.end, write.value)


def _words(array: StoredArray, cells: Sequence[Leaf]) -> Iterator[tuple[Word, list[int]]]:
    initial = array.registers.initial
    lanes = [lane ^ initial for cell in cells for lane in (cell if isinstance(cell, tuple) else (cell,))]
    for word in array.registers.words:
        mask = (1 << word.high - word.low + 1) - 1
        yield word, [lane >> word.low & mask for lane in lanes]


def differing_runs(found: list[int], wanted: list[int]) -> Iterator[tuple[int, int]]:
    """Ranges of cells, the end excluded, that are to hold one value and together cover every cell that does not.

    A range begins and ends with a cell that differs; cells between may hold the value already.
    """
    if found == wanted:  # of lists of 100,000 cells this is said at once
        return
    start = end = 0  # of the range that grows; none where they are equal
    for index, (is_now, is_to_be) in enumerate(zip(found, wanted, strict=True)):
        if start < end and wanted[start] != is_to_be:
            yield start, end
            start = end
        if is_now != is_to_be:
            start, end = (start if start < end else index), index + 1
    if start < end:
        yield start, end
