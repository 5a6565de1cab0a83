"""Paths in groups for people: one row per handler, final operation and what there is to say of caching.

Cacheable paths with one key, rewrites and counts are a row. Of the others, those with one set of
reasons are; a row whose reasons include all of another's is folded into that one, which counts them.
Conditions are told only as far as they tell a row from the others of the same handler and final.
Twins, equal but for one of two headers that exclude each other, are one row under the name that the
handler has for both ("l4").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from compiler.analyses.cacheable import Cacheability, CachedPath
from compiler.analyses.decision_words import DecisionWords
from compiler.analyses.header_words import HandlerHeaders, handler_headers
from compiler.analyses.laws import find_laws
from compiler.analyses.object_names import object_names
from compiler.analyses.paths import Decision
from compiler.analyses.reasons import Reason, Weight
from compiler.analyses.rewrite_words import rewrites_told
from compiler.analyses.structure import Structure, structure_of
from compiler.ir.operations import Drop
from compiler.ir.program import Program
from compiler.source import Span

_LONG_VALUE = re.compile(r" \(.{40,}\)$")


@dataclass(frozen=True, slots=True)
class PathGroup:
    """Paths of one handler that end at one operation, with one verdict on caching."""

    handler: str
    final: str  # "send (line 22)", "drop as unhandled"
    span: Span = field(compare=False, repr=False)  # of the final operation
    decisions: tuple[str, ...]  # what tells the group from others of its handler and final
    paths: int
    folded: int  # further paths, for these reasons and others
    states: tuple[str, ...]
    key: tuple[str, ...]
    match: tuple[str, ...]  # of cacheable paths: what a rule matches beside the key
    rewrites: tuple[str, ...]
    counts: tuple[str, ...]
    reasons: tuple[Reason, ...]  # the weightiest first, then by line

    @property
    def cacheable(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class _Row:
    """Paths that are told together. `folded`: those told of as "and more"."""

    members: tuple[CachedPath, ...]
    reasons: tuple[Reason, ...]
    rewrites: tuple[str, ...]
    folded: tuple[CachedPath, ...] = ()


def group_paths(program: Program, cacheability: Cacheability) -> tuple[PathGroup, ...]:
    """In the order in which each group's first path is walked."""
    grouping = _Grouping(program)
    by_handler: dict[int, dict[str, list[CachedPath]]] = {}
    for (
        found
    ) in cacheability.paths:  # a function that ends packets is inlined at each call: one line, several operations
        by_handler.setdefault(found.path.handler, {}).setdefault(_final(program, found), []).append(found)
    groups: list[PathGroup] = []
    for handler, finals in by_handler.items():
        everywhere = _common([found for paths in finals.values() for found in paths])
        for paths in finals.values():
            groups.extend(grouping.rows_of(handler, paths, everywhere))
    return tuple(groups)


