"""How many different keys a `HyperLogLog` of the standard library has seen."""

from __future__ import annotations

import math
from collections.abc import Sequence

LARGEST_RANK = 33  # leading zeros of a 32-bit hash, 0 to 32, and one


class RegistersError(Exception):
    """These numbers are no registers of a HyperLogLog."""


def distinct_keys(registers: Sequence[int]) -> float:
    """Estimate the number of different keys from the cells of `longest`; standard error 1.04 / sqrt(registers).

    Infinite where every register holds the largest rank. Registers of several replicas merge by taking the
    larger one of each. Source: O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches",
    arXiv:1702.01284, algorithm 6. Unlike the formula of 2007 it needs no second one for small numbers.
    Raises `RegistersError` for no registers, or one out of 0..33.
    """
    if not registers:
        raise RegistersError("there are no registers")
    if not all(0 <= rank <= LARGEST_RANK for rank in registers):
        raise RegistersError(f"a register holds a rank from 0 to {LARGEST_RANK}")
    count = len(registers)
    having = [0] * (LARGEST_RANK + 1)
    for rank in registers:
        having[rank] += 1
    total = count * _tau(1 - having[LARGEST_RANK] / count)
    for rank in range(LARGEST_RANK - 1, 0, -1):
        total = (total + having[rank]) / 2
    total += count * _sigma(having[0] / count)
    return count * count / (2 * math.log(2) * total) if total else math.inf


def _sigma(x: float) -> float:
    """x + the sum over k >= 1 of x^(2^k) 2^(k-1): what the empty registers say."""
    if x == 1:
        return math.inf
    weight, total, before = 1.0, x, -1.0
    while total != before:
        x *= x
        before = total
        total += x * weight
        weight *= 2
    return total


def _tau(x: float) -> float:
    """A third of 1 - x - the sum over k >= 1 of (1 - x^(2^-k))^2 2^-k: what the full registers say."""
    if x in (0, 1):
        return 0.0
    weight, total, before = 1.0, 1 - x, -1.0
    while total != before:
        x = math.sqrt(x)
        before = total
        weight /= 2
        total -= (1 - x) ** 2 * weight
    return total / 3
