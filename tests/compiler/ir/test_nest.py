"""Guards nested back into blocks."""

from __future__ import annotations

from hypothesis import given

from compiler.ir.nest import Block, nest
from compiler.ir.operations import Operation
from compiler.ir.program import Program
from tests.strategies.guards import guarded_marks


@given(guarded_marks())
def test_nesting_keeps_the_order_and_puts_everything_under_its_own_guard(program: Program) -> None:
    found: list[tuple[Operation, int]] = []

    def walk(block: Block) -> None:
        for item in block.items:
            if isinstance(item, Block):
                assert program.guards[item.guard].parent == block.guard
                walk(item)
            else:
                found.append((item, block.guard))

    walk(nest(program))
    assert [operation for operation, _ in found] == list(program.operations)
    assert all(operation.guard == guard for operation, guard in found)
