"""Which field writes an emission carries: known where the emission stands, or noted while the packet is processed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler.ir.fields import results
from compiler.ir.guard_tree import GuardTree
from compiler.ir.headers import Header
from compiler.ir.operations import Clone, Flood, HeaderPresent, Multicast, Operation, Reply, Rest, Send, WriteField
from compiler.ir.program import Program
from compiler.ir.values import Operand

FieldKey = tuple[str, str]  # (header, field)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What the packet of an emission has otherwise than it was received.

    `writes`: the one write of a field that is certain, or None where only a run tells which, if any, happened.
    `swaps`: pairs of fields that are exchanged on top of that.
    """

    writes: tuple[tuple[FieldKey, WriteField | None], ...]
    swaps: tuple[tuple[FieldKey, FieldKey], ...]

    @property
    def changed(self) -> list[FieldKey]:
        found = dict.fromkeys(key for key, _ in self.writes)
        for one, other in self.swaps:
            found.update({one: None, other: None})
        return list(found)


class FieldWrites:
    """The rewrites of all emissions of a program."""

    def __init__(self, program: Program) -> None:
        tree = GuardTree(program.guards)
        self._rewrites: dict[int, Rewrite] = {}
        self.noted: set[FieldKey] = set()  # fields whose writes are noted in variables
        for place, operation in enumerate(program.operations):
            if isinstance(operation, Send | Clone | Reply | Flood | Multicast) and _takes_packet(operation):
                rewrite = _rewrite(program, tree, place, operation)
                self._rewrites[id(operation)] = rewrite
                self.noted.update(key for key, write in rewrite.writes if write is None)

        self._carried = {id(w) for r in self._rewrites.values() for _, w in r.writes if w is not None}

    def is_carried(self, write: WriteField) -> bool:
        """Whether some emission may carry what is written."""
        return id(write) in self._carried or (write.header, write.field) in self.noted

    def values_of(self, operation: Operation) -> list[Operand]:
        """The values that an emission puts into the packet for sure."""
        return [write.value for _, write in self.of(operation).writes if write is not None]

    def of(self, operation: Operation) -> Rewrite:
        return self._rewrites.get(id(operation), Rewrite((), ()))


def _takes_packet(operation: Send | Clone | Reply | Flood | Multicast) -> bool:
    """Whether bytes of the packet as it stands are part of the emission."""
    return isinstance(operation, Flood) or operation.packet is None or operation.packet.rest is not Rest.NOTHING


def _rewrite(program: Program, tree: GuardTree, place: int, operation: Operation) -> Rewrite:
    certain: dict[FieldKey, WriteField | None] = {}
    for earlier in program.operations[:place]:
        if not isinstance(earlier, WriteField) or tree.are_exclusive(earlier.guard, operation.guard):
            continue
        always = _is_certain(program, tree, earlier, operation.guard)
        certain[earlier.header, earlier.field] = earlier if always else None
    swaps = swapped_pairs(program.headers) if isinstance(operation, Reply) else ()
    return Rewrite(tuple(certain.items()), tuple(swaps))


def _is_certain(program: Program, tree: GuardTree, write: WriteField, guard: int) -> bool:
    """Whether the write has happened wherever `guard` holds, or the header is absent and it makes no difference."""
    definitions = {v.number: o for o in program.operations for v in results(o)}
    for outer in tree.chain(write.guard):
        if tree.is_within(guard, outer):
            return True
        here = program.guards[outer]
        assert here.condition is not None, "only the root has no condition, and all is within it"
        test = definitions.get(here.condition.number)
        if not (isinstance(test, HeaderPresent) and test.header == write.header and here.polarity):
            return False
    return True


def swapped_pairs(headers: Sequence[Header]) -> list[tuple[FieldKey, FieldKey]]:
    return [((h.name, one), (h.name, other)) for h in headers for one, other in h.swaps]
