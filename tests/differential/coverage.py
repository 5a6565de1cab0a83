"""Which kinds of operations the generated programs carry out, and which they skip because a guard does not hold.

    python -m tests.differential.coverage [FIRST LAST]

prints a table of packets that met an operation, by kind and outcome of its guard, as the switch's program has it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import get_args

from backends.p4.compile import plan_layout
from compiler.ir.operations import (
    ArrayUpdate,
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    Hash,
    HashAlgorithm,
    Operation,
    PacketFact,
    ReadFact,
    ReduceOperator,
    Unary,
    UnaryOperator,
    VectorReduce,
)
from compiler.ir.program import Program
from sim.interpreter import Machine
from sim.interpreter.observe import Event, Execution
from sim.state import build_states
from tests.differential.cases import Case, random_case
from tests.differential.harness import reason_to_leave_out
from tests.strategies.programs import GROUPS

CASES = range(1_100)  # of the long run

_VARIANTS: dict[type[object], tuple[str, type[Enum]]] = {
    Unary: ("operator", UnaryOperator),
    Binary: ("operator", BinaryOperator),
    Compare: ("operator", CompareOperator),
    Hash: ("algorithm", HashAlgorithm),
    VectorReduce: ("operator", ReduceOperator),
    ReadFact: ("fact", PacketFact),
    ArrayUpdate: ("operator", BinaryOperator),
}
_NEVER = {f"ArrayUpdate {operator.value}" for operator in (BinaryOperator.DIV, BinaryOperator.MOD)}  # not generated


def kind_of(operation: Operation) -> str:
    kind = type(operation)
    if kind not in _VARIANTS:
        return kind.__name__
    return f"{kind.__name__} {getattr(operation, _VARIANTS[kind][0]).value}"


def kinds() -> list[str]:
    """Every kind of operation that a program for this target can have."""
    found: list[str] = []
    for kind in _classes(Operation):
        if kind in _VARIANTS:
            found += [f"{kind.__name__} {variant.value}" for variant in _VARIANTS[kind][1]]
        else:
            found.append(kind.__name__)
    return [name for name in found if name not in _NEVER]


def _classes(union: object) -> Iterable[type[object]]:
    for part in get_args(union):
        yield from _classes(part) if get_args(part) else (part,)


class Coverage:
    """Packets by (kind of operation, whether the guard held)."""

    def __init__(self) -> None:
        self.met: Counter[tuple[str, bool]] = Counter()

    def add(self, case: Case) -> None:
        program = plan_layout(case.program).source
        executed: Counter[int] = Counter()

        def observe(event: Event) -> None:
            if isinstance(event, Execution):
                executed[id(event.operation)] += 1

        numbers = {port.name: number for number, port in enumerate(program.ports)}
        machine = Machine(program, states=build_states(program, case.entries), groups=GROUPS, observer=observe)
        for packet in case.packets:
            machine.process(packet.data, port=numbers[packet.port], now=packet.now_ns, wire_length=packet.wire_length)
        self._count(program, executed, len(case.packets))

    def _count(self, program: Program, executed: Counter[int], packets: int) -> None:
        for operation in program.operations:
            kind, held = kind_of(operation), executed[id(operation)]
            self.met[kind, True] += held
            self.met[kind, False] += packets - held

    def missing(self) -> list[str]:
        """What no packet has met."""
        return [
            f"{kind}, {'carried out' if held else 'skipped'}"
            for kind in kinds()
            for held in (True, False)
            if not self.met[kind, held]
        ]

    def table(self) -> str:
        width = max(map(len, kinds()))
        rows = [f"{kind:{width}} {self.met[kind, True]:>12,} {self.met[kind, False]:>12,}" for kind in kinds()]
        covered = 2 * len(rows) - len(self.missing())
        head = f"{'operation':{width}} {'carried out':>12} {'skipped':>12}"
        return "\n".join([head, *rows, f"{covered} of {2 * len(rows)} covered"])


def main(arguments: list[str]) -> None:
    cases = range(int(arguments[0]), int(arguments[1])) if arguments else CASES
    coverage, left_out = Coverage(), Counter[str]()
    for number in cases:
        case = random_case(number)
        reason = reason_to_leave_out(case)
        if reason is None:
            coverage.add(case)
        else:
            left_out[reason] += 1
    sys.stdout.write(coverage.table() + "\n")
    for reason, count in left_out.most_common():
        sys.stdout.write(f"left out: {count} of {len(cases)}: {reason}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
