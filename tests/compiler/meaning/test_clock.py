from hypothesis import given
from hypothesis import strategies as st

from compiler.ir import states
from compiler.meaning.clock import TICK_MASK, TICK_SHIFT, age, idle_ticks, is_expired, later, tick_of

TICKS = st.integers(0, 2**32 - 1)


def test_the_ir_counts_in_the_same_ticks() -> None:
    assert TICK_SHIFT == states.TICK_SHIFT
    assert TICK_MASK == 2**states.TICK_WIDTH - 1


def test_a_packet_from_before_the_last_use_expires_nothing() -> None:
    # Touched at 105, looked at by a packet stamped 100: in plain unsigned numbers its age is 2^32 - 5.
    assert age(100, 105) == 0
    assert not is_expired(100, 105, 300)
    assert later(100, 105) == 105


def test_age_passes_over_the_wrap() -> None:
    assert age(3, 0xFFFF_FFFE) == 5
    assert later(3, 0xFFFF_FFFE) == 3
    assert later(0xFFFF_FFFE, 3) == 3


def test_half_the_range_is_the_border() -> None:
    assert age(0x7FFF_FFFF, 0) == 0x7FFF_FFFF
    assert age(0x8000_0000, 0) == 0
    assert later(0x8000_0000, 0) == 0


def test_an_entry_lives_through_its_last_idle_tick() -> None:
    assert not is_expired(110, 100, 10)
    assert is_expired(111, 100, 10)
    assert not is_expired(5_000_000, 100, None)


def test_ticks_are_about_milliseconds_and_wrap_after_52_days() -> None:
    assert tick_of(2**20 - 1) == 0
    assert tick_of(2**20) == 1
    assert tick_of(2**52) == 0
    assert 2**52 / 86_400e9 > 52
    assert idle_ticks(300_000_000_000) == 286_103  # 286,102.29...
    assert idle_ticks(2**20) == 1


@given(TICKS, TICKS)
def test_a_refresh_never_moves_backward(now: int, last: int) -> None:
    stored = later(now, last)
    assert stored in (now, last)
    assert age(now, stored) == 0
    assert age(stored, last) == (now - last) % 2**32 % 2**31 * (stored == now)
