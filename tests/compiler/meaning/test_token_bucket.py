from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.meaning.token_bucket import Bucket, bucket_constants, full_bucket, take


def test_constants_by_hand() -> None:
    constants = bucket_constants(rate=1_000_000, burst=1500)
    assert constants.refill == 17_179_869  # 1.024 tokens in 2^-24, rounded down
    assert constants.full == 1500 * 2**24
    assert constants.most_elapsed == 1465  # 1500 / 1.024 = 1464.8...


def test_an_empty_bucket_fills_at_its_rate() -> None:
    constants = bucket_constants(rate=1_000_000, burst=1500)
    bucket, conforms = take(full_bucket(constants), 1500, now_ns=0, constants=constants)
    assert conforms
    assert not take(bucket, 100, now_ns=99_000, constants=constants)[1]  # 99 us: 96 units, 98.3 tokens
    assert take(bucket, 100, now_ns=101_000, constants=constants)[1]  # 101 us: 98 units, 100.35 tokens


def test_a_refused_packet_costs_nothing() -> None:
    constants = bucket_constants(rate=0, burst=10)
    bucket, conforms = take(full_bucket(constants), 11, now_ns=5, constants=constants)
    assert (bucket.credit, conforms) == (10 << 24, False)


def test_time_never_runs_backward() -> None:
    constants = bucket_constants(rate=1_000_000, burst=10)
    bucket = Bucket(0, 1000)
    earlier, conforms = take(bucket, 1, now_ns=0, constants=constants)
    assert (earlier, conforms) == (bucket, False)
    # What the earlier packet did not refill is not refilled twice either.
    assert take(earlier, 1, now_ns=1000 << 10, constants=constants) == (bucket, False)


def test_a_rate_of_nothing_refills_nothing() -> None:
    constants = bucket_constants(rate=0, burst=1)
    bucket, _ = take(full_bucket(constants), 1, now_ns=0, constants=constants)
    assert not take(bucket, 1, now_ns=2**63, constants=constants)[1]


@pytest.mark.parametrize(("rate", "error"), [(1, 0.011), (1000, 0.00006), (10**9, 1e-9)])
def test_the_rate_is_rounded_down_a_little(rate: int, error: float) -> None:
    exact = Fraction(rate * 1024 * 2**24, 10**9)
    assert 1 - error <= bucket_constants(rate=rate, burst=1).refill / exact <= 1


@given(
    st.integers(0, 10**11),
    st.integers(0, 10**6),
    st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 3000)), max_size=20),
)
def test_a_bucket_is_the_textbooks(rate: int, burst: int, packets: list[tuple[int, int]]) -> None:
    """Tokens as exact fractions, refilled at the rounded rate, without the caps that keep the product small."""
    constants = bucket_constants(rate=rate, burst=burst)
    per_unit = Fraction(constants.refill, 2**24)
    tokens, last = Fraction(burst), 0
    bucket = full_bucket(constants)
    for now_ns, amount in packets:
        now = now_ns // 1024
        if now > last:
            tokens, last = min(Fraction(burst), tokens + (now - last) * per_unit), now
        expected = tokens >= amount
        tokens -= amount if expected else 0
        bucket, conforms = take(bucket, amount, now_ns=now_ns, constants=constants)
        assert (conforms, Fraction(bucket.credit, 2**24), bucket.last) == (expected, tokens, last)