class _Grouping:
    def __init__(self, program: Program) -> None:
        self.structure: Structure = structure_of(program)
        laws = find_laws(program)
        self.program = program
        self.words = DecisionWords(program, laws.numbers)
        self.numbers = laws.numbers
        self.names = object_names(program)

    def rows_of(self, handler: int, paths: Sequence[CachedPath], everywhere: Sequence[Decision]) -> list[PathGroup]:
        """The rows for all paths of one handler that end at one operation."""
        rows = _folded(self._alike(paths))
        headers = handler_headers(self.structure, handler)
        groups: list[PathGroup] = []
        for row in rows:
            mine = {id(found) for found in (*row.members, *row.folded)}
            others = [found for found in paths if id(found) not in mine]
            group = self._group(row, others, everywhere, headers)
            twin = next((i for i, other in enumerate(groups) if _is_same(group, other)), None)
            if twin is None:
                groups.append(group)
            else:
                both = groups[twin].paths + group.paths
                groups[twin] = replace(groups[twin], paths=both, folded=groups[twin].folded + group.folded)
        return groups

    def _alike(self, paths: Sequence[CachedPath]) -> list[_Row]:
        alike: dict[tuple[object, ...], list[CachedPath]] = {}
        told: dict[tuple[object, ...], tuple[tuple[Reason, ...], tuple[str, ...]]] = {}
        for found in paths:
            reasons = self._reasons(found)
            is_dropped = isinstance(self.program.operations[found.path.final], Drop)
            rewrites = () if reasons or is_dropped else rewrites_told(self.program, self.numbers, found)
            key = (reasons,) if reasons else (found.states, found.key, rewrites, found.counts)
            alike.setdefault(key, []).append(found)
            told[key] = reasons, rewrites
        return [_Row(tuple(members), *told[key]) for key, members in alike.items()]

    def _reasons(self, found: CachedPath) -> tuple[Reason, ...]:
        """Each line's reasons once, in the words of the program's objects. A write says enough about its line."""
        written = {reason.span.line for reason in found.reasons if reason.weight is Weight.WRITES}
        kept: dict[str, Reason] = {}
        for reason in found.reasons:
            if reason.weight is Weight.WRITES or reason.weight is Weight.EMITS or reason.span.line not in written:
                text = _LONG_VALUE.sub("", self.names.shown(reason.text))
                kept.setdefault(text, replace(reason, text=text))
        by_line = sorted(kept.values(), key=lambda reason: reason.span.line)
        deciding = min(by_line, key=lambda reason: reason.weight, default=None)
        return tuple(sorted(by_line, key=lambda reason: reason is not deciding))

    def _group(
        self, row: _Row, others: Sequence[CachedPath], everywhere: Sequence[Decision], headers: HandlerHeaders
    ) -> PathGroup:
        first = row.members[0]
        common = [d for d in _common(row.members) if d not in everywhere and not headers.is_alias_of(d)]
        match: tuple[str, ...] = ()
        if not row.reasons:
            match = self.words.tell_all(decision for decision in common if str(decision) in first.match)
        decisions = self._telling(common, others)
        return PathGroup(
            handler=self.structure.handler_name(first.path.handler),
            final=_final(self.program, first),
            span=self.program.operations[first.path.final].span,
            decisions=tuple(headers.told(text) for text in decisions if text not in match),
            paths=len(row.members),
            folded=len(row.folded),
            states=tuple(dict.fromkeys(self.names.of(state) for state in first.states)),
            key=tuple(dict.fromkeys(headers.told(name) for name in first.key)),
            match=tuple(headers.told(text) for text in match),
            rewrites=tuple(dict.fromkeys(headers.told(text) for text in row.rewrites)),
            counts=tuple(dict.fromkeys(self.names.of(state) for state in first.counts)),
            reasons=tuple(replace(reason, text=headers.told(reason.text)) for reason in row.reasons),
        )

    def _telling(self, common: Sequence[Decision], others: Sequence[CachedPath]) -> tuple[str, ...]:
        """As few of the decisions as tell the row from `others` as well as all of them do; later ones rather."""
        told = [decision for decision in common if self.words.tell(decision)]
        taken = [set(other.path.decisions) for other in others]
        excluded = _excluded(told, taken)
        for decision in list(told):
            fewer = [other for other in told if other is not decision]
            if _excluded(fewer, taken) == excluded:
                told = fewer
        return self.words.tell_all(told)


def _final(program: Program, found: CachedPath) -> str:
    final = program.operations[found.path.final]
    if isinstance(final, Drop) and final.reason != "drop":
        return f"drop as {final.reason}"
    kind = type(final).__name__.lower()
    return f"{kind} (line {final.span.line})"


def _excluded(decisions: Sequence[Decision], others: Sequence[set[Decision]]) -> int:
    """How many of the other paths do not take all of the decisions."""
    wanted = set(decisions)
    return sum(1 for other in others if not wanted <= other)


def _folded(rows: Sequence[_Row]) -> list[_Row]:
    """Rows whose reasons include those of another go into the first such one."""
    kept: list[_Row] = []
    smallest = [
        row for row in rows if not any(other.reasons and set(other.reasons) < set(row.reasons) for other in rows)
    ]
    for row in smallest:
        more = [
            other
            for other in rows
            if row.reasons
            and set(row.reasons) < set(other.reasons)
            and row is next(s for s in smallest if s.reasons and set(s.reasons) <= set(other.reasons))
        ]
        kept.append(replace(row, folded=tuple(found for other in more for found in other.members)))
    return kept


def _is_same(one: PathGroup, other: PathGroup) -> bool:
    return replace(one, paths=0, folded=0) == replace(other, paths=0, folded=0)


def _common(paths: Sequence[CachedPath]) -> list[Decision]:
    """The decisions of the first path that all the others take too."""
    others = [set(found.path.decisions) for found in paths[1:]]
    return [decision for decision in paths[0].path.decisions if all(decision in taken for taken in others)]
