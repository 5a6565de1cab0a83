"""Which values are equal on every packet: each value gets the number of a shared expression.

Two values with one number are equal wherever both are defined. Pure operations are numbered by
what they compute; looking one key up twice in a control-plane table is one expression, since a
packet sees one version of it; a result of any other state access stands for itself. `MapPut.done`
is the `room` of the `MapFind` that gave its slot: both are 0 exactly where the slot is all ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from compiler.ir.fields import operands, results
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    Concat,
    Hash,
    HeaderPresent,
    MapFind,
    MapPut,
    Operation,
    Pure,
    ReadFact,
    ReadField,
    ReadTunable,
    Resize,
    Select,
    Slice,
    StateAccess,
    TableGet,
    Unary,
    VectorLane,
    VectorMake,
    VectorReduce,
)
from compiler.ir.program import Program
from compiler.ir.types import Type
from compiler.ir.values import Constant, Operand, Value

COMMUTATIVE = frozenset({"add", "mul", "and", "or", "xor", "sat_add", "min", "max", "eq", "ne"})
Detail: TypeAlias = "tuple[str | int | tuple[int, ...], ...]"


@dataclass(frozen=True, slots=True)
class Node:
    """One expression. `kind` is "constant", "result" (of a state access), or the name of a pure operation."""

    kind: str
    detail: Detail  # what beside the arguments decides the value: operator, field name, bit numbers
    arguments: tuple[int, ...]
    type: Type
    operation: int | None = field(compare=False)  # the first that computes it; None for a constant


@dataclass(frozen=True, slots=True)
class ValueNumbers:
    nodes: tuple[Node, ...]
    of_value: Mapping[int, int]  # number of a value -> its expression
    of_constant: Mapping[Constant, int]
    lines: Mapping[tuple[str, str], frozenset[int]]  # (kind of access, state) -> the lines that have one

    def of(self, operand: Operand) -> int:
        """The expression of an operand of the program."""
        return self.of_value[operand.number] if isinstance(operand, Value) else self.of_constant[operand]

    def node(self, operand: Operand) -> Node:
        return self.nodes[self.of(operand)]


def number_values(program: Program) -> ValueNumbers:
    numbering = _Numbering(program)
    for place, operation in enumerate(program.operations):
        numbering.add(place, operation)
    lines: dict[tuple[str, str], frozenset[int]] = {}
    for operation in program.operations:
        if isinstance(operation, StateAccess):
            likeness = _likeness(operation)
            lines[likeness] = lines.get(likeness, frozenset()) | {operation.span.line}
    return ValueNumbers(tuple(numbering.nodes), numbering.of_value, numbering.of_constant, lines)


class _Numbering:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.nodes: list[Node] = []
        self.known: dict[Node, int] = {}
        self.of_value: dict[int, int] = {}
        self.of_constant: dict[Constant, int] = {}
        self.room_of_slot: dict[int, int] = {}  # number of a slot value -> expression of `room`

    def number(self, node: Node) -> int:
        if node not in self.known:
            self.known[node] = len(self.nodes)
            self.nodes.append(node)
        return self.known[node]

    def operand(self, operand: Operand) -> int:
        if isinstance(operand, Value):
            return self.of_value[operand.number]
        if operand not in self.of_constant:
            value = operand.value
            self.of_constant[operand] = self.number(Node("constant", (value,), (), operand.type, None))
        return self.of_constant[operand]

    def add(self, place: int, operation: Operation) -> None:
        arguments = tuple(self.operand(operand) for operand in operands(operation))
        if isinstance(operation, Pure):
            (result,) = results(operation)
            self.of_value[result.number] = self._pure(place, operation, arguments, result)
            return
        for position, result in enumerate(results(operation)):
            if isinstance(operation, TableGet):
                node = Node("table", (operation.state, position), arguments, result.type, place)
            else:
                node = Node("result", (place, position), (), result.type, place)
            self.of_value[result.number] = self.number(node)
        self._rooms(operation)

    def _rooms(self, operation: Operation) -> None:
        match operation:
            case MapFind(slot=slot, room=room):
                self.room_of_slot[slot.number] = self.of_value[room.number]
            case MapPut(slot=Value(number=number), done=done) if number in self.room_of_slot:
                self.of_value[done.number] = self.room_of_slot[number]
            case _:
                pass

    def _pure(self, place: int, operation: Operation, arguments: tuple[int, ...], result: Value) -> int:
        kind, detail = pure_detail(operation)
        if isinstance(operation, Resize) and self.nodes[arguments[0]].type == result.type:
            return arguments[0]
        if isinstance(operation, Select) and arguments[1] == arguments[2]:
            return arguments[1]
        if detail and detail[0] in COMMUTATIVE:
            arguments = tuple(sorted(arguments))
        return self.number(Node(kind, detail, arguments, result.type, place))


def pure_detail(operation: Operation) -> tuple[str, Detail]:
    """The name of a pure operation, and what beside its operands decides its result."""
    match operation:
        case Unary(operator=operator):
            return "unary", (operator.value,)
        case Binary(operator=operator):
            return "binary", (operator.value,)
        case Compare(operator=operator):
            return "compare", (operator.value,)
        case Select():
            return "select", ()
        case Resize():
            return "resize", ()
        case Slice(high=high, low=low):
            return "slice", (high, low)
        case Concat():
            return "concat", ()
        case Hash(algorithm=algorithm, index=index):
            return "hash", (algorithm.value, index)
        case VectorMake():
            return "vector", ()
        case VectorLane(lane=lane):
            return "lane", (lane,)
        case VectorReduce(operator=operator):
            return "reduce", (operator.value,)
        case ReadFact(fact=fact):
            return "fact", (fact.value,)
        case ReadField(header=header, field=name):
            return "field", (header, name)
        case HeaderPresent(header=header):
            return "present", (header,)
        case ReadTunable(tunable=tunable):
            return "tunable", (tunable,)
        case _:
            raise AssertionError(f"{type(operation).__name__} is not pure")


_BINARY_WORDS = {
    BinaryOperator.ADD.value: "+",
    BinaryOperator.SUB.value: "-",
    BinaryOperator.MUL.value: "*",
    BinaryOperator.DIV.value: "/",
    BinaryOperator.MOD.value: "%",
    BinaryOperator.AND.value: "&",
    BinaryOperator.OR.value: "|",
    BinaryOperator.XOR.value: "^",
    BinaryOperator.SHL.value: "<<",
    BinaryOperator.SHR.value: ">>",
    CompareOperator.EQ.value: "==",
    CompareOperator.NE.value: "!=",
    CompareOperator.LT.value: "<",
    CompareOperator.LE.value: "<=",
    CompareOperator.GT.value: ">",
    CompareOperator.GE.value: ">=",
}


def render_expression(program: Program, numbers: ValueNumbers, number: int, *, depth: int = 4) -> str:
    """An expression as a person would write it; parts nested deeper than `depth` become "..."."""
    node = numbers.nodes[number]
    if depth == 0:
        return "..."
    parts = [render_expression(program, numbers, argument, depth=depth - 1) for argument in node.arguments]
    match node.kind, node.detail:
        case "constant", (value,):
            return str(value) if isinstance(value, int) and value < 4096 else _hexadecimal(value)
        case "field", (header, name):
            return f"{header}.{name}"
        case "present", (header,):
            return f"{header} present"
        case "fact", (fact,):
            return str(fact)
        case "tunable", (name,):
            return str(name)
        case "select", _ if numbers.nodes[node.arguments[0]].kind == "present":
            return f"{parts[1]} or {parts[2]}"
        case "select", _:
            return f"({parts[0]} ? {parts[1]} : {parts[2]})"
        case (("binary" | "compare"), (operator,)) if operator in _BINARY_WORDS:
            sides = sorted(parts, key=str.isdigit) if operator in COMMUTATIVE else parts
            return f" {_BINARY_WORDS[str(operator)]} ".join(
                f"({side})" if " " in side and node.kind == "binary" else side for side in sides
            )
        case "unary", _:
            return f"!({parts[0]})" if " " in parts[0] else f"!{parts[0]}"
        case "resize", _:
            return parts[0]
        case "slice", (high, low):
            return f"{parts[0]}[{high}:{low}]"
        case "result", (int(place), int(position)):
            return _rendered_result(program, numbers, place, position)
        case "table", (name, position):
            assert node.operation is not None
            which = _which(program, numbers, node.operation)
            return f"`{name}` has the key{which}" if position == 0 else f"value of `{name}`{which}"
        case _:
            words = [str(word) for word in node.detail]
            return f"{words[0] if words else node.kind}({', '.join(parts)})"


def _hexadecimal(value: str | int | tuple[int, ...]) -> str:
    return f"{value:#x}" if isinstance(value, int) else str(value)


def _rendered_result(program: Program, numbers: ValueNumbers, place: int, position: int) -> str:
    operation = program.operations[place]
    result = results(operation)[position]
    state = getattr(operation, "state", "")
    which = _which(program, numbers, place)
    for field_name, words in _RESULT_WORDS:
        if getattr(operation, field_name, None) == result:
            return words.format(state=state) + which
    return f"value of `{state}`{which}"


def _which(program: Program, numbers: ValueNumbers, place: int) -> str:
    """The line of an access, where the program has others like it on other lines."""
    operation = program.operations[place]
    alike = numbers.lines[_likeness(operation)]
    return f" on line {operation.span.line}" if len(alike) > 1 else ""


def _likeness(operation: Operation) -> tuple[str, str]:
    return type(operation).__name__, getattr(operation, "state", "")


_RESULT_WORDS = (
    ("present", "`{state}` has the key"),
    ("room", "`{state}` has room"),
    ("live", "the id is live in `{state}`"),
    ("opened", "`{state}` opened a new session"),
    ("done", "`{state}` had a place"),
    ("conforms", "`{state}` conforms"),
    ("verdict", "verdict of `{state}`"),
    ("id", "id from `{state}`"),
)
