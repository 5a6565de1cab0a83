"""How people write each value of a program: by where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from compiler.ir.accesses import IndexFind, IndexOpen, LeaseGet, MapFind, TableGet
from compiler.ir.literals import LeafShape, leaf_shapes
from compiler.ir.operations import Operation
from compiler.ir.program import Program
from compiler.ir.pure import Compare, HeaderPresent, PacketFact, ReadFact, ReadField, Select
from compiler.ir.states import Array, Lease, Map, Table, TableArray
from compiler.ir.types import Bits, Scalar, Shape, Type, Vector, VectorShape
from compiler.ir.values import Operand, Value

Shapes: TypeAlias = dict[int, LeafShape]  # by number of the value

_FACTS = {
    PacketFact.PORT: Scalar("port", 16),
    PacketFact.LENGTH: Scalar("uint", 32),
    PacketFact.NOW: Scalar("uint", 64),
}
_TRUTH = Scalar("bool", 1)


def value_shapes(program: Program) -> Shapes:
    """The shape of every value whose origin gives it one that its type does not: addresses, enums, ports."""
    shapes: Shapes = {}
    for operation in program.operations:
        for value, shape in _shaped_results(operation, program, shapes):
            if shape is not None:
                shapes[value.number] = shape
    return shapes


def shape_of(operand: Operand, shapes: Shapes) -> LeafShape:
    """The shape to write `operand` in; that of its type where nothing better is known."""
    if isinstance(operand, Value) and operand.number in shapes:
        return shapes[operand.number]
    return plain_shape(operand.type)


def plain_shape(of: Type) -> LeafShape:
    match of:
        case Vector(width=width, lanes=lanes):
            return VectorShape(Scalar("uint", width), lanes)
        case Bits(width=1):
            return _TRUTH
        case Bits(width=width):
            return Scalar("uint", width)
        case _:
            raise AssertionError("blobs are no values")


def _shaped_results(operation: Operation, program: Program, shapes: Shapes) -> Iterator[tuple[Value, LeafShape | None]]:
    match operation:
        case ReadField(result=result, header=header, field=field):
            shape = program.header(header).field_named(field).shape
            if shape is not None:
                yield from zip([result], _leaves(shape, 1), strict=True)
        case ReadFact(result=result, fact=fact):
            yield result, _FACTS[fact]
        case Compare(result=result) | HeaderPresent(result=result):
            yield result, _TRUTH
        case Select(result=result, on_true=on_true, on_false=on_false):
            sides = [side for side in (on_true, on_false) if isinstance(side, Value)]
            yield result, next((shapes[side.number] for side in sides if side.number in shapes), None)
        case MapFind(values=values) | TableGet(values=values) | LeaseGet(values=values):
            yield from zip(values, _leaves(_value_shape(program, operation.state), len(values)), strict=True)
        case IndexFind(values=values) | IndexOpen(values=values):
            yield from zip(values, _leaves(_value_shape(program, operation.lease), len(values)), strict=True)
        case _:
            pass


def _value_shape(program: Program, name: str) -> Shape | None:
    match program.state(name):
        case Map(value_shape=shape) | Lease(value_shape=shape) | Table(value_shape=shape):
            return shape
        case Array(shape=shape) | TableArray(shape=shape):
            return shape
        case _:
            return None


def _leaves(shape: Shape | None, count: int) -> Sequence[LeafShape | None]:
    """The shapes of `count` flat values; unknown ones where the shape is not flattened as the values are."""
    found = [] if shape is None else list(leaf_shapes(shape))
    return found if len(found) == count else [None] * count
