"""Random programs for the switch with entries and packets: everything about a case follows from its number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from backends.p4.validate import validate
from compiler.ir.headers import ChecksumKind
from compiler.ir.operations import BuiltHeader, Operation, Template
from compiler.ir.program import Program
from compiler.ir.states import Table, TableArray
from sim.state import ControlEntries
from tests.engines import Arrival
from tests.strategies.declarations import HEADERS, STATES, TUNABLES
from tests.strategies.meaning import CELLS, ENTRIES
from tests.strategies.packets import random_packets
from tests.strategies.programs import GROUPS, Mix, random_program

PACKETS = 48

# A header of an odd number of bytes stands in front of `leaf` under UDP's checksum, and the sum of a built `icmp`
# covers the payload: v1model can do neither.
_NAMES = frozenset(header.name for header in HEADERS)
_COPIES = Mix(groups=False, written=_NAMES - {"leaf"}, built=_NAMES - {"icmp"}, computed=True)
_GROUPS = Mix(copies=False, written=_NAMES - {"leaf"}, built=_NAMES - {"icmp"}, computed=True)
_THOUGHTS = replace(_COPIES, thoughtful=True)
_ANYTHING = Mix(computed=True)


@dataclass(frozen=True, slots=True)
class Case:
    number: int
    program: Program
    entries: ControlEntries
    packets: tuple[Arrival, ...]


def random_case(number: int) -> Case:
    """The case of this number, the same in every run."""
    random = Random(number)
    mix = random.choices((_COPIES, _THOUGHTS, _GROUPS, _ANYTHING), weights=(45, 35, 16, 4))[0]
    states = tuple(state.name for state in random.sample(STATES, random.choice((1, 2, 2, 3))))
    program = random_program(random, states=states, size=random.choice((5, 8, 8, 12, 18)), mix=mix)
    tunables = {t.name: random.randrange(1 << t.type.width) for t in TUNABLES if random.random() < 0.3}
    entries = ControlEntries(
        tables={s.name: ENTRIES[s.name] for s in program.states if isinstance(s, Table)},
        arrays={s.name: CELLS[s.name] for s in program.states if isinstance(s, TableArray)},
        tunables=tunables,
        multicast=GROUPS,
    )
    names = [port.name for port in program.ports]
    packets = tuple(Arrival(names[p.port], p.data, p.now, p.wire_length) for p in random_packets(random, PACKETS))
    return Case(number, program, entries, packets)


# --- what the switch cannot do


def refusals(program: Program) -> list[str]:
    """Why the program is not for this switch, by the codes of what is said about it; empty where it is.

    W0420 is the front end's, which no generated program has seen: the sum of a built header covers the payload.
    """
    found = {diagnostic.code for diagnostic in validate(program)}
    if any(_covers_payload(program, built.header) for o in program.operations for built in _built(o)):
        found.add("W0420")
    return sorted(found)


def _built(operation: Operation) -> tuple[BuiltHeader, ...]:
    template: Template | None = getattr(operation, "packet", None)
    return () if template is None else template.headers


def _covers_payload(program: Program, header: str) -> bool:
    sums = [f.checksum for f in program.header(header).fields if f.checksum is not None]
    return any(sum_.kind is not ChecksumKind.HEADER and not sum_.zero_means_none for sum_ in sums)
