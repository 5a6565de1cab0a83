"""Lower expressions that only compute: they define values under the guard of the code around them."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TypeAlias

from compiler.frontend.lower.builder import Place
from compiler.frontend.lower.context import Context
from compiler.frontend.lower.paths import FieldName, Operands
from compiler.frontend.lower.value_names import part_names
from compiler.frontend.typed import (
    TBinary,
    TCompare,
    TConcat,
    TExpr,
    TFact,
    TField,
    THash,
    THeaderPresent,
    TLane,
    TLiteral,
    TLocal,
    TMake,
    TProject,
    TReduce,
    TResize,
    TSlice,
    TTunable,
    TUnary,
    TVector,
)
from compiler.frontend.types import flatten
from compiler.frontend.variables import Static, StaticLiteral
from compiler.ir.operations import (
    CompareOperator,
    Concat,
    Hash,
    Operation,
    Resize,
    Slice,
    Unary,
    UnaryOperator,
    VectorLane,
    VectorMake,
    VectorReduce,
)
from compiler.ir.types import BOOL, Bits, Vector
from compiler.ir.values import FALSE, TRUE, Constant, Operand, Value

PureExpr: TypeAlias = (
    TLiteral
    | TLocal
    | TMake
    | TProject
    | TUnary
    | TBinary
    | TCompare
    | TResize
    | TSlice
    | TConcat
    | THash
    | TVector
    | TLane
    | TReduce
    | TFact
    | TField
    | THeaderPresent
    | TTunable
)


def lower_pure(context: Context, expression: PureExpr, name: str) -> Operands:
    match expression:
        case TLiteral(values=values):
            return tuple(Constant(value, of) for value, of in zip(values, flatten(expression.type), strict=True))
        case TLocal(local=local):
            return context.scope.environment.variables[local.number].values
        case TMake(parts=parts):
            names = part_names(expression.type, name)
            return tuple(
                value
                for part, part_name in zip(parts, names, strict=False)
                for value in context.values(part, part_name)
            )
        case TProject(value=value, first=first):
            return context.values(value, name)[first : first + len(flatten(expression.type))]
        case _:
            return (_lower_single(context, expression, name),)


def _lower_single(context: Context, expression: PureExpr, name: str) -> Operand:
    """Of the expressions with one flat value."""
    match expression:
        case TUnary() | TBinary() | TCompare():
            return _lower_operator(context, expression, name)
        case TResize() | TSlice() | TConcat() | THash():
            return _lower_bits(context, expression, name)
        case TVector() | TLane() | TReduce():
            return _lower_vector(context, expression, name)
        case TFact(fact=fact, span=span):
            return context.builder.fact(context.place(span), fact)
        case TField(alternatives=alternatives, span=span):
            return read_field(context, alternatives, context.place(span))
        case THeaderPresent(headers=headers, span=span):
            place = context.place(span)
            present = (context.builder.header_present(place, header) for header in headers)
            return reduce(lambda one, other: context.builder.disjunction(place, one, other, name), present, FALSE)
        case TTunable(name=tunable, span=span):
            return context.builder.tunable(context.place(span), tunable, context.tunable_type(tunable))
        case _:
            raise AssertionError(f"{type(expression).__name__} has any number of values")


def _define(context: Context, expression: TExpr, name: str, operation: Callable[[Value, Place], Operation]) -> Value:
    """A new value of the expression's type, defined by `operation`."""
    (result,) = context.fresh(expression.type, name)
    context.builder.emit(operation(result, context.place(expression.span)))
    return result


def _lower_operator(context: Context, expression: TUnary | TBinary | TCompare, name: str) -> Operand:
    match expression:
        case TUnary(operator=UnaryOperator.NOT, argument=argument, span=span):
            operand = context.operand(argument)
            if operand.type == BOOL:
                return context.builder.negation(context.place(span), operand, name)
            return _define(
                context,
                expression,
                name,
                lambda result, at: Unary(
                    guard=at.guard, span=at.span, result=result, operator=expression.operator, argument=operand
                ),
            )
        case TBinary(operator=operator, left=left, right=right, span=span):
            one, other = context.operand(left), context.operand(right)
            return context.builder.binary(context.place(span), operator, one, other, name)
        case TCompare():
            return _lower_comparison(context, expression, name)


