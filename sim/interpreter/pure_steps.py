"""The pure operations as steps. Each writes its result to the frame and lets the packet go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compiler.ir.leaf_values import Leaf, filled, packed_number
from compiler.ir.pure import (
    Binary,
    Compare,
    Concat,
    Hash,
    HashAlgorithm,
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
    VectorMake,
    VectorReduce,
)
from compiler.ir.types import Vector, bit_width
from compiler.meaning.hashing import crc16, crc32, crc32c, family_hash, pack, random, share_of, toeplitz16_inverse
from sim.interpreter.arithmetic import COMPARE, binary, concatenation, flipped, lane_width, reduction, resized
from sim.interpreter.frame import DATA, ENVELOPE, HEADER_DIGEST, LENGTH, NOW, OFFSETS, PORT, Frame, Step
from sim.interpreter.header_digest import header_digest
from sim.interpreter.scope import Scope


def pure_step(operation: Pure, scope: Scope) -> Step:
    match operation:
        case Unary() | Binary() | Compare() | Select() | Resize() | Slice() | Concat():
            return _scalar_step(operation, scope)
        case VectorMake() | VectorLane() | VectorReduce():
            return _vector_step(operation, scope)
        case Hash():
            return _hash_step(operation, scope)
        case ReadFact() | ReadField() | HeaderPresent() | ReadTunable():
            return _read_step(operation, scope)


def _scalar_step(operation: Unary | Binary | Compare | Select | Resize | Slice | Concat, scope: Scope) -> Step:
    slot, result = scope.slots.of, scope.slots.of(operation.result)
    match operation:
        case Unary(argument=argument):
            return _applied(flipped(argument.type), slot(argument), result)
        case Resize(argument=argument):
            return _applied(resized(operation.result.type), slot(argument), result)
        case Binary(operator=operator, left=left, right=right):
            a, b, combine = slot(left), slot(right), binary(operator, left.type, right=right.type)

            def step(f: Frame) -> None:
                f[result] = combine(f[a], f[b])

        case Compare(operator=operator, left=left, right=right):
            a, b, compare = slot(left), slot(right), COMPARE[operator]

            def step(f: Frame) -> None:
                f[result] = 1 if compare(f[a], f[b]) else 0

        case Select(condition=condition, on_true=on_true, on_false=on_false):
            c, a, b = slot(condition), slot(on_true), slot(on_false)

            def step(f: Frame) -> None:
                f[result] = f[a] if f[c] else f[b]

        case Slice(argument=argument, high=high, low=low):
            a, mask = slot(argument), (1 << (high - low + 1)) - 1

            def step(f: Frame) -> None:
                f[result] = f[a] >> low & mask

        case Concat(parts=parts):
            return _applied_to_parts(
                concatenation(tuple(part.type for part in parts)), scope.slots.tuple_of(parts), result
            )
    return step


def _vector_step(operation: VectorMake | VectorLane | VectorReduce, scope: Scope) -> Step:
    slot, result = scope.slots.of, scope.slots.of(operation.result)
    match operation:
        case VectorMake(parts=(only,)):
            assert isinstance(operation.result.type, Vector)
            lanes = operation.result.type.lanes
            return _applied(lambda value: (value,) * lanes, slot(only), result)
        case VectorMake(parts=parts):
            return _applied_to_parts(lambda values: values, scope.slots.tuple_of(parts), result)
        case VectorLane(argument=argument, lane=lane):
            return _applied(lambda lanes: lanes[lane], slot(argument), result)
        case VectorReduce(operator=operator, argument=argument):
            return _applied(reduction(operator, lane_width(argument.type)), slot(argument), result)


def _hash_step(operation: Hash, scope: Scope) -> Step:
    parts, result = scope.slots.tuple_of(operation.parts), scope.slots.of(operation.result)
    types = tuple(part.type for part in operation.parts)
    widths = tuple(bit_width(of) for of in types)
    index, salt = operation.index, scope.salt

    def numbers(values: tuple[Leaf, ...]) -> list[int]:
        return [packed_number(value, of) for value, of in zip(values, types, strict=True)]

    def of_packed(digest: Callable[[bytes], int]) -> Step:
        return _applied_to_parts(lambda values: digest(pack(numbers(values), widths)), parts, result)

    match operation.algorithm:
        case HashAlgorithm.CRC32:
            return of_packed(crc32)
        case HashAlgorithm.CRC16:
            return of_packed(crc16)
        case HashAlgorithm.CRC32C:
            return of_packed(crc32c)
        case HashAlgorithm.FAMILY:
            return of_packed(lambda packed: family_hash(index, packed, salt=salt))
        case HashAlgorithm.SHARE:
            return _applied_to_parts(lambda values: share_of(numbers(values), shares=index), parts, result)
        case HashAlgorithm.ID_OF_HASH:
            return _applied_to_parts(lambda values: toeplitz16_inverse(numbers(values)[0]), parts, result)
        case HashAlgorithm.RANDOM:
            digest_of = header_digest(scope.program.headers)

            def step(f: Frame) -> None:
                digest = f[HEADER_DIGEST]
                if digest is None:
                    digest = f[HEADER_DIGEST] = digest_of(f[DATA], f[OFFSETS])
                f[result] = random(index, now_ns=f[NOW], port=f[PORT], digest=digest)

            return step


def _read_step(operation: ReadFact | ReadField | HeaderPresent | ReadTunable, scope: Scope) -> Step:
    result = scope.slots.of(operation.result)
    match operation:
        case ReadFact(fact=fact):
            source = {PacketFact.PORT: PORT, PacketFact.LENGTH: LENGTH, PacketFact.NOW: NOW}[fact]

            def step(f: Frame) -> None:
                f[result] = f[source]

        case ReadField(header=header, field=field):
            place = scope.layout.place(header, field)
            number, read = place.header, place.read
            absent = filled(place.field.type)
            of = DATA if number < len(scope.program.headers) else ENVELOPE

            def step(f: Frame) -> None:
                start = f[OFFSETS][number]
                f[result] = read(f[of], start) if start >= 0 else absent

        case HeaderPresent(header=header):
            number = scope.layout.numbers[header]

            def step(f: Frame) -> None:
                f[result] = 1 if f[OFFSETS][number] >= 0 else 0

        case ReadTunable(tunable=tunable):
            tunables = scope.tunables

            def step(f: Frame) -> None:
                f[result] = tunables[tunable]

    return step


def _applied(function: Callable[[Any], Any], argument: int, result: int) -> Step:
    def step(f: Frame) -> None:
        f[result] = function(f[argument])

    return step


def _applied_to_parts(function: Callable[[tuple[Any, ...]], Any], parts: Callable[[Frame], Any], result: int) -> Step:
    def step(f: Frame) -> None:
        f[result] = function(parts(f))

    return step
