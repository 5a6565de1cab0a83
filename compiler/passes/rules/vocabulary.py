"""What a device's rules can say of a packet: the words that the pass which makes rules is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.analyses.header_kinds import HeaderKind


@dataclass(frozen=True, slots=True)
class RuleVocabulary:
    """Bits are numbered from the start of a header, the first one highest.

    `matched`: for each kind of header that the device knows, a mask over its fixed bytes: the bits that a rule can
    compare. `written`: (kind, first bit, bits) of the fields that a rule can set. `counted_down`: fields that a rule
    can make one less. `always`: (kind, first bit, value) of fields that the packets of every rule have: whatever has
    another value the device may treat in ways that a rule cannot tell.
    """

    matched: Mapping[HeaderKind, int]
    written: frozenset[tuple[HeaderKind, int, int]]
    counted_down: frozenset[tuple[HeaderKind, int]]
    always: tuple[tuple[HeaderKind, int, int], ...]
