"""Cases on the native engine and on the interpreter: packets, digests, summaries, and the state to the slot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random

import pytest

from compiler.ir.states import Table, TableArray
from sim.interpreter import Run, Summary
from sim.native import NativeRun, find_compiler
from sim.state import ControlEntries
from tests.differential.cases import PACKETS, Case
from tests.differential.compare import differences
from tests.engines import Arrival, Outcome, outcome_of
from tests.strategies.declarations import STATES, TUNABLES
from tests.strategies.meaning import CELLS, ENTRIES
from tests.strategies.packets import random_packets
from tests.strategies.programs import GROUPS, Mix, random_program

needs_compiler = pytest.mark.skipif(find_compiler() is None, reason="no C compiler was found (cc, gcc or clang)")

_ANYTHING = Mix(computed=True)


def any_case(number: int) -> Case:
    """A case with all that the language has, also what no switch can do."""
    random = Random(number)
    states = tuple(state.name for state in random.sample(STATES, random.choice((1, 2, 2, 3))))
    mix = random.choice((_ANYTHING, replace(_ANYTHING, thoughtful=True)))
    program = random_program(random, states=states, size=random.choice((5, 8, 8, 12, 18)), mix=mix)
    entries = ControlEntries(
        tables={s.name: ENTRIES[s.name] for s in program.states if isinstance(s, Table)},
        arrays={s.name: CELLS[s.name] for s in program.states if isinstance(s, TableArray)},
        tunables={t.name: random.randrange(1 << t.type.width) for t in TUNABLES if random.random() < 0.3},
        multicast=GROUPS,
    )
    names = [port.name for port in program.ports]
    packets = tuple(Arrival(names[p.port], p.data, p.now, p.wire_length) for p in random_packets(random, PACKETS))
    return Case(number, program, entries, packets)


@dataclass(frozen=True, slots=True)
class Reference:
    """What the interpreter says of a case: what it comes to, every slot of its states, and the summary's counts."""

    outcome: Outcome
    layout: Mapping[str, object]
    counts: tuple[object, ...]


def reference_of(case: Case) -> Reference:
    run = Run(case.program, entries=case.entries)
    outcome = outcome_of(run, case.packets)
    return Reference(outcome, _layout(run), _counts(run.summary))


def native_differences(case: Case, reference: Reference | None = None) -> list[str]:
    """How the native engine differs from the interpreter; empty where it does not."""
    reference = reference or reference_of(case)
    native = NativeRun(case.program, entries=case.entries)
    found = differences(reference.outcome, outcome_of(native, case.packets))
    found += _layout_differences(reference, native)
    summary = _counts(native.summary)
    if reference.counts != summary:
        found.append(f"summary: {reference.counts} became {summary}")
    return found


def handover_differences(case: Case, reference: Reference | None = None) -> list[str]:
    """How it comes out otherwise where the engines take turns, each with the state that the other one left."""
    reference = reference or reference_of(case)
    third = len(case.packets) // 3
    pieces = (case.packets[:third], case.packets[third : 2 * third], case.packets[2 * third :])
    run: Run | NativeRun = NativeRun(case.program, entries=case.entries)
    outcomes = [outcome_of(run, pieces[0])]
    for engine, packets in ((Run, pieces[1]), (NativeRun, pieces[2])):
        run = engine(case.program, entries=case.entries, states=dict(run.states))
        outcomes.append(outcome_of(run, packets))
    emissions: dict[str, list[bytes]] = {}
    for outcome in outcomes:
        for port, sent in outcome.emissions.items():
            emissions.setdefault(port, []).extend(sent)
    digests = [record for outcome in outcomes for record in outcome.digests]
    whole = Outcome(emissions, outcomes[-1].state, digests)
    return [*differences(reference.outcome, whole), *_layout_differences(reference, run)]


def _layout(run: Run | NativeRun) -> dict[str, object]:
    return {name: state.snapshot() for name, state in run.states.items()}


def _layout_differences(reference: Reference, run: Run | NativeRun) -> list[str]:
    found = _layout(run)
    return [
        f"layout of {name}: {expected} became {found[name]}"
        for name, expected in reference.layout.items()
        if expected != found[name]
    ]


def _counts(summary: Summary) -> tuple[object, ...]:
    s = summary
    return s.received, s.sent, s.dropped, s.unhandled, s.digests, s.lost, s.first_ns, s.last_ns


def assert_no_difference(cases: Iterable[Case]) -> None:
    failed = {case.number: found for case in cases if (found := native_differences(case))}
    assert not failed, "\n".join(f"case {number}: {lines}" for number, lines in failed.items())
