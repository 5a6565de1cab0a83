"""The steps of the source that one packet came by: branches and assignments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from compiler.frontend.lower import Assignment, Decision, SourceStep, Taken
from compiler.ir.leaf_values import Leaf
from compiler.ir.literals import render_value
from compiler.ir.program import ROOT, Program
from compiler.ir.types import Record, Shape, leaf_types
from compiler.ir.values import Operand, Value
from weft.packet_trace.conditions import Conditions, Known
from weft.packet_trace.story import Branched, Computed, Decided, Plain, Step


class SourceTale:
    """Words for the steps of one program."""

    def __init__(self, program: Program, steps: Sequence[SourceStep], conditions: Conditions) -> None:
        self._guards = program.guards
        self._steps = steps
        self._conditions = conditions
        self._ports = [port.name for port in program.ports]

    def steps(self, known: Known) -> Iterator[tuple[SourceStep, Step]]:
        """Those of the packet of which these values are `known`, in order."""
        holding: dict[int, bool] = {ROOT: True}
        for step in self._steps:
            if self._holds(step.guard, known, holding) and all(_leaf(c, known) == want for c, want in step.under):
                yield step, self._told(step, known)

    def _holds(self, number: int, known: Known, holding: dict[int, bool]) -> bool:
        chain: list[int] = []
        while number not in holding:
            chain.append(number)
            number = self._guards[number].parent
        holds = holding[number]
        for inner in reversed(chain):
            guard = self._guards[inner]
            assert guard.condition is not None, "only the root has none"
            holds = holds and _leaf(guard.condition, known) == guard.polarity
            holding[inner] = holds
        return holds

    def _told(self, step: SourceStep, known: Known) -> Step:
        match step.what:
            case Decision(condition=condition, text=text):
                because = self._conditions.details(condition, known, text=text)
                return Decided(text, bool(_leaf(condition, known)), because)
            case Taken(is_arm=is_arm):
                return Branched("arm" if is_arm else "else")
            case Assignment(name=name, shape=shape, values=values, before=before):
                now = [_leaf(value, known) for value in values]
                old = None if before is None else [_leaf(value, known) for value in before]
                return Computed(name, self._changed(shape, now, old))

    def _changed(self, shape: Shape, now: Sequence[Leaf], before: Sequence[Leaf] | None) -> Plain:
        """The value; of a record that had one before, only the fields that changed, if any did."""
        value = render_value(shape, now, ports=self._ports)
        if before is None or not isinstance(shape, Record) or not isinstance(value, Mapping):
            return value
        changed: dict[str, Plain] = {}
        first = 0
        for name, inner in shape.fields:
            after = first + len(leaf_types(inner))
            if now[first:after] != before[first:after]:
                changed[name] = value[name]
            first = after
        return changed or value


def _leaf(operand: Operand, known: Known) -> Leaf:
    """The operand's value; zero where it was not computed: a `Select` takes it from elsewhere."""
    return known.get(operand.number, 0) if isinstance(operand, Value) else operand.value
