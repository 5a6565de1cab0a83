from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.leaf_values import Leaf
from compiler.ir.states import MatchKind, Table, TableArray
from compiler.ir.types import Bits, Record, Scalar, Vector, VectorShape
from compiler.source import NOWHERE
from sim.state import Exact, Pattern, Prefix, Range, StateError, TableArrayState, TableEntry, TableState, Ternary

WIDTH = 4
EVERYTHING = 2**WIDTH - 1
U4 = Scalar("uint", WIDTH)


def declare(*match: MatchKind, size: int = 100, default: tuple[int, ...] | None = None) -> Table:
    return Table(
        name="rules",
        span=NOWHERE,
        key=(Bits(WIDTH),) * len(match),
        match=match,
        key_shape=Record("", tuple((str(i), U4) for i in range(len(match)))),
        values=(Bits(16),),
        value_shape=Scalar("uint", 16),
        size=size,
        default=default,
    )


def patterns(kind: MatchKind) -> st.SearchStrategy[Pattern]:
    number = st.integers(0, EVERYTHING)
    match kind:
        case MatchKind.EXACT:
            return number.map(Exact)
        case MatchKind.PREFIX:
            return st.tuples(number, st.integers(0, WIDTH)).map(
                lambda drawn: Prefix(drawn[0] >> (WIDTH - drawn[1]) << (WIDTH - drawn[1]), drawn[1])
            )
        case MatchKind.TERNARY:
            return st.tuples(number, number).map(lambda drawn: Ternary(drawn[0] & drawn[1], drawn[1]))
        case MatchKind.RANGE:
            return st.tuples(number, number).map(lambda drawn: Range(min(drawn), max(drawn)))


KINDS = [
    (MatchKind.EXACT,),
    (MatchKind.PREFIX,),
    (MatchKind.TERNARY,),
    (MatchKind.RANGE,),
    (MatchKind.EXACT, MatchKind.PREFIX),
    (MatchKind.PREFIX, MatchKind.EXACT, MatchKind.EXACT),
    (MatchKind.TERNARY, MatchKind.PREFIX),
    (MatchKind.EXACT, MatchKind.RANGE, MatchKind.TERNARY, MatchKind.PREFIX),
]


def matches(pattern: Pattern, number: Leaf) -> bool:
    """By the words of the definition, on strings of bits where that is plainer."""
    assert isinstance(number, int)
    match pattern:
        case Exact(value=value):
            return value == number
        case Prefix(value=value, length=length):
            return f"{number:04b}"[:length] == f"{value:04b}"[:length]
        case Ternary(value=value, mask=mask):
            return all(number >> bit & 1 == value >> bit & 1 for bit in range(WIDTH) if mask >> bit & 1)
        case Range(low=low, high=high):
            return number in range(low, high + 1)


def winner(entries: Sequence[TableEntry], key: Sequence[int]) -> tuple[Leaf, ...] | None:
    """The longest prefix, then the highest priority, then the first one added."""
    best: tuple[tuple[int, int, int], TableEntry] | None = None
    for i, entry in enumerate(entries):
        if all(matches(pattern, number) for pattern, number in zip(entry.key, key, strict=True)):
            length = next((pattern.length for pattern in entry.key if isinstance(pattern, Prefix)), 0)
            rank = (length, entry.priority, -i)
            if best is None or rank > best[0]:
                best = rank, entry
    return None if best is None else best[1].values


@pytest.mark.parametrize("kinds", KINDS)
@given(st.data())
def test_the_entry_that_wins_is_the_definitions(kinds: tuple[MatchKind, ...], data: st.DataObject) -> None:
    ordered = MatchKind.TERNARY in kinds or MatchKind.RANGE in kinds
    entry = st.tuples(st.tuples(*map(patterns, kinds)), st.integers(0, 3 if ordered else 0))
    drawn = data.draw(st.lists(entry, max_size=12, unique=True))
    entries = [TableEntry(key, (i,), priority) for i, (key, priority) in enumerate(drawn)]
    state = TableState(declare(*kinds), entries)
    for key in data.draw(st.lists(st.tuples(*[st.integers(0, EVERYTHING)] * len(kinds)), max_size=20)):
        assert state.get(key) == winner(entries, key)


