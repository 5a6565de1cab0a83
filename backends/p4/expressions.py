"""Pure operations as P4 expressions.

A value that is used once stands where it is used; one that is used more often gets a local variable, unless its
text is as short as a name. Fields are read where they are used, so a read that comes after a write of the same
field takes the copy of what was received.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from backends.p4.arithmetic import binary_text, compare_text, resize_text
from backends.p4.expression_text import Text, closed, side
from backends.p4.hashes import HashWriter
from backends.p4.lanes import LaneFunctions
from backends.p4.names import Names
from backends.p4.text import constant_number, number_text, type_text, typed_number
from backends.p4.vectors import vector_text
from backends.presence import Known, Presence
from backends.writer import Writer
from compiler.ir.fields import operands, results
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    Compare,
    Concat,
    Hash,
    HeaderPresent,
    Operation,
    PacketFact,
    Pure,
    ReadFact,
    ReadField,
    ReadTunable,
    Resize,
    Select,
    Slice,
    Unary,
    VectorLane,
    VectorMake,
    VectorReduce,
)
from compiler.ir.program import Program
from compiler.ir.types import BOOL, Type, bit_width
from compiler.ir.values import Constant, Operand, Value

_LONGEST = 100  # characters of an expression that is not broken up into local variables
_MOST_COPIED = 6  # names in an expression that p4c may copy to wherever its variable is used


class Environment(Protocol):
    """What an expression may refer to beside values."""

    def field(self, header: str, field: str, *, position: int) -> str:
        """A field as it was received; `position` is that of the statement in the program."""
        ...

    def fact(self, fact: PacketFact) -> str: ...

    def tunable(self, name: str) -> str: ...

    def digest_of_headers(self, known: Known) -> list[str]:
        """The fixed parts of all headers, zeros where they are absent."""
        ...


class Expressions:
    """Renders the values of one body of operations; see `statements.py` for the statements around them."""

    def __init__(
        self, program: Program, out: Writer, *, names: Names, lanes: LaneFunctions, environment: Environment
    ) -> None:
        self.out, self.names, self.lanes = out, names, lanes
        self.declarations: list[str] = []
        self._environment = environment
        self._definitions = {v.number: o for o in program.operations for v in results(o)}
        self._uses = _uses(program)
        self._places: dict[int, Text] = {}
        self._rendered_size = 0
        self.in_place: frozenset[int] = frozenset()  # values that nothing outside their block uses
        self.presence = Presence(program, self._definitions)
        self.known = Known()
        self.position = 0
        self._hashes = HashWriter(self)

    # --- values and their places

    def bind(self, value: Value, text: Text) -> None:
        """`value` is to be found there."""
        self._places[value.number] = text

    def definition(self, value: Value) -> Operation | None:
        """The operation that defines the value."""
        return self._definitions.get(value.number)

    def declare(self, value: Value, *, is_bool: bool = False, wanted: str = "", size: int = 1) -> str:
        """A local variable for the value, in this block or, where others use it too, in front of all blocks.

        In front of all it holds 0 until something is assigned: that is what a value is that nothing defined.
        """
        name = self.names.fresh(_variable_name(wanted or value.name or "value"))
        self.bind(value, Text(name, is_bool=is_bool, size=size))
        if value.number in self.in_place:
            self.out.line(f"{_declared_type(value.type, is_bool)} {name};")
        else:
            zero = "false" if is_bool else "0"
            self.declarations.append(f"{_declared_type(value.type, is_bool)} {name} = {zero};")
        return name

    def variable(self, of: Type, wanted: str, *, is_bool: bool = False) -> str:
        """A local variable for the statements that follow at once."""
        name = self.names.fresh(_variable_name(wanted))
        self.out.line(f"{_declared_type(of, is_bool)} {name};")
        return name

    def is_used(self, value: Value) -> bool:
        return self._uses[value.number] > 0

    def has_statement(self, operation: Pure) -> bool:
        """Whether the value gets a local variable, and does not stand where it is used."""
        (value,) = results(operation)
        uses = self._uses[value.number]
        if isinstance(operation, ReadField | ReadFact | HeaderPresent | ReadTunable):
            return False
        return uses > 1 or (uses == 1 and isinstance(operation, Hash | VectorMake))

    def standing(self, operation: Pure) -> None:
        """Assign the value of an operation that has a statement."""
        (value,) = results(operation)
        if isinstance(operation, Hash):
            self._hashes.write(operation)
            return
        if isinstance(operation, Select):
            self._assign_choice(operation)
            return
        text = self._sized(operation)
        if text.constant is not None or text.code.isidentifier():
            self.bind(value, text)
        else:
            self.assign(value, text)

    def _sized(self, operation: Pure) -> Text:
        """The operation's text with its size."""
        before, self._rendered_size = self._rendered_size, 0
        text = self._render(operation)
        size = max(1, self._rendered_size)
        self._rendered_size = before + size
        return replace(text, size=size)

    def assign(self, value: Value, text: Text) -> None:
        """Give the value a local variable that holds what `text` says."""
        out = self.out
        # p4c puts an expression in the place of its variable, once for each use, and expressions of expressions
        # grow without bound. What is assigned under an `if` it leaves alone.
        if text.is_bool and text.size > _MOST_COPIED:
            name = self.declare(value, is_bool=True)
            out.line(f"{name} = false;")
            with out.block(f"if ({text.code})"):
                out.line(f"{name} = true;")
            return
        at = len(out.lines)
        name = self.declare(value, is_bool=text.is_bool, size=text.size)
        if len(out.lines) > at:  # declared here
            out.lines.pop()
            out.line(f"{_declared_type(value.type, text.is_bool)} {name} = {text.code};")
        else:
            out.line(f"{name} = {text.code};")

    def _assign_choice(self, operation: Select) -> None:
        """A choice as `if`, `else if`, `else`, one assignment each."""
        value, as_bool = operation.result, self._chooses_bools(operation)
        tests: list[tuple[str, Operand, Known]] = []
        otherwise: Operand = operation.result
        last: Operation | None = operation
        known = Known()
        while isinstance(last, Select):
            with self.knowing(known):
                tests.append((self.condition(last.condition), last.on_true, self.presence.where(last.condition)))
            known = known.also(self.presence.where(last.condition, False))
            otherwise = last.on_false
            if not isinstance(otherwise, Value) or otherwise.number in self._places:
                break
            last = self._definitions.get(otherwise.number)
            if not isinstance(last, Select) or self.has_statement(last):
                break
        out = self.out
        name = self.declare(value, is_bool=as_bool)

        def assign(operand: Operand) -> None:
            code = self.as_bool(operand).code if as_bool else self.bits(operand)
            out.line(f"{name} = {code};")

        for place, (test, operand, follows) in enumerate(tests):
            if place:
                out.lines.pop()
            with out.block(f"if ({test})" if not place else f"}} else if ({test})"), self.knowing(follows):
                assign(operand)
        out.lines.pop()
        with out.block("} else"), self.knowing(known):
            assign(otherwise)

    def _chooses_bools(self, operation: Select) -> bool:
        return operation.result.type == BOOL and (self.is_bool(operation.on_true) or self.is_bool(operation.on_false))

    def bits_with(self, operation: Pure, argument: Value, code: str) -> str:
        """The operation's text as bit<n> where its `argument` is the variable `code`."""
        self.bind(argument, Text(code))
        return _as_bits(self._render(operation))

    # --- operands as text

    def text(self, operand: Operand) -> Text:
        if isinstance(operand, Constant):
            number = constant_number(operand)
            return Text(typed_number(number, bit_width(operand.type)), constant=number)
        found = self._places.get(operand.number)
        if found is not None:
            self._rendered_size += found.size
            return found
        definition = self._definitions[operand.number]
        found = self._sized(definition)  # type: ignore[arg-type]
        if len(found.code) > _LONGEST and not isinstance(definition, ReadField):
            name = self.variable(operand.type, operand.name or "part", is_bool=found.is_bool)
            self.out.line(f"{name} = {found.code};")
            return replace(found, code=name, is_atom=True)
        return found

    def bits(self, operand: Operand) -> str:
        """As bit<n>, to stand alone: on the right of `=`, or as an argument."""
        text = self.text(operand)
        return number_text(text.constant) if text.constant is not None else _as_bits(text)

    def typed(self, operand: Operand) -> str:
        """As bit<n>, of known width, to stand in a list."""
        return _as_bits(self.text(operand))

    def part(self, operand: Operand, *, typed: bool = True) -> str:
        """As bit<n>, to stand in a larger expression; a literal has its width only where `typed`."""
        text = self.text(operand)
        if text.constant is not None and not typed:
            return number_text(text.constant)
        return f"((bit<1>) {closed(text)})" if text.is_bool else closed(text)

    def short(self, operand: Operand) -> str:
        """As `part`, and in a variable unless it is a name or a literal: for what stands in a text twice."""
        text = self.text(operand)
        if text.is_atom and not text.is_bool:
            return text.code
        name = self.variable(operand.type, (operand.name if isinstance(operand, Value) else "") or "part")
        self.out.line(f"{name} = {self.bits(operand)};")
        return name

    def condition(self, operand: Operand, *, holds: bool = True) -> str:
        """As bool, to stand alone in an `if`."""
        text = self.as_bool(operand)
        if holds:
            return text.code
        return f"!{closed(text)}"

    def as_bool(self, operand: Operand) -> Text:
        text = self.text(operand)
        if text.constant is not None:
            return Text("true" if text.constant else "false", is_bool=True)
        return text if text.is_bool else Text(f"{closed(text)} == 1", is_bool=True, is_atom=False)

    @contextmanager
    def knowing(self, known: Known) -> Iterator[None]:
        before, self.known = self.known, self.known.also(known)
        yield
        self.known = before

    # --- operations

    def _render(self, operation: Pure) -> Text:
        match operation:
            case Unary(argument=argument, result=result):
                if result.type == BOOL and self.is_bool(argument):
                    return Text(f"!{closed(self.as_bool(argument))}", is_bool=True)
                return Text(f"~{self.part(argument)}")
            case Binary():
                return binary_text(self, operation)
            case Compare():
                return compare_text(self, operation)
            case Select():
                return self._select(operation)
            case Resize():
                return resize_text(self, operation)
            case Slice(argument=argument, high=high, low=low):
                return Text(f"{self.short(argument)}[{high}:{low}]")
            case Concat(parts=parts):
                return Text(" ++ ".join(self.part(part) for part in parts), is_atom=len(parts) == 1)
            case VectorMake() | VectorLane() | VectorReduce():
                return vector_text(self, operation)
            case ReadFact(fact=fact):
                return Text(self._environment.fact(fact))
            case ReadTunable(tunable=tunable):
                return Text(self._environment.tunable(tunable))
            case HeaderPresent(header=header):
                return Text(f"hdr.{header}.isValid()", is_bool=True)
            case ReadField(header=header, field=field, result=result):
                code = self._environment.field(header, field, position=self.position)
                if self.presence.is_present(header, self.known):
                    return Text(code)
                zero = typed_number(0, bit_width(result.type))
                return Text(f"(hdr.{header}.isValid() ? {code} : {zero})")
            case Hash():
                raise AssertionError("hashes are statements")

    def is_bool(self, operand: Operand) -> bool:
        """Whether the operand's text is, or will be, a bool."""
        if isinstance(operand, Constant):
            return True
        if operand.number in self._places:
            return self._places[operand.number].is_bool
        match self._definitions.get(operand.number):
            case HeaderPresent() | Compare():
                return True
            case Unary(argument=argument):
                return operand.type == BOOL and self.is_bool(argument)
            case Binary(operator=BinaryOperator.AND | BinaryOperator.OR, left=left, right=right):
                return operand.type == BOOL and (self.is_bool(left) or self.is_bool(right))
            case Select(on_true=on_true, on_false=on_false):
                return operand.type == BOOL and (self.is_bool(on_true) or self.is_bool(on_false))
            case _:
                return False

    def _select(self, operation: Select) -> Text:
        condition, on_true, on_false = operation.condition, operation.on_true, operation.on_false
        test = self.as_bool(condition)
        as_bool = self._chooses_bools(operation)
        with self.knowing(self.presence.where(condition)):
            first = self.as_bool(on_true).code if as_bool else self.part(on_true)
        with self.knowing(self.presence.where(condition, False)):
            second = self.as_bool(on_false).code if as_bool else self.part(on_false)
        return Text(f"({side(test, '')} ? {first} : {second})", is_bool=as_bool)

    # --- for hashes

    def headers_for_digest(self) -> list[str]:
        return self._environment.digest_of_headers(self.known)

    def fact(self, fact: PacketFact) -> str:
        return self._environment.fact(fact)


def _uses(program: Program) -> Mapping[int, int]:
    """How often each value is read, by operations and by guards."""
    found: Counter[int] = Counter()
    for operation in program.operations:
        found.update(o.number for o in operands(operation) if isinstance(o, Value))
    tested = {guard.condition.number for guard in program.guards if guard.condition is not None}
    found.update(tested)  # both branches are one `if`
    return found


def _variable_name(wanted: str) -> str:
    return wanted.replace(".present", "_found").replace(".", "_")


def _declared_type(of: Type, is_bool: bool) -> str:
    return "bool" if is_bool else type_text(of)


def _as_bits(text: Text) -> str:
    return f"(bit<1>) {closed(text)}" if text.is_bool else text.code
