"""Every pure operation, on odd widths and vectors, against expressions written down a second time."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.emissions import Digest
from compiler.ir.program import Tunable
from compiler.ir.pure import (
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    Concat,
    Hash,
    HashAlgorithm,
    PacketFact,
    ReadFact,
    ReadTunable,
    ReduceOperator,
    Resize,
    Select,
    Slice,
    Unary,
    UnaryOperator,
    VectorLane,
    VectorMake,
    VectorReduce,
)
from compiler.ir.types import BOOL, Bits, Type, Vector
from compiler.ir.values import Constant, Operand, constant
from compiler.source import NOWHERE
from sim.interpreter import Machine
from tests.sim.interpreter.building import Builder

WIDTHS = (1, 7, 48, 128, 2048)


def evaluate(kind: type, of: Type, *, data: bytes = b"", now: int = 0, **fields: Any) -> Any:
    """What one operation on constants defines, seen in a digest."""
    b = Builder()
    b.add(Digest, record="result", values=(b.define(kind, of, **fields),))
    b.drop()
    ((_, (value,)),) = Machine(b.program(), states={}).process(data, port=1, now=now).digests
    return value


def numbers(width: int) -> st.SearchStrategy[int]:
    top = (1 << width) - 1
    return st.one_of(st.integers(0, top), st.sampled_from([0, 1, top, top - 1, top >> 1, min(width, top)]))


def expected(operator: BinaryOperator, a: int, b: int, width: int) -> int:
    size = 2**width
    match operator:
        case BinaryOperator.ADD:
            return (a + b) % size
        case BinaryOperator.SUB:
            return (a + size - b) % size
        case BinaryOperator.MUL:
            return (a * b) % size
        case BinaryOperator.DIV:
            return 0 if b == 0 else (a - a % b) // b
        case BinaryOperator.MOD:
            return 0 if b == 0 else a - b * (a // b)
        case BinaryOperator.AND | BinaryOperator.OR | BinaryOperator.XOR:
            wanted = {BinaryOperator.AND: (2,), BinaryOperator.OR: (1, 2), BinaryOperator.XOR: (1,)}[operator]
            return sum(2**i for i in range(width) if a // 2**i % 2 + b // 2**i % 2 in wanted)
        case BinaryOperator.SHL:
            return 0 if b >= width else a * 2**b % size
        case BinaryOperator.SHR:
            return 0 if b >= width else a // 2**b
        case BinaryOperator.SAT_ADD:
            return a + b if a + b < size else size - 1
        case BinaryOperator.SAT_SUB:
            return a - b if a > b else 0
        case BinaryOperator.MIN:
            return sorted((a, b))[0]
        case BinaryOperator.MAX:
            return sorted((a, b))[1]


@pytest.mark.parametrize("operator", BinaryOperator)
@given(st.data())
def test_binary_operators(operator: BinaryOperator, data: st.DataObject) -> None:
    width = data.draw(st.sampled_from(WIDTHS))
    a, b = data.draw(numbers(width)), data.draw(numbers(width))
    found = evaluate(Binary, Bits(width), operator=operator, left=constant(a, width), right=constant(b, width))
    assert found == expected(operator, a, b, width)


@pytest.mark.parametrize("operator", BinaryOperator)
@given(st.data())
def test_binary_operators_lane_by_lane(operator: BinaryOperator, data: st.DataObject) -> None:
    of = Vector(data.draw(st.sampled_from((1, 7, 32))), 5)
    lanes = st.lists(numbers(of.width), min_size=5, max_size=5).map(tuple)
    a, b = data.draw(lanes), data.draw(lanes)
    found = evaluate(Binary, of, operator=operator, left=Constant(a, of), right=Constant(b, of))
    assert found == tuple(expected(operator, x, y, of.width) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("operator", [BinaryOperator.SHL, BinaryOperator.SHR])
def test_one_amount_shifts_every_lane(operator: BinaryOperator) -> None:
    of, lanes = Vector(7, 3), (1, 64, 127)
    for amount in (0, 1, 6, 7, 200):
        found = evaluate(Binary, of, operator=operator, left=Constant(lanes, of), right=constant(amount, 8))
        assert found == tuple(expected(operator, lane, amount, 7) for lane in lanes)


def test_the_corners_that_machines_disagree_on() -> None:
    def of(operator: BinaryOperator, a: int, b: int, width: int) -> int:
        return evaluate(Binary, Bits(width), operator=operator, left=constant(a, width), right=constant(b, width))

    assert of(BinaryOperator.SHL, 1, 64, 64) == 0
    assert of(BinaryOperator.SHL, 1, 63, 64) == 0x8000_0000_0000_0000
    assert of(BinaryOperator.SHR, 2**64 - 1, 64, 64) == 0
    assert of(BinaryOperator.DIV, 9, 0, 8) == 0
    assert of(BinaryOperator.MOD, 9, 0, 8) == 0
    assert of(BinaryOperator.ADD, 1, 1, 1) == 0
    assert of(BinaryOperator.SAT_ADD, 200, 100, 8) == 255
    assert of(BinaryOperator.SAT_SUB, 100, 200, 8) == 0


@given(st.data())
def test_comparisons_are_unsigned(data: st.DataObject) -> None:
    width = data.draw(st.sampled_from(WIDTHS))
    a, b = data.draw(numbers(width)), data.draw(numbers(width))
    order = (a > b) - (a < b)
    holds = {"eq": order == 0, "ne": order != 0, "lt": order < 0, "le": order <= 0, "gt": order > 0, "ge": order >= 0}
    for operator in CompareOperator:
        found = evaluate(Compare, BOOL, operator=operator, left=constant(a, width), right=constant(b, width))
        assert found is int(holds[operator.value])


def test_vectors_compare_as_a_whole() -> None:
    of = Vector(7, 3)
    for right, equal in (((1, 2, 3), 1), ((1, 2, 4), 0)):
        for operator, wanted in ((CompareOperator.EQ, equal), (CompareOperator.NE, 1 - equal)):
            found = evaluate(Compare, BOOL, operator=operator, left=Constant((1, 2, 3), of), right=Constant(right, of))
            assert found == wanted


@given(st.data())
def test_bits_cut_out_joined_and_flipped(data: st.DataObject) -> None:
    width = data.draw(st.sampled_from(WIDTHS))
    a = data.draw(numbers(width))
    text = f"{a:0{width}b}"
    low = data.draw(st.integers(0, width - 1))
    high = data.draw(st.integers(low, width - 1))
    cut = evaluate(Slice, Bits(high - low + 1), argument=constant(a, width), high=high, low=low)
    assert f"{cut:0{high - low + 1}b}" == text[width - 1 - high : width - low]
    flipped = evaluate(Unary, Bits(width), operator=UnaryOperator.NOT, argument=constant(a, width))
    assert f"{flipped:0{width}b}" == text.translate(str.maketrans("01", "10"))
    for other in WIDTHS:
        resized = evaluate(Resize, Bits(other), argument=constant(a, width))
        assert f"{resized:0{other}b}" == text.zfill(other)[-other:]
    parts: list[Operand] = [constant(a, width), constant(5, 3), Constant((1, 0, 2), Vector(2, 3))]
    assert f"{evaluate(Concat, Bits(width + 9), parts=tuple(parts)):0{width + 9}b}" == text + "101" + "010010"


def test_vectors_flip_and_resize_lane_by_lane() -> None:
    lanes = Constant((0, 5, 127), Vector(7, 3))
    assert evaluate(Unary, Vector(7, 3), operator=UnaryOperator.NOT, argument=lanes) == (127, 122, 0)
    assert evaluate(Resize, Vector(3, 3), argument=lanes) == (0, 5, 7)
    assert evaluate(Resize, Vector(48, 3), argument=lanes) == (0, 5, 127)


def test_vectors_are_made_taken_apart_and_reduced() -> None:
    of = Vector(8, 3)
    parts = (constant(200, 8), constant(7, 8), constant(100, 8))
    assert evaluate(VectorMake, of, parts=parts) == (200, 7, 100)
    assert evaluate(VectorMake, of, parts=parts[1:2]) == (7, 7, 7)
    vector = Constant((200, 7, 100), of)
    assert [evaluate(VectorLane, Bits(8), argument=vector, lane=lane) for lane in range(3)] == [200, 7, 100]
    wanted = {"sum": 51, "min": 7, "max": 200, "and": 200 & 7 & 100, "or": 200 | 7 | 100, "xor": 200 ^ 7 ^ 100}
    for operator in ReduceOperator:
        assert evaluate(VectorReduce, Bits(8), operator=operator, argument=vector) == wanted[operator.value]


def test_a_select_takes_one_side() -> None:
    for condition, wanted in ((1, 11), (0, 22)):
        found = evaluate(
            Select,
            Bits(48),
            condition=constant(condition, 1),
            on_true=constant(11, 48),
            on_false=constant(22, 48),
        )
        assert found == wanted


def test_hashes_of_packed_parts() -> None:
    parts = (constant(0x0A000001, 32), constant(0x5, 3), Constant((0x12, 0x34), Vector(8, 2)), constant(1, 1))
    packed = bytes([0x0A, 0, 0, 1, 0b10100010, 0b01000110, 0b10010000])  # 101 00010010 00110100 1, filled with zeros
    assert evaluate(Hash, Bits(32), algorithm=HashAlgorithm.CRC32, index=0, parts=parts) == zlib.crc32(packed)
    digits = (Constant(tuple(b"123456789"), Vector(8, 9)),)  # the check values of the catalogue of parametrised CRCs
    assert evaluate(Hash, Bits(32), algorithm=HashAlgorithm.CRC32, index=0, parts=digits) == 0xCBF43926
    assert evaluate(Hash, Bits(16), algorithm=HashAlgorithm.CRC16, index=0, parts=digits) == 0xBB3D
    assert evaluate(Hash, Bits(32), algorithm=HashAlgorithm.CRC32C, index=0, parts=digits) == 0xE3069283


def test_family_and_share_hashes_by_their_formulas() -> None:
    packed = b"\x01\x02\x03\x04\x05\x06"
    parts = (constant(0x01020304, 32), constant(0x0506, 16))
    state = 0x5745465400000000 + 3 + 0x9E3779B97F4A7C15
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state = (state ^ (state % 2**64) >> shift) * factor % 2**64
    multiplier = (state ^ state >> 31) | 1
    family = zlib.crc32(packed) * multiplier % 2**64 >> 32
    assert evaluate(Hash, Bits(32), algorithm=HashAlgorithm.FAMILY, index=3, parts=parts) == family
    word = 0x0102 ^ 0x0304 ^ 0x0506
    key = int("6d5a" * 4, 16)  # 64 bits of it
    windows = [key >> (32 - place) & 0xFFFFFFFF for place in range(16) if word >> (15 - place) & 1]
    toeplitz = 0
    for window in windows:
        toeplitz ^= window
    assert evaluate(Hash, Bits(6), algorithm=HashAlgorithm.SHARE, index=64, parts=parts) == toeplitz % 64


def test_facts_of_a_packet() -> None:
    b = Builder(ports=8)
    facts = [(PacketFact.PORT, 16), (PacketFact.LENGTH, 32), (PacketFact.NOW, 64)]
    b.add(Digest, record="facts", values=tuple(b.define(ReadFact, Bits(width), fact=fact) for fact, width in facts))
    b.drop()
    machine = Machine(b.program(), states={})
    assert machine.process(b"abc", port=7, now=2**63, wire_length=1500).digests == [("facts", (7, 1500, 2**63))]
    assert machine.process(b"abc", port=0, now=0).digests == [("facts", (0, 3, 0))]


def test_tunables_have_defaults_and_change_between_packets() -> None:
    b = Builder(tunables=[Tunable("limit", Bits(8), 12, span=NOWHERE)])
    b.add(Digest, record="limit", values=(b.define(ReadTunable, Bits(8), tunable="limit"),))
    b.drop()
    program = b.program()
    assert Machine(program, states={}).process(b"", port=0, now=0).digests[0][1] == (12,)
    machine = Machine(program, states={}, tunables={"limit": 13})
    assert machine.process(b"", port=0, now=0).digests[0][1] == (13,)
    machine.set_tunable("limit", 255)
    assert machine.process(b"", port=0, now=0).digests[0][1] == (255,)
