"""Seeded random numbers, one independent stream for each purpose.

Only the raw output of PCG64 and of SeedSequence is used: numpy keeps both stable for ever (NEP 19), which
it does not promise for the methods of `Generator`. A stream of its own for each purpose keeps traffic
comparable: another packet size distribution leaves the flows as they were.
"""

from collections.abc import Iterator
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from sim.traffic.errors import require
from sim.traffic.portable_math import Floats, portable_log

_BATCH = 1024


class Purpose(IntEnum):
    """What a stream decides. A number is never reused: it is part of what a seed means."""

    FLOWS = 0
    PICKS = 1
    PACKET_SIZES = 2
    DIRECTIONS = 3
    CHURN = 4
    ARRIVALS = 5
    FLOW_SIZES = 6
    ATTACK = 7
    SEQUENCE_NUMBERS = 8


class Stream:
    """The random numbers of one purpose under one seed (0..2**63 - 1)."""

    def __init__(self, seed: int, purpose: Purpose) -> None:
        require(0 <= seed < 2**63, f"seed {seed} is outside 0..2**63 - 1")
        self._bits = np.random.PCG64(np.random.SeedSequence([seed, int(purpose)]))
        self._single: Iterator[int] = self._raws()

    def _raws(self) -> Iterator[int]:
        while True:
            yield from self._raw_array(_BATCH).tolist()

    def _raw_array(self, count: int) -> npt.NDArray[np.uint64]:
        return np.asarray(self._bits.random_raw(count), dtype=np.uint64)

    def uniforms(self, count: int) -> Floats:
        """Return float64[count], each a multiple of 2**-53 in [0, 1)."""
        return (self._raw_array(count) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def exponentials(self, count: int) -> Floats:
        """Return float64[count] of mean 1: the gaps of a Poisson process of rate 1."""
        return -portable_log(1.0 - self.uniforms(count))

    def uniform(self) -> float:
        """Return one multiple of 2**-53 in [0, 1)."""
        return (next(self._single) >> 11) * 2.0**-53

    def below(self, bound: int) -> int:
        """Return an integer in 0..bound - 1, for `bound` 1..2**64; the bias is below bound / 2**64."""
        if bound <= 2**32:
            return (next(self._single) * bound) >> 64
        # One 64-bit draw could not reach every value of a wide range evenly.
        return (((next(self._single) << 64) | next(self._single)) * bound) >> 128


def poisson_times(stream: Stream, *, start_ns: int, rate_per_s: float) -> Iterator[int]:
    """Yield the times of a Poisson process from `start_ns`; at rate 0 one time beyond all others."""
    if rate_per_s == 0.0:
        yield 2**127
        return
    elapsed_ns = 0.0
    while True:
        for gap_ns in (stream.exponentials(_BATCH) * (1e9 / rate_per_s)).tolist():
            elapsed_ns += gap_ns
            yield start_ns + int(elapsed_ns)
