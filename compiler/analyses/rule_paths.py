"""Which cacheable paths a rule cache may serve: one like an eSwitch's, which packets meet before the state is asked.

Such a cache cannot see that a packet writes, hears of changes only later, and tells the time of a rule's last
packet by a coarse clock. So a path that it serves leans only on entries that nothing but the control plane changes
or removes while they live, or that are declared `relaxed`; and where they expire, on such as grant a `grain`. To add
an entry, or to open a lease, changes no entry that lives: a rule is made only of what is there, and an
authority keeps what a rule leans on alive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from compiler.analyses.cacheable import Cacheability, CachedPath
from compiler.analyses.laws import Laws, find_laws
from compiler.analyses.reasons import Reason, Weight
from compiler.ir.operations import (
    ArrayUpdate,
    ArrayWrite,
    LeaseClose,
    MapFind,
    MapPut,
    MapRemove,
    Operation,
)
from compiler.ir.program import Program
from compiler.ir.states import TICK_SHIFT, Index, Lease, Map
from compiler.ir.values import Value

RULE_GRAIN_NS = 2_000_000_000  # a rule's age is told in whole seconds, and asked for less often than once a second
LEAST_IDLE_GRAINS = 4  # of an idle time, so that a rule is asked several times before its entry could expire


@dataclass(frozen=True, slots=True)
class RulePath:
    """A cacheable path, and what speaks against serving it by a rule cache; `reasons` is empty iff nothing does."""

    cached: CachedPath
    leans_on: tuple[str, ...]  # the states that it looks up, leases behind indexes among them
    idle_ticks: int | None  # the shortest of theirs
    reasons: tuple[Reason, ...]


def find_rule_paths(program: Program, cacheability: Cacheability) -> tuple[RulePath, ...]:
    """One for every path that is cacheable, in their order."""
    changes = _changes(program, cacheability)
    return tuple(_rule_path(program, changes, found) for found in cacheability.paths if found.cacheable)


def _rule_path(program: Program, changes: dict[str, Operation], found: CachedPath) -> RulePath:
    states = tuple(_with_leases(program, found.states))
    reasons: list[Reason] = []
    idle: list[int] = []
    span = program.operations[found.path.final].span
    for name in states:
        state = program.state(name)
        is_relaxed = isinstance(state, Map | Lease) and state.relaxed
        if name in changes and not is_relaxed:
            line = changes[name].span.line
            text = f"line {line} changes entries of `{name}` while they live, and it is not declared `relaxed`"
            reasons.append(Reason(text, changes[name].span, Weight.WRITES, name))
        if isinstance(state, Map | Lease) and state.idle_ticks is not None:
            idle.append(state.idle_ticks)
            if (text := _against_clock(state)) is not None:
                reasons.append(Reason(text, span, Weight.COMPUTES, name))
    return RulePath(found, states, min(idle, default=None), tuple(reasons))


def _with_leases(program: Program, states: Iterable[str]) -> Iterable[str]:
    for name in dict.fromkeys(states):
        yield name
        state = program.state(name)
        if isinstance(state, Index) and state.lease not in states:
            yield state.lease


def _against_clock(state: Map | Lease) -> str | None:
    assert state.idle_ticks is not None, "there is a clock"
    least = RULE_GRAIN_NS >> TICK_SHIFT
    if state.grain_ticks < least:
        return f"`{state.name}` has an idle time, and no `grain` of {RULE_GRAIN_NS // 10**9} s or more"
    if state.idle_ticks < LEAST_IDLE_GRAINS * least:
        return f"the idle time of `{state.name}` is below {LEAST_IDLE_GRAINS * RULE_GRAIN_NS // 10**9} s"
    return None


def _changes(program: Program, cacheability: Cacheability) -> dict[str, Operation]:
    """For each state whose entries packets change or remove while they live, an operation that does."""
    found: dict[str, Operation] = {}
    for operation in program.operations:
        match operation:
            case MapRemove(state=state) | LeaseClose(state=state) | ArrayWrite(state=state) | ArrayUpdate(state=state):
                found.setdefault(state, operation)
            case _:
                pass
    laws = find_laws(program)
    adding = _puts_that_add(program, laws, cacheability)
    for place, operation in enumerate(program.operations):
        if isinstance(operation, MapPut) and place not in adding:
            found.setdefault(operation.state, operation)
    return found


def _puts_that_add(program: Program, laws: Laws, cacheability: Cacheability) -> set[int]:
    """Places of `MapPut`s that write only where the key is absent, or what is there already."""
    if not cacheability.complete:
        return set()
    finds = {o.slot.number: o for o in program.operations if isinstance(o, MapFind)}
    puts = {place for place, o in enumerate(program.operations) if isinstance(o, MapPut)}
    for cached in cacheability.paths:
        for place in puts & set(cached.path.operations) - cached.path.unchanged:
            put = program.operations[place]
            assert isinstance(put, MapPut), "they were chosen so"
            find = finds.get(put.slot.number) if isinstance(put.slot, Value) else None
            if find is None or cached.path.known.value(laws.numbers.of(find.present)) != 0:
                puts.discard(place)
    return puts
