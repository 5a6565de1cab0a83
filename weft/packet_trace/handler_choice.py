"""Which handler took a packet, and why those before it did not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from compiler.ir.fields import results
from compiler.ir.leaf_values import Leaf
from compiler.ir.literals import render_number
from compiler.ir.operations import Operation
from compiler.ir.program import ROOT, Program
from compiler.ir.pure import Binary, BinaryOperator, Compare, HeaderPresent, PacketFact, ReadFact, Select, Unary
from compiler.ir.types import BOOL, Enumeration, FlagSet, Scalar
from compiler.ir.values import Operand, Value
from weft.packet_trace.story import HandlerTried
from weft.packet_trace.value_shapes import Shapes, shape_of

Known: TypeAlias = Mapping[int, Leaf]  # values of one packet, by number

_NO_HEADER: Final = "it has no header "


class HandlerChoice:
    """Explains the choice among the handlers of one program."""

    def __init__(self, program: Program, shapes: Shapes) -> None:
        self._program = program
        self._shapes = shapes
        self._ports = [port.name for port in program.ports]
        self._definitions: dict[int, Operation] = {
            value.number: operation for operation in program.operations for value in results(operation)
        }

    def tried(self, known: Known, *, port: int) -> tuple[HandlerTried, ...]:
        """The handlers in source order up to the one that took the packet, with the reason of each before it."""
        return tuple(self._tried(known, port))

    def _tried(self, known: Known, port: int) -> Iterator[HandlerTried]:
        for handler in self._program.handlers:
            guard = self._program.guards[handler.guard]
            condition = guard.condition
            holds = handler.guard == ROOT or condition is None
            if condition is not None and condition.number in known:
                holds = bool(known[condition.number]) == guard.polarity
            if holds:
                yield HandlerTried(handler.name, handler.span.line, took=True)
                return
            reasons = [] if condition is None else list(self._against(condition, guard.polarity, known, port))
            yield HandlerTried(handler.name, handler.span.line, took=False, because=_joined(reasons))

    def _against(self, operand: Operand, wanted: bool, known: Known, port: int) -> Iterator[str]:
        """Why `operand`, a truth value, is not as wanted: one reason, or several that all hold."""
        if not isinstance(operand, Value) or (operand.number in known and bool(known[operand.number]) == wanted):
            return
        operation = self._definitions[operand.number]
        match operation:
            case Unary(argument=argument):
                yield from self._against(argument, not wanted, known, port)
            case Binary(operator=BinaryOperator.AND | BinaryOperator.OR as operator) if operation.result.type == BOOL:
                # Of what has to hold together, one that fails is the reason; of alternatives, all failed.
                needs_both = (operator is BinaryOperator.AND) == wanted
                for side in (operation.left, operation.right):
                    reasons = list(self._against(side, wanted, known, port))
                    yield from reasons
                    if reasons and needs_both:
                        return
            case Select(condition=condition, on_true=on_true, on_false=on_false):
                taken = on_true if isinstance(condition, Value) and known.get(condition.number) else on_false
                if isinstance(taken, Value):
                    yield from self._against(taken, wanted, known, port)
                else:
                    yield from self._against(condition, taken is on_false, known, port)
            case HeaderPresent(header=header):
                yield f"{_NO_HEADER}`{header}`" if wanted else f"it has a header `{header}`"
            case Compare() if self._is_about_port(operation):
                yield f"it came in by `{self._ports[port]}`"
            case _:
                yield self._fact(operation, known)

    def _is_about_port(self, operation: Compare) -> bool:
        left = operation.left
        definition = self._definitions.get(left.number) if isinstance(left, Value) else None
        return isinstance(definition, ReadFact) and definition.fact is PacketFact.PORT

    def _fact(self, operation: Operation, known: Known) -> str:
        text = " ".join(operation.span.text.split())
        if isinstance(operation, Compare):
            sides = [self._text(side, operation, known) for side in (operation.left, operation.right)]
            if None not in sides:
                return f"`{text}` is false, with {sides[0]} and {sides[1]}"
        return f"`{text}` is false"

    def _text(self, side: Operand, operation: Compare, known: Known) -> str | None:
        number = known.get(side.number) if isinstance(side, Value) else side.value
        shape = shape_of(side, self._shapes)
        if isinstance(shape, Scalar) and shape.kind == "uint":
            other = operation.right if side is operation.left else operation.left
            shape = shape_of(other, self._shapes)
        if not isinstance(number, int) or not isinstance(shape, Scalar | Enumeration | FlagSet):
            return None
        return str(render_number(shape, number, ports=self._ports))


def _joined(reasons: Sequence[str]) -> str:
    """Reasons that all hold in one sentence; alternatives of which no header is there as one reason."""
    found = list(dict.fromkeys(reasons))
    headers = [reason.removeprefix(_NO_HEADER) for reason in found if reason.startswith(_NO_HEADER)]
    others = [reason for reason in found if not reason.startswith(_NO_HEADER)]
    merged = [_NO_HEADER + " or ".join(headers)] if headers else []
    return " and ".join([*merged, *others]) or "its condition is false"
