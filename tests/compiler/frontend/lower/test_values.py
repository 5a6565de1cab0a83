"""Expressions that compute, and what leaves: each construct becomes its operation, with its span."""

from __future__ import annotations

import zlib

import pytest

from compiler.diagnostics import CompileError
from compiler.frontend.inline_functions import inline_functions
from compiler.frontend.lower import lower_program
from compiler.frontend.lower.value_names import value_names
from compiler.frontend.typed import (
    FinalKind,
    SFinal,
    TCompare,
    TConcat,
    TExpr,
    TFact,
    THash,
    TLane,
    TLiteral,
    TMake,
    TReduce,
    TResize,
    TSlice,
    TTemplate,
    TVector,
)
from compiler.frontend.types import (
    BOOLEAN,
    PORT,
    EnumType,
    IntType,
    StructType,
    TupleType,
    VariantType,
    VectorType,
)
from compiler.frontend.variables import Local, StaticLiteral
from compiler.ir.operations import (
    BuiltHeader,
    Compare,
    CompareOperator,
    Flood,
    HashAlgorithm,
    Multicast,
    PacketFact,
    ReduceOperator,
    Reply,
    Rest,
    Send,
    Template,
)
from compiler.ir.values import constant
from compiler.source import NOWHERE, Source, Span
from sim.interpreter.machine import Machine
from sim.state import build_states
from tests.compiler.frontend import trees as t

A, B = t.field(t.A), t.field(t.B)
VECTOR = VectorType(t.U8, 3)
LANES = TVector((A, B, t.number(9)), type=VECTOR, span=NOWHERE)
PAIR = TupleType((t.U8, t.U8))


def stored(value: TExpr) -> int:
    """What field b of the packet 12 34 is after `p.b = value`."""
    program = t.lowered(t.program(t.handler(t.put(t.B, value), t.send(1), requires=(("top",),))))
    (sent,) = Machine(program, states=build_states(program)).process(b"\x12\x34", port=1, now=0).emissions
    return sent.data[1]


CONCATENATED = TConcat((A, LANES), type=IntType(32), span=NOWHERE)
FILLED = TVector((A,), type=VECTOR, span=NOWHERE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (t.negated(A), 0xED),
        (TSlice(CONCATENATED, 23, 16, type=t.U8, span=NOWHERE), 0x12),
        (TSlice(CONCATENATED, 11, 4, type=t.U8, span=NOWHERE), 0x40),
        (TResize(TResize(A, type=IntType(4), span=NOWHERE), type=t.U8, span=NOWHERE), 2),
        (TLane(LANES, StaticLiteral(1), type=t.U8, span=NOWHERE), 0x34),
        (TReduce(ReduceOperator.SUM, LANES, type=t.U8, span=NOWHERE), 0x12 + 0x34 + 9),
        (TReduce(ReduceOperator.SUM, FILLED, type=t.U8, span=NOWHERE), 3 * 0x12),
        (TResize(TFact(PacketFact.PORT, type=PORT, span=NOWHERE), type=t.U8, span=NOWHERE), 1),
        (TResize(TFact(PacketFact.LENGTH, type=IntType(32), span=NOWHERE), type=t.U8, span=NOWHERE), 2),
        (
            TSlice(
                THash(HashAlgorithm.CRC32, StaticLiteral(0), (A, B), type=IntType(32), span=NOWHERE),
                31,
                24,
                type=t.U8,
                span=NOWHERE,
            ),
            zlib.crc32(b"\x12\x34") >> 24,
        ),
    ],
)
def test_a_computation_on_a_packet(value: TExpr, expected: int) -> None:
    assert stored(value) == expected


@pytest.mark.parametrize(("second", "equal"), [(0x34, 1), (0x35, 0)])
def test_several_values_are_equal_when_all_are(second: int, equal: int) -> None:
    left = TMake((A, B), type=PAIR, span=NOWHERE)
    right = TLiteral((0x12, second), type=PAIR, span=NOWHERE)
    same = t.compare(CompareOperator.EQ, left, right)
    differs = t.compare(CompareOperator.NE, left, right)
    assert stored(TResize(same, type=t.U8, span=NOWHERE)) == equal
    assert stored(TResize(differs, type=t.U8, span=NOWHERE)) == 1 - equal


