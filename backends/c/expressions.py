"""Pure operations as C expressions.

A value that is used once stands where it is used; one that is used more often gets a local variable. Numbers of more
than 128 bits and vectors always get one: C has no operators for them. A packet's bytes stay as they were received
until it leaves, so fields can be read anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from backends.c.arithmetic import binary, compared, logic, masked
from backends.c.bit_fields import get_field
from backends.c.hashes import HashWriter
from backends.c.literals import literal, zero_literal
from backends.c.names import Names
from backends.c.text import Text, atom, plain
from backends.c.types import calculated, container, integer, is_scalar, is_wide, number_text
from backends.c.vectors import VectorWriter
from backends.c.wide import WideWriter
from backends.identifiers import as_identifier
from backends.presence import Known, Presence
from backends.writer import Writer
from compiler.ir.fields import results
from compiler.ir.leaf_values import packed_number
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    Compare,
    Concat,
    Hash,
    HeaderPresent,
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
    VectorReduce,
)
from compiler.ir.program import Program
from compiler.ir.types import BOOL, Type, Vector, bit_width
from compiler.ir.values import Constant, Operand, Value

_LONGEST = 100  # characters of an expression that is not broken up into local variables
_SHIFTS = (BinaryOperator.SHL, BinaryOperator.SHR)
_FACTS = {PacketFact.PORT: "packet.port", PacketFact.LENGTH: "packet.wire_length", PacketFact.NOW: "packet.now"}


class Expressions:
    """Renders the values of a program's operations."""

    def __init__(self, program: Program, out: Writer, *, names: Names, salt: int, uses: Mapping[int, int]) -> None:
        """`uses`: how often what is written reads each value."""
        self.program, self.out, self.names, self.salt = program, out, names, salt
        self.declarations: list[str] = []
        self.presence = Presence(program, {v.number: o for o in program.operations for v in results(o)})
        self.known = Known()
        self.position = 0
        self.in_place: frozenset[int] = frozenset()
        self._definitions = {v.number: o for o in program.operations for v in results(o)}
        self._uses = uses
        self._places: dict[int, Text] = {}
        self._own = {header.name for header in program.headers}
        self.noted: dict[tuple[str, str], tuple[str, str]] = {}  # field -> (whether it was written, what)
        self.hints: dict[int, str] = {}  # identity of a look-up -> where its key was last seen
        self.hashes = HashWriter(self)
        self._wide = WideWriter(self)
        self.vectors = VectorWriter(self)

    # --- values and their places

    def bind(self, value: Value, text: Text) -> None:
        """`value` is to be found there."""
        self._places[value.number] = text

    def is_used(self, value: Value) -> bool:
        return self._uses.get(value.number, 0) > 0

    def has_statement(self, operation: Pure) -> bool:
        (value,) = results(operation)
        uses = self._uses.get(value.number, 0)
        if uses == 0 or isinstance(operation, ReadFact | HeaderPresent | ReadTunable):
            return False
        return uses > 1 or not is_scalar(value.type) or isinstance(operation, Hash)

    def standing(self, operation: Pure) -> None:
        (value,) = results(operation)
        match operation:
            case Hash():
                self.hashes.write(operation)
            case _ if isinstance(value.type, Vector):
                self.vectors.write(operation)
            case _ if is_wide(value.type):
                self._wide.write(operation)
            case _:
                self.assign(value, self._render(operation))

    def assign(self, value: Value, text: Text) -> None:
        """Give the value a local variable that holds what `text` says, or no new one where that is a name itself."""
        is_name = text.is_atom and text.code.isidentifier()
        if text.constant is not None or (is_name and value.number in self.in_place):  # a name may end with its block
            self.bind(value, text)
            return
        if value.number in self.in_place:
            name = self.named(value)
            self.out.line(f"const {calculated(value.type)} {name} = {text.code};")
        else:
            name = self.declare(value)
            self.out.line(f"{name} = {text.code};")

    def declare(self, value: Value) -> str:
        """A variable for the value: here, or, where others use it too, in front of all blocks, and 0 until then."""
        name = self.named(value)
        of = calculated(value.type)
        if value.number in self.in_place:
            self.out.line(f"{of} {name};")
        else:
            self.declarations.append(f"{of} {name} = {zero_literal(value.type)};")
        return name

    def named(self, value: Value) -> str:
        """A name for the value, for who declares it."""
        name = self.names.fresh(value.name or "value")
        self.bind(value, Text(name, is_bool=value.type == BOOL))
        return name

    def noted_write(self, field: tuple[str, str]) -> tuple[str, str]:
        """Two variables: whether the field was written on the packet's way so far, and with what."""
        return self.noted[field]

    @contextmanager
    def knowing(self, known: Known) -> Iterator[None]:
        before, self.known = self.known, self.known.also(known)
        yield
        self.known = before

    # --- operands

    def text(self, operand: Operand) -> Text:
        if isinstance(operand, Constant):
            number = packed_number(operand.value, operand.type) if is_scalar(operand.type) else None
            return Text(literal(operand.value, operand.type), is_bool=operand.type == BOOL, constant=number)
        found = self._places.get(operand.number)
        if found is not None:
            return found
        definition = self._definitions[operand.number]
        found = self._render(definition)  # type: ignore[arg-type]
        if len(found.code) > _LONGEST:
            name = self.names.fresh(operand.name or "part")
            self.out.line(f"const {calculated(operand.type)} {name} = {found.code};")
            return Text(name, is_bool=found.is_bool)
        return found

    def code(self, operand: Operand) -> str:
        """To stand alone: on the right of `=`, or as an argument."""
        return self.text(operand).code

    def atom(self, operand: Operand) -> str:
        return atom(self.text(operand))

    def number(self, operand: Operand) -> Text:
        """A scalar, to calculate with: truth values as numbers."""
        text = self.text(operand)
        if operand.type == BOOL and text.constant is None:
            return plain(f"(uint32_t){atom(text)}")
        if operand.type == BOOL:
            return Text(f"{text.constant}u", constant=text.constant)
        return text

    def number_atom(self, operand: Operand) -> str:
        """The same, to stand in a larger expression."""
        return atom(self.number(operand))

    def short_number(self, operand: Operand) -> str:
        """A number as a name or a literal."""
        text = self.number(operand)
        if text.constant is not None or (text.is_atom and text.code.isidentifier()):
            return text.code
        name = self.names.fresh((operand.name if isinstance(operand, Value) else "") or "part")
        self.out.line(f"const {integer(bit_width(operand.type))} {name} = {text.code};")
        return name

    def short(self, operand: Operand) -> str:
        """A name or a literal, for what stands in a text twice, or must not be calculated later."""
        text = self.text(operand)
        if text.constant is not None or (text.is_atom and text.code.replace("_", "a").replace(".", "a").isalnum()):
            return text.code
        if not is_scalar(operand.type):
            return text.code
        name = self.names.fresh((operand.name if isinstance(operand, Value) else "") or "part")
        self.out.line(f"const {calculated(operand.type)} {name} = {text.code};")
        return name

    def amount(self, operand: Operand) -> Text:
        """A shift's amount as `uint64_t`; one too large for that is as good as the largest."""
        if is_wide(operand.type):
            words = len(range(0, bit_width(operand.type), 64))
            name = self.short(operand)
            return Text(f"weft_wide_amount({name}.word, {words})")
        text = self.number(operand)
        if bit_width(operand.type) > 64 and text.constant is None:
            return Text(f"weft_amount({text.code})")
        return text

    def condition(self, operand: Operand, *, holds: bool = True) -> str:
        """What stands in an `if`."""
        text = self.text(operand)
        return text.code if holds else f"!{atom(text)}"

    # --- operations

    def _render(self, operation: Pure) -> Text:
        (value,) = results(operation)
        width = bit_width(value.type)
        match operation:
            case Unary(argument=argument):
                return self._flipped(argument, width)
            case Binary():
                return self._binary(operation)
            case Compare():
                return self._compare(operation)
            case Select(condition=condition, on_true=on_true, on_false=on_false):
                return self._choice(condition, lambda: self.atom(on_true), lambda: self.atom(on_false), value.type)
            case Resize(argument=argument):
                return self.resized(argument, width)
            case Slice(argument=argument, high=high, low=low):
                return self._slice(argument, high, low)
            case Concat(parts=parts):
                return self._concatenated(parts, width)
            case VectorLane() | VectorReduce():
                return self.vectors.scalar(operation)
            case ReadFact(fact=fact):
                return Text(_FACTS[fact])
            case ReadTunable(tunable=tunable):
                return Text(f"state->tunables[0].{as_identifier(tunable)}", is_bool=value.type == BOOL)
            case HeaderPresent(header=header):
                return plain(f"at.{header} >= 0", is_bool=True)
            case ReadField():
                return self._field(operation)
            case _:
                raise AssertionError(operation)

    def _flipped(self, argument: Operand, width: int) -> Text:
        if width == 1:
            return Text(f"!{self.atom(argument)}", is_bool=True)
        return plain(f"{self.atom(argument)} ^ {number_text((1 << width) - 1, width)}")

    def _binary(self, operation: Binary) -> Text:
        operator, left, right = operation.operator, operation.left, operation.right
        width = bit_width(operation.result.type)
        by = self.amount(right) if operator in _SHIFTS else None
        if width == 1:
            with self.knowing(
                self.presence.where(left, operator is BinaryOperator.AND)
                if operator in (BinaryOperator.AND, BinaryOperator.OR)
                else Known()
            ):
                other = by or self.text(right)
            return logic(operator, self.text(left), other)
        return binary(operator, self.number(left), by or self.number(right), width=width)

    def _compare(self, operation: Compare) -> Text:
        left, right = operation.left, operation.right
        if is_wide(left.type):
            return self._wide.compare(operation)
        if isinstance(left.type, Vector):
            return self.vectors.compare(operation)
        if left.type == BOOL:
            return compared(operation.operator, self.number(left), self.number(right))
        return compared(operation.operator, self.text(left), self.text(right))

    def _choice(self, condition: Operand, on_true: Callable[[], str], on_false: Callable[[], str], of: Type) -> Text:
        test = self.atom(condition)
        with self.knowing(self.presence.where(condition)):
            one = on_true()
        with self.knowing(self.presence.where(condition, False)):
            other = on_false()
        return plain(f"{test} ? {one} : {other}", is_bool=of == BOOL)

    def resized(self, argument: Operand, width: int) -> Text:
        """A scalar of `width` bits: cut, or filled up with zeros."""
        if is_wide(argument.type):
            return self._wide.bits(argument, 0, width)
        has = bit_width(argument.type)
        return self._fitted(self.number(argument), holder=has, has=has, width=width)

    def _fitted(self, text: Text, *, holder: int, has: int, width: int) -> Text:
        """A number of `has` bits, in the integer for `holder` bits, as one of `width`: cut, or filled up."""
        if width == 1:
            return plain(f"({atom(text)} & 1) != 0" if has > 1 else f"{atom(text)} != 0", is_bool=True)
        if container(width) != container(holder):
            text = plain(f"({integer(width)}){atom(text)}")
        return masked(text, width) if has > width else text

    def _slice(self, argument: Operand, high: int, low: int) -> Text:
        width, holder = high - low + 1, bit_width(argument.type)
        if is_wide(argument.type):
            return self._wide.bits(argument, low, width)
        text = self.number(argument)
        shifted = plain(f"{atom(text)} >> {low}") if low else text
        return self._fitted(shifted, holder=holder, has=holder - low, width=width)

    def _concatenated(self, parts: tuple[Operand, ...], width: int) -> Text:
        name = integer(width)
        pieces: list[str] = []
        low = width
        for part in parts:
            low -= bit_width(part.type)
            text = self.text(part)
            code = f"({name}){atom(text)}" if calculated(part.type) != name else atom(text)
            pieces.append(f"{code} << {low}" if low else code)
        text = plain(" | ".join(pieces)) if len(pieces) > 1 else Text(pieces[0], is_atom=False)
        return plain(f"{atom(text)} != 0", is_bool=True) if width == 1 else text

    def _field(self, operation: ReadField) -> Text:
        header, result = operation.header, operation.result
        base = "data" if header in self._own else "envelope"
        found = get_field(self._header_start(header, base), self._declared(operation), result.type)
        if self.presence.is_present(header, self.known):
            return found
        zero = "false" if result.type == BOOL else number_text(0, bit_width(result.type))
        return plain(f"at.{header} >= 0 ? {atom(found)} : {zero}", is_bool=result.type == BOOL)

    def _header_start(self, header: str, base: str) -> str:
        return f"{base} + at.{header}"

    def _declared(self, operation: ReadField) -> int:
        return self.program.header(operation.header).field_named(operation.field).offset

    def field_start(self, operation: ReadField) -> tuple[str, int]:
        """The header of a field as an address, and the field's offset in bits."""
        base = "data" if operation.header in self._own else "envelope"
        return self._header_start(operation.header, base), self._declared(operation)
