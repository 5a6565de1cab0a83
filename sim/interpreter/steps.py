"""A program's blocks compiled to steps: small functions of the frame that are called one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from compiler.ir.accesses import StateAccess
from compiler.ir.emissions import Emission, WriteField
from compiler.ir.nest import Block, nest
from compiler.ir.operations import Operation
from compiler.ir.pure import Pure
from sim.interpreter.access_steps import access_step
from sim.interpreter.emission_steps import emission_step, write_step
from sim.interpreter.frame import END, LEAVE, Frame, Step
from sim.interpreter.observe import Observer
from sim.interpreter.pure_steps import pure_step
from sim.interpreter.scope import Scope
from sim.interpreter.watch import guard_report, watched

_STEP_OF: dict[type, Callable[[Any, Scope], Step]] = {
    **dict.fromkeys(get_args(Pure), pure_step),
    **dict.fromkeys(get_args(StateAccess), access_step),
    **dict.fromkeys(get_args(Emission), emission_step),
    WriteField: write_step,
}


def compile_steps(scope: Scope, observer: Observer | None) -> Step:
    """All of the program as one step. It answers END where a final operation was carried out."""
    steps = tuple(_Compiler(scope, observer).steps(nest(scope.program)))

    def run(f: Frame) -> int | None:
        for step in steps:
            if signal := step(f):
                return signal

    return run


class _Compiler:
    """Turns blocks into steps, watched ones where there is an observer."""

    def __init__(self, scope: Scope, observer: Observer | None) -> None:
        self._scope = scope
        self._observer = observer

    def steps(self, block: Block) -> list[Step]:
        """The steps of what is in `block`; the test of its own guard is up to the caller."""
        steps: list[Step] = []
        items = block.items
        while items:
            *before, last = items
            for item in before:
                steps.extend(self._block(item) if isinstance(item, Block) else [self._operation(item)])
            if not isinstance(last, Block):
                steps.append(self._operation(last))
                break
            # A block at the end needs no list of its own: where its guard does not hold, nothing is left to do.
            # So a program that is one long chain of `else drop` is not a tower of calls.
            steps.extend([*self._report(last), _leave_unless(*self._condition(last))])
            items = last.items
        return steps

    def _block(self, block: Block) -> list[Step]:
        return [*self._report(block), _guarded(*self._condition(block), tuple(self.steps(block)))]

    def _condition(self, block: Block) -> tuple[int, bool]:
        """(slot of the condition, its value where the guard holds)."""
        guard = self._scope.program.guards[block.guard]
        assert guard.condition is not None, "only the root guard has no condition"
        return self._scope.slots.of(guard.condition), guard.polarity

    def _report(self, block: Block) -> list[Step]:
        if self._observer is None:
            return []
        condition, polarity = self._condition(block)
        return [guard_report(block.guard, condition=condition, polarity=polarity, observer=self._observer)]

    def _operation(self, operation: Operation) -> Step:
        step = _STEP_OF[type(operation)](operation, self._scope)
        return step if self._observer is None else watched(step, operation, self._scope, self._observer)


def _leave_unless(condition: int, polarity: bool) -> Step:
    if polarity:
        return lambda f: None if f[condition] else LEAVE
    return lambda f: LEAVE if f[condition] else None


def _guarded(condition: int, polarity: bool, steps: tuple[Step, ...]) -> Step:
    """The steps of a block with something after it: that it was left ends the block alone."""
    if polarity:

        def block(f: Frame) -> int | None:
            if f[condition]:
                for step in steps:
                    if signal := step(f):
                        return signal & END

        return block

    def other_block(f: Frame) -> int | None:
        if not f[condition]:
            for step in steps:
                if signal := step(f):
                    return signal & END

    return other_block
