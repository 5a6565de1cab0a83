"""Operations on vectors as P4 expressions: calls of functions, and slices."""

from __future__ import annotations

from backends.p4.division import division
from backends.p4.expression_text import MOST_SHIFT, Operands, Text
from backends.p4.text import typed_number
from compiler.ir.operations import Binary, BinaryOperator, VectorLane, VectorMake, VectorReduce
from compiler.ir.types import Bits, Vector, bit_width
from compiler.ir.values import Constant, Value


def lane_wise(values: Operands, operation: Binary, of: Vector) -> Text:
    operator, left, right = operation.operator, operation.left, operation.right
    if operator in (BinaryOperator.SHL, BinaryOperator.SHR):
        if isinstance(right.type, Vector):
            function = values.lanes.shift_each(operator, of)
        else:
            by = min(8, bit_width(right.type))
            function = values.lanes.shift(operator, of, by)
            if bit_width(right.type) > by:
                amount = values.short(right)
                wide = typed_number(0, bit_width(of))
                return Text(f"({amount} > {MOST_SHIFT} ? {wide} : {function}({values.bits(left)}, (bit<8>) {amount}))")
    elif operator in (BinaryOperator.DIV, BinaryOperator.MOD):
        return _divided(values, operation, of)
    else:
        function = values.lanes.binary(operator, of)
    return Text(f"{function}({values.bits(left)}, {values.bits(right)})")


def _divided(values: Operands, operation: Binary, of: Vector) -> Text:
    """Every lane by its constant."""
    assert isinstance(operation.right, Constant), "validated: divisors are constants"
    divisors = operation.right.value
    assert isinstance(divisors, tuple), "one constant for each lane"
    dividend = values.short(operation.left)
    lanes: list[str] = []
    for number, divisor in enumerate(divisors):
        low = of.width * (of.lanes - 1 - number)
        name = values.variable(Bits(of.width), "lane")
        values.out.line(f"{name} = {dividend}[{low + of.width - 1}:{low}];")
        lanes.append(division(name, divisor, width=of.width, want=operation.operator))
    return Text(" ++ ".join(lanes), is_atom=False)


def vector_text(values: Operands, operation: VectorMake | VectorLane | VectorReduce) -> Text:
    match operation:
        case VectorMake(result=Value(type=Vector() as of), parts=[only]) if of.lanes > 1:
            return Text(f"{values.lanes.fill(of)}({values.bits(only)})")
        case VectorMake(parts=parts):
            return Text(" ++ ".join(values.part(part) for part in parts), is_atom=len(parts) == 1)
        case VectorLane(argument=argument, lane=lane):
            of = argument.type
            assert isinstance(of, Vector), "lanes are of vectors"
            low = of.width * (of.lanes - 1 - lane)
            return Text(f"{values.short(argument)}[{low + of.width - 1}:{low}]")
        case VectorReduce(argument=argument, operator=operator):
            assert isinstance(argument.type, Vector), "lanes are of vectors"
            return Text(f"{values.lanes.reduce(operator, argument.type)}({values.bits(argument)})")
        case _:
            raise AssertionError(operation)
