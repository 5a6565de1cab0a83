"""Fill a `Maglev` table of the standard library: which backend each cell chooses.

Source: D. E. Eisenbud et al., "Maglev: a fast and reliable software network load balancer", NSDI 2016, 3.4.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence


class MaglevError(Exception):
    """No table can be made of this."""


def maglev_table(backends: Mapping[int, str], *, size: int = 65537) -> list[int]:
    """A table of `size` cells, a prime, each with a number of `backends`.

    Every number has equally many cells, give or take one. The names decide where a backend's cells are, so
    that a backend that comes or goes moves few cells of the others. Names are unique and lasting: an address
    will do. Raises `MaglevError`.
    """
    if not backends:
        raise MaglevError("a Maglev table needs a backend")
    if len(set(backends.values())) < len(backends):
        raise MaglevError("two backends have one name")
    if len(backends) > size or not _is_prime(size):
        raise MaglevError(f"the size of a Maglev table is a prime not below the number of backends, not {size}")
    numbers = sorted(backends, key=backends.__getitem__)
    chosen = fill_by_preference([_offset_and_skip(backends[n], size) for n in numbers], size=size)
    return [numbers[position] for position in chosen]


def fill_by_preference(preferences: Sequence[tuple[int, int]], *, size: int) -> list[int]:
    """For each cell the position of who took it.

    In turn, each (offset, skip) takes the first free cell among offset, offset + skip, ... modulo `size`.
    """
    taken = [-1] * size
    following = [offset for offset, _ in preferences]
    for filled in range(size):
        turn = filled % len(preferences)
        skip, cell = preferences[turn][1], following[turn]
        while taken[cell] >= 0:
            cell = (cell + skip) % size
        taken[cell] = turn
        following[turn] = (cell + skip) % size
    return taken


def _offset_and_skip(name: str, size: int) -> tuple[int, int]:
    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
    first, second = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")
    return first % size, second % (size - 1) + 1


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, math.isqrt(number) + 1))
