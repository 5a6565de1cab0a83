"""What pure operations give for constants."""

from __future__ import annotations

import functools
import operator as python
from collections.abc import Callable

from compiler.ir.leaf_values import Leaf, filled, packed_number
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    Concat,
    Hash,
    HashAlgorithm,
    Operation,
    ReduceOperator,
    Resize,
    Select,
    Slice,
    Unary,
    VectorLane,
    VectorMake,
    VectorReduce,
)
from compiler.ir.types import Bits, Blob, Type, Vector, bit_width
from compiler.ir.values import Constant, Operand
from compiler.meaning import hashing

_BINARY: dict[BinaryOperator, Callable[[int, int], int]] = {
    BinaryOperator.ADD: python.add,
    BinaryOperator.SUB: python.sub,
    BinaryOperator.MUL: python.mul,
    BinaryOperator.DIV: lambda a, b: a // b if b else 0,
    BinaryOperator.MOD: lambda a, b: a % b if b else 0,
    BinaryOperator.AND: python.and_,
    BinaryOperator.OR: python.or_,
    BinaryOperator.XOR: python.xor,
    BinaryOperator.SAT_SUB: lambda a, b: max(a - b, 0),
    BinaryOperator.MIN: min,
    BinaryOperator.MAX: max,
}
_COMPARE: dict[CompareOperator, Callable[[Leaf, Leaf], bool]] = {
    CompareOperator.EQ: python.eq,
    CompareOperator.NE: python.ne,
    CompareOperator.LT: python.lt,
    CompareOperator.LE: python.le,
    CompareOperator.GT: python.gt,
    CompareOperator.GE: python.ge,
}
_REDUCE: dict[ReduceOperator, Callable[[int, int], int]] = {
    ReduceOperator.SUM: python.add,
    ReduceOperator.MIN: min,
    ReduceOperator.MAX: max,
    ReduceOperator.AND: python.and_,
    ReduceOperator.OR: python.or_,
    ReduceOperator.XOR: python.xor,
}
_CRCS = {
    HashAlgorithm.CRC32: hashing.crc32,
    HashAlgorithm.CRC16: hashing.crc16,
    HashAlgorithm.CRC32C: hashing.crc32c,
}


def constant_value(operation: Operation) -> Constant | None:
    """The constant that `operation` defines; None where it is not pure or reads more than constants."""
    match operation:
        case Unary(result=result, argument=Constant(value=value)):
            return _made(result.type, _lanes(lambda lane: ~lane, value))
        case Binary(result=result, operator=operator, left=Constant(value=left), right=Constant(value=right)):
            return _made(result.type, _binary(operator, result.type, left, right))
        case Compare(result=result, operator=operator, left=Constant(value=left), right=Constant(value=right)):
            return _made(result.type, int(_COMPARE[operator](left, right)))
        case Select(condition=Constant(value=condition), on_true=on_true, on_false=on_false):
            chosen = on_true if condition == 1 else on_false
            return chosen if isinstance(chosen, Constant) else None
        case Resize(result=result, argument=Constant(value=value)):
            return _made(result.type, value)
        case Slice(result=result, argument=Constant(value=int(value)), low=low):
            return _made(result.type, value >> low)
        case Concat(result=result, parts=parts) if _all_constant(parts):
            return _made(result.type, functools.reduce(lambda whole, p: whole << p[1] | p[0], _packed(parts), 0))
        case Hash(result=result, parts=parts) if _all_constant(parts):
            hashed = _hash(operation, _packed(parts))
            return None if hashed is None else _made(result.type, hashed)
        case VectorMake() | VectorLane() | VectorReduce():
            return _vector(operation)
        case _:
            return None


def _all_constant(parts: tuple[Operand, ...]) -> bool:
    return all(isinstance(part, Constant) for part in parts)


def _packed(parts: tuple[Operand, ...]) -> list[tuple[int, int]]:
    """Each constant as a number, and its width."""
    return [(packed_number(p.value, p.type), bit_width(p.type)) for p in parts if isinstance(p, Constant)]


def _lanes(function: Callable[..., int], *values: Leaf) -> Leaf:
    lanes = next((len(value) for value in values if isinstance(value, tuple)), 0)
    if not lanes:
        return function(*values)
    spread = [value if isinstance(value, tuple) else (value,) * lanes for value in values]
    return tuple(map(function, *spread))


def _made(of: Type, value: Leaf) -> Constant:
    """`value` modulo what each lane holds."""
    match of:
        case Bits(width=width) | Vector(width=width):
            return Constant(_lanes(lambda lane: lane & ((1 << width) - 1), value), of)
        case Blob():
            raise TypeError("operations define no blobs")


def _binary(operator: BinaryOperator, of: Type, left: Leaf, right: Leaf) -> Leaf:
    width = of.width if isinstance(of, (Bits, Vector)) else 0
    match operator:
        case BinaryOperator.SHL:
            return _lanes(lambda a, b: a << b if b < width else 0, left, right)
        case BinaryOperator.SHR:
            return _lanes(lambda a, b: a >> b if b < width else 0, left, right)
        case BinaryOperator.SAT_ADD:
            return _lanes(lambda a, b: min(a + b, (1 << width) - 1), left, right)
        case _:
            return _lanes(_BINARY[operator], left, right)


def _hash(operation: Hash, parts: list[tuple[int, int]]) -> int | None:
    values, widths = [value for value, _ in parts], [width for _, width in parts]
    match operation.algorithm:
        case HashAlgorithm.SHARE:
            return hashing.share_of(values, shares=operation.index)
        case HashAlgorithm.ID_OF_HASH:
            return hashing.toeplitz16_inverse(values[0])
        case HashAlgorithm.CRC32 | HashAlgorithm.CRC16 | HashAlgorithm.CRC32C as crc:
            return _CRCS[crc](hashing.pack(values, widths))
        case HashAlgorithm.FAMILY | HashAlgorithm.RANDOM:
            return None  # one depends on the run's salt, the other on the packet


def _vector(operation: VectorMake | VectorLane | VectorReduce) -> Constant | None:
    match operation:
        case VectorMake(result=result, parts=parts):
            if not _all_constant(parts):
                return None
            lanes = tuple(value for value, _ in _packed(parts))
            return Constant(lanes if len(lanes) > 1 else filled(result.type, next(iter(lanes))), result.type)
        case VectorLane(result=result, argument=Constant(value=tuple(value)), lane=lane):
            return Constant(value[lane], result.type)
        case VectorReduce(result=result, operator=operator, argument=Constant(value=tuple(value))):
            return _made(result.type, functools.reduce(_REDUCE[operator], value))
        case _:
            return None
