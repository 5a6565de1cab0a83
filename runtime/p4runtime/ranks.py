"""Priorities of a switch's table, for entries that the language orders.

In a program the longest prefix wins, then the higher priority, then the entry that was added first; on a
switch only the priority counts, and it is part of what an entry is. So entries get numbers by their rank,
with room between them: those that are on the switch keep theirs as long as the order allows it, and a new
rule changes no other one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from runtime.p4runtime.device_state import Row
from sim.state.entries import Pattern, Prefix, TableEntry

MAX_PRIORITY = (1 << 31) - 1  # P4Runtime's; 0 is none
STEP = 1_000  # between neighbours, where there is room


def by_precedence(entries: Iterable[TableEntry]) -> list[TableEntry]:
    """The entries of a table, the one that wins first."""
    return sorted(entries, key=_precedence)  # stable: of equals the first one added stays first


def _precedence(entry: TableEntry) -> tuple[int, int]:
    return -sum(pattern.length for pattern in entry.key if isinstance(pattern, Prefix)), -entry.priority


def with_priorities(wanted: Sequence[Row], current: Iterable[Row]) -> tuple[Row, ...]:
    """The wanted rows, which come in the order of precedence, with the priorities that change `current` least."""
    numbers = _filled(_kept(_candidates(wanted, current)))
    return tuple(replace(row, priority=number) for row, number in zip(wanted, numbers, strict=True))


def _candidates(wanted: Sequence[Row], current: Iterable[Row]) -> list[int | None]:
    """For each wanted row the priority that its key has now."""
    held: dict[tuple[Pattern, ...], list[int]] = defaultdict(list)
    for row in sorted(current, key=lambda row: row.priority):
        held[row.key].append(row.priority)
    return [held[row.key].pop() if held.get(row.key) else None for row in wanted]


def _kept(candidates: Sequence[int | None]) -> list[int | None]:
    """The candidates of a longest falling subsequence; None for the others."""
    ends: list[int] = []  # negated last value of the best subsequence of each length, so that they rise
    last: list[int] = []  # and its place
    before: list[int | None] = [None] * len(candidates)
    for place, number in enumerate(candidates):
        if number is None or not 0 < number <= MAX_PRIORITY:
            continue
        length = bisect_left(ends, -number)
        before[place] = last[length - 1] if length else None
        ends[length : length + 1], last[length : length + 1] = [-number], [place]
    chosen: list[int | None] = [None] * len(candidates)
    place = last[-1] if last else None
    while place is not None:
        chosen[place] = candidates[place]
        place = before[place]
    return chosen


def _filled(kept: Sequence[int | None]) -> list[int]:
    """Falling numbers for all places, those that are given kept if they leave room for the others."""
    numbers: list[int] = []
    place = 0
    while place < len(kept):
        number = kept[place]
        if number is not None:
            numbers.append(number)
            place += 1
            continue
        end = next((i for i in range(place, len(kept)) if kept[i] is not None), len(kept))
        above = numbers[-1] if numbers else None
        run = _between(above, kept[end] if end < len(kept) else None, count=end - place)
        if run is None:
            return _filled([None] * len(kept))
        numbers.extend(run)
        place = end
    return numbers


def _between(above: int | None, below: int | None, *, count: int) -> list[int] | None:
    """`count` falling numbers below `above` and over `below`; None where there is no room."""
    high, low = MAX_PRIORITY + 1 if above is None else above, below or 0
    step = min(STEP, (high - low) // (count + 1))
    if step == 0:
        return None
    start = low + step * (count + 1) if above is None else high  # at the top, the room above is left free
    return [start - step * (i + 1) for i in range(count)]
