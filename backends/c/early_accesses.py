"""Accesses of which the packet alone tells the key: what can be fetched before the packets in front are done."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler.ir.accesses import IndexFind, IndexOpen, LeaseGet, MapFind, ReduceContribute
from compiler.ir.fields import operands, results
from compiler.ir.guard_tree import GuardTree
from compiler.ir.operations import Operation, Pure
from compiler.ir.program import Program
from compiler.ir.values import Operand, Value

Keyed = MapFind | IndexFind | IndexOpen | LeaseGet | ReduceContribute
MOST = 8  # sites; more would make the look ahead longer than what it saves


@dataclass(frozen=True, slots=True)
class EarlyAccesses:
    """`sites` are numbered in program order; `program` has only what decides on them and their keys, and them."""

    sites: tuple[Keyed, ...]
    program: Program

    def number(self, operation: Operation) -> int | None:
        return next((number for number, site in enumerate(self.sites) if site is operation), None)


def find_early_accesses(program: Program) -> EarlyAccesses:
    finder = _Finder(program)
    sites = [o for o in program.operations if isinstance(o, Keyed) and finder.is_early(o)][:MOST]
    return EarlyAccesses(tuple(sites), finder.reduced(sites))


class _Finder:
    def __init__(self, program: Program) -> None:
        self._program, self._tree = program, GuardTree(program.guards)
        self._definitions = {v.number: o for o in program.operations for v in results(o)}
        self._early: dict[int, bool] = {}

    def is_early(self, operation: Keyed) -> bool:
        return all(map(self._is_early, key_of(operation))) and self._guard_is_early(operation.guard)

    def _guard_is_early(self, guard: int) -> bool:
        conditions = (self._program.guards[g].condition for g in self._tree.chain(guard))
        return all(condition is None or self._is_early(condition) for condition in conditions)

    def _is_early(self, operand: Operand) -> bool:
        """Whether nothing but the packet has a say in the value."""
        if not isinstance(operand, Value):
            return True
        if operand.number not in self._early:
            definition = self._definitions[operand.number]
            self._early[operand.number] = isinstance(definition, Pure) and all(
                map(self._is_early, operands(definition))
            )
        return self._early[operand.number]

    def reduced(self, sites: list[Keyed]) -> Program:
        needed: set[int] = set()
        waiting: list[Operand | None] = []
        for site in sites:
            waiting += [*key_of(site), *(self._program.guards[g].condition for g in self._tree.chain(site.guard))]
        while waiting:
            value = waiting.pop()
            if not isinstance(value, Value) or value.number in needed:
                continue
            needed.add(value.number)
            definition = self._definitions[value.number]
            waiting += operands(definition)
            waiting += [self._program.guards[g].condition for g in self._tree.chain(definition.guard)]
        kept = tuple(
            o
            for o in self._program.operations
            if any(o is site for site in sites) or (isinstance(o, Pure) and results(o)[0].number in needed)
        )
        return replace(self._program, operations=kept)


def key_of(site: Keyed) -> tuple[Operand, ...]:
    """What says where the access goes."""
    match site:
        case MapFind(key=key) | IndexFind(key=key) | IndexOpen(key=key):
            return key
        case LeaseGet(id=id_):
            return (id_,)
        case ReduceContribute(slot=slot, round=round_):
            return (slot, round_)