def test_a_default_is_no_entry() -> None:
    state = TableState(declare(MatchKind.EXACT, default=(9,)), [TableEntry((Exact(1),), (5,))])
    assert state.get((1,)) == (5,)
    assert state.get((2,)) is None


def test_entries_change_as_a_whole_in_epochs() -> None:
    state = TableState(declare(MatchKind.EXACT, size=2), [TableEntry((Exact(1),), (5,))])
    assert state.epoch == 0
    state.replace([TableEntry((Exact(2),), (6,))])
    assert (state.epoch, state.get((1,)), state.get((2,))) == (1, None, (6,))
    with pytest.raises(StateError, match="room for 2 entries, and there are 3"):
        state.replace([TableEntry((Exact(i),), (0,)) for i in range(3)])
    assert (state.epoch, state.get((2,))) == (1, (6,))


@pytest.mark.parametrize(
    ("kind", "entry", "message"),
    [
        (MatchKind.EXACT, TableEntry((Exact(16),), (0,)), "rules[0]: 16 does not fit"),
        (MatchKind.EXACT, TableEntry((Exact(1),), (1 << 16,)), "rules[0]: 65536 does not fit"),
        (MatchKind.EXACT, TableEntry((Exact(1),), ()), "an entry has 1 values, not 0"),
        (MatchKind.EXACT, TableEntry((), (0,)), "the key has 1 parts, not 0"),
        (MatchKind.EXACT, TableEntry((Range(1, 2),), (0,)), "expected exact match, found range"),
        (MatchKind.EXACT, TableEntry((Exact(1),), (0,), 5), "priority 5: only tables with ternary or range"),
        (MatchKind.PREFIX, TableEntry((Prefix(0b1010, 2),), (0,)), "0xa/2 is not a prefix of 4 bits"),
        (MatchKind.PREFIX, TableEntry((Prefix(0, 5),), (0,)), "0x0/5 is not a prefix of 4 bits"),
        (MatchKind.TERNARY, TableEntry((Ternary(3, 1),), (0,)), "value 0x3 has bits outside the mask 0x1"),
        (MatchKind.RANGE, TableEntry((Range(3, 2),), (0,)), "the range 3..2 is empty"),
        (MatchKind.RANGE, TableEntry((Range(3, 4),), (0,), -1), "priority -1: 0..2147483647"),
    ],
)
def test_an_entry_that_does_not_fit_is_refused(kind: MatchKind, entry: TableEntry, message: str) -> None:
    with pytest.raises(StateError) as caught:
        TableState(declare(kind), [entry])
    assert message in str(caught.value)


def test_two_entries_with_one_key_are_refused() -> None:
    with pytest.raises(StateError, match=r"rules\[2\]: entry 0 has the same key"):
        TableState(declare(MatchKind.EXACT), [TableEntry((Exact(i % 2),), (i,)) for i in range(3)])


def test_a_table_comes_back_from_its_snapshot() -> None:
    kinds = (MatchKind.EXACT, MatchKind.RANGE, MatchKind.TERNARY, MatchKind.PREFIX)
    key = (Exact(1), Range(2, 3), Ternary(4, 12), Prefix(8, 1))
    state = TableState(declare(*kinds), [TableEntry(key, (5,), 7), TableEntry(key, (6,), 8)])
    state.replace(state.entries[::-1])
    again = TableState(declare(*kinds))
    again.restore(json.loads(json.dumps(state.snapshot())))
    assert (again.epoch, again.entries) == (1, state.entries)
    assert again.get((1, 2, 4, 15)) == state.get((1, 2, 4, 15)) == (6,)


def test_an_array_of_the_control_plane() -> None:
    shape = VectorShape(Scalar("uint", 8), 2)
    declaration = TableArray(name="maglev", span=NOWHERE, type=Vector(8, 2), cells=3, shape=shape)
    state = TableArrayState(declaration, [(1, 2)])
    assert state.cells == [(1, 2), (0, 0), (0, 0)]
    state.replace([(3, 4), (5, 6)])
    again = TableArrayState(declaration)
    again.restore(json.loads(json.dumps(state.snapshot())))
    assert (again.epoch, again.cells) == (1, [(3, 4), (5, 6), (0, 0)])
    with pytest.raises(StateError, match="3 cells, and 4 values"):
        state.replace([(0, 0)] * 4)
    with pytest.raises(StateError, match=r"maglev\[0\]: 5 does not fit"):
        state.replace([5])
