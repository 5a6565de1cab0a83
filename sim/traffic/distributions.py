"""Distributions sampled by inverse transform: Zipf popularity, empirical CDFs, packet size mixes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sim.traffic.errors import require
from sim.traffic.portable_math import Floats, portable_exp, portable_log

Integers = npt.NDArray[np.int64]


class SizeDistribution(Protocol):
    """Sizes in bytes, drawn by inverse transform."""

    def sample(self, uniforms: Floats) -> Integers:
        """Return int64[n], one size for each of `uniforms` (float64[n] in [0, 1))."""
        ...

    def mean(self) -> float:
        """Return the mean of the distribution in bytes."""
        ...


def zipf_cumulative(count: int, *, skew: float) -> Floats:
    """Return float64[count]: the share of all packets that the most popular 1, 2, ..., `count` items take.

    Item of rank k has weight k ** -skew over the finite support 1..count, so every `skew` in 0..20 is
    allowed; 0 is uniform.
    """
    require(1 <= count <= 2**26, f"count {count} is outside 1..2**26")
    require(0.0 <= skew <= 20.0, f"skew {skew} is outside 0..20")
    ranks = np.arange(1, count + 1, dtype=np.float64)
    cumulative = np.cumsum(portable_exp(-skew * portable_log(ranks)))
    return cumulative / cumulative[-1]


def cumulative_shares(weights: Mapping[str, float] | Mapping[int, float], *, what: str) -> list[float]:
    """Return the running sums of `weights` in their order, scaled to end at 1."""
    values = list(weights.values())
    require(bool(values), f"{what} is empty")
    require(all(0.0 <= value < float("inf") for value in values), f"{what} has a weight below 0 or not finite")
    sums = np.cumsum(np.array(values, dtype=np.float64))
    require(float(sums[-1]) > 0.0, f"{what} has no weight above 0")
    return (sums / sums[-1]).tolist()


@dataclass(frozen=True, slots=True)
class Cdf:
    """An empirical distribution: straight lines between `points` of (value in bytes, probability).

    Values rise or stay, probabilities rise from 0 to 1. `source` says where the points were published.
    """

    points: tuple[tuple[float, float], ...]
    source: str = ""

    def __post_init__(self) -> None:
        require(len(self.points) >= 2, "a CDF needs two points or more")
        require(self.points[0][1] == 0.0 and self.points[-1][1] == 1.0, "a CDF goes from probability 0 to 1")
        require(self.points[0][0] >= 0.0, "a CDF of sizes starts at 0 or above")
        for (value, share), (next_value, next_share) in zip(self.points, self.points[1:], strict=False):
            require(next_value >= value, f"CDF value {next_value} is below the one before it, {value}")
            require(next_share > share, f"CDF probability {next_share} does not rise above {share}")

    def mean(self) -> float:
        """Return the mean in bytes of the straight-line CDF (before rounding up to whole bytes)."""
        pairs = zip(self.points, self.points[1:], strict=False)
        return sum((p1 - p0) * (v0 + v1) / 2.0 for (v0, p0), (v1, p1) in pairs)

    def sample(self, uniforms: Floats) -> Integers:
        """Return int64[n]: sizes in whole bytes, rounded up, at least 1."""
        values, shares = (np.array(column, dtype=np.float64) for column in zip(*self.points, strict=True))
        index = np.minimum(np.searchsorted(shares, uniforms, side="right"), len(shares) - 1)
        # Not np.interp: its compiled loop may fuse multiply and add, which changes the last bit by machine.
        slope = (values[index] - values[index - 1]) / (shares[index] - shares[index - 1])
        sizes = values[index - 1] + slope * (uniforms - shares[index - 1])
        return np.maximum(np.ceil(sizes), 1.0).astype(np.int64)


@dataclass(frozen=True, slots=True)
class SizeMix:
    """A few sizes in bytes with a weight each: `SizeMix({60: 7, 590: 4, 1514: 1})`."""

    weights: Mapping[int, float]

    def __post_init__(self) -> None:
        cumulative_shares(self.weights, what="a size mix")
        require(all(1 <= size <= 65_535 for size in self.weights), "a size is outside 1..65535")

    def mean(self) -> float:
        """Return the weighted mean in bytes."""
        return sum(size * weight for size, weight in self.weights.items()) / sum(self.weights.values())

    def sample(self, uniforms: Floats) -> Integers:
        """Return int64[n] of the sizes, each as often as its weight says."""
        shares = np.array(cumulative_shares(self.weights, what="a size mix"))
        sizes = np.array(list(self.weights), dtype=np.int64)
        return sizes[np.minimum(np.searchsorted(shares, uniforms, side="right"), len(sizes) - 1)]


def fixed_size(size: int) -> SizeMix:
    """Every packet has `size` bytes."""
    return SizeMix({size: 1.0})


IMIX = SizeMix({60: 7.0, 590: 4.0, 1514: 1.0})
"""The "simple IMIX": 7 : 4 : 1 packets of 64, 594 and 1518 bytes on the wire.

It is a convention of the test equipment makers, not a standard; RFC 6985 (IMIX Genome) tells its history. The
4-byte frame check sequence is not part of a captured frame, so the sizes here are 4 below.
"""
