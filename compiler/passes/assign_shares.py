"""Put the inferred share function into the program.

Before: no state names a share; `LeaseOpen.share` is whatever the front end wrote.
After:  each map and index that the share function splits has its `share_key` and the set geometry of
        that many shares; each split lease is `sharded`; each `LeaseOpen` of one takes the share that
        a `Hash SHARE` over the handler's fields gives; other `LeaseOpen`s take share 0.
        A program of one share stays as it is.
Needs:  `Shares` (analyses/shares.py).

The hash stands right before the `LeaseOpen`, under its guard. Where its fields are not yet read there,
the pure operations that read them are copied.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from compiler.analyses.shares import HandlerShare, Shares
from compiler.analyses.structure import Structure, structure_of
from compiler.ir.fields import replace_operands, results
from compiler.ir.operations import (
    Hash,
    HashAlgorithm,
    LeaseOpen,
    Operation,
    Pure,
)
from compiler.ir.program import Program
from compiler.ir.states import Index, Lease, Map, State
from compiler.ir.types import Bits
from compiler.ir.values import Constant, Operand, Value, constant
from compiler.meaning.sets import set_geometry


def assign_shares(program: Program, shares: Shares) -> Program:
    if program.shares == 1:
        return program
    states = tuple(_with_share(state, shares, program.shares) for state in program.states)
    operations = tuple(_Rewriter(program, shares).operations())
    return dataclasses.replace(program, states=states, operations=operations)


def _with_share(state: State, shares: Shares, number: int) -> State:
    found = shares.of_state(state.name)
    match state:
        case Map() | Index() if found is not None:
            sets, ways = set_geometry(state.capacity, number)
            return dataclasses.replace(state, share_key=found.share_key, sets=sets, ways=ways)
        case Lease() if found is not None:
            return dataclasses.replace(state, sharded=True)
        case _:
            return state


class _Rewriter:
    def __init__(self, program: Program, shares: Shares) -> None:
        self.program = program
        self.shares = shares
        self.structure: Structure = structure_of(program)
        self.next_value = 1 + max((v.number for op in program.operations for v in results(op)), default=-1)

    def operations(self) -> Iterator[Operation]:
        for place, operation in enumerate(self.program.operations):
            if isinstance(operation, LeaseOpen):
                yield from self._opened(place, operation)
            else:
                yield operation

    def _opened(self, place: int, operation: LeaseOpen) -> Iterator[Operation]:
        width = max(1, (self.program.shares - 1).bit_length())
        chosen = self.shares.of_handler(self.structure.handler(place))
        if self.shares.of_state(operation.state) is None:
            yield dataclasses.replace(operation, share=constant(0, width))
            return
        assert chosen is not None  # a sharded lease is opened only where the handler has a share
        before, parts = self._available(place, operation, chosen)
        yield from before
        share = self._fresh(Value(0, Bits(width), "share"))
        yield Hash(
            guard=operation.guard,
            span=operation.span,
            result=share,
            algorithm=HashAlgorithm.SHARE,
            index=self.program.shares,
            parts=parts,
        )
        yield dataclasses.replace(operation, share=share)

    def _available(
        self, place: int, operation: LeaseOpen, chosen: HandlerShare
    ) -> tuple[list[Operation], tuple[Operand, ...]]:
        """The share's parts as operands that may be read here, and the copies that make them so."""
        copies: list[Operation] = []
        renamed: dict[Value, Value] = {}

        def here(operand: Operand) -> Operand:
            if isinstance(operand, Constant) or self._is_visible(operand, place, operation.guard):
                return operand
            if operand not in renamed:
                source = self.program.operations[self.structure.definition(operand)]
                assert isinstance(source, Pure)  # share words are made of header fields alone
                copied = replace_operands(source, here)
                renamed[operand] = self._fresh(operand)
                copies.append(dataclasses.replace(copied, guard=operation.guard, result=renamed[operand]))
            return renamed[operand]

        return copies, tuple(here(part) for part in chosen.parts)

    def _is_visible(self, value: Value, place: int, guard: int) -> bool:
        defined = self.structure.definition(value)
        return defined < place and self.structure.implies(guard, self.program.operations[defined].guard)

    def _fresh(self, like: Value) -> Value:
        value = dataclasses.replace(like, number=self.next_value)
        self.next_value += 1
        return value
