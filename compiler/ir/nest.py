"""Guards nested back into blocks: consecutive operations with a guard in common share one test of it.

The order of operations stays. A guard that other operations interrupt becomes two blocks; its
condition is a single value, so both tests have one outcome.

    a           guard 0             a
    b           guard 1             if guard 1:
    c           guard 2, in 1           b
    d           guard 1                 if guard 2:
                                            c
                                        d
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from compiler.ir.operations import Operation
from compiler.ir.program import ROOT, Program


@dataclass(slots=True)
class Block:
    """What is carried out, in order, where `guard` holds (and all guards around it do)."""

    guard: int
    items: list[Item] = field(default_factory=list)


Item: TypeAlias = Operation | Block


def nest(program: Program) -> Block:
    """All operations of the program in blocks; the root block has no condition."""
    root = Block(ROOT)
    open_blocks = [root]
    for operation in program.operations:
        chain = _chain(program, operation.guard)
        kept = 1
        while kept < min(len(chain), len(open_blocks)) and open_blocks[kept].guard == chain[kept]:
            kept += 1
        del open_blocks[kept:]
        for guard in chain[kept:]:
            block = Block(guard)
            open_blocks[-1].items.append(block)
            open_blocks.append(block)
        open_blocks[-1].items.append(operation)
    return root


def _chain(program: Program, guard: int) -> list[int]:
    """The guards from the root in to `guard`."""
    chain = [guard]
    while chain[-1] != ROOT:
        chain.append(program.guards[chain[-1]].parent)
    return chain[::-1]
