"""The slot protocol of in-network reduction: what `ReduceContribute` does to one bank of a slot.

A slot has two banks; round r lives in bank r & 1, so that the result of one round can still be asked for
while the next one fills. A bank remembers its round in full. One version bit would not do: a packet delayed
by two rounds would be added to a later sum.

Workers keep two rules: a worker sends round r + 1 on a slot only after it holds the result of round r, and
takes a result only if (job, epoch, slot, round, tag) are what it waits for. A job that starts again has a new
epoch, and packets of the old one are refused before they reach a slot. The test of this module visits every
state that two or three workers and a network which may deliver any packet any number of times can reach.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

Lanes: TypeAlias = int | tuple[int, ...]

MAX_MEMBERS: Final = 64
HALF_RANGE: Final = 1 << 31  # of 32-bit round numbers, compared as serial numbers (RFC 1982)


class Verdict(IntEnum):
    PENDING = 0  # the round is not complete
    COMPLETE = 1  # this contribution completed it
    REPEAT = 2  # it was complete before; the worker asks again
    STALE = 3  # nothing happened


class Combine(IntEnum):
    SUM = 0  # modulo 2^width, lane by lane
    OR = 1
    MAX = 2


class Bank(NamedTuple):
    """One bank of a slot; empty where nobody has been `seen`."""

    epoch: int
    round: int
    tag: int
    operator: int
    seen: int  # mask of the members whose values `total` holds
    total: Lanes


class Contribution(NamedTuple):
    """One worker's packet. `members` is the mask of all workers, from the job's table, never from the packet."""

    epoch: int
    round: int
    tag: int
    member: int
    members: int
    operator: int
    value: Lanes


EMPTY: Final = Bank(0, 0, 0, 0, 0, 0)


def bank_of(slot: int, round_: int) -> int:
    """The number of the bank that `round_` of `slot` lives in."""
    return slot << 1 | round_ & 1


def combine(operator: int, left: Lanes, right: Lanes, *, width: int) -> Lanes:
    """Both values combined, lane by lane where they are vectors. `operator` is one of `Combine`."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return tuple([_combine_lane(operator, a, b, width) for a, b in zip(left, right, strict=True)])
    assert isinstance(left, int) and isinstance(right, int), "a slot holds values of one type"
    return _combine_lane(operator, left, right, width)


def _combine_lane(operator: int, left: int, right: int, width: int) -> int:
    match operator:
        case Combine.SUM:
            return (left + right) & ((1 << width) - 1)
        case Combine.OR:
            return left | right
        case _:
            return max(left, right)


def is_acceptable(contribution: Contribution) -> bool:
    """Whether the worker is a member and the operator exists; anything else is stale without a look at the slot."""
    member = contribution.member
    return member < MAX_MEMBERS and contribution.members >> member & 1 == 1 and contribution.operator in _OPERATORS


_OPERATORS: Final = frozenset(int(operator) for operator in Combine)


def contribute(bank: Bank, contribution: Contribution, *, width: int) -> tuple[Bank, Verdict]:
    """The bank after a contribution to the round that lives in it, and the verdict.

    The answer to COMPLETE and REPEAT is the `total` of the bank returned. `width` is that of a lane, in bits.
    """
    if not is_acceptable(contribution):
        return bank, Verdict.STALE
    epoch, round_, tag, member, members, operator, value = contribution
    mine = 1 << member
    ahead = (round_ - bank.round) & 0xFFFF_FFFF
    if bank.seen == 0 or bank.epoch != epoch or 0 < ahead < HALF_RANGE:
        started = Bank(epoch, round_, tag, operator, mine, value)
        return started, Verdict.COMPLETE if mine == members else Verdict.PENDING
    if ahead or bank.tag != tag or bank.operator != operator:
        return bank, Verdict.STALE
    if bank.seen & mine:
        return bank, Verdict.REPEAT if bank.seen == members else Verdict.PENDING
    total = combine(operator, bank.total, value, width=width)
    combined = Bank(epoch, round_, tag, operator, bank.seen | mine, total)
    return combined, Verdict.COMPLETE if combined.seen == members else Verdict.PENDING
