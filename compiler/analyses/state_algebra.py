"""The class of every state, inferred from all accesses of all handlers, and the line that decides it.

What each class claims, and why it holds:

constant           No operation writes it. Every replica equals the declared (or control-plane)
                   content for ever. Obligation: the closed list of writes in `state_writes.py`.
mergeable          Replicas that start at the operator's identity, folded together with the initial
                   value once, equal the one state of any serial run. Obligation: `mergeable.py`.
accumulate-then-   A `reduce` state: contributions commute until a round's member set is complete, and
read               the total is read only then. Slots are independent, so it may be split by slot; an
                   inner node of a tree contributes as one member. Obligation: the slot protocol's
                   rules, proved once in the design; nothing about the program.
sharded            For every access, the share of the key is the share of the packet. Packets of one
                   share touch only cells, ways and ids of that share, and those of other shares none
                   of them; with sets, hands and capacity per share part of the meaning, the shares
                   are independent programs, and running them apart, in any interleaving, equals the
                   whole. Obligation: `shares.py`, equality of share words as XOR sums over bits.
exclusive          Anything else: one home. Nothing to prove.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from compiler.analyses.mergeable import find_mergeable, obstacle
from compiler.analyses.shares import SUGGESTED_SHARES, ShardedState, Shares, infer_shares
from compiler.analyses.state_writes import states_written, written_states
from compiler.analyses.structure import Structure, states_of, structure_of
from compiler.ir.operations import BinaryOperator
from compiler.ir.program import Program
from compiler.ir.states import Array, Counter, Lease, Reduction, State, Table, TableArray
from compiler.source import Span


class StateClass(Enum):
    CONSTANT = "constant"
    MERGEABLE = "mergeable"
    ACCUMULATE = "accumulate-then-read"
    SHARDED = "sharded"
    EXCLUSIVE = "exclusive"


@dataclass(frozen=True, slots=True)
class StateFact:
    """The class of one state. `span` is the deciding line; `operator` and `identity` only where mergeable."""

    state: str
    kind: StateClass
    reason: str
    span: Span
    operator: BinaryOperator | None = None
    identity: int | None = None
    share_key: tuple[int, ...] | None = None  # positions in the key (0 for an id or an index) where sharded


@dataclass(frozen=True, slots=True)
class StateAlgebra:
    """One fact a state, in order of declaration."""

    states: tuple[StateFact, ...]

    def of(self, state: str) -> StateFact:
        return next(fact for fact in self.states if fact.state == state)

    def kind(self, state: str) -> StateClass:
        return self.of(state).kind


def classify_states(program: Program) -> StateAlgebra:
    structure = structure_of(program)
    merges = find_mergeable(program)
    shares = infer_shares(program)
    written = written_states(program)
    facts: list[StateFact] = []
    for state in program.states:
        places = [i for i, op in enumerate(program.operations) if state.name in states_of(op)]
        if state.name not in written:
            facts.append(_constant(state, used=bool(places)))
        elif state.name in merges:
            merge = merges[state.name]
            how = "counters merge by type" if isinstance(state, Counter) else "nothing reads it"
            reason = f"every update is `{merge.operator.value}` and {how}"
            facts.append(
                StateFact(state.name, StateClass.MERGEABLE, reason, merge.span, merge.operator, merge.identity)
            )
        elif isinstance(state, Reduction):
            reason = f"read only when a round is complete; {state.slots} independent slots"
            facts.append(StateFact(state.name, StateClass.ACCUMULATE, reason, _first_write(structure, state)))
        else:
            facts.append(_sharded_or_exclusive(structure, state, shares, places))
    return StateAlgebra(tuple(facts))


def _constant(state: State, *, used: bool) -> StateFact:
    if not used:
        reason = "nothing uses it"
    elif isinstance(state, Table | TableArray):
        reason = "only the control plane writes it"
    else:
        reason = "no packet writes it"
    return StateFact(state.name, StateClass.CONSTANT, reason, state.span)


def _sharded_or_exclusive(structure: Structure, state: State, shares: Shares, places: list[int]) -> StateFact:
    found = shares.of_state(state.name)
    if found is not None and shares.declared > 1:
        reason = f"equal ({found.key_words}) imply equal share"
        span = structure.program.operations[places[0]].span
        return StateFact(state.name, StateClass.SHARDED, reason, span, share_key=found.share_key)
    reasons: list[tuple[str, Span]] = []
    if isinstance(state, Array) and (why := obstacle(structure, places)):
        reasons.append(why)
    if found is not None:
        reasons.append((_offer(found), state.span))
    elif (why_not := shares.reason(state.name)) is not None:
        reasons.append((why_not.reason, why_not.span))
    if not reasons:
        reasons.append(_plain_reason(structure, state))
    words = "; ".join(reason for reason, _ in reasons)
    return StateFact(state.name, StateClass.EXCLUSIVE, words, reasons[0][1])


def _offer(found: ShardedState) -> str:
    return f"the program has one share; `shares {SUGGESTED_SHARES};` would split it by ({found.key_words})"


def _plain_reason(structure: Structure, state: State) -> tuple[str, Span]:
    span = _first_write(structure, state)
    what = "hands out ids" if isinstance(state, Lease) else "writes it"
    return f"line {span.line} {what}", span


def _first_write(structure: Structure, state: State) -> Span:
    return next(op.span for op in structure.program.operations if state.name in states_written(op))
