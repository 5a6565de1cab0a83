import numpy as np
import pytest

from sim.traffic import TrafficError
from sim.traffic.streams import Purpose, Stream, poisson_times


def test_uniforms_are_those_of_numpys_generator() -> None:
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([42, 2])))
    assert Stream(42, Purpose.PACKET_SIZES).uniforms(100).tolist() == generator.random(100).tolist()


def test_single_uniforms_are_those_of_a_batch() -> None:
    single, batch = Stream(7, Purpose.FLOWS), Stream(7, Purpose.FLOWS)
    assert [single.uniform() for _ in range(10)] == batch.uniforms(10).tolist()


def test_purposes_are_independent() -> None:
    first = Stream(1, Purpose.FLOWS).uniforms(10_000)
    second = Stream(1, Purpose.PICKS).uniforms(10_000)
    # The correlation of independent samples has a standard deviation of 1/100.
    assert abs(float(np.corrcoef(first, second)[0, 1])) < 0.04


@pytest.mark.parametrize("bound", [1, 7, 2**32, 2**33 + 1, 2**64])
def test_integers_fill_their_range_evenly(bound: int) -> None:
    stream = Stream(3, Purpose.FLOWS)
    draws = [stream.below(bound) for _ in range(4_000)]
    assert all(0 <= draw < bound for draw in draws)
    # A uniform draw has a standard deviation of bound / sqrt(12); four of the mean's.
    assert abs(sum(draws) / 4_000 - (bound - 1) / 2) <= 4 * bound / 12**0.5 / 4_000**0.5


def test_poisson_process_has_its_rate_and_memoryless_gaps() -> None:
    times = poisson_times(Stream(5, Purpose.CHURN), start_ns=10**18, rate_per_s=1_000.0)
    arrivals = np.array([next(times) for _ in range(20_001)]) - 10**18
    gaps = np.diff(arrivals)
    assert arrivals[0] > 0
    # The mean and the standard deviation of an exponential are equal: 1 ms.
    assert abs(gaps.mean() - 1e6) < 4 * 1e6 / 20_000**0.5
    assert abs(gaps.std() - 1e6) < 0.05e6
    assert abs((gaps > 1e6).mean() - 0.36788) < 4 * 0.482 / 20_000**0.5


def test_no_arrival_at_rate_zero() -> None:
    assert next(poisson_times(Stream(5, Purpose.CHURN), start_ns=0, rate_per_s=0.0)) > 2**64


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_seed_out_of_range(seed: int) -> None:
    with pytest.raises(TrafficError, match="seed"):
        Stream(seed, Purpose.FLOWS)
