"""Which operations change a state when packets run through them.

A look-up that refreshes an entry's last use is no write: an entry must exist for it, and then the
state has a writer anyway.
"""

from __future__ import annotations

from compiler.analyses.structure import states_of
from compiler.ir.operations import (
    ArrayUpdate,
    ArrayWrite,
    CounterAdd,
    IndexOpen,
    LeaseClose,
    LeaseOpen,
    MapPut,
    MapRemove,
    MeterTake,
    Operation,
    ReduceContribute,
)
from compiler.ir.program import Program

WRITES = (
    ArrayWrite,
    ArrayUpdate,
    MapPut,
    MapRemove,
    LeaseOpen,
    LeaseClose,
    IndexOpen,
    CounterAdd,
    MeterTake,
    ReduceContribute,
)


def states_written(operation: Operation) -> tuple[str, ...]:
    """The states that `operation` may change, last uses aside."""
    return states_of(operation) if isinstance(operation, WRITES) else ()


def written_states(program: Program) -> frozenset[str]:
    """The states that some packet may change."""
    return frozenset(state for operation in program.operations for state in states_written(operation))
