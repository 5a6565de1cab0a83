"""Which headers a packet is known to have where a guard holds.

A field of an absent header reads as 0 in Weft; in bmv2 it reads as whatever an earlier packet left there.
So every read that might meet an absent header needs a test, and here most of them are found needless.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.ir.headers import Header
from compiler.ir.operations import Binary, BinaryOperator, HeaderPresent, Operation, Unary, UnaryOperator
from compiler.ir.program import ROOT, Program
from compiler.ir.types import BOOL
from compiler.ir.values import Constant, Operand, Value


@dataclass(frozen=True, slots=True)
class Known:
    """What holds: headers that are there, headers that are not, and sets of which one at least is there."""

    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    one_of: frozenset[frozenset[str]] = frozenset()

    def also(self, other: Known) -> Known:
        return Known(self.present | other.present, self.absent | other.absent, self.one_of | other.one_of)


class Presence:
    """Answers for one program."""

    def __init__(self, program: Program, definitions: Mapping[int, Operation]) -> None:
        self._definitions = definitions
        self._guards = program.guards
        self._before = {header.name: _always_before(header, program.headers) for header in program.headers}
        self._apart = {header.name: _apart(header, program.headers) for header in program.headers}
        for envelope in program.envelopes:  # says nothing of what is behind it
            self._before[envelope.header.name] = self._apart[envelope.header.name] = frozenset()
        self._of_guard: dict[int, Known] = {}

    def at(self, guard: int) -> Known:
        """What holds where the guard does."""
        found = self._of_guard.get(guard)
        if found is None:
            found = Known()
            if guard != ROOT:
                here = self._guards[guard]
                assert here.condition is not None, "only the root has no condition"
                found = self.at(here.parent).also(self.where(here.condition, here.polarity))
            self._of_guard[guard] = found
        return found

    def where(self, condition: Operand, holds: bool = True) -> Known:
        """What follows from a condition."""
        if isinstance(condition, Constant):
            return Known()
        match self._definitions.get(condition.number):
            case HeaderPresent(header=header):
                return Known(present=frozenset({header})) if holds else Known(absent=frozenset({header}))
            case Unary(operator=UnaryOperator.NOT, argument=argument):
                return self.where(argument, not holds)
            case Binary(operator=BinaryOperator.AND, left=left, right=right, result=Value(type=of)) if of == BOOL:
                if holds:
                    return self.where(left).also(self.where(right))
            case Binary(operator=BinaryOperator.OR, left=left, right=right, result=Value(type=of)) if of == BOOL:
                if not holds:
                    return self.where(left, False).also(self.where(right, False))
                one, other = self.where(left), self.where(right)
                either = frozenset({a | b for a in self._choices(one) for b in self._choices(other)})
                return Known(one.present & other.present, one.absent & other.absent, either)
            case _:
                pass
        return Known()

    def is_present(self, header: str, known: Known) -> bool:
        present, absent = set(known.present), set(known.absent)
        for name in known.present:
            present |= self._before[name]
        grew = True
        while grew:
            grew = False
            for name in list(present):
                new = self._apart[name] - absent
                absent |= new
                grew = grew or bool(new)
            for names in known.one_of:
                left = names - absent
                if len(left) == 1 and not left <= present:
                    (only,) = left
                    present |= {only} | self._before[only]
                    grew = True
        return header in present

    @staticmethod
    def _choices(known: Known) -> frozenset[frozenset[str]]:
        """Sets of headers of which one at least is there, as far as is known."""
        return known.one_of | {frozenset({name}) for name in known.present}


def _always_before(header: Header, headers: tuple[Header, ...]) -> frozenset[str]:
    """The headers that every packet has which has this one."""
    by_name = {h.name: h for h in headers}

    def of(name: str, seen: frozenset[str]) -> frozenset[str]:
        previous = [r.previous for r in by_name[name].rules if r.previous not in seen and r.previous in by_name]
        if not previous:
            return frozenset()
        sets = [of(p, seen | {name}) | {p} for p in previous]
        return frozenset.intersection(*sets)

    return of(header.name, frozenset())


def _apart(header: Header, headers: tuple[Header, ...]) -> frozenset[str]:
    """The headers that no packet has beside this one: on no way through the parser are both."""
    following: dict[str, set[str]] = {h.name: set() for h in headers}
    for later in headers:
        for rule in later.rules:
            following.setdefault(rule.previous, set()).add(later.name)

    def reach(name: str) -> set[str]:
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for after in following.get(waiting.pop(), ()):
                if after not in found:
                    found.add(after)
                    waiting.append(after)
        return found

    after = reach(header.name)
    return frozenset(
        h.name for h in headers if h.name != header.name and h.name not in after and header.name not in reach(h.name)
    )
