"""Find the entry of a table that matches a key: one structure for each kind of table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from compiler.ir.leaf_values import Leaf
from compiler.ir.states import MatchKind
from sim.state.entries import Exact, Pattern, Prefix, Range, TableEntry, Ternary

Key: TypeAlias = tuple[Leaf, ...]
Values: TypeAlias = tuple[Leaf, ...]


class ExactMatcher:
    """All parts exact: one look."""

    def __init__(self, entries: Sequence[TableEntry]) -> None:
        self._values = {tuple(pattern[0] for pattern in entry.key): entry.values for entry in entries}

    def get(self, key: Key) -> Values | None:
        return self._values.get(key)


class PrefixMatcher:
    """One prefix, all else exact: one look for each prefix length in use, the longest first."""

    def __init__(self, entries: Sequence[TableEntry], *, part: int, width: int) -> None:
        self._part = part
        by_length: dict[int, dict[Key, Values]] = {}
        for entry in entries:
            prefix = entry.key[part]
            assert isinstance(prefix, Prefix), "checked when the entries were set"
            by_length.setdefault(prefix.length, {})[tuple(pattern[0] for pattern in entry.key)] = entry.values
        self._levels = [(width - length, by_length[length]) for length in sorted(by_length, reverse=True)]

    def get(self, key: Key) -> Values | None:
        part = self._part
        number = key[part]
        assert isinstance(number, int), "prefixes match numbers"
        for cut, values in self._levels:
            found = values.get((*key[:part], number >> cut << cut, *key[part + 1 :]))
            if found is not None:
                return found
        return None


class OrderedMatcher:
    """Ternary or range parts: the entries with the key's exact parts one by one, in order of precedence."""

    def __init__(self, entries: Sequence[TableEntry], *, match: Sequence[MatchKind], widths: Sequence[int]) -> None:
        self._exact = [i for i, kind in enumerate(match) if kind is MatchKind.EXACT]
        others = [i for i, kind in enumerate(match) if kind is not MatchKind.EXACT]
        self._groups: dict[Key, list[tuple[list[_Test], Values]]] = {}
        for entry in sorted(entries, key=_precedence):  # stable: of equals the first one added stays first
            group = tuple(entry.key[i][0] for i in self._exact)
            tests = [_test_of(entry.key[i], part=i, width=widths[i]) for i in others]
            self._groups.setdefault(group, []).append((tests, entry.values))

    def get(self, key: Key) -> Values | None:
        for tests, values in self._groups.get(tuple([key[i] for i in self._exact]), ()):
            if all(low <= _as_number(key[part]) & mask <= high for part, mask, low, high in tests):
                return values
        return None


Matcher: TypeAlias = ExactMatcher | PrefixMatcher | OrderedMatcher
_Test: TypeAlias = tuple[int, int, int, int]  # part, mask, and the bounds of the masked part


def _as_number(leaf: Leaf) -> int:
    assert isinstance(leaf, int), "only exact parts may be vectors"
    return leaf


def matcher_for(entries: Sequence[TableEntry], *, match: Sequence[MatchKind], widths: Sequence[int]) -> Matcher:
    """The structure for a table of this `match`. The entries fit it."""
    if any(kind in (MatchKind.TERNARY, MatchKind.RANGE) for kind in match):
        return OrderedMatcher(entries, match=match, widths=widths)
    if MatchKind.PREFIX in match:
        part = match.index(MatchKind.PREFIX)
        return PrefixMatcher(entries, part=part, width=widths[part])
    return ExactMatcher(entries)


def _precedence(entry: TableEntry) -> tuple[int, int]:
    """Sorts the entry that wins first: the longest prefix, then the highest priority."""
    return -sum(pattern.length for pattern in entry.key if isinstance(pattern, Prefix)), -entry.priority


def _test_of(pattern: Pattern, *, part: int, width: int) -> _Test:
    everything = (1 << width) - 1
    match pattern:
        case Exact(value=value):
            number = _as_number(value)
            return part, everything, number, number
        case Prefix(value=value, length=length):
            return part, everything >> (width - length) << (width - length), value, value
        case Ternary(value=value, mask=mask):
            return part, mask, value, value
        case Range(low=low, high=high):
            return part, everything, low, high
