"""What `weft check --explain` says: states, atoms, shares and paths, as text and as JSON-able data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.analyses.atoms import Atoms, find_atoms
from compiler.analyses.cacheable import Cacheability, CachedPath, classify_paths
from compiler.analyses.core_owners import CoreChoice, CoreOwners, find_core_owners
from compiler.analyses.header_words import handler_headers
from compiler.analyses.object_names import ObjectNames, object_names
from compiler.analyses.path_groups import PathGroup, group_paths
from compiler.analyses.paths import MAX_PATHS
from compiler.analyses.shares import SUGGESTED_SHARES, ShardedState, Shares, infer_shares
from compiler.analyses.state_algebra import StateAlgebra, StateClass, StateFact, classify_states
from compiler.analyses.structure import Structure, structure_of
from compiler.ir.program import Program
from compiler.source import Span

MOST_REASONS = 5  # told of one group; the data have them all


@dataclass(frozen=True, slots=True)
class Explanation:
    """All facts about one program; `paths` are for people, `every_path` holds each."""

    structure: Structure
    states: StateAlgebra
    atoms: Atoms
    shares: Shares
    cores: CoreOwners
    paths: tuple[PathGroup, ...]
    every_path: Cacheability
    names: ObjectNames

    @property
    def complete(self) -> bool:
        return self.every_path.complete


def explain(program: Program, *, limit: int = MAX_PATHS) -> Explanation:
    cacheability = classify_paths(program, limit=limit)
    return Explanation(
        structure=structure_of(program),
        states=classify_states(program),
        atoms=find_atoms(program),
        shares=infer_shares(program),
        cores=find_core_owners(program),
        paths=group_paths(program, cacheability),
        every_path=cacheability,
        names=object_names(program),
    )


def render_explanation(explanation: Explanation) -> str:
    """Lines for people, ending with a newline."""
    lines = [
        *_section("states", _state_lines(explanation)),
        *_section("atoms", _atom_lines(explanation)),
        *_section("shares", _share_lines(explanation)),
        *_section("cores", _core_lines(explanation)),
        *_section("paths", _path_lines(explanation)),
    ]
    return "\n".join(lines) + "\n"


def _section(title: str, lines: Iterator[str]) -> list[str]:
    found = [f"  {line}" for line in lines]
    return [title, *(found or ["  (none)"])]


def _state_lines(explanation: Explanation) -> Iterator[str]:
    """One line for the states of one object whose class and reason agree."""
    names = explanation.names
    alike: dict[tuple[str, StateClass, str], list[StateFact]] = {}
    for fact in explanation.states.states:
        key = (names.of(fact.state), fact.kind, names.shown(fact.reason))
        alike.setdefault(key, []).append(fact)
    for (_, kind, reason), facts in alike.items():
        identity = facts[0].identity
        start = "0" if identity == 0 else "all ones"
        merge = f" (replicas start at {start})" if identity is not None else ""
        states = names.listed(fact.state for fact in facts)
        yield f"{states}: {kind.value}: {reason}{merge} [{facts[0].span}]"


def _atom_lines(explanation: Explanation) -> Iterator[str]:
    """One line an atom; look-ups in the same constant states, each an atom of its own, are one line."""
    lines: dict[tuple[tuple[str, ...], bool, int], set[int]] = {}
    for number, atom in enumerate(explanation.atoms.atoms):
        lines.setdefault((atom.states, atom.constant, 0 if atom.constant else number), set()).update(atom.lines)
    for (states, constant, _), found in lines.items():
        kind = "may be copied" if constant else "stays together"
        numbers = f"line{'s' if len(found) > 1 else ''} {', '.join(map(str, sorted(found)))}"
        yield f"{explanation.names.listed(states)}: {kind}, {numbers}"


def _share_lines(explanation: Explanation) -> Iterator[str]:
    shares = explanation.shares
    number = shares.declared if shares.declared > 1 else SUGGESTED_SHARES
    if shares.sharded:
        if shares.declared > 1:
            yield f"{number} shares; a packet's share is a hash of"
        else:
            yield f"1 share; `shares {number};` would split the state by a hash of"
    else:
        yield "1 share: no state can be split" if shares.declared == 1 else f"{number} shares: no state can be split"
    for handler in shares.handlers:
        name = explanation.structure.handler_name(handler.handler)
        headers = handler_headers(explanation.structure, handler.handler)
        yield f"  {name}: {', '.join(map(headers.told, handler.fields))}"
    by_words: dict[str, list[str]] = {}
    for state in shares.sharded:
        by_words.setdefault(f"by ({state.key_words}){_capacity_words(state, number)}", []).append(state.state)
    for state in shares.exclusive:
        by_words.setdefault(f"not split: {explanation.names.shown(state.reason)}", []).append(state.state)
    for words, states in by_words.items():
        yield f"{explanation.names.listed(states)}: {words}"


def _capacity_words(state: ShardedState, number: int) -> str:
    if state.capacity is None:
        return ""
    each = state.capacity // number
    return f"; {state.capacity} in all become {each} a share, and a share can be full before the others are"


_CORES = {
    CoreChoice.SHARE: "the core that owns the packet's share",
    CoreChoice.HOME: "one core",
    CoreChoice.ANY: "any core",
}


def _core_lines(explanation: Explanation) -> Iterator[str]:
    """Where the packets of each handler go when many cores share the work."""
    alike: dict[tuple[CoreChoice, tuple[str, ...]], list[str]] = {}
    for core in explanation.cores.handlers:
        states = core.states if core.choice is CoreChoice.HOME else ()
        alike.setdefault((core.choice, states), []).append(explanation.structure.handler_name(core.handler))
    for (choice, states), handlers in alike.items():
        held = f", which holds {explanation.names.listed(states)}" if states else ""
        yield f"{_CORES[choice]}{held}: {'; '.join(dict.fromkeys(handlers))}"


def _path_lines(explanation: Explanation) -> Iterator[str]:
    for group in explanation.paths:
        where = f" where {' and '.join(group.decisions)}" if group.decisions else ""
        yield f"{group.handler}: {group.final}{where}{_how_many(group, explanation)}"
        yield f"  {_verdict(group)}"
    if not explanation.complete:
        yield "(a handler has more paths than were followed; those are not among these)"


def _how_many(group: PathGroup, explanation: Explanation) -> str:
    least = "" if explanation.complete else "at least "
    paths = f"{least}{group.paths} paths" if group.paths > 1 else ""
    more = f"and {least}{group.folded} more, for these reasons and others" if group.folded else ""
    words = " ".join(filter(None, (paths, more)))
    return f" ({words})" if words else ""


def _verdict(group: PathGroup) -> str:
    if not group.cacheable:
        told = [reason.text for reason in group.reasons[:MOST_REASONS]]
        if len(group.reasons) > MOST_REASONS:
            told.append(f"and {len(group.reasons) - MOST_REASONS} more")
        return f"not cacheable: {'; '.join(told)}"
    parts: list[str] = []
    if group.key:
        parts.append(f"key {', '.join(group.key)}")
    if group.match:
        parts.append(f"match {', '.join(group.match)}")
    if not parts:
        parts.append("one static rule" if group.paths == 1 else "static rules")
    if group.rewrites:
        parts.append(f"sets {', '.join(group.rewrites)}")
    if group.counts:
        parts.append(f"counts in {', '.join(group.counts)}")
    return f"cacheable: {'; '.join(parts)}"


def explanation_data(explanation: Explanation) -> dict[str, object]:
    """The same facts as plain lists, dictionaries, strings, numbers and None."""
    shares = explanation.shares
    return {
        "states": [_state_data(fact) for fact in explanation.states.states],
        "atoms": [
            {"name": a.name, "states": list(a.states), "lines": list(a.lines), "constant": a.constant}
            for a in explanation.atoms.atoms
        ],
        "shares": {
            "declared": shares.declared,
            "handlers": [
                {"handler": explanation.structure.handler_name(h.handler), "fields": list(h.fields)}
                for h in shares.handlers
            ],
            "split": [
                {"state": s.state, "key": s.key_words, "positions": list(s.share_key), "capacity": s.capacity}
                for s in shares.sharded
            ],
            "whole": [{"state": s.state, "reason": s.reason, "at": _place(s.span)} for s in shares.exclusive],
        },
        "cores": [
            {
                "handler": explanation.structure.handler_name(c.handler),
                "core": c.choice.value,
                "states": list(c.states),
            }
            for c in explanation.cores.handlers
        ],
        "paths": [_path_data(explanation, found) for found in explanation.every_path.paths],
        "complete": explanation.complete,
    }


def _state_data(fact: StateFact) -> dict[str, object]:
    return {
        "state": fact.state,
        "class": fact.kind.value,
        "reason": fact.reason,
        "at": _place(fact.span),
        "operator": fact.operator.value if fact.operator is not None else None,
        "identity": fact.identity,
        "share_key": list(fact.share_key) if fact.share_key is not None else None,
    }


def _path_data(explanation: Explanation, found: CachedPath) -> dict[str, object]:
    program = explanation.structure.program
    final = program.operations[found.path.final]
    return {
        "handler": explanation.structure.handler_name(found.path.handler),
        "final": type(final).__name__.lower(),
        "at": _place(final.span),
        "decisions": [str(decision) for decision in found.path.decisions],
        "cacheable": found.cacheable,
        "states": list(found.states),
        "key": list(found.key),
        "match": list(found.match),
        "rewrites": list(found.rewrites),
        "counts": list(found.counts),
        "reasons": [{"text": reason.text, "at": _place(reason.span)} for reason in found.reasons],
    }


def _place(span: Span) -> dict[str, object]:
    return {"file": span.source.name, "line": span.line, "column": span.column}
