"""Expanded reductions: every rule of the slot protocol, and any sequence of contributions."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.program import Program
from compiler.ir.states import Array, State
from compiler.ir.types import Bits, Vector
from compiler.ir.verify import verify
from compiler.passes.expand_state import expand_state
from tests.strategies.declarations import a_reduction
from tests.strategies.meaning import Outcomes, assert_same_meaning_expanded
from tests.strategies.packets import Packet
from tests.strategies.texts import written

# The packet says everything: `wide` is the slot, epoch, round, tag, member, operator and members, `lanes` the value.
PROGRAM = """
    [g0] %1: u128 = read_field odd, wide
    [g0] %2: u16[3] = read_field odd, lanes
    [g0] %3: u4 = slice %1, high=127, low=124
    [g0] %slot_4: u32 = resize %3
    [g0] %5: u4 = slice %1, high=123, low=120
    [g0] %epoch_6: u32 = resize %5
    [g0] %round_7: u32 = slice %1, high=119, low=88
    [g0] %8: u4 = slice %1, high=87, low=84
    [g0] %tag_9: u32 = resize %8
    [g0] %member_10: u8 = slice %1, high=83, low=76
    [g0] %operator_11: u2 = slice %1, high=75, low=74
    [g0] %members_12: u64 = slice %1, high=63, low=0
    [g0] %13: u2, %14: u16[3] = reduce_contribute state=sums, slot=%slot_4, epoch=%epoch_6, round=%round_7, \
tag=%tag_9, member=%member_10, members=%members_12, operator=%operator_11, value=%2
    [g0] %15: u16 = vector_lane %14, lane=0
    [g0] %16: u16 = vector_lane %14, lane=1
    [g0] %17: u16 = vector_lane %14, lane=2
    [g0] %18: u48 = concat (%15, %16, %17)
    [g0] %19: u7 = resize %13
    [g0] digest seen, (%19, %18)
    [g0] drop
"""
PENDING, COMPLETE, REPEAT, STALE = range(4)
SUM, OR, MAX = range(3)
BOTH = 0b11
LAST_ROUND = (1 << 32) - 1


@dataclass(frozen=True)
class Sent:
    """One worker's packet."""

    member: int
    lanes: tuple[int, int, int] = (0, 0, 0)
    round: int = 0
    slot: int = 0
    epoch: int = 0
    tag: int = 0
    operator: int = SUM
    members: int = BOTH

    def packet(self) -> Packet:
        wide = self.slot << 124 | self.epoch << 120 | self.round << 88 | self.tag << 84 | self.member << 76
        wide |= self.operator << 74 | self.members
        lanes = b"".join(lane.to_bytes(2, "big") for lane in self.lanes)
        data = bytes(12) + b"\x88\xb5\x00" + wide.to_bytes(16, "big") + lanes + bytes(6)
        return Packet(data, 0, 0, len(data))


def answers(*sent: Sent) -> list[tuple[int, tuple[int, int, int]]]:
    """Verdicts and totals: the same from the source and the expanded program, whose states agree, too."""
    program, traffic = written(PROGRAM), [each.packet() for each in sent]
    after = expand_state(program)
    verify(after)
    assert_same_meaning_expanded(program, after, traffic)
    digests = [values for _, digests, _ in Outcomes(program, traffic).packets for _, values in digests]
    return [(verdict, (lanes >> 32, lanes >> 16 & 0xFFFF, lanes & 0xFFFF)) for verdict, lanes in digests]


def verdicts(*sent: Sent) -> list[int]:
    return [verdict for verdict, _ in answers(*sent)]


def test_lanes_are_added_each_by_itself_and_wrap() -> None:
    nothing = (0, 0, 0)
    found = answers(Sent(0, (1, 0xFFFF, 5)), Sent(1, (2, 3, 0)), Sent(0, (9, 9, 9)), Sent(1, (9, 9, 9)))
    assert found == [(PENDING, nothing), (COMPLETE, (3, 2, 5)), (REPEAT, (3, 2, 5)), (REPEAT, (3, 2, 5))]


@pytest.mark.parametrize(
    ("operator", "total"), [(SUM, (0xFF00, 0x0110, 4)), (OR, (0xFF00, 0x0110, 3)), (MAX, (0xF000, 0x0100, 3))]
)
def test_operators(operator: int, total: tuple[int, int, int]) -> None:
    one, other = (0x0F00, 0x0010, 3), (0xF000, 0x0100, 1)
    assert answers(Sent(0, one, operator=operator), Sent(1, other, operator=operator))[1] == (COMPLETE, total)


def test_a_member_asks_again_while_the_round_is_pending() -> None:
    assert answers(Sent(0, (7, 7, 7)), Sent(0, (7, 7, 7)), Sent(1, (1, 1, 1)))[1:] == [
        (PENDING, (0, 0, 0)),
        (COMPLETE, (8, 8, 8)),
    ]


