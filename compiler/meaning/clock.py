"""Stored time: 32-bit ticks of 2^20 ns, compared in serial arithmetic (in the manner of RFC 1982).

Packets may carry earlier times than packets before them (several cores, several devices), and ticks wrap
after 52 days. So a difference in the upper half of the range means that the clock went back: the age is 0.
"""

from __future__ import annotations

from typing import Final

TICK_SHIFT: Final = 20  # the same figure as `compiler.ir.states.TICK_SHIFT`
TICK_MASK: Final = 0xFFFF_FFFF
HALF_RANGE: Final = 1 << 31


def tick_of(now_ns: int) -> int:
    """The tick, 0..2^32 - 1, in which a time in nanoseconds lies."""
    return now_ns >> TICK_SHIFT & TICK_MASK


def idle_ticks(idle_ns: int) -> int:
    """Ticks that an entry may be idle and live: `idle_ns` rounded up, so that it never dies early by the grain."""
    return -(-idle_ns >> TICK_SHIFT)


def grain_ticks(grain_ns: int) -> int:
    """Whole ticks in a grain: what is granted beyond an idle time is never more than was said."""
    return grain_ns >> TICK_SHIFT


def age(now: int, last: int) -> int:
    """Ticks from `last` to `now`; 0 where that is backward."""
    elapsed = (now - last) & TICK_MASK
    return elapsed if elapsed < HALF_RANGE else 0


def later(now: int, last: int) -> int:
    """The later of two ticks: what a refresh at `now` stores over `last`."""
    return now if (now - last) & TICK_MASK < HALF_RANGE else last


def is_expired(now: int, last: int, idle: int | None) -> bool:
    """Whether an entry last used at `last` has been idle for more than `idle` ticks (None: never)."""
    return idle is not None and age(now, last) > idle
