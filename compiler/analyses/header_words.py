"""Header fields as a handler's pattern names them: `l4.sport`, of what is `tcp.sport or udp.sport`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from compiler.analyses.paths import Decision
from compiler.analyses.structure import OUTSIDE, Structure
from compiler.ir.operations import Binary, BinaryOperator, HeaderPresent
from compiler.ir.values import Value

_CHOICE = re.compile(r"\(?(\w+)\.(\w+) or (\w+)\.\2\)?")


@dataclass(frozen=True, slots=True)
class HandlerHeaders:
    """The headers that one handler asks for by name, and the `alias` by which it asks for one of `members`."""

    asked: frozenset[str]
    alias: str = ""
    members: frozenset[str] = frozenset()

    def is_alias_of(self, decision: Decision) -> bool:
        """Whether a decision only says which of the headers of the alias is there."""
        return any(decision.text == f"{name} present" for name in self.members)

    def told(self, text: str) -> str:
        """A text about the handler's packets, with the names that its pattern has."""
        text = _CHOICE.sub(self._chosen, text)
        for name in self.members:
            text = re.sub(rf"\b{name}\.(?=\w)", f"{self.alias}.", text)
        return text

    def _chosen(self, found: re.Match[str]) -> str:
        one, field, other = found.groups()
        if one in self.asked:
            return f"{one}.{field}"
        if other in self.asked:
            return f"{other}.{field}"
        return f"{self.alias}.{field}" if {one, other} <= self.members else found[0]


def handler_headers(structure: Structure, handler: int) -> HandlerHeaders:
    """Read off the handler's pattern, as its name has it, and off the condition that it lowers to."""
    pattern = re.search(r"\(\w+:(.*)\)", structure.handler_name(handler))
    words = re.findall(r"\w+", pattern[1]) if pattern else []
    known = {header.name for header in structure.program.headers}
    asked = frozenset(words) & known
    aliases = [word for word in words if word not in known and word != "_"]
    choices = _choices(structure, handler)
    if len(aliases) != 1 or len(choices) != 1:
        return HandlerHeaders(asked)
    return HandlerHeaders(asked, aliases[0], next(iter(choices)))


def _choices(structure: Structure, handler: int) -> set[frozenset[str]]:
    """The sets of headers one of which the handler's condition needs."""
    if handler == OUTSIDE:
        return set()
    conditions = structure.conditions(structure.program.handlers[handler].guard)
    found = (_any_of(structure, number) for number, truth in conditions.items() if truth)
    return {headers for headers in found if headers is not None and len(headers) > 1}


def _any_of(structure: Structure, number: int) -> frozenset[str] | None:
    """The headers of a condition that asks for any of them."""
    match structure.program.operations[structure.defined_by[number]]:
        case HeaderPresent(header=header):
            return frozenset({header})
        case Binary(operator=BinaryOperator.OR, left=Value(number=left), right=Value(number=right)):
            one, other = _any_of(structure, left), _any_of(structure, right)
            return None if one is None or other is None else one | other
        case _:
            return None