def _lower_comparison(context: Context, comparison: TCompare, name: str) -> Operand:
    one, other = context.values(comparison.left), context.values(comparison.right)
    if not context.scope.is_alive:
        return FALSE
    builder, place, operator = context.builder, context.place(comparison.span), comparison.operator
    if len(one) == len(other) == 1:
        return builder.comparison(place, operator, one[0], other[0], name)
    parts = [builder.comparison(place, operator, a, b) for a, b in zip(one, other, strict=True)]
    if operator is CompareOperator.NE:
        return reduce(lambda a, b: builder.disjunction(place, a, b, name), parts, FALSE)
    assert operator is CompareOperator.EQ, "several values have no order"
    return reduce(lambda a, b: builder.conjunction(place, a, b, name), parts, TRUE)


def _lower_bits(context: Context, expression: TResize | TSlice | TConcat | THash, name: str) -> Operand:
    match expression:
        case TResize(value=value):
            operand = context.operand(value, name)
            if (operand.type,) == flatten(expression.type):
                return operand
            return _define(
                context,
                expression,
                name,
                lambda result, at: Resize(guard=at.guard, span=at.span, result=result, argument=operand),
            )
        case TSlice(value=value, high=high, low=low):
            operand = context.operand(value)
            return _define(
                context,
                expression,
                name,
                lambda result, at: Slice(
                    guard=at.guard, span=at.span, result=result, argument=operand, high=high, low=low
                ),
            )
        case TConcat(parts=parts):
            bits = _as_bits(context, context.all_values(parts), context.place(expression.span))
            return _define(
                context,
                expression,
                name,
                lambda result, at: Concat(guard=at.guard, span=at.span, result=result, parts=bits),
            )
        case THash(algorithm=algorithm, index=index, parts=parts):
            hashed = context.all_values(parts)
            return _define(
                context,
                expression,
                name,
                lambda result, at: Hash(
                    guard=at.guard,
                    span=at.span,
                    result=result,
                    algorithm=algorithm,
                    index=_number(index),
                    parts=hashed,
                ),
            )


def _as_bits(context: Context, operands: Operands, place: Place) -> Operands:
    """Vectors taken apart into their lanes, lane 0 first."""
    bits: list[Operand] = []
    for operand in operands:
        if not isinstance(operand.type, Vector):
            bits.append(operand)
            continue
        for lane in range(operand.type.lanes):
            result = context.builder.value(Bits(operand.type.width))
            context.builder.emit(
                VectorLane(guard=place.guard, span=place.span, result=result, argument=operand, lane=lane)
            )
            bits.append(result)
    return tuple(bits)


def _lower_vector(context: Context, expression: TVector | TLane | TReduce, name: str) -> Operand:
    match expression:
        case TVector(parts=parts):
            lanes = tuple(map(context.operand, parts))
            return _define(
                context,
                expression,
                name,
                lambda result, at: VectorMake(guard=at.guard, span=at.span, result=result, parts=lanes),
            )
        case TLane(value=value, lane=lane):
            vector = context.operand(value)
            return _define(
                context,
                expression,
                name,
                lambda result, at: VectorLane(
                    guard=at.guard, span=at.span, result=result, argument=vector, lane=_number(lane)
                ),
            )
        case TReduce(operator=operator, value=value):
            vector = context.operand(value)
            return _define(
                context,
                expression,
                name,
                lambda result, at: VectorReduce(
                    guard=at.guard, span=at.span, result=result, operator=operator, argument=vector
                ),
            )


def _number(static: Static) -> int:
    assert isinstance(static, StaticLiteral), "loops are unrolled"
    return static.value


def read_field(context: Context, alternatives: tuple[FieldName, ...], place: Place) -> Operand:
    """The field with everything written to it; of several, that of the first header that is present."""
    *others, last = alternatives
    found = current_field(context, last, place)
    for alternative in reversed(others):
        present = context.builder.header_present(place, alternative[0])
        current = current_field(context, alternative, place)
        found = context.builder.select(place, present, current, found, alternative[1])
    return found


def current_field(context: Context, name: FieldName, place: Place) -> Operand:
    written = context.scope.environment.fields.get(name)
    if written is not None:
        return written
    return context.builder.field(place, *name, context.field_type(name))
