import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.meaning.hashing import family_multiplier, share_of
from compiler.meaning.sets import GeometryError, overflow_fraction, set_geometry, set_of_key


@pytest.mark.parametrize(
    ("ways", "load", "percent"),
    [  # simulated before this formula was written: keys hashed at random into sets
        (4, 1.0, 20),
        (4, 0.75, 11),
        (4, 0.5, 3.8),
        (8, 1.0, 14),
        (8, 0.75, 5.2),
        (8, 0.5, 0.84),
        (16, 1.0, 9.9),
        (16, 0.75, 2.1),
        (16, 0.5, 0.08),
    ],
)
def test_the_formula_gives_the_simulated_failures(ways: int, load: float, percent: float) -> None:
    assert 100 * overflow_fraction(load * ways, ways) == pytest.approx(percent, rel=0.035)


def _thrown(keys: int, *, sets: int, ways: int, seed: int) -> int:
    """Of `keys` balls thrown at random, those that find their set full."""
    generator, counts, failed = random.Random(seed), [0] * sets, 0
    for _ in range(keys):
        at = generator.randrange(sets)
        failed += counts[at] >= ways
        counts[at] += 1
    return failed


@pytest.mark.parametrize(("capacity", "shares"), [(1000, 1), (5000, 1), (12_000, 64), (20_000, 1)])
def test_a_chosen_geometry_holds_its_capacity(capacity: int, shares: int) -> None:
    sets, ways = set_geometry(capacity, shares)
    failed = sum(_thrown(capacity, sets=sets, ways=ways, seed=seed) for seed in range(5))
    assert failed <= 5 * (0.001 * capacity + 3)


@given(st.integers(1, 3_000_000), st.sampled_from([1, 2, 64, 1024]))
def test_a_geometry_is_the_smallest_that_keeps_the_bound(capacity: int, shares: int) -> None:
    sets, ways = set_geometry(capacity, shares)
    if shares == 1 and capacity <= 16:
        assert (sets, ways) == (1, capacity)
        return
    assert sets & (sets - 1) == 0
    assert sets >= shares
    assert ways in (8, 16)
    assert overflow_fraction(capacity / sets, ways) <= 0.001
    if sets > shares:
        assert overflow_fraction(2 * capacity / sets, ways) > 0.001
    other = 24 - ways
    smaller_sets = max(shares, sets * ways // other // 2)
    if smaller_sets * other < sets * ways:
        assert overflow_fraction(capacity / smaller_sets, other) > 0.001


def test_overflow_by_hand() -> None:
    # One way, one key a set on average: E[(X-1)+] = 1 - 1 + P(X=0) = 1/e.
    assert overflow_fraction(1.0, 1) == pytest.approx(0.36787944117144233, rel=1e-12)
    assert overflow_fraction(0.0, 8) == 0.0
    assert overflow_fraction(1e6, 16) == pytest.approx(1 - 16e-6, rel=1e-9)  # nearly all keys


@pytest.mark.parametrize(("capacity", "shares"), [(0, 1), (-1, 1), (10, 3), (10, 0), (1 << 40, 1)])
def test_impossible_geometries_are_refused(capacity: int, shares: int) -> None:
    with pytest.raises(GeometryError):
        set_geometry(capacity, shares)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1), st.sampled_from([1, 2, 8, 4096]))
def test_the_set_is_the_hashs_highest_bits(address: int, port: int, sets: int) -> None:
    digest = zlib.crc32(address.to_bytes(4) + port.to_bytes(2))
    hashed = digest * family_multiplier(0x100) % 2**64 >> 32
    assert set_of_key((address, port), (32, 16), sets=sets) == hashed * sets >> 32


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1))
def test_each_share_has_sets_of_its_own(address: int, port: int) -> None:
    set_ = set_of_key((address, port), (32, 16), sets=64, shares=16, share_key=(1,))
    assert set_ // 4 == share_of((port,), shares=16)
