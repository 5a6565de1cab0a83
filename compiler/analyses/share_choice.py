"""Choose key positions so that as many states as possible share one share function.

A narrow word (of a protocol number, say) spreads packets badly. So it may split a state that has
nothing better, but never brings others down to it: what counts first is how many states are split by
words of all 16 bits, then how many are split.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compiler.analyses.share_accesses import KeyedAccess, OwnId
from compiler.analyses.share_units import Positions, Unit
from compiler.analyses.share_words import Word, is_constant, is_wide, xor_words
from compiler.ir.types import Shape, leaves

MAX_STEPS = 5_000  # options tried in all; then the best choice so far stands


@dataclass(frozen=True, slots=True)
class Anchor:
    """The access, and the positions of its key (or hint), that give a handler's share."""

    access: KeyedAccess
    positions: Positions


@dataclass(frozen=True, slots=True)
class Choice:
    """`keys`: sharded state -> positions. `words` and `anchors` by handler; `complete`: nothing was left untried."""

    keys: Mapping[str, Positions]
    words: Mapping[int, Word]
    anchors: Mapping[int, Anchor]
    complete: bool = True


@dataclass(slots=True)
class _Partial:
    keys: dict[str, Positions] = field(default_factory=dict)
    words: dict[int, Word] = field(default_factory=dict)
    anchors: dict[int, Anchor] = field(default_factory=dict)
    needy: dict[int, list[KeyedAccess]] = field(default_factory=dict)  # handlers that open a lease or use its id

    def copy(self) -> _Partial:
        needy = {handler: list(accesses) for handler, accesses in self.needy.items()}
        return _Partial(dict(self.keys), dict(self.words), dict(self.anchors), needy)


def choose_keys(units: tuple[Unit, ...]) -> Choice:
    """Depth first over the units, better options first; a choice that shards more states wins."""
    search = _Search(units)
    search.run(0, _Partial())
    best = search.best
    return Choice(best.keys, best.words, best.anchors, complete=search.steps < MAX_STEPS)


class _Search:
    def __init__(self, units: tuple[Unit, ...]) -> None:
        self.units = units
        self.best = _Partial()
        self.best_score = (0, 0)
        self.steps = 0

    def run(self, depth: int, partial: _Partial) -> None:
        possible = len(partial.keys) + sum(len(unit.states) for unit in self.units[depth:] if unit.options)
        if (possible, possible) <= self.best_score or self.steps >= MAX_STEPS:
            return
        if depth == len(self.units):
            settled = _settled(partial)
            if settled is not None and self._score(settled) > self.best_score:
                self.best, self.best_score = settled, self._score(settled)
            return
        for option in self.units[depth].options:
            self.steps += 1
            extended = extend(partial, self.units[depth], option)
            if extended is not None:
                self.run(depth + 1, extended)
        self.run(depth + 1, partial)

    def _score(self, partial: _Partial) -> tuple[int, int]:
        narrow_handlers = {handler for handler, word in partial.words.items() if not is_wide(word)}
        narrow = {a.state for unit in self.units for a in unit.accesses if a.handler in narrow_handlers}
        return len(partial.keys.keys() - narrow), len(partial.keys)


def extend(partial: _Partial, unit: Unit, option: Mapping[str, Positions]) -> _Partial | None:
    """The partial choice with `unit` sharded by `option`, or None where some access disagrees."""
    extended = partial.copy()
    extended.keys.update(option)
    for access in unit.accesses:
        positions = option[access.state]
        if not access.parts:
            extended.needy.setdefault(access.handler, []).append(access)
            continue
        word = chosen_word(access, positions)
        if isinstance(word, OwnId):
            if word.lease not in extended.keys:
                return None
            extended.needy.setdefault(access.handler, []).append(access)
        elif word is None or extended.words.get(access.handler, word) != word:
            return None
        elif access.handler not in extended.words:
            extended.words[access.handler] = word
            extended.anchors[access.handler] = Anchor(access, positions)
    return extended


def chosen_word(access: KeyedAccess, positions: Positions) -> Word | OwnId | None:
    """The share word of the chosen parts; None where they tell no shares apart."""
    parts = [access.parts[position] for position in positions]
    if len(parts) == 1 and isinstance(parts[0], OwnId):
        return parts[0]
    words = [part for part in parts if part is not None and not isinstance(part, OwnId)]
    if len(words) < len(parts):
        return None
    word = xor_words(words)
    return None if is_constant(word) else word


def _settled(partial: _Partial) -> _Partial | None:
    """Give a share to handlers that only open a lease: by the header fields that the new lease stores."""
    settled = partial.copy()
    for handler, accesses in sorted(partial.needy.items()):
        if handler in settled.words:
            continue
        hinted = next((access for access in accesses if access.hint_words), None)
        if hinted is None:
            return None
        positions = tuple(position for position, _ in hinted.hint_words)
        settled.words[handler] = xor_words(word for _, word in hinted.hint_words)
        settled.anchors[handler] = Anchor(hinted, positions)
    return settled


def words_of_key(shape: Shape, written: list[str]) -> list[str]:
    """The parts of a key for people: by the names of the key's type, else as the first access writes them."""
    names = [path for path, _ in leaves(shape)]
    return names if len(names) == len(written) and not any(n == "" or n[0].isdigit() for n in names) else written
