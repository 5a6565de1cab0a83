"""Expanded states do what the interpreter's own do: the same packets out, the same states left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.operations import StateAccess
from compiler.ir.program import Program
from compiler.ir.states import Array, Table, TableArray
from compiler.ir.types import bit_width
from compiler.ir.verify import verify
from compiler.passes.expand_state import expand_state
from compiler.passes.expansion.arrays import expanded_entries
from sim.state import ArrayState
from tests.strategies.declarations import SHARES, TICK_NS
from tests.strategies.meaning import Outcomes, assert_same_meaning_expanded
from tests.strategies.packets import Packet, packets
from tests.strategies.programs import programs
from tests.strategies.texts import written

GROUPS_OF_STATES = (
    ("pairs",),
    ("halves", "members"),
    ("forever",),
    ("ports", "kept"),
    ("split",),
    ("by_key", "ports"),
    ("by_pair", "split"),
    ("rate", "dry", "counts"),
    ("sums", "height"),
)


@pytest.mark.parametrize("states", GROUPS_OF_STATES, ids="+".join)
def test_expanding_keeps_the_meaning(states: tuple[str, ...]) -> None:
    @given(programs(states=states, size=7), packets(20))
    def holds(program: Program, traffic: list[Packet]) -> None:
        after = expand_state(program)
        verify(after)
        assert_same_meaning_expanded(program, after, traffic)

    holds()


@given(programs())
def test_only_arrays_and_tables_are_left(program: Program) -> None:
    after = expand_state(program)
    assert all(isinstance(state, Array | Table | TableArray) for state in after.states)
    names = {state.name for state in after.states}
    assert {o.state for o in after.operations if isinstance(o, StateAccess)} <= names


def key_packet(key: int, tick: int, *, choice: int = 0, ns: int = 0) -> Packet:
    """A packet whose key is `key` (0..127) and whose `odd.bit` and `odd.wide` choose a branch."""
    wide = choice.to_bytes(16, "big")
    data = bytes(12) + b"\x88\xb5" + bytes([key]) + wide + bytes(12)
    return Packet(data, 0, tick * TICK_NS + ns, len(data))


MAP = """
    g1 = g0 if %find_9
    g2 = g0 if %put_20
    g3 = g0 if %remove_21
    [g0] %key_1: u7 = read_field odd, seven
    [g0] %2: u128 = read_field odd, wide
    [g0] %find_9: u1 = slice %2, high=0, low=0
    [g0] %put_20: u1 = slice %2, high=1, low=1
    [g0] %remove_21: u1 = slice %2, high=2, low=2
    [g0] %3: u1, %4: u1, %5: u32, (%6: u16, %7: u48) = map_find pairs, (%key_1), refresh=false
    [g1] %11: u1, %12: u1, %13: u32, (%14: u16, %15: u48) = map_find pairs, (%key_1), refresh=true
    [g2] %16: u16 = resize %2
    [g2] %17: u1 = map_put pairs, %5, (%key_1), (%16, 7u48)
    [g3] map_remove pairs, %5, (%key_1)
    [g0] %18: u7 = concat (0u5, %3, %4)
    [g0] %19: u48 = resize %5
    [g0] digest seen, (%18, %19)
    [g0] drop
"""
FIND, PUT, REMOVE = 1, 2, 4


def seen(program: Program, traffic: list[Packet]) -> list[tuple[int, ...]]:
    """The digests' numbers, the same from the source and the expanded program, whose states agree, too."""
    assert_same_meaning_expanded(program, expand_state(program), traffic)
    return [values for _, digests, _ in Outcomes(program, traffic).packets for _, values in digests]


