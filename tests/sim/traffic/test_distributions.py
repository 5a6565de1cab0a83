import math

import numpy as np
import pytest

from sim.traffic import (
    DATA_MINING,
    GOOGLE_RPC,
    HADOOP,
    IMIX,
    WEB_SEARCH,
    Cdf,
    SizeMix,
    TrafficError,
    fixed_size,
    zipf_cumulative,
)
from sim.traffic.streams import Purpose, Stream


@pytest.mark.parametrize("skew", [0.0, 0.5, 0.99, 1.0, 1.1, 2.0])
def test_zipf_shares_are_those_of_the_definition(skew: float) -> None:
    weights = [1.0 / rank**skew for rank in range(1, 1_001)]
    total = math.fsum(weights)
    shares = np.diff(zipf_cumulative(1_000, skew=skew), prepend=0.0)
    np.testing.assert_allclose(shares, [weight / total for weight in weights], rtol=1e-10, atol=1e-14)


def test_zipf_of_harmonic_numbers_by_hand() -> None:
    # H(4) = 25/12: shares 12/25, 6/25, 4/25, 3/25.
    assert zipf_cumulative(4, skew=1.0).tolist() == pytest.approx([0.48, 0.72, 0.88, 1.0])


@pytest.mark.parametrize(("count", "skew"), [(0, 1.0), (10, -0.1), (10, math.nan), (10, 21.0)])
def test_zipf_out_of_range(count: int, skew: float) -> None:
    with pytest.raises(TrafficError):
        zipf_cumulative(count, skew=skew)


def test_cdf_sampling_inverts_by_hand() -> None:
    cdf = Cdf(points=((0, 0.0), (100, 0.5), (300, 1.0)))
    sizes = cdf.sample(np.array([0.0, 0.25, 0.5, 0.75, 0.999999]))
    assert sizes.tolist() == [1, 50, 100, 200, 300]
    assert cdf.mean() == 0.5 * 50 + 0.5 * 200


@pytest.mark.parametrize("cdf", [WEB_SEARCH, HADOOP, GOOGLE_RPC, DATA_MINING], ids=lambda cdf: cdf.source[:12])
def test_published_cdfs_are_sampled_faithfully(cdf: Cdf) -> None:
    """Every point of the CDF is met within four standard deviations of a binomial share."""
    count = 200_000
    sizes = cdf.sample(Stream(11, Purpose.FLOW_SIZES).uniforms(count))
    for value, share in cdf.points[1:-1]:
        deviation = 4 * math.sqrt(share * (1 - share) / count)
        # Rounding up puts a size between two whole bytes at the upper one.
        assert abs(float((sizes <= value).mean()) - share) <= deviation + 1e-9
    # Stratified uniforms integrate the inverse CDF: the mean of the samples is its integral.
    strata = (np.arange(2_000_000) + 0.5) / 2_000_000
    assert float(cdf.sample(strata).mean()) == pytest.approx(cdf.mean(), rel=0.001, abs=1.0)


def test_means_by_hand() -> None:
    # Web search, in KB: sum of (share of the segment) * (its middle).
    segments = [(0.15, 5), (0.05, 15), (0.1, 25), (0.1, 40), (0.13, 65), (0.07, 140)]
    segments += [(0.1, 600), (0.1, 1_500), (0.1, 3_500), (0.07, 7_500), (0.03, 20_000)]
    assert WEB_SEARCH.mean() == pytest.approx(1_000 * sum(share * middle for share, middle in segments))
    # The simple IMIX: (7 * 60 + 4 * 590 + 1514) / 12.
    assert IMIX.mean() == pytest.approx(4_294 / 12)
    assert fixed_size(128).mean() == 128


def test_medians_of_the_literature() -> None:
    half = np.array([0.5])
    assert 60_000 < WEB_SEARCH.sample(half)[0] < 80_000
    assert 900 < DATA_MINING.sample(half)[0] < 1_100
    assert HADOOP.sample(half)[0] == 700
    assert 256 <= GOOGLE_RPC.sample(half)[0] < 270


def test_mix_frequencies() -> None:
    count = 60_000
    sizes = IMIX.sample(Stream(2, Purpose.PACKET_SIZES).uniforms(count))
    for size, weight in ((60, 7 / 12), (590, 4 / 12), (1514, 1 / 12)):
        assert abs(float((sizes == size).mean()) - weight) < 4 * math.sqrt(weight * (1 - weight) / count)


def test_weight_zero_is_never_drawn() -> None:
    mix = SizeMix({100: 0.0, 200: 1.0, 300: 0.0})
    assert set(mix.sample(np.array([0.0, 0.5, 1.0 - 2.0**-53])).tolist()) == {200}


@pytest.mark.parametrize(
    "points",
    [((0, 0.0),), ((0, 0.1), (9, 1.0)), ((0, 0.0), (9, 0.9)), ((5, 0.0), (4, 1.0)), ((0, 0.0), (5, 0.0), (9, 1.0))],
)
def test_malformed_cdf(points: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(TrafficError):
        Cdf(points=points)


@pytest.mark.parametrize("weights", [{}, {60: 0.0}, {60: -1.0, 61: 2.0}, {0: 1.0}, {70_000: 1.0}, {60: math.nan}])
def test_malformed_mix(weights: dict[int, float]) -> None:
    with pytest.raises(TrafficError):
        SizeMix(weights)