def test_nothing_equals_nothing() -> None:
    nothing = TMake((), type=TupleType(()), span=NOWHERE)
    assert stored(TResize(t.equal(nothing, nothing), type=t.U8, span=NOWHERE)) == 1


def test_a_part_of_a_variable_is_assigned() -> None:
    pair = Local(1, "pair", PAIR)
    code = [t.let(pair, TMake((A, B), type=PAIR, span=NOWHERE)), t.assign(pair, t.number(5), 1)]
    code += [t.put(t.A, t.project(t.read(pair), 1)), t.put(t.B, t.project(t.read(pair), 0)), t.send(1)]
    program = t.lowered(t.program(t.handler(*code, requires=(("top",),))))
    (sent,) = Machine(program, states=build_states(program)).process(b"\x12\x34", port=1, now=0).emissions
    assert sent.data == b"\x05\x12"


def test_an_operation_has_the_span_of_its_expression() -> None:
    source = Source("spans.weft", "if p.b == 1 { drop }")
    compared, dropped = Span(source, 3, 11), Span(source, 14, 18)
    condition = TCompare(CompareOperator.EQ, B, t.number(1), type=BOOLEAN, span=compared)
    drop = SFinal(FinalKind.DROP, None, None, span=dropped)
    program = t.lowered(t.program(t.handler(t.when(condition, drop), t.send(1))))
    spans = {type(operation).__name__: operation.span for operation in program.operations}
    assert (spans["Compare"], spans["Drop"]) == (compared, dropped)
    assert [o.span.text for o in program.operations if isinstance(o, Compare)] == ["p.b == 1"]


def test_a_template_is_carried_over() -> None:
    template = TTemplate((("top", (t.number(7), B)),), (LANES, A), Rest.AFTER, "top")
    final = SFinal(FinalKind.SEND, t.number(1, PORT), template, span=NOWHERE)
    send = t.lowered(t.program(t.handler(final))).operations[-1]
    assert isinstance(send, Send)
    assert isinstance(send.packet, Template)
    (built,) = send.packet.headers
    assert isinstance(built, BuiltHeader)
    assert (built.header, built.fields[0], len(built.fields)) == ("top", constant(7, 8), 2)
    assert (len(send.packet.data), send.packet.rest, send.packet.header) == (2, Rest.AFTER, "top")


def test_the_other_ends() -> None:
    reply = SFinal(FinalKind.REPLY, None, None, span=NOWHERE)
    flood = SFinal(FinalKind.FLOOD, None, None, span=NOWHERE)
    multicast = SFinal(FinalKind.MULTICAST, t.number(9, PORT), None, span=NOWHERE)
    code = [t.when(t.equal(A, t.number(1)), reply), t.when(t.equal(A, t.number(2)), flood), multicast]
    program = t.lowered(t.program(t.handler(*code)))
    ends = [o for o in program.operations if isinstance(o, Reply | Flood | Multicast)]
    assert [type(end) for end in ends] == [Reply, Flood, Multicast]
    assert isinstance(ends[2], Multicast)
    assert ends[2].group == constant(9, 16)


def test_names_of_parts_are_paths() -> None:
    inner = StructType("", (("x", t.U8), ("y", PAIR)))
    payload = EnumType("E", 2, (VariantType("None", 0), VariantType("Some", 1, (t.U8, inner))))
    assert value_names(inner, "v") == ("v.x", "v.y.0", "v.y.1")
    assert value_names(payload, "e") == ("e", "e.Some.0", "e.Some.1.x", "e.Some.1.y.0", "e.Some.1.y.1")


def test_nesting_without_bound_is_an_error_of_the_program() -> None:
    deep: TExpr = B
    for _ in range(5_000):
        deep = t.add(deep, t.number(1))
    tree = t.program(t.handler(t.put(t.B, deep), t.send(1)))
    for step in (lower_program, inline_functions):
        with pytest.raises(CompileError) as raised:
            step(tree)
        assert [diagnostic.code for diagnostic in raised.value.diagnostics] == ["W0107"]
