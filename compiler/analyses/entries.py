"""Findings about entries: used after they may have changed, and ids that are taken and then lost.

E: an entry found in a map names a slot. Another write of the same map, by a key that may differ,
can take that slot before the entry is written through: the second write would evict the first.
Not reported where the guards show that the entry was present (a live slot is nobody else's), that
the other write was through a present entry, or that only one of the two is carried out.

L: nothing is undone, so an id that a lease gave out stays taken. Where the packet can then be dropped
before the id is stored, each such packet costs an id until it expires.
"""

from __future__ import annotations

from compiler.analyses.paths import PacketPath, Paths, find_paths
from compiler.analyses.structure import Structure, structure_of
from compiler.analyses.value_numbers import ValueNumbers, number_values
from compiler.diagnostics import Diagnostic, Note, Severity
from compiler.ir.operations import ArrayWrite, Drop, LeaseClose, LeaseOpen, MapFind, MapPut, MapRemove
from compiler.ir.program import Program
from compiler.ir.values import Value

STALE_ENTRY = "W0901"
LOST_ID = "W0902"


def check_entries(program: Program, *, paths: Paths | None = None) -> tuple[Diagnostic, ...]:
    """Stale entries (errors) and lost ids (warnings), in source order."""
    structure = structure_of(program)
    found = _stale_entries(structure)
    if any(isinstance(operation, LeaseOpen) for operation in program.operations):
        found.extend(_lost_ids(structure, paths or find_paths(program)))
    return tuple(sorted(found, key=lambda diagnostic: diagnostic.span.start))


def _stale_entries(structure: Structure) -> list[Diagnostic]:
    program = structure.program
    numbers = number_values(program)
    writes = [(i, op) for i, op in enumerate(program.operations) if isinstance(op, MapPut | MapRemove)]
    diagnostics = []
    for place, write in writes:
        found = _entry(structure, write)
        if found is None or _is_present(structure, place, found[1]):
            continue
        found_at, find = found
        for other_place, other in writes:
            if found_at < other_place < place and other.state == write.state:
                if _harmless(structure, numbers, other_place, other, write):
                    continue
                diagnostics.append(_stale(find, write, other))
                break
    return diagnostics


def _entry(structure: Structure, write: MapPut | MapRemove) -> tuple[int, MapFind] | None:
    """The look-up that gave the slot of a write, and its place."""
    if not isinstance(write.slot, Value):
        return None
    place = structure.definition(write.slot)
    find = structure.program.operations[place]
    return (place, find) if isinstance(find, MapFind) else None


def _is_present(structure: Structure, place: int, find: MapFind) -> bool:
    return structure.guarded_by(place, find.present)


def _harmless(
    structure: Structure, numbers: ValueNumbers, place: int, other: MapPut | MapRemove, write: MapPut | MapRemove
) -> bool:
    if structure.excludes(other.guard, write.guard):
        return True
    if list(map(numbers.of, other.key)) == list(map(numbers.of, write.key)):
        return True
    entry = _entry(structure, other)
    return isinstance(other, MapPut) and entry is not None and _is_present(structure, place, entry[1])


def _stale(find: MapFind, write: MapPut | MapRemove, other: MapPut | MapRemove) -> Diagnostic:
    return Diagnostic(
        STALE_ENTRY,
        f"this entry of `{write.state}` may be another key's by now: line {other.span.line} wrote the map since "
        f"line {find.span.line} found it",
        write.span,
        label="written through an entry found earlier",
        notes=(Note(find.span, "found here"), Note(other.span, "the map is written by another key here")),
        help="find the entry again after that write, or write it before",
    )


def _lost_ids(structure: Structure, paths: Paths) -> list[Diagnostic]:
    program = structure.program
    numbers = number_values(program)
    losses: dict[tuple[int, int], Diagnostic] = {}
    for path in paths.paths:
        final = program.operations[path.final]
        if not isinstance(final, Drop):
            continue
        for place in path.operations:
            operation = program.operations[place]
            if isinstance(operation, LeaseOpen) and _is_lost(structure, numbers, path, operation):
                losses.setdefault((place, path.final), _lost(operation, final))
    return list(losses.values())


def _is_lost(structure: Structure, numbers: ValueNumbers, path: PacketPath, opened: LeaseOpen) -> bool:
    """Whether the id was given out on this path and is neither stored nor closed."""
    if path.known.value(numbers.of(opened.done)) == 0:
        return False
    number = numbers.of(opened.id)
    for place in path.operations:
        operation = structure.program.operations[place]
        match operation:
            case MapPut(key=key, values=values, done=done):
                may_store = path.known.value(numbers.of(done)) != 0
                if may_store and any(_needs(numbers, numbers.of(part), number) for part in (*key, *values)):
                    return False
            case LeaseClose(id=closed) if _needs(numbers, numbers.of(closed), number):
                return False
            case ArrayWrite(value=value) if _needs(numbers, numbers.of(value), number):
                return False
            case _:
                pass
    return True


def _needs(numbers: ValueNumbers, number: int, wanted: int) -> bool:
    return number == wanted or any(_needs(numbers, argument, wanted) for argument in numbers.nodes[number].arguments)


def _lost(opened: LeaseOpen, final: Drop) -> Diagnostic:
    return Diagnostic(
        LOST_ID,
        f"an id of `{opened.state}` can be taken here and lost: the packet is dropped before the id is stored",
        opened.span,
        label="stays taken until it expires",
        notes=(Note(final.span, "dropped here; nothing is undone"),),
        help="ask `entry.has_room` before opening the id, or close it before the drop",
        severity=Severity.WARNING,
    )
