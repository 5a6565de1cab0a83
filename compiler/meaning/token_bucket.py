"""Exact token buckets: what `MeterTake` computes, in integers.

Credit is counted in 2^-24 tokens and time in 1,024 ns, so that a refill is one multiplication by a constant
and no division is needed where packets pass. A bucket starts full, its time at 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

TIME_SHIFT: Final = 10  # units of 1,024 ns
CREDIT_SHIFT: Final = 24  # units of 2^-24 token


@dataclass(frozen=True, slots=True)
class BucketConstants:
    """What `rate` and `burst` come to: all that a device needs to know of a meter."""

    refill: int  # credit for each time unit
    full: int  # credit of a full bucket
    most_elapsed: int  # time units after which any bucket is full; keeps the product small. 0: never refilled


class Bucket(NamedTuple):
    """`credit` in 2^-24 tokens at time `last` in units of 1,024 ns."""

    credit: int
    last: int


def bucket_constants(*, rate: int, burst: int) -> BucketConstants:
    """Constants for `rate` tokens a second and at most `burst` tokens.

    The refill is rounded down, by less than 1 part in 17 * rate: at 1 token a second a bucket fills 1 % too
    slowly, at 1,000 less than 0.006 %.
    """
    refill = (rate * (1 << TIME_SHIFT) << CREDIT_SHIFT) // 1_000_000_000
    full = burst << CREDIT_SHIFT
    return BucketConstants(refill, full, -(-full // refill) if refill else 0)


def full_bucket(constants: BucketConstants) -> Bucket:
    """A bucket as it is at the start."""
    return Bucket(constants.full, 0)


def take(bucket: Bucket, amount: int, *, now_ns: int, constants: BucketConstants) -> tuple[Bucket, bool]:
    """Take `amount` tokens if the bucket holds that many; return the bucket afterwards and whether it did.

    Time never runs backward: a packet that is earlier than the one before it refills nothing.
    """
    now = now_ns >> TIME_SHIFT
    elapsed = min(max(0, now - bucket.last), constants.most_elapsed)
    credit = min(constants.full, bucket.credit + elapsed * constants.refill)
    cost = amount << CREDIT_SHIFT
    conforms = credit >= cost
    return Bucket(credit - cost if conforms else credit, max(bucket.last, now)), conforms