def test_who_is_no_member_is_stale_and_so_is_what_does_not_exist() -> None:
    strangers = [
        Sent(2, (1, 1, 1)),
        Sent(64, (1, 1, 1)),  # 64 modulo 64 would be member 0
        Sent(65, (1, 1, 1), members=(1 << 64) - 1),
        Sent(255, (1, 1, 1), members=(1 << 64) - 1),
        Sent(0, (1, 1, 1), operator=3),
        Sent(0, (1, 1, 1), slot=2),
        Sent(0, (1, 1, 1), slot=15),
        Sent(0, (1, 1, 1), members=0),
    ]
    assert verdicts(*strangers) == [STALE] * len(strangers)
    assert answers(*strangers, Sent(0, (1, 2, 3)), Sent(1))[-1] == (COMPLETE, (1, 2, 3))  # nothing had happened


def test_the_highest_member_there_is_and_one_alone() -> None:
    alone = 1 << 63
    assert answers(Sent(63, (1, 2, 3), members=alone), Sent(63, members=alone)) == [
        (COMPLETE, (1, 2, 3)),
        (REPEAT, (1, 2, 3)),
    ]


def test_two_rounds_live_beside_each_other_and_the_one_after_the_next_takes_the_first_bank() -> None:
    sent = [Sent(0), Sent(1), Sent(0, round=1), Sent(1), Sent(1, round=1), Sent(0, round=2), Sent(1), Sent(0)]
    assert verdicts(*sent) == [PENDING, COMPLETE, PENDING, REPEAT, COMPLETE, PENDING, STALE, STALE]


def test_rounds_are_compared_as_serial_numbers() -> None:
    assert verdicts(Sent(0, round=LAST_ROUND), Sent(0, round=1), Sent(1, round=LAST_ROUND)) == [PENDING, PENDING, STALE]
    half = 1 << 31
    assert verdicts(Sent(0), Sent(0, round=half - 2)) == [PENDING, PENDING]
    assert verdicts(Sent(0), Sent(0, round=half), Sent(0)) == [PENDING, STALE, PENDING]


def test_what_was_there_is_not_part_of_the_next_round() -> None:
    sent = [Sent(0, (5, 5, 5)), Sent(1, (5, 5, 5)), Sent(1, (1, 2, 3), round=2), Sent(0, (1, 1, 1), round=2)]
    assert answers(*sent)[-1] == (COMPLETE, (2, 3, 4))


def test_another_epoch_starts_anew_and_the_old_one_again() -> None:
    sent = [Sent(0), Sent(1, epoch=1, round=2), Sent(0, epoch=1, round=2), Sent(1, epoch=0)]
    assert verdicts(*sent) == [PENDING, PENDING, COMPLETE, PENDING]


def test_another_tag_or_operator_is_stale() -> None:
    sent = [Sent(0, (1, 1, 1)), Sent(1, tag=1), Sent(1, operator=MAX), Sent(1, (2, 2, 2))]
    assert answers(*sent)[1:] == [(STALE, (0, 0, 0)), (STALE, (0, 0, 0)), (COMPLETE, (3, 3, 3))]


def test_slots_are_independent() -> None:
    sent = [Sent(0, (1, 1, 1)), Sent(0, (2, 2, 2), slot=1), Sent(1, slot=1), Sent(1)]
    assert answers(*sent)[2:] == [(COMPLETE, (2, 2, 2)), (COMPLETE, (1, 1, 1))]


contributions = st.builds(
    Sent,
    member=st.sampled_from([0, 0, 1, 1, 1, 2, 63, 64]),
    lanes=st.tuples(*[st.sampled_from([0, 1, 2, 0x8000, 0xFFFF])] * 3),
    round=st.sampled_from([0, 1, 2, 3, LAST_ROUND, LAST_ROUND - 1, (1 << 31) - 1, 1 << 31]),
    slot=st.sampled_from([0, 0, 0, 1, 2]),
    epoch=st.sampled_from([0, 0, 0, 0, 1]),
    tag=st.sampled_from([0, 0, 0, 0, 1]),
    operator=st.sampled_from([SUM, SUM, SUM, OR, MAX, 3]),
    members=st.sampled_from([BOTH, BOTH, BOTH, 0b1, 1 << 63 | 0b11]),
)


@given(st.lists(contributions, max_size=30))
def test_expanded_reductions_answer_as_the_protocol_says(sent: list[Sent]) -> None:
    answers(*sent)


def test_names_and_cells_of_the_arrays() -> None:
    lanes = Vector(16, 3)
    assert _arrays_of(expand_state(written(PROGRAM)), "sums") == {
        "sums__epoch": (Bits(32), 4),
        "sums__round": (Bits(32), 4),
        "sums__tag": (Bits(32), 4),
        "sums__operator": (Bits(2), 4),
        "sums__seen": (Bits(64), 4),
        "sums__total": (lanes, 4),
    }
    states: tuple[State, ...] = (a_reduction("one", Bits(128), slots=1),)
    scalar = dataclasses.replace(written("[g0] drop"), states=states)
    assert _arrays_of(expand_state(scalar), "one")["one__total"] == (Bits(128), 2)


def _arrays_of(program: Program, name: str) -> dict[str, tuple[object, int]]:
    arrays = [state for state in program.states if isinstance(state, Array) and state.name.startswith(f"{name}__")]
    return {array.name: (array.type, array.cells) for array in arrays}
