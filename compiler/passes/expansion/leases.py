"""Leases as array operations, step by step."""

from __future__ import annotations

from collections.abc import Callable

from compiler.ir.operations import CompareOperator, HashAlgorithm, LeaseClose, LeaseGet, LeaseOpen
from compiler.ir.states import Lease
from compiler.ir.types import Bits
from compiler.ir.values import FALSE, TRUE, Operand, constant, zero
from compiler.passes.expansion.arrays import LeaseArrays, lease_arrays
from compiler.passes.expansion.assembler import Assembler
from compiler.passes.expansion.clock import is_expired, later, now_tick

_Then = Callable[[Operand, Operand], None]


def expand_lease_open(out: Assembler, state: Lease, shares: int, opening: LeaseOpen) -> None:
    done, id_ = open_lease(out, state, shares, share=opening.share, values=opening.values)
    out.copy(done, opening.done)
    out.or_zero(done, id_, opening.id)


def expand_lease_get(out: Assembler, state: Lease, shares: int, get: LeaseGet) -> None:
    arrays = lease_arrays(state, shares)
    exists = _is_id(out, state, get.id)
    with out.where(exists):
        cell = cell_of(out, state, get.id)
        alive = is_live(out, state, arrays, cell)
        with out.where(alive):
            values = use_lease(out, arrays, cell, refresh=get.refresh)
    live = out.copy(out.select(exists, alive, FALSE), get.live)
    for value, result in zip(values, get.values, strict=True):
        out.or_zero(live, value, result)


def expand_lease_close(out: Assembler, state: Lease, shares: int, close: LeaseClose) -> None:
    with out.where(_is_id(out, state, close.id)):
        out.write(lease_arrays(state, shares).used, cell_of(out, state, close.id), FALSE)


def open_lease(
    out: Assembler,
    state: Lease,
    shares: int,
    *,
    share: Operand,
    values: tuple[Operand, ...],
    then: _Then = lambda _id, _generation: None,
) -> tuple[Operand, Operand]:
    """Take an id; whether there was one, and which. `then` goes on where there was, with id and generation."""
    arrays = lease_arrays(state, shares)
    if arrays.walk:
        done, taken = _walk(out, state, arrays, shares, share)
    else:
        done, taken = _step(out, state, arrays, share)
    with out.where(done):
        _take(out, state, arrays, taken, values, then)
    return done, taken


def _step(out: Assembler, state: Lease, arrays: LeaseArrays, share: Operand) -> tuple[Operand, Operand]:
    """Look at the next ids in the order that is listed, or that numbers have."""
    share = out.resize(share, 32) if arrays.order is not None else constant(0, 32)
    length: Operand = constant(arrays.length, 32) if isinstance(arrays.length, int) else out.read(arrays.length, share)
    hand: Operand = out.read(arrays.hand, share)
    done: Operand = FALSE
    taken: Operand = zero(Bits(state.id_width))
    stopped = hand
    for step in range(min(state.steps, arrays.stride)):
        looks = out.flip(done)
        if not isinstance(arrays.length, int):
            looks = out.both(looks, out.compare(CompareOperator.GT, length, step))
        id_ = _id_at(out, state, arrays, share, hand)
        free = out.flip(is_live(out, state, arrays, cell_of(out, state, id_)))
        takes = out.both(looks, free)
        next_ = out.add(hand, 1)
        hand = out.select(out.compare(CompareOperator.GE, next_, length), constant(0, 32), next_)
        stopped = out.select(looks, hand, stopped)
        taken = out.select(takes, id_, taken)
        done = out.any_of((done, takes))
    out.write(arrays.hand, share, stopped)
    return done, taken


def _walk(out: Assembler, state: Lease, arrays: LeaseArrays, shares: int, share: Operand) -> tuple[Operand, Operand]:
    """Look at the share's next positions, as many as hold the ids of one `open`."""
    share_bits = shares.bit_length() - 1
    place = out.resize(share, 32)
    share = out.resize(share, share_bits)
    hand: Operand = out.resize(out.read(arrays.hand, place), 16 - share_bits)
    done: Operand = FALSE
    taken: Operand = zero(Bits(state.id_width))
    looked: Operand = constant(0, 8)
    stopped = hand
    for step in range(arrays.walk):
        with out.called("id"):
            id_ = out.resize(out.hash(HashAlgorithm.ID_OF_HASH, 0, (out.concat((hand, share)),)), state.id_width)
        with out.called("looks"):
            looks = out.both(out.flip(done), _is_id(out, state, id_))
        if step >= state.steps:  # not before then can as many have been looked at
            with out.called("looks"):
                looks = out.both(looks, out.compare(CompareOperator.LT, looked, state.steps))
        with out.where(looks), out.called("free"):
            free = out.flip(is_live(out, state, arrays, cell_of(out, state, id_)))
        with out.called("takes"):
            takes = out.both(looks, free)
        with out.called("position"):
            hand = out.add(hand, 1)
        with out.called("stopped"):
            stopped = out.select(looks, hand, stopped)
        with out.called("taken"):
            taken = out.select(takes, id_, taken)
        with out.called("looked"):
            looked = out.add(looked, out.resize(looks, 8))
        with out.called("done"):
            done = out.any_of((done, takes))
    out.write(arrays.hand, place, out.resize(stopped, 32))
    return done, taken


def _take(
    out: Assembler, state: Lease, arrays: LeaseArrays, id_: Operand, values: tuple[Operand, ...], then: _Then
) -> None:
    cell = cell_of(out, state, id_)
    generation = out.add(out.read(arrays.generation, cell), 1)
    out.write(arrays.generation, cell, generation)
    out.write(arrays.used, cell, TRUE)
    for array, value in zip(arrays.values, values, strict=True):
        out.write(array, cell, value)
    if arrays.last is not None:
        out.write(arrays.last, cell, now_tick(out))
    then(id_, generation)


def cell_of(out: Assembler, state: Lease, id_: Operand) -> Operand:
    with out.called("lease_cell"):
        return out.sub(id_, state.first)


def is_live(out: Assembler, state: Lease, arrays: LeaseArrays, cell: Operand) -> Operand:
    used = out.read(arrays.used, cell)
    if arrays.last is None or state.idle_ticks is None:
        return used
    last = out.read(arrays.last, cell)
    expired = is_expired(out, tick=now_tick(out), last=last, idle_ticks=state.idle_ticks)
    with out.called("live"):
        return out.both(used, out.flip(expired))


def use_lease(out: Assembler, arrays: LeaseArrays, cell: Operand, *, refresh: bool) -> list[Operand]:
    """The values of a live lease; `refresh`: this is a use."""
    if refresh and arrays.last is not None:
        out.write(arrays.last, cell, later(out, tick=now_tick(out), last=out.read(arrays.last, cell)))
    return [out.read(array, cell) for array in arrays.values]


def _is_id(out: Assembler, state: Lease, id_: Operand) -> Operand:
    above = out.compare(CompareOperator.GE, id_, state.first)
    return out.both(above, out.compare(CompareOperator.LE, id_, state.last))


def _id_at(out: Assembler, state: Lease, arrays: LeaseArrays, share: Operand, hand: Operand) -> Operand:
    if arrays.order is not None:
        return out.read(arrays.order, out.add(out.multiplied(share, arrays.stride), hand))
    return out.add(out.resize(hand, state.id_width), state.first)
