"""One lookup for lookups that exclude each other.

Before: a control-plane table may be looked up in several places.
After:  lookups under guards that exclude each other are one lookup of a selected key, under the innermost
        guard around both, as far as what the later key is made of can be computed before the earlier
        lookup. The others stay.

Some switches apply a table once in a packet's way, even on branches that exclude each other.

    if %a { table_get t, (%k) } else { table_get t, (%l) }     becomes
    %m = select %a, %k, %l; table_get t, (%m); if %a { ... } else { ... }
"""

from __future__ import annotations

import dataclasses
from itertools import combinations

from compiler.ir.fields import operands, replace_operands, results
from compiler.ir.guard_tree import GuardTree
from compiler.ir.operations import Drop, Flood, Multicast, Operation, Pure, Reply, Select, Send, TableGet
from compiler.ir.program import ROOT, Guard, Program
from compiler.ir.states import TableArray
from compiler.ir.values import Operand, Value


def merge_table_lookups(program: Program) -> Program:
    while (merged := _merge_two(program)) is not None:
        program = merged
    return program


def _merge_two(program: Program) -> Program | None:
    """The program with one lookup less, or None where no two can be merged."""
    tree = GuardTree(program.guards)
    lookups = [(place, o) for place, o in enumerate(program.operations) if isinstance(o, TableGet)]
    pairs = [
        _Pair(program, tree, earlier, later)
        for earlier, later in combinations(lookups, 2)
        if earlier[1].state == later[1].state and tree.are_exclusive(earlier[1].guard, later[1].guard)
    ]
    # The innermost first: merged, two lookups may exclude a third one that each of them excludes.
    pairs.sort(key=lambda pair: -tree.depth(pair.around))
    for pair in pairs:
        moved = pair.moved()
        if moved is not None and pair.may_stand_around():
            return pair.merged(moved)
    return None


class _Pair:
    def __init__(
        self, program: Program, tree: GuardTree, earlier: tuple[int, TableGet], later: tuple[int, TableGet]
    ) -> None:
        self._program = program
        self._tree = tree
        self._place, self._earlier = earlier
        self._later_place, self._later = later
        self.around = tree.meet(self._earlier.guard, self._later.guard)

    def may_stand_around(self) -> bool:
        """Whether a lookup in the earlier one's place may be carried out wherever `around` holds."""
        before = self._program.operations[: self._place]
        if any(_is_final(o) and not self._tree.are_exclusive(o.guard, self.around) for o in before):
            return False
        if any(one.type != other.type for one, other in zip(self._earlier.key, self._later.key, strict=True)):
            return False  # indices of an array may have any width
        # An index is in range only where one of the two was to be looked up.
        is_array = isinstance(self._program.state(self._earlier.state), TableArray)
        return not is_array or self._are_two_sides()

    def _are_two_sides(self) -> bool:
        one, other = self._program.guards[self._earlier.guard], self._program.guards[self._later.guard]
        return one.parent == other.parent == self.around and one.condition == other.condition

    def moved(self) -> frozenset[int] | None:
        """Places between the two of what the later key depends on; None where one of them cannot move."""
        needed: set[Operand] = set(self._later.key)
        moved: set[int] = set()
        for place in range(self._later_place - 1, self._place, -1):
            operation = self._program.operations[place]
            if needed.isdisjoint(results(operation)):
                continue
            if not isinstance(operation, Pure):
                return None
            moved.add(place)
            needed.update(operands(operation))
            needed.update(self._conditions(operation.guard))
        return None if not needed.isdisjoint(results(self._earlier)) else frozenset(moved)

    def _conditions(self, guard: int) -> list[Value]:
        conditions = [self._program.guards[number].condition for number in self._tree.chain(guard) if number != ROOT]
        return [condition for condition in conditions if condition is not None]

    def merged(self, moved: frozenset[int]) -> Program:
        program, place, later_place = self._program, self._place, self._later_place
        old = program.operations
        selects, lookup = self._lookup()
        same: dict[Operand, Operand] = dict(zip(results(self._later), results(self._earlier), strict=True))
        order: list[Operation] = [
            *old[:place],
            *(old[i] for i in sorted(moved)),
            *selects,
            lookup,
            *(old[i] for i in range(place + 1, len(old)) if i not in moved and i != later_place),
        ]
        return dataclasses.replace(
            program,
            operations=tuple(replace_operands(o, lambda operand: same.get(operand, operand)) for o in order),
            guards=tuple(_with_condition(guard, same) for guard in program.guards),
        )

    def _lookup(self) -> tuple[list[Operation], TableGet]:
        found = self._tree.splits(self._earlier.guard, self._later.guard)
        assert found is not None, "only lookups that exclude each other are paired"
        condition, holds_for_earlier = found
        fresh = 1 + max(value.number for o in self._program.operations for value in results(o))
        selects: list[Operation] = []
        key: list[Operand] = []
        for earlier, later in zip(self._earlier.key, self._later.key, strict=True):
            if earlier == later:
                key.append(earlier)
                continue
            on_true, on_false = (earlier, later) if holds_for_earlier else (later, earlier)
            result = Value(fresh + len(selects), earlier.type, "key")
            selects.append(
                Select(
                    guard=self.around,
                    span=self._later.span,
                    result=result,
                    condition=condition,
                    on_true=on_true,
                    on_false=on_false,
                )
            )
            key.append(result)
        return selects, dataclasses.replace(self._earlier, guard=self.around, key=tuple(key))


def _is_final(operation: Operation) -> bool:
    return isinstance(operation, Send | Reply | Flood | Multicast | Drop)


def _with_condition(guard: Guard, same: dict[Operand, Operand]) -> Guard:
    condition = same.get(guard.condition) if guard.condition is not None else None
    return dataclasses.replace(guard, condition=condition) if isinstance(condition, Value) else guard