def keys_of_one_set(count: int) -> list[int]:
    """Keys of `pairs` that share a set with key 0: found by asking where they would go."""
    finds = seen(written(MAP), [key_packet(key, 0) for key in range(40)])
    sets = [slot // 2 for _, slot in finds]
    found = [key for key in range(40) if sets[key] == sets[0]]
    return found[:count]


def test_a_full_set_has_no_room_until_an_entry_expires() -> None:
    one, two, three = keys_of_one_set(3)
    first = seen(written(MAP), [key_packet(one, 0)])[0][1]  # the way that the first key gets
    traffic = [
        key_packet(one, 10, choice=PUT),
        key_packet(two, 11, choice=PUT),
        key_packet(three, 11, choice=PUT),  # full: nothing happens
        key_packet(three, 13),  # the oldest is exactly 3 ticks old, not yet expired
        key_packet(three, 14, choice=PUT),  # now it is
        key_packet(one, 14),  # and its own key finds no room
        key_packet(three, 14),
    ]
    assert seen(written(MAP), traffic) == [
        (0b01, first),
        (0b01, first + 1),
        (0b00, 0xFFFFFFFF),
        (0b00, 0xFFFFFFFF),
        (0b01, first),
        (0b00, 0xFFFFFFFF),
        (0b11, first),
    ]


def test_an_expired_entry_of_the_key_is_taken_before_a_lower_free_way() -> None:
    one, two = keys_of_one_set(2)
    first = seen(written(MAP), [key_packet(one, 0)])[0][1]
    traffic = [
        key_packet(one, 10, choice=PUT),
        key_packet(two, 10, choice=PUT),
        key_packet(one, 10, choice=REMOVE),
        key_packet(two, 20, choice=PUT),
        key_packet(two, 20),
    ]
    assert seen(written(MAP), traffic)[2:] == [(0b11, first), (0b01, first + 1), (0b11, first + 1)]


def test_a_clock_that_goes_back_expires_nothing_and_refreshes_nothing() -> None:
    traffic = [
        key_packet(0, 100, choice=PUT),
        key_packet(0, 50, choice=FIND),
        key_packet(0, 40, choice=PUT),
        key_packet(0, 103),
        key_packet(0, 104),
    ]
    present = [hit >> 1 for hit, _ in seen(written(MAP), traffic)]
    assert present == [0, 1, 1, 1, 0]


def test_ticks_wrap() -> None:
    last = (1 << 32) - 2
    traffic = [
        key_packet(0, last, choice=PUT),
        key_packet(0, last + 3, choice=FIND),
        key_packet(0, last + 6),
        key_packet(0, last + 7),
        key_packet(0, last + 3 + (1 << 31)),  # half a range on: taken for the past
    ]
    assert [hit >> 1 for hit, _ in seen(written(MAP), traffic)] == [0, 1, 1, 0, 1]


INDEX = """
    g1 = g0 if %3
    g2 = g0 if %4
    [g0] %key_1: u7 = read_field odd, seven
    [g0] %2: u128 = read_field odd, wide
    [g0] %3: u1 = slice %2, high=0, low=0
    [g0] %4: u1 = slice %2, high=1, low=1
    [g0] %id_5: u4 = slice %2, high=7, low=4
    [g2] lease_close ports, %id_5
    [g1] %6: u1, %7: u1, %8: u4, (%9: u16, %10: u7) = index_open by_key, ports, (%key_1), (3u16, 5u7)
    [g0] %11: u1, %12: u4, (%13: u16, %14: u7) = index_find by_key, ports, (%key_1), refresh=false
    [g0] %15: u7 = resize %11
    [g0] %16: u48 = resize %12
    [g0] digest seen, (%15, %16)
    [g0] drop
"""
OPEN, CLOSE = 1, 2


def test_an_entry_of_an_older_generation_is_dead() -> None:
    traffic = [
        key_packet(1, 10, choice=OPEN),
        key_packet(1, 10),
        key_packet(1, 10, choice=CLOSE | 3 << 4),
        *(key_packet(2, 10, choice=choice) for id_ in (4, 5, 6, 7) for choice in (OPEN, CLOSE | id_ << 4)),
        key_packet(2, 10, choice=OPEN),  # the hand has come round
        key_packet(1, 10),
    ]
    found = seen(written(INDEX), traffic)
    assert found[:3] == [(1, 3), (1, 3), (0, 0)]
    assert found[3:-2:2] == [(1, 4), (1, 5), (1, 6), (1, 7)]
    assert found[-2:] == [(1, 3), (0, 0)]  # another key has the id, of the next generation


def test_an_exhausted_lease_moves_its_hand_and_opens_nothing() -> None:
    opening = "[g0] %1: u1, %2: u4 = lease_open ports, 0u2, (1u16, 1u7)\n"
    result = "[g0] %3: u7 = resize %1\n[g0] %4: u48 = resize %2\n[g0] digest seen, (%3, %4)\n[g0] drop"
    program = written(opening + result)
    found = seen(program, [key_packet(0, 10) for _ in range(7)] + [key_packet(0, 14)])
    # Five ids; then two looks a time find nothing and leave the hand 4 places on, at id 7.
    assert found == [(1, 3), (1, 4), (1, 5), (1, 6), (1, 7), (0, 0), (0, 0), (1, 7)]


def test_a_split_lease_hands_out_each_share_s_own_ids() -> None:
    opening = "[g0] %9: u7 = read_field odd, seven\n"
    opening += "[g0] %8: u2 = resize %9\n[g0] %1: u1, %2: u16 = lease_open split, %8, (1u16, 1u7)\n"
    result = "[g0] %3: u7 = resize %1\n[g0] %4: u48 = resize %2\n[g0] digest seen, (%3, %4)\n[g0] drop"
    program = written(opening + result)
    found = seen(program, [key_packet(share, 10) for share in range(SHARES) for _ in range(4)])
    ids = [id_ for done, id_ in found if done]
    assert sorted(ids) == list(range(1024, 1034))  # each once
    assert len(ids) == 10 and (0, 0) in found


def test_a_meter_refills_to_the_token() -> None:
    """1,000,000 tokens a second: 1.024 in a unit of time, less 2^-24 for rounding down."""
    program = written(
        "[g0] %1: u1 = meter_take rate, 2u2, 700u32\n[g0] %2: u7 = resize %1\n[g0] digest seen, (%2, 0u48)\n[g0] drop"
    )
    start = 1 << 30
    times = [start, start, start + 683 * 1024, start + 684 * 1024, start, start + 684 * 1024 + 1024 * 684]
    found = seen(program, [key_packet(0, 0, ns=ns) for ns in times])
    assert [taken for taken, _ in found] == [1, 0, 0, 1, 0, 1]  # 683.6 units of time refill 700 tokens


def test_names_and_cells_of_the_arrays() -> None:
    after = expand_state(written(MAP))
    arrays = [s for s in after.states if isinstance(s, Array) and s.name.startswith("pairs")]
    found = {array.name: (bit_width(array.type), array.cells) for array in arrays}
    assert found == {
        "pairs__used": (1, 4),
        "pairs__key0": (7, 4),
        "pairs__value0": (16, 4),
        "pairs__value1": (48, 4),
        "pairs__last": (32, 4),
    }
    assert sorted(expanded_entries(written(MAP))) == ["split__length", "split__order"]


@given(st.integers(0, 127))
def test_arrays_hold_what_was_stored(key: int) -> None:
    program = written(MAP)
    states = Outcomes(expand_state(program), [key_packet(key, 9, choice=PUT)], arrays=expanded_entries(program)).states
    cells = {name: state.cells for name, state in states.items() if isinstance(state, ArrayState)}
    (slot,) = [slot for slot, used in enumerate(cells["pairs__used"]) if used]
    stored = [cells[f"pairs__{field}"][slot] for field in ("key0", "value0", "value1", "last")]
    assert stored == [key, PUT, 7, 9]
