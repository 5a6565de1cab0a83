"""The plain arrays that stand for maps, leases, indexes, meters, counters and reductions: one for each field.

The arrays of a map are `NAME__used`, `NAME__key0`, ..., `NAME__value0`, ... and, with a clock,
`NAME__last`; cell = set * ways + way. Those of a lease have a cell for each id, from the first on;
those of a reduction one for each bank, slot * 2 + (round & 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from compiler.ir.program import Program
from compiler.ir.states import TICK_WIDTH, Array, Counter, Index, Lease, Map, Meter, Reduction, State, TableArray
from compiler.ir.types import BOOL, Bits, Scalar, Shape, Type, Vector, VectorShape, bit_width
from compiler.meaning.hashing import share_position
from compiler.meaning.slot_protocol import MAX_MEMBERS
from compiler.meaning.token_bucket import BucketConstants, bucket_constants

UINT32 = Bits(32)


@dataclass(frozen=True, slots=True)
class MapArrays:
    used: Array
    keys: tuple[Array, ...]
    values: tuple[Array, ...]
    last: Array | None  # None where nothing expires


@dataclass(frozen=True, slots=True)
class LeaseArrays:
    """Where ids are split over shares, `open` finds the next ones in one of two ways.

    `walk` > 0: `hand` is the next of a share's 2^16 / shares positions, `meaning.hashing.id_at` gives the id
    there, and `walk` positions always hold as many ids as one `open` may look at. Else `hand` is a place in the
    order of the share's ids, and `order` lists them, `stride` places a share; None where ids follow one
    another. `length`: how many ids each share has.
    """

    used: Array
    generation: Array
    values: tuple[Array, ...]
    last: Array | None
    hand: Array
    order: TableArray | None
    stride: int
    length: TableArray | int
    walk: int


@dataclass(frozen=True, slots=True)
class IndexArrays:
    used: Array
    keys: tuple[Array, ...]
    id: Array
    generation: Array


@dataclass(frozen=True, slots=True)
class MeterArrays:
    credit: Array
    last: Array
    constants: BucketConstants


@dataclass(frozen=True, slots=True)
class CounterArrays:
    packets: Array
    bytes: Array


@dataclass(frozen=True, slots=True)
class ReductionArrays:
    """A bank is empty where nobody was `seen`."""

    epoch: Array
    round: Array
    tag: Array
    operator: Array
    seen: Array
    total: Array


def map_arrays(state: Map) -> MapArrays:
    cells = state.sets * state.ways
    return MapArrays(
        used=_array(state, "used", BOOL, cells),
        keys=_arrays(state, "key", state.key, cells),
        values=_arrays(state, "value", state.values, cells),
        last=None if state.idle_ticks is None else _array(state, "last", Bits(TICK_WIDTH), cells),
    )


def lease_arrays(state: Lease, shares: int) -> LeaseArrays:
    cells = state.last - state.first + 1
    orders = id_orders(state, shares)
    lengths = {len(order) for order in orders}
    stride = max(lengths)
    identifier = Bits(state.id_width)
    walk = walk_length(state, shares)
    listed = is_split(state, shares) and not walk
    length = stride if len(lengths) == 1 or walk else _filled_array(state, "length", UINT32, len(orders))
    return LeaseArrays(
        used=_array(state, "used", BOOL, cells),
        generation=_array(state, "generation", UINT32, cells),
        values=_arrays(state, "value", state.values, cells),
        last=None if state.idle_ticks is None else _array(state, "last", Bits(TICK_WIDTH), cells),
        hand=_array(state, "hand", UINT32, len(orders)),
        order=_filled_array(state, "order", identifier, stride * len(orders)) if listed else None,
        stride=stride,
        length=length,
        walk=walk,
    )


def index_arrays(state: Index, lease: Lease) -> IndexArrays:
    cells = state.sets * state.ways
    return IndexArrays(
        used=_array(state, "used", BOOL, cells),
        keys=_arrays(state, "key", state.key, cells),
        # Free ways point to an id that exists, so that looking at it is always in range.
        id=_array(state, "id", Bits(lease.id_width), cells, initial=lease.first),
        generation=_array(state, "generation", UINT32, cells),
    )


def meter_arrays(state: Meter) -> MeterArrays:
    constants = bucket_constants(rate=state.rate, burst=state.burst)
    most = constants.full + constants.most_elapsed * constants.refill  # before the credit is cut to a full bucket
    width = max(64, most.bit_length())
    return MeterArrays(
        credit=_array(state, "credit", Bits(width), state.cells, initial=constants.full),
        last=_array(state, "last", Bits(64), state.cells),
        constants=constants,
    )


def counter_arrays(state: Counter) -> CounterArrays:
    return CounterArrays(
        packets=_array(state, "packets", Bits(64), state.cells), bytes=_array(state, "bytes", Bits(64), state.cells)
    )


def reduction_arrays(state: Reduction) -> ReductionArrays:
    banks = 2 * state.slots
    return ReductionArrays(
        epoch=_array(state, "epoch", UINT32, banks),
        round=_array(state, "round", UINT32, banks),
        tag=_array(state, "tag", UINT32, banks),
        operator=_array(state, "operator", Bits(2), banks),
        seen=_array(state, "seen", Bits(MAX_MEMBERS), banks),
        total=_array(state, "total", state.type, banks),
    )


def expanded(state: State, program: Program) -> tuple[State, ...]:
    """The states that stand for `state`: itself, where it is not expanded."""
    match state:
        case Map():
            of_map = map_arrays(state)
            return _present(of_map.used, *of_map.keys, *of_map.values, of_map.last)
        case Lease():
            lease = lease_arrays(state, program.shares)
            filled = [a for a in (lease.order, lease.length) if isinstance(a, TableArray)]
            return _present(lease.used, lease.generation, *lease.values, lease.last, lease.hand, *filled)
        case Index():
            index = index_arrays(state, lease_of(program, state))
            return _present(index.used, *index.keys, index.id, index.generation)
        case Meter():
            meter = meter_arrays(state)
            return (meter.credit, meter.last)
        case Counter():
            counter = counter_arrays(state)
            return (counter.packets, counter.bytes)
        case Reduction():
            sums = reduction_arrays(state)
            return (sums.epoch, sums.round, sums.tag, sums.operator, sums.seen, sums.total)
        case _:
            return (state,)


def expanded_entries(program: Program) -> dict[str, tuple[int, ...]]:
    """What the control plane puts once into the arrays that say which ids a share has: fixed by the declarations."""
    found: dict[str, tuple[int, ...]] = {}
    for state in program.states:
        if not isinstance(state, Lease):
            continue
        arrays = lease_arrays(state, program.shares)
        orders = id_orders(state, program.shares)
        if arrays.order is not None:
            padded = [[*order, *[state.first] * (arrays.stride - len(order))] for order in orders]
            found[arrays.order.name] = tuple(id_ for order in padded for id_ in order)
        if isinstance(arrays.length, TableArray):
            found[arrays.length.name] = tuple(len(order) for order in orders)
    return found


def lease_of(program: Program, index: Index) -> Lease:
    lease = program.state(index.lease)
    assert isinstance(lease, Lease), "an index points to a lease"
    return lease


def is_split(state: Lease, shares: int) -> bool:
    return state.sharded and shares > 1


@lru_cache(maxsize=16)  # there are up to 65,536 ids, and every access asks
def id_orders(state: Lease, shares: int) -> tuple[tuple[int, ...], ...]:
    """The ids of each share in the order in which its hand meets them."""
    ids = range(state.first, state.last + 1)
    if not is_split(state, shares):
        return (tuple(ids),)
    orders: list[list[int]] = [[] for _ in range(shares)]
    for share, _, id_ in sorted((*share_position(id_, shares=shares), id_) for id_ in ids):
        orders[share].append(id_)
    return tuple(map(tuple, orders))


MOST_WALKED = 64  # positions; where more would be needed, a table of ids is the better way


@lru_cache(maxsize=16)
def walk_length(state: Lease, shares: int) -> int:
    """Positions that `open` has to walk, from any one, to meet `steps` ids of the share; 0 where it does not walk."""
    if not is_split(state, shares):
        return 0
    positions = (1 << 16) // shares
    longest = 0
    for places in id_positions(state, shares):
        if len(places) < state.steps:
            return 0
        ends = (*places[state.steps - 1 :], *places[: state.steps - 1])
        longest = max(longest, *((end - start) % positions + 1 for start, end in zip(places, ends, strict=True)))
        # A walk may begin right behind an id, in front of positions that hold none.
        before = (places[-1], *places[:-1])
        gaps = ((start - last - 1) % positions for last, start in zip(before, places, strict=True))
        spans = ((end - start) % positions + 1 for start, end in zip(places, ends, strict=True))
        longest = max(longest, *(gap + span for gap, span in zip(gaps, spans, strict=True)))
    return longest if longest <= min(MOST_WALKED, positions) else 0


@lru_cache(maxsize=16)
def id_positions(state: Lease, shares: int) -> tuple[tuple[int, ...], ...]:
    """For each share the positions that hold one of its ids, ascending: in the order of `id_orders`."""
    return tuple(tuple(share_position(id_, shares=shares)[1] for id_ in order) for order in id_orders(state, shares))


def _present(*states: State | None) -> tuple[State, ...]:
    return tuple(state for state in states if state is not None)


def _array(state: State, field: str, of: Type, cells: int, *, initial: int = 0) -> Array:
    return Array(
        name=f"{state.name}__{field}", type=of, cells=cells, shape=_shape(of), initial=initial, span=state.span
    )


def _arrays(state: State, field: str, types: tuple[Type, ...], cells: int) -> tuple[Array, ...]:
    return tuple(_array(state, f"{field}{place}", of, cells) for place, of in enumerate(types))


def _filled_array(state: State, field: str, of: Type, cells: int) -> TableArray:
    return TableArray(name=f"{state.name}__{field}", type=of, cells=cells, shape=_shape(of), span=state.span)


def _shape(of: Type) -> Shape:
    if isinstance(of, Vector):
        return VectorShape(Scalar("uint", of.width), of.lanes)
    return Scalar("uint", bit_width(of))
