"""The sequences of headers by which packets of a path can begin, where a device parses them as the program does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from compiler.analyses.header_kinds import HeaderKind, standard_steps
from compiler.ir.headers import Header, ParseRule
from compiler.ir.program import Program


@dataclass(frozen=True, slots=True)
class Chain:
    """`steps`: by which rule each header but the first follows the one in front of it.

    `refused`: (header, rule) by which another header could follow one of these, which packets of the path do not
    have: a packet for which the rule holds is none of them.
    """

    headers: tuple[Header, ...]
    steps: tuple[ParseRule, ...]
    refused: tuple[tuple[Header, ParseRule], ...]


class ChainFinder:
    def __init__(self, program: Program, kinds: Mapping[str, HeaderKind]) -> None:
        self._kinds = kinds
        self._headers = {header.name: header for header in program.headers}
        self._order = {header.name: place for place, header in enumerate(program.headers)}

    def chains(self, present: frozenset[str], absent: frozenset[str]) -> Iterator[Chain]:
        """All from the outermost header to the last `present` one, with all of those and no `absent` one."""
        for first in self._headers.values():
            if not first.rules and first.name in self._kinds and first.name not in absent:
                yield from self._longer((first,), (), present, absent)

    def _longer(
        self, headers: tuple[Header, ...], steps: tuple[ParseRule, ...], present: frozenset[str], absent: frozenset[str]
    ) -> Iterator[Chain]:
        if present <= {header.name for header in headers}:
            yield self._finished(headers, steps, absent)
            return
        last = headers[-1]
        for header in self._headers.values():
            if header.name in self._kinds and header.name not in absent and header not in headers:
                for rule in standard_steps(self._kinds, last, header):
                    yield from self._longer((*headers, header), (*steps, rule), present, absent)

    def _finished(self, headers: tuple[Header, ...], steps: tuple[ParseRule, ...], absent: frozenset[str]) -> Chain:
        refused: list[tuple[Header, ParseRule]] = []
        for place, header in enumerate(headers):
            step = steps[place] if place < len(steps) else None
            following = headers[place + 1] if step is not None else None
            for other in self._headers.values():
                if other is following:
                    continue
                if following is not None and self._order[other.name] > self._order[following.name]:
                    continue  # the parser asks for what follows here first
                if following is None and not self._leads_to(other.name, absent):
                    continue
                refused += [(other, rule) for rule in other.rules if rule.previous == header.name]
        return Chain(headers, steps, tuple((h, r) for h, r in refused if not _contradicts(steps, r)))

    def _leads_to(self, name: str, wanted: frozenset[str]) -> bool:
        """Whether the header, or one that can follow it at some distance, is among those."""
        waiting, seen = [name], {name}
        while waiting:
            current = waiting.pop()
            if current in wanted:
                return True
            for header in self._headers.values():
                if header.name not in seen and any(rule.previous == current for rule in header.rules):
                    seen.add(header.name)
                    waiting.append(header.name)
        return False


def _contradicts(steps: tuple[ParseRule, ...], rule: ParseRule) -> bool:
    """Whether no packet that takes the steps can satisfy the rule."""
    taken = {(step.previous, name): (value, mask) for step in steps for name, value, mask in step.matches}
    for name, value, mask in rule.matches:
        found = taken.get((rule.previous, name))
        if found is not None and (found[0] ^ value) & found[1] & mask:
            return True
    return False
