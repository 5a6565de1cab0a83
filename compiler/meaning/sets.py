"""The geometry of set-associative maps, and where a key belongs in it.

Slots are numbered through: slot = set * ways + way. The sets of a share are neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Final

from compiler.meaning.hashing import DEFAULT_SALT, SET_MEMBER, family_hash, pack, share_of

NO_SLOT: Final = 0xFFFF_FFFF  # what a lookup answers where the key's set has neither the key nor room
MAX_FAILED: Final = 0.001  # of the inserts, with `capacity` keys in the map
WAYS: Final = (8, 16)  # one cache line of 16-bit tags holds 32; a switch compares 8 or 16 at once
MAX_SETS: Final = 1 << 27  # so that slot numbers of 16 ways stay below NO_SLOT


class GeometryError(ValueError):
    """No geometry holds this many keys over this many shares."""


def overflow_fraction(load: float, ways: int) -> float:
    """The fraction of keys that find their set of `ways` full, at `load` keys a set on average.

    With keys hashed evenly, the number X of keys of a set is Poisson distributed with mean `load`; of them
    E[max(0, X - ways)] / load do not fit. Source: e.g. Mitzenmacher and Upfal, "Probability and Computing",
    chapter 5.4 (balls and bins, Poisson approximation).
    """
    if load <= 0:
        return 0.0
    if load > 2 * ways:  # E[(X-w)+] = load - w + sum over k < w of (w - k) P(X = k); the result is not small
        few = (math.exp(k * math.log(load) - load - math.lgamma(k + 1)) * (ways - k) for k in range(ways))
        return (load - ways + sum(few)) / load
    # E[(X-w)+] = sum over k > w of (k - w) P(X = k), summed upward: all terms positive, nothing cancels.
    probability = math.exp((ways + 1) * math.log(load) - load - math.lgamma(ways + 2))
    total, extra, k = 0.0, 1, ways + 1
    while True:
        term = extra * probability
        total += term
        if k > load and term <= total * 1e-17:
            return total / load
        k, extra = k + 1, extra + 1
        probability *= load / k


@cache
def set_geometry(capacity: int, shares: int = 1) -> tuple[int, int]:
    """Return (sets, ways) such that of `capacity` keys at most 0.1 % are expected to find their set full.

    `shares` is a power of two; there are at least as many sets, a power of two of them, of 8 or 16 ways,
    whichever takes fewer slots (8 where they take the same). Up to 16 keys in one share fit one set exactly.
    """
    if shares < 1 or shares & (shares - 1):
        raise GeometryError(f"shares must be a power of two, not {shares}")
    if capacity < 1:
        raise GeometryError(f"capacity must be at least 1, not {capacity}")
    if capacity <= max(WAYS) and shares == 1:
        return 1, capacity
    slots, ways = min((_fewest_sets(capacity, shares, ways) * ways, ways) for ways in WAYS)
    if slots // ways > MAX_SETS:
        raise GeometryError(f"capacity {capacity} needs more than {MAX_SETS} sets")
    return slots // ways, ways


def _fewest_sets(capacity: int, shares: int, ways: int) -> int:
    sets = shares
    # Below one set for `ways` keys the fraction is far above the bound; start there to keep the loop short.
    while sets * ways < capacity:
        sets *= 2
    while overflow_fraction(capacity / sets, ways) > MAX_FAILED:
        sets *= 2
    return sets


def set_of_key(
    key: Sequence[int],
    widths: Sequence[int],
    *,
    sets: int,
    shares: int = 1,
    share_key: Sequence[int] = (),
    salt: int = DEFAULT_SALT,
) -> int:
    """The set of a key: the highest bits of family member `SET_MEMBER` of the packed key, within its share's sets.

    `share_key` are the positions of the key parts that give the share; empty: the sets are not divided.
    """
    share, sets_of_share = 0, sets
    if share_key:
        share = share_of((key[position] for position in share_key), shares=shares)
        sets_of_share = sets // shares
    hashed = family_hash(SET_MEMBER, pack(key, widths), salt=salt)
    # The highest bits: of a multiply-shift hash they are the good ones.
    return share * sets_of_share + (hashed >> (32 - (sets_of_share.bit_length() - 1)))
