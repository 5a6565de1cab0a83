"""Why a condition holds for a packet, or does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from compiler.ir.fields import results
from compiler.ir.leaf_values import Leaf
from compiler.ir.literals import render_number
from compiler.ir.operations import Operation
from compiler.ir.program import Program
from compiler.ir.pure import (
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    HeaderPresent,
    PacketFact,
    ReadFact,
    Select,
    Unary,
)
from compiler.ir.types import BOOL, Enumeration, FlagSet, Scalar
from compiler.ir.values import FALSE, Constant, Operand, Value
from weft.packet_trace.value_shapes import Shapes, shape_of

Known: TypeAlias = Mapping[int, Leaf]  # values of one packet, by number

_NO_HEADER: Final = "it has no header "


class Conditions:
    """Explains the truth values of one program."""

    def __init__(self, program: Program, shapes: Shapes) -> None:
        self._shapes = shapes
        self._ports = [port.name for port in program.ports]
        self._definitions: dict[int, Operation] = {
            value.number: operation for operation in program.operations for value in results(operation)
        }

    def why_not(self, operand: Operand, wanted: bool, known: Known, *, port: int) -> str:
        """Why `operand` is not as wanted, in one sentence; empty where there is nothing to say."""
        return _joined(list(self._against(operand, wanted, known, port)))

    def details(self, operand: Operand, known: Known, *, text: str) -> str:
        """What a reader of the condition `text` wants to know beside its truth value: what it compared, or which of
        its parts is false; empty where that is all."""
        operation = self._definition(operand)
        if isinstance(operation, Compare):
            return self._compared(operation, known)
        for part in self._conjuncts(operand):
            operation = self._definition(part)
            if operation is not None and isinstance(part, Value) and known.get(part.number) == 0:
                fact = self._fact(operation, known, True)
                # A part that is a variable was computed elsewhere: the line of its own told it.
                return fact if _text_of(operation) in text and _text_of(operation) != text else ""
        return ""

    def _conjuncts(self, operand: Operand) -> Iterator[Operand]:
        """The parts of an `and` in order, with or without effects between them."""
        match self._definition(operand):
            case Binary(operator=BinaryOperator.AND, left=left, right=right):
                yield from self._conjuncts(left)
                yield from self._conjuncts(right)
            case Select(condition=condition, on_true=on_true, on_false=on_false) if on_false == FALSE:
                yield from self._conjuncts(condition)
                yield from self._conjuncts(on_true)
            case _:
                yield operand

    def _definition(self, operand: Operand) -> Operation | None:
        return self._definitions.get(operand.number) if isinstance(operand, Value) else None

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
                yield self._fact(operation, known, wanted)

    def _is_about_port(self, operation: Compare) -> bool:
        definition = self._definition(operation.left)
        return isinstance(definition, ReadFact) and definition.fact is PacketFact.PORT

    def _fact(self, operation: Operation, known: Known, wanted: bool) -> str:
        fact = f"`{_text_of(operation)}` is {'false' if wanted else 'true'}"
        compared = self._compared(operation, known) if isinstance(operation, Compare) else ""
        return f"{fact}, {compared}" if compared else fact

    def _compared(self, operation: Compare, known: Known) -> str:
        """The sides that are no constants, which the text shows already; empty where they are known to be equal."""
        is_equality = operation.operator in (CompareOperator.EQ, CompareOperator.NE)
        if is_equality and _value(operation.left, known) == _value(operation.right, known):
            return ""
        sides = [
            self._text(side, operation, known)
            for side in (operation.left, operation.right)
            if not isinstance(side, Constant)
        ]
        return "" if None in sides else f"with {' and '.join(map(str, sides))}"

    def _text(self, side: Operand, operation: Compare, known: Known) -> str | None:
        number = _value(side, known)
        shape = shape_of(side, self._shapes)
        if isinstance(shape, Scalar) and shape.kind == "uint":
            other = operation.right if side is operation.left else operation.left
            shape = shape_of(other, self._shapes)
        if not isinstance(number, int) or not isinstance(shape, Scalar | Enumeration | FlagSet):
            return None
        if isinstance(shape, Scalar) and shape.kind == "uint" and "0x" in operation.span.text:
            return f"0x{number:0{(shape.width + 3) // 4}x}"  # as the program writes it
        return str(render_number(shape, number, ports=self._ports))


def _value(operand: Operand, known: Known) -> Leaf | None:
    return known.get(operand.number) if isinstance(operand, Value) else operand.value


def _text_of(operation: Operation) -> str:
    return " ".join(operation.span.text.split())


def _joined(reasons: Sequence[str]) -> str:
    """Reasons that all hold in one sentence; alternatives of which no header is there as one reason."""
    found = list(dict.fromkeys(reasons))
    headers = [reason.removeprefix(_NO_HEADER) for reason in found if reason.startswith(_NO_HEADER)]
    others = [reason for reason in found if not reason.startswith(_NO_HEADER)]
    merged = [_NO_HEADER + " or ".join(headers)] if headers else []
    return " and ".join([*merged, *others])
