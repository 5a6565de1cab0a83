"""Cases on the native engine and on the interpreter: packets, digests, summaries, and the state to the slot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest

from compiler.ir.states import Table, TableArray
from sim.interpreter import Run, Summary
from sim.native import NativeRun, find_compiler
from sim.state import ControlEntries
from tests.differential.cases import PACKETS, Case
from tests.differential.compare import differences
from tests.engines import Arrival, outcome_of
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


def native_differences(case: Case) -> list[str]:
    """How the native engine differs from the interpreter; empty where it does not."""
    reference, native = Run(case.program, entries=case.entries), NativeRun(case.program, entries=case.entries)
    found = differences(outcome_of(reference, case.packets), outcome_of(native, case.packets))
    for name, state in reference.states.items():
        expected, layout = state.snapshot(), native.states[name].snapshot()
        if expected != layout:
            found.append(f"layout of {name}: {expected} became {layout}")
    expected_summary, summary = _counts(reference.summary), _counts(native.summary)
    if expected_summary != summary:
        found.append(f"summary: {expected_summary} became {summary}")
    return found


def _counts(summary: Summary) -> tuple[object, ...]:
    s = summary
    return s.received, s.sent, s.dropped, s.unhandled, s.digests, s.lost, s.first_ns, s.last_ns


def assert_no_difference(cases: Iterable[Case]) -> None:
    failed = {case.number: found for case in cases if (found := native_differences(case))}
    assert not failed, "\n".join(f"case {number}: {lines}" for number, lines in failed.items())
