"""What `weft check --explain` says: states, atoms, shares and paths, as text and as JSON-able data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.analyses.atoms import Atom, Atoms, find_atoms
from compiler.analyses.cacheable import classify_paths
from compiler.analyses.path_groups import PathGroup, group_paths
from compiler.analyses.paths import MAX_PATHS
from compiler.analyses.shares import SUGGESTED_SHARES, ShardedState, Shares, infer_shares
from compiler.analyses.state_algebra import StateAlgebra, StateFact, classify_states
from compiler.analyses.structure import Structure, structure_of
from compiler.ir.program import Program
from compiler.source import Span


@dataclass(frozen=True, slots=True)
class Explanation:
    """All facts about one program; `complete`: every path is among the groups."""

    structure: Structure
    states: StateAlgebra
    atoms: Atoms
    shares: Shares
    paths: tuple[PathGroup, ...]
    complete: bool


def explain(program: Program, *, limit: int = MAX_PATHS) -> Explanation:
    cacheability = classify_paths(program, limit=limit)
    return Explanation(
        structure=structure_of(program),
        states=classify_states(program),
        atoms=find_atoms(program),
        shares=infer_shares(program),
        paths=group_paths(program, cacheability),
        complete=cacheability.complete,
    )


def render_explanation(explanation: Explanation) -> str:
    """Lines for people, ending with a newline."""
    lines = [
        *_section("states", map(_state_line, explanation.states.states)),
        *_section("atoms", map(_atom_line, explanation.atoms.atoms)),
        *_section("shares", _share_lines(explanation)),
        *_section("paths", _path_lines(explanation)),
    ]
    return "\n".join(lines) + "\n"


def _section(title: str, lines: Iterator[str]) -> list[str]:
    found = [f"  {line}" for line in lines]
    return [title, *(found or ["  (none)"])]


def _state_line(fact: StateFact) -> str:
    merge = f" (replicas start at {fact.identity:#x})" if fact.operator is not None else ""
    return f"{fact.state}: {fact.kind.value}: {fact.reason}{merge} [{fact.span}]"


def _atom_line(atom: Atom) -> str:
    kind = "may be copied" if atom.constant else "stays together"
    return f"{atom.name}: {kind}, line{'s' if len(atom.lines) > 1 else ''} {', '.join(map(str, atom.lines))}"


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
        yield f"  {explanation.structure.handler_name(handler.handler)}: {', '.join(handler.fields)}"
    for state in shares.sharded:
        yield f"{state.state}: by ({state.key_words}){_capacity_words(state, number)}"
    for state in shares.exclusive:
        yield f"{state.state}: not split: {state.reason}"


def _capacity_words(state: ShardedState, number: int) -> str:
    if state.capacity is None:
        return ""
    each = state.capacity // number
    return f"; {state.capacity} in all become {each} a share, and a share can be full before the others are"


def _path_lines(explanation: Explanation) -> Iterator[str]:
    for group in explanation.paths:
        where = f" where {' and '.join(group.decisions)}" if group.decisions else ""
        count = f" ({group.paths} paths)" if group.paths > 1 else ""
        yield f"{group.handler}: {group.final}{where}{count}"
        yield f"  {_verdict(group)}"
    if not explanation.complete:
        yield "(there are more paths than these)"


def _verdict(group: PathGroup) -> str:
    if not group.cacheable:
        return f"not cacheable: {'; '.join(reason.text for reason in group.reasons)}"
    key = f"key {', '.join(group.key)}" if group.key else "one static rule"
    rewrites = f"; sets {', '.join(group.rewrites)}" if group.rewrites else ""
    counts = f"; counts in {', '.join(group.counts)}" if group.counts else ""
    return f"cacheable: {key}{rewrites}{counts}"


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
        "paths": [_path_data(group) for group in explanation.paths],
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


def _path_data(group: PathGroup) -> dict[str, object]:
    return {
        "handler": group.handler,
        "final": group.final,
        "at": _place(group.span),
        "decisions": list(group.decisions),
        "paths": group.paths,
        "cacheable": group.cacheable,
        "states": list(group.states),
        "key": list(group.key),
        "rewrites": list(group.rewrites),
        "counts": list(group.counts),
        "reasons": [{"text": reason.text, "at": _place(reason.span)} for reason in group.reasons],
    }


def _place(span: Span) -> dict[str, object]:
    return {"file": span.source.name, "line": span.line, "column": span.column}
