"""Paths in groups for people: one row per handler, final operation and what there is to say of caching."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from compiler.analyses.cacheable import Cacheability, CachedPath
from compiler.analyses.paths import Decision
from compiler.analyses.reasons import Reason
from compiler.analyses.structure import Structure, structure_of
from compiler.ir.operations import Drop
from compiler.ir.program import Program
from compiler.source import Span


@dataclass(frozen=True, slots=True)
class PathGroup:
    """Paths of one handler that end at one operation, with one verdict on caching for one set of reasons."""

    handler: str
    final: str  # "send (line 22)", "drop as unhandled (line 1)"
    span: Span = field(compare=False, repr=False)  # of the final operation
    decisions: tuple[str, ...]  # taken on all of the group's paths, but not on all of the handler's
    paths: int
    states: tuple[str, ...]
    key: tuple[str, ...]
    rewrites: tuple[str, ...]
    counts: tuple[str, ...]
    reasons: tuple[Reason, ...]

    @property
    def cacheable(self) -> bool:
        return not self.reasons


def group_paths(program: Program, cacheability: Cacheability) -> tuple[PathGroup, ...]:
    """In the order in which each group's first path is walked."""
    structure = structure_of(program)
    groups: dict[tuple[object, ...], list[CachedPath]] = {}
    by_handler: dict[int, list[CachedPath]] = {}
    for found in cacheability.paths:
        path = found.path
        sameness = (path.handler, path.final, found.reasons, *(() if found.reasons else (found.key, found.rewrites)))
        groups.setdefault(sameness, []).append(found)
        by_handler.setdefault(path.handler, []).append(found)
    return tuple(_group(structure, members, by_handler[members[0].path.handler]) for members in groups.values())


def _group(structure: Structure, members: Sequence[CachedPath], handler: Sequence[CachedPath]) -> PathGroup:
    first = members[0]
    final = structure.program.operations[first.path.final]
    shared = {str(decision) for decision in _common(handler)} if len(handler) > len(members) else set()
    decisions = tuple(str(decision) for decision in _common(members) if str(decision) not in shared)
    kind = type(final).__name__.lower()
    if isinstance(final, Drop) and final.reason != "drop":
        kind = f"drop as {final.reason}"
    return PathGroup(
        handler=structure.handler_name(first.path.handler),
        final=f"{kind} (line {final.span.line})",
        span=final.span,
        decisions=decisions,
        paths=len(members),
        states=first.states,
        key=first.key,
        rewrites=first.rewrites,
        counts=first.counts,
        reasons=first.reasons,
    )


def _common(paths: Sequence[CachedPath]) -> list[Decision]:
    """The decisions of the first path that all the others take too."""
    others = [set(map(str, found.path.decisions)) for found in paths[1:]]
    return [decision for decision in paths[0].path.decisions if all(str(decision) in taken for taken in others)]
