"""The one share function of a program, and the states that it splits.

A program with S shares behaves as S copies of its sharded states. `share(p)` is, per handler, the
hash of a share word over header fields (`share_words.py`), and a state is sharded iff every access
in every handler has a key whose share equals the packet's. Equal keys then imply equal shares, so
that a share's packets meet all of the state they need, and no other share's.

The choice: for each state, positions of its key, the same at every access, such that within a
handler all accesses give one word. As many states as possible are sharded; among such choices the
finest, states declared first having their way first. Parts narrower than 16 bits are left out where
wider ones remain: they spread little, and RSS cannot take them (`share_choice.py`). An id that a lease gave out in this
transaction is in the packet's share by construction, if that lease is sharded.

Not splittable: keys that are hashed or computed, constant cells, states that one packet enters by
two different keys. Counters and other mergeable states need no share; constant ones neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.analyses.mergeable import find_mergeable
from compiler.analyses.share_accesses import KeyedAccess, keyed_accesses
from compiler.analyses.share_choice import Choice, choose_keys, words_of_key
from compiler.analyses.share_reasons import why_not_sharded
from compiler.analyses.share_units import units_of
from compiler.analyses.share_words import Word
from compiler.analyses.state_writes import written_states
from compiler.analyses.structure import Structure, structure_of
from compiler.analyses.value_numbers import ValueNumbers, number_values, render_expression
from compiler.ir.fields import operands
from compiler.ir.operations import Pure
from compiler.ir.program import Program
from compiler.ir.states import Index, Lease, Map
from compiler.ir.values import Operand, Value
from compiler.source import Span

SUGGESTED_SHARES = 64


@dataclass(frozen=True, slots=True)
class HandlerShare:
    """How one handler finds a packet's share: the hash of `parts`, operands of the program."""

    handler: int  # place in `Program.handlers`, or OUTSIDE
    parts: tuple[Operand, ...]
    fields: tuple[str, ...]  # the parts for people: "ipv4.src", "tcp.sport or udp.sport"
    word: Word
    span: Span  # of the access that decides


@dataclass(frozen=True, slots=True)
class ShardedState:
    """A state that the share function splits. `share_key` are positions in its key (of an id or index: 0)."""

    state: str
    share_key: tuple[int, ...]
    key_words: str  # the positions for people: "src, dst"
    capacity: int | None  # keys or ids over all shares; None for arrays and meters
    span: Span


@dataclass(frozen=True, slots=True)
class NotSharded:
    state: str
    reason: str
    span: Span


@dataclass(frozen=True, slots=True)
class Shares:
    """`declared` is the program's number of shares; with 1 the rest says what a declaration would do."""

    declared: int
    handlers: tuple[HandlerShare, ...]
    sharded: tuple[ShardedState, ...]
    exclusive: tuple[NotSharded, ...]

    def of_handler(self, handler: int) -> HandlerShare | None:
        return next((share for share in self.handlers if share.handler == handler), None)

    def of_state(self, state: str) -> ShardedState | None:
        return next((found for found in self.sharded if found.state == state), None)

    def reason(self, state: str) -> NotSharded | None:
        return next((found for found in self.exclusive if found.state == state), None)


def infer_shares(program: Program) -> Shares:
    structure = structure_of(program)
    numbers = number_values(program)
    accesses = keyed_accesses(structure, numbers)
    unneeded = frozenset(find_mergeable(program)) | (
        frozenset(s.name for s in program.states) - written_states(program)
    )
    relevant = {state: found for state, found in accesses.items() if state not in unneeded}
    choice = choose_keys(units_of(program, relevant, unneeded))
    return Shares(
        declared=program.shares,
        handlers=_handler_shares(structure, numbers, choice),
        sharded=tuple(_sharded_states(structure, numbers, relevant, choice)),
        exclusive=tuple(_not_sharded(structure, numbers, relevant, choice)),
    )


def _handler_shares(structure: Structure, numbers: ValueNumbers, choice: Choice) -> tuple[HandlerShare, ...]:
    made = []
    for handler, anchor in sorted(choice.anchors.items()):
        key = anchor.access.key or anchor.access.hint
        parts = tuple(_of_headers(structure, numbers, key[position]) for position in anchor.positions)
        fields = tuple(render_expression(structure.program, numbers, numbers.of(part)) for part in parts)
        span = structure.program.operations[anchor.access.operation].span
        made.append(HandlerShare(handler, parts, fields, choice.words[handler], span))
    return tuple(made)


def _of_headers(structure: Structure, numbers: ValueNumbers, operand: Operand) -> Operand:
    """The operand, or one that always equals it and is made of header fields alone: `if hit { sport } else { sport }`
    is `sport`, but a result of a state stands in it."""
    if _is_made_of_headers(structure, operand):
        return operand
    number = numbers.of(operand)
    for operation in structure.program.operations:
        if not isinstance(operation, Pure) or numbers.of(operation.result) != number:
            continue
        if _is_made_of_headers(structure, operation.result):
            return operation.result
    return operand


def _is_made_of_headers(structure: Structure, operand: Operand) -> bool:
    waiting: list[Operand] = [operand]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Value):
            operation = structure.program.operations[structure.definition(value)]
            if not isinstance(operation, Pure):
                return False
            waiting.extend(operands(operation))
    return True


def _sharded_states(
    structure: Structure, numbers: ValueNumbers, accesses: Mapping[str, tuple[KeyedAccess, ...]], choice: Choice
) -> list[ShardedState]:
    found = []
    for state in structure.program.states:
        positions = choice.keys.get(state.name)
        if positions is None:
            continue
        match state:
            case Map(capacity=capacity, key_shape=shape) | Index(capacity=capacity, key_shape=shape):
                key = accesses[state.name][0].key
                written = [render_expression(structure.program, numbers, numbers.of(part)) for part in key]
                names = words_of_key(shape, written)
                words = ", ".join(names[position] for position in positions)
                found.append(ShardedState(state.name, positions, words, capacity, state.span))
            case Lease(first=first, last=last):
                found.append(ShardedState(state.name, (0,), "id", last - first + 1, state.span))
            case _:
                found.append(ShardedState(state.name, (0,), "index", None, state.span))
    return found


def _not_sharded(
    structure: Structure,
    numbers: ValueNumbers,
    relevant: Mapping[str, tuple[KeyedAccess, ...]],
    choice: Choice,
) -> list[NotSharded]:
    found = []
    for state in structure.program.states:
        if state.name in relevant and state.name not in choice.keys:
            reason, span = why_not_sharded(structure, numbers, state, relevant, choice)
            found.append(NotSharded(state.name, reason, span))
    return found
