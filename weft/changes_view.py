"""Changes of a switch's tables, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from runtime.p4runtime.describe import Change
from weft.terminal import Table

_KINDS = ("added", "changed", "moved", "removed")
_SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": "^"}


def change_lines(changes: Iterable[Change], *, most: int | None = None) -> Iterator[str]:
    """A line for each change, at most so many of one table: `+ hosts "10.0.0.1" = { ... }`."""
    by_table: dict[str, list[Change]] = {}
    for change in changes:
        by_table.setdefault(change.object, []).append(change)
    for name, found in by_table.items():
        yield from map(_line, found[:most])
        if most is not None and len(found) > most:
            yield f"  {name}: {len(found) - most:,} more"


def changes_table(title: str, changes: Iterable[Change], entries: Mapping[str, int]) -> Table:
    """How many entries of each table change, and how many it holds then, unless that is not known."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in entries}
    for change in changes:
        counts.setdefault(change.object, Counter())[change.kind] += 1
    shown = list(counts.items())
    kinds = [kind for kind in _KINDS if any(count[kind] for _, count in shown)]
    held = [(entries.get(name, 0),) if entries else () for name, _ in shown]
    rows = tuple((name, *(count[kind] for kind in kinds), *now) for (name, count), now in zip(shown, held, strict=True))
    return Table(title, ("", *kinds, *(("entries",) if entries else ())), rows)


def changes_data(changes: Iterable[Change]) -> list[dict[str, str | None]]:
    return [
        {"object": change.object, "entry": change.entry, "change": change.kind, "old": change.old, "new": change.new}
        for change in changes
    ]


def _line(change: Change) -> str:
    start = f"{_SIGNS[change.kind]} {change.object} {change.entry}"
    match change.kind:
        case "changed":
            return f"{start} = {change.old} -> {change.new}"
        case "moved":
            return f"{start}: its priority"
        case _:
            value = change.new if change.old is None else change.old
            return f"{start} = {value}" if value else start
