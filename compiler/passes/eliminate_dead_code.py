"""Drop what nobody can notice.

Before: operations without effect may define values that nothing reads.
After:  none do; guards that nothing is under are gone, the others numbered anew. Reading a state is no
        effect, unless a hit counts as a use and the state has a clock.

    %n: u32 = array_read counts, 3u2; drop     becomes    drop
"""

from __future__ import annotations

from compiler.ir.fields import operands, results
from compiler.ir.operations import ArrayRead, IndexFind, LeaseGet, MapFind, Operation, Pure, TableGet
from compiler.ir.program import ROOT, Program
from compiler.ir.states import Lease, Map
from compiler.ir.values import Operand, Value
from compiler.passes.rewriter import Rewriter


def eliminate_dead_code(program: Program) -> Program:
    alive = _alive(program)
    rewriter = Rewriter(program)
    for operation in rewriter.operations():
        if has_effect(program, operation) or any(value in alive for value in results(operation)):
            rewriter.keep(operation)
    return rewriter.finished()


def has_effect(program: Program, operation: Operation) -> bool:
    """Whether carrying the operation out can change more than the values that it defines."""
    match operation:
        case ArrayRead() | TableGet():
            return False
        case MapFind(state=state, refresh=refresh) | LeaseGet(state=state, refresh=refresh):
            return refresh and _has_clock(program, state)
        case IndexFind(lease=lease, refresh=refresh):
            return refresh and _has_clock(program, lease)
        case _:
            return not isinstance(operation, Pure)


def _has_clock(program: Program, state: str) -> bool:
    declared = program.state(state)
    return not isinstance(declared, Map | Lease) or declared.idle_ticks is not None


def _alive(program: Program) -> set[Operand]:
    """Every value that an effect depends on, by its operands or by the guards around it."""
    alive: set[Operand] = set()
    for operation in reversed(program.operations):
        if not has_effect(program, operation) and alive.isdisjoint(results(operation)):
            continue
        alive.update(operand for operand in operands(operation) if isinstance(operand, Value))
        guard = operation.guard
        while guard != ROOT:
            condition = program.guards[guard].condition
            assert condition is not None
            alive.add(condition)
            guard = program.guards[guard].parent
    return alive
