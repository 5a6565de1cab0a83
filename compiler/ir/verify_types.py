"""Check the types, names and constants of one operation against the declarations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn, assert_never

from compiler.ir.headers import Header, HeaderField
from compiler.ir.invalid import InvalidProgram
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    Clone,
    Compare,
    CompareOperator,
    Concat,
    Digest,
    Drop,
    Emission,
    Flood,
    Hash,
    HashAlgorithm,
    HeaderPresent,
    Multicast,
    Operation,
    PacketFact,
    Pure,
    ReadFact,
    ReadField,
    ReadTunable,
    Reply,
    Resize,
    Select,
    Send,
    Slice,
    Template,
    Unary,
    VectorLane,
    VectorMake,
    VectorReduce,
    WriteField,
)
from compiler.ir.program import Program
from compiler.ir.types import BOOL, MAX_WIDTH, Bits, Blob, Type, Vector, bit_width, leaf_types
from compiler.ir.values import Constant, Operand
from compiler.ir.verify_states import verify_state_access
from compiler.source import Span

_SHIFTS = (BinaryOperator.SHL, BinaryOperator.SHR)
_FACT_WIDTHS = {PacketFact.PORT: 16, PacketFact.LENGTH: 32, PacketFact.NOW: 64}


def verify_operation(program: Program, operation: Operation) -> None:
    """Raise `InvalidProgram` if `operation` breaks a rule that can be told from it and the declarations."""
    match operation:
        case WriteField():
            _verify_write(program, operation)
        case Send() | Reply() | Flood() | Multicast() | Drop() | Clone() | Digest():
            _verify_emission(program, operation)
        case _:
            if isinstance(operation, Pure):
                _verify_pure(program, operation)
            else:
                verify_state_access(program, operation)


def verify_constant(operand: Constant, span: Span) -> None:
    """Raise `InvalidProgram` unless the value fits its type."""
    values = operand.value if isinstance(operand.value, tuple) else (operand.value,)
    match operand.type:
        case Bits(width=width):
            fits = not isinstance(operand.value, tuple)
        case Vector(width=width, lanes=lanes):
            fits = isinstance(operand.value, tuple) and len(values) == lanes
        case Blob():
            _fail("a constant cannot be a blob", span)
        case _:
            assert_never(operand.type)
    if not fits or any(not 0 <= value < 1 << width for value in values):
        _fail(f"{operand.value} is not a value of {operand.type}", span)


def _fail(message: str, span: Span) -> NoReturn:
    raise InvalidProgram(message, span)


def _expect(found: Type, expected: Type, what: str, span: Span) -> None:
    if found != expected:
        _fail(f"{what} is {found} where {expected} is due", span)


def _expect_bits(operand: Operand, what: str, span: Span) -> int:
    """The width of an operand that has to be a plain number."""
    if not isinstance(operand.type, Bits):
        _fail(f"{what} is {operand.type}, not a number", span)
    return operand.type.width


def _verify_pure(program: Program, operation: Pure) -> None:
    span = operation.span
    match operation.result.type:
        case Bits(width=width) | Vector(width=width):
            if not 1 <= width <= MAX_WIDTH or bit_width(operation.result.type) > MAX_WIDTH:
                _fail(f"{operation.result.type} is wider than any value may be", span)
        case Blob():
            _fail("an operation cannot define a blob", span)
    match operation:
        case Unary(argument=argument, result=result):
            _expect(argument.type, result.type, "the argument", span)
        case Binary():
            _verify_binary(operation)
        case Compare():
            _verify_compare(operation)
        case Select(condition=condition, on_true=on_true, on_false=on_false, result=result):
            _expect(condition.type, BOOL, "the condition", span)
            _expect(on_true.type, result.type, "one side", span)
            _expect(on_false.type, result.type, "one side", span)
        case Resize():
            _verify_resize(operation)
        case Slice(argument=argument, high=high, low=low, result=result):
            if not 0 <= low <= high < _expect_bits(argument, "the argument", span):
                _fail(f"there are no bits {high} to {low}", span)
            _expect(result.type, Bits(high - low + 1), "the result", span)
        case Concat(parts=parts, result=result):
            width = sum(_expect_bits(part, "a part", span) for part in parts)
            _expect(result.type, Bits(width), "the result", span)
        case Hash():
            _verify_hash(operation)
        case VectorMake() | VectorLane() | VectorReduce():
            _verify_vector(operation)
        case ReadFact() | ReadField() | HeaderPresent() | ReadTunable():
            _verify_read(program, operation)
        case _:
            assert_never(operation)


def _verify_binary(operation: Binary) -> None:
    _expect(operation.left.type, operation.result.type, "the left side", operation.span)
    right = operation.right
    if operation.operator in _SHIFTS and isinstance(right.type, Bits):
        return
    _expect(right.type, operation.result.type, "the right side", operation.span)


def _verify_compare(operation: Compare) -> None:
    _expect(operation.result.type, BOOL, "the result", operation.span)
    _expect(operation.right.type, operation.left.type, "the right side", operation.span)
    if isinstance(operation.left.type, Vector) and operation.operator not in (CompareOperator.EQ, CompareOperator.NE):
        _fail("vectors have no order", operation.span)


def _verify_resize(operation: Resize) -> None:
    match operation.argument.type, operation.result.type:
        case Bits(), Bits():
            return
        case Vector(lanes=one), Vector(lanes=other) if one == other:
            return
        case _:
            _fail(f"{operation.argument.type} cannot become {operation.result.type}", operation.span)


def _verify_hash(operation: Hash) -> None:
    width, index = 32, operation.index
    match operation.algorithm:
        case HashAlgorithm.CRC16:
            width = 16
        case HashAlgorithm.SHARE:
            if not (1 <= index <= 1 << 16) or index & (index - 1):
                _fail(f"{index} is no number of shares", operation.span)
            width = max(1, index.bit_length() - 1)
        case HashAlgorithm.ID_OF_HASH:
            width = 16
            if tuple(part.type for part in operation.parts) != (Bits(16),):
                _fail("the inverse of a share's hash takes one part of 16 bits", operation.span)
        case HashAlgorithm.CRC32 | HashAlgorithm.CRC32C | HashAlgorithm.FAMILY | HashAlgorithm.RANDOM:
            if index < 0:
                _fail(f"a hash has no member {index}", operation.span)
    if not operation.parts and operation.algorithm is not HashAlgorithm.RANDOM:
        _fail("nothing to hash", operation.span)
    _expect(operation.result.type, Bits(width), "the result", operation.span)


def _verify_vector(operation: VectorMake | VectorLane | VectorReduce) -> None:
    span = operation.span
    if isinstance(operation, VectorMake):
        vector = operation.result.type
        if not isinstance(vector, Vector) or len(operation.parts) not in (1, vector.lanes):
            _fail(f"{len(operation.parts)} parts do not make a {vector}", span)
        for part in operation.parts:
            _expect(part.type, Bits(vector.width), "a part", span)
        return
    vector = operation.argument.type
    if not isinstance(vector, Vector):
        _fail(f"{vector} has no lanes", span)
    _expect(operation.result.type, Bits(vector.width), "the result", span)
    if isinstance(operation, VectorLane) and not 0 <= operation.lane < vector.lanes:
        _fail(f"there is no lane {operation.lane}", span)


def _verify_read(program: Program, operation: ReadFact | ReadField | HeaderPresent | ReadTunable) -> None:
    span = operation.span
    match operation:
        case ReadFact(fact=fact, result=result):
            _expect(result.type, Bits(_FACT_WIDTHS[fact]), "the result", span)
        case ReadField(header=header, field=field, result=result):
            _expect(result.type, _field(program, header, field, span).type, "the result", span)
        case HeaderPresent(header=header, result=result):
            _header(program, header, span)
            _expect(result.type, BOOL, "the result", span)
        case ReadTunable(tunable=tunable, result=result):
            types = {t.name: t.type for t in program.tunables}
            if tunable not in types:
                _fail(f"there is no tunable {tunable}", span)
            _expect(result.type, types[tunable], "the result", span)


def _header(program: Program, name: str, span: Span) -> Header:
    for header in program.all_headers:
        if header.name == name:
            return header
    _fail(f"there is no header {name}", span)


def _field(program: Program, header: str, name: str, span: Span) -> HeaderField:
    for field in _header(program, header, span).fields:
        if field.name == name:
            return field
    _fail(f"{header} has no field {name}", span)


def _verify_write(program: Program, operation: WriteField) -> None:
    field = _field(program, operation.header, operation.field, operation.span)
    if operation.header not in {header.name for header in program.headers}:
        _fail(f"{operation.header} is no part of the packet", operation.span)
    if field.checksum is not None:
        _fail(f"{field.name} is a checksum, which emission keeps right", operation.span)
    if field.name in _header(program, operation.header, operation.span).length_fields:
        _fail(f"{field.name} says how long {operation.header} is", operation.span)
    _expect(operation.value.type, field.type, "the value", operation.span)


def _verify_emission(program: Program, operation: Emission) -> None:
    span = operation.span
    number = getattr(operation, "port", getattr(operation, "group", None))
    if number is not None:
        _expect(number.type, Bits(16), "the port or group", span)
    template = getattr(operation, "packet", None)
    if template is not None:
        _verify_template(program, template, span)
    if isinstance(operation, Digest):
        if operation.record not in {record.name for record in program.records}:
            _fail(f"there is no record {operation.record}", span)
        _expect_types(operation.values, leaf_types(program.record(operation.record)), span)


def _verify_template(program: Program, template: Template, span: Span) -> None:
    for built in template.headers:
        fields = _header(program, built.header, span).fields
        _expect_types(built.fields, tuple(f.type for f in fields if not isinstance(f.type, Blob)), span)
    if sum(bit_width(part.type) for part in template.data) % 8:
        _fail("the data of a packet are not whole bytes", span)
    if template.rest.value in ("from", "after"):
        _header(program, template.header, span)
    elif template.header:
        _fail(f"{template.rest.value} takes no header", span)


def _expect_types(found: Sequence[Operand], expected: Sequence[Type], span: Span) -> None:
    if len(found) != len(expected):
        _fail(f"{len(found)} values stand where {len(expected)} are due", span)
    for operand, of in zip(found, expected, strict=True):
        _expect(operand.type, of, "a value", span)
