"""Programs that break one rule each are refused; valid ones pass."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from hypothesis import given

from compiler.ir.headers import Blob, Header, HeaderField, ParseRule
from compiler.ir.invalid import InvalidProgram
from compiler.ir.operations import (
    ArrayRead,
    BinaryOperator,
    Compare,
    CompareOperator,
    Digest,
    Drop,
    Hash,
    HashAlgorithm,
    MapFind,
    ReadTunable,
    Resize,
    Select,
    Send,
    Slice,
    TableGet,
    Template,
    Unary,
    UnaryOperator,
    VectorLane,
    VectorMake,
    WriteField,
)
from compiler.ir.program import ROOT_GUARD, Guard, Program
from compiler.ir.states import State
from compiler.ir.types import BOOL, Bits, Vector
from compiler.ir.values import Constant, Value, constant
from compiler.ir.verify import verify
from compiler.source import NOWHERE
from tests.strategies.builder import Builder
from tests.strategies.declarations import HEADERS, RECORDS, SHARES, STATES, TUNABLES
from tests.strategies.programs import programs


@given(programs())
def test_generated_programs_are_valid(program: Program) -> None:
    verify(program)


def builder() -> Builder:
    return Builder(headers=HEADERS, states=STATES, tunables=TUNABLES, records=RECORDS, shares=SHARES)


def refused(program: Program, message: str) -> None:
    with pytest.raises(InvalidProgram, match=message):
        verify(program)


def _add(kind: type, **fields: object) -> Callable[[Builder], object]:
    return lambda build: build.add(kind, **fields)


V8 = Value(90, Bits(8))
V16 = Value(91, Bits(16))
B = Value(92, BOOL)
LANES = Constant((1, 2, 3), Vector(16, 3))
C8, C16 = constant(1, 8), constant(1, 16)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (_add(Unary, result=V16, operator=UnaryOperator.NOT, argument=C8), "the argument is"),
        (lambda b: b.binary(BinaryOperator.ADD, C8, C16), "the right side is"),
        (lambda b: b.compare(CompareOperator.EQ, C8, C16), "the right side is"),
        (lambda b: b.compare(CompareOperator.LT, LANES, LANES), "vectors have no order"),
        (_add(Compare, result=V8, operator=CompareOperator.EQ, left=C8, right=C8), "the result is"),
        (lambda b: b.select(C8, C8, C8), "the condition is"),
        (_add(Select, result=V8, condition=constant(1, 1), on_true=C8, on_false=C16), "one side is"),
        (_add(Resize, result=V8, argument=LANES), "cannot become"),
        (_add(Slice, result=V8, argument=C8, high=8, low=1), "no bits 8 to 1"),
        (_add(Slice, result=V8, argument=C16, high=8, low=0), "the result is"),
        (_add(Hash, result=V8, algorithm=HashAlgorithm.CRC32, index=0, parts=(C8,)), "the result is"),
        (lambda b: b.hash(HashAlgorithm.SHARE, C8, index=3), "no number of shares"),
        (lambda b: b.hash(HashAlgorithm.CRC32), "nothing to hash"),
        (_add(VectorMake, result=Value(93, Vector(16, 3)), parts=(C16, C16)), "2 parts"),
        (_add(VectorLane, result=V16, argument=LANES, lane=3), "no lane 3"),
        (_add(VectorLane, result=V16, argument=C16, lane=0), "has no lanes"),
        (_add(ReadTunable, result=V16, tunable="none"), "no tunable"),
        (_add(ReadTunable, result=V8, tunable="limit"), "the result is"),
        (lambda b: b.field("ip", "options"), "cannot define a blob"),
        (_add(WriteField, header="ip", field="sum", value=C16), "a checksum"),
        (_add(WriteField, header="ip", field="ihl", value=constant(5, 4)), "how long ip is"),
        (_add(WriteField, header="ip", field="version", value=constant(5, 4)), "how long ip is"),
        (_add(WriteField, header="ip", field="tos", value=C16), "the value is"),
        (_add(WriteField, header="ip", field="colour", value=C16), "no field colour"),
        (_add(WriteField, header="tcp", field="flags", value=C16), "no header tcp"),
        (_add(ArrayRead, state="numbers", result=Value(93, Bits(48)), index=constant(4, 8)), "no cell 4"),
        (_add(ArrayRead, state="numbers", result=V8, index=C8), "where Bits"),
        (_add(ArrayRead, state="pairs", result=V8, index=C8), "no pairs that ArrayRead"),
        (_add(ArrayRead, state="nothing", result=V8, index=C8), "no nothing"),
        (_add(TableGet, state="exact", key=(C8,), hit=B, values=()), "values stand where"),
        (_add(TableGet, state="cells", key=(constant(4, 8),), hit=B, values=(Value(93, Bits(48)),)), "no cell 4"),
        (
            _add(
                MapFind,
                state="members",
                key=(C8, C8),
                present=B,
                room=Value(94, BOOL),
                slot=Value(93, Bits(32)),
                values=(),
                refresh=True,
            ),
            "stands where",
        ),
        (_add(Digest, record="seen", values=(C8,)), "1 values stand where 2"),
        (_add(Digest, record="unseen", values=()), "no record unseen"),
        (_add(Send, port=C8), "the port or group is"),
        (_add(Send, port=C16, packet=Template((), (constant(1, 7),))), "whole bytes"),
        (_add(Send, port=C16, packet=Template((), (), header="ip")), "takes no header"),
        (lambda b: b.flip(Constant(256, Bits(8))), "not a value of"),
        (lambda b: b.flip(Constant((1, 2), Vector(16, 3))), "not a value of"),
        (lambda b: b.flip(Value(99, Bits(8))), "used before it is defined"),
    ],
)
def test_an_operation_that_breaks_a_rule(break_it: Callable[[Builder], object], message: str) -> None:
    build = builder()
    break_it(build)
    build.add(Drop)
    refused(dataclasses.replace(build.program(), states=STATES), message)


def test_a_value_defined_twice() -> None:
    build = builder()
    for _ in range(2):
        build.add(Unary, result=V8, operator=UnaryOperator.NOT, argument=C8)
    build.add(Drop)
    refused(build.program(), "defined twice")


def test_a_value_used_outside_its_guard() -> None:
    build = builder()
    condition = build.present("ip")
    with build.under(build.guard_of(condition)):
        inner = build.flip(C8)
    build.flip(inner)
    build.add(Drop)
    refused(build.program(), "used where it may not be defined")


def test_a_select_may_take_a_value_of_another_guard() -> None:
    build = builder()
    condition = build.present("ip")
    with build.under(build.guard_of(condition)):
        inner = build.flip(C8)
    build.select(condition, inner, C8)
    build.add(Drop)
    verify(build.program())


def test_a_select_whose_condition_may_be_undefined() -> None:
    build = builder()
    condition = build.present("ip")
    with build.under(build.guard_of(condition)):
        inner = build.present("udp")
    build.select(inner, C8, C8)
    build.add(Drop)
    refused(build.program(), "used where it may not be defined")


def test_a_value_that_differs_from_its_definition() -> None:
    build = builder()
    value = build.flip(C8)
    build.flip(dataclasses.replace(value, name="other"))
    build.add(Drop)
    refused(build.program(), "not what its definition says")


@pytest.mark.parametrize(
    ("guards", "message"),
    [
        ((), "not the root"),
        ((Guard(0, Value(1, BOOL)),), "not the root"),
        ((ROOT_GUARD, Guard(0, None)), "no truth value"),
        ((ROOT_GUARD, Guard(0, Value(1, Bits(8)))), "no truth value"),
        ((ROOT_GUARD, Guard(1, Value(1, BOOL))), "comes before its parent"),
        ((ROOT_GUARD, Guard(0, Value(1, BOOL))), "not defined under its parent"),
    ],
)
def test_broken_guards(guards: tuple[Guard, ...], message: str) -> None:
    build = builder()
    build.add(Drop)
    refused(dataclasses.replace(build.program(), guards=guards), message)


def test_a_guard_used_before_its_condition() -> None:
    build = builder()
    guard = build.guard_of(Value(1, BOOL))
    with build.under(guard):
        build.add(Digest, record="seen", values=(constant(1, 7), constant(1, 48)))
    build.present("ip")
    build.add(Drop)
    refused(build.program(), "used before its condition")


def endings(*, drop_under: str, after: bool) -> Program:
    """ip: drop and go on, or not; then the rest under the stated condition."""
    build = builder()
    ip, udp = build.present("ip"), build.present("udp")
    with build.under(build.guard_of(ip)), build.under(build.guard_of(udp)):
        build.add(Drop)
    match drop_under:
        case "everything":
            rest = build.guard
        case "the same test":
            rest = build.guard_of(ip, polarity=False)
        case "a computed test":
            rest = build.guard_of(build.flip(build.binary(BinaryOperator.AND, ip, udp)))
        case _:
            rest = build.guard_of(build.select(ip, udp, constant(0, 1)), polarity=False)
    with build.under(rest):
        if after:
            build.flip(C8)
        build.send(1)
    return build.program()


def test_an_end_that_follows_from_boolean_operations() -> None:
    verify(endings(drop_under="a computed test", after=True))
    verify(endings(drop_under="a select", after=True))


def test_two_ends_or_none() -> None:
    refused(endings(drop_under="everything", after=False), "after the packet's end")
    refused(endings(drop_under="the same test", after=False), "has no end")


def test_something_after_the_end() -> None:
    build = builder()
    build.add(Drop)
    build.flip(C8)  # harmless: joins of what went before are computed here
    verify(build.program())
    build = builder()
    build.add(Drop)
    build.send(1)
    refused(build.program(), "after the packet's end")


def test_many_independent_tests_are_still_checked() -> None:
    def many(skip: int) -> Program:
        build = builder()
        for place in range(20):
            small = build.slice(build.field("odd", "wide"), place, place)
            with build.under(build.guard_of(small)):
                if place != skip:
                    build.add(Drop)
            build.guard = build.guard_of(small, polarity=False)
        build.send(1)
        return build.program()

    verify(many(-1))
    refused(many(7), "has no end")


def header(*fields: HeaderField, **more: object) -> Header:
    settings: dict[str, object] = {"rules": (), "valid": (), "blob_length": None, **more}
    return Header("h", fields, span=NOWHERE, **settings)  # type: ignore[arg-type]


WHOLE = HeaderField("a", Bits(8), None, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shares": 3}, "3 shares"),
        ({"headers": (header(WHOLE), header(WHOLE))}, "two headers"),
        ({"headers": (header(WHOLE, rules=(ParseRule("x", ()),)),)}, "follows x"),
        ({"headers": (header(WHOLE, rules=(ParseRule("h", ()),)),)}, "in circles"),
        ({"headers": (header(dataclasses.replace(WHOLE, offset=1)),)}, "begins at bit 0"),
        ({"headers": (header(WHOLE, HeaderField("b", Bits(7), None, 8)),)}, "not whole bytes"),
        ({"headers": (header(WHOLE, HeaderField("b", Blob(9), None, 8)),)}, "nothing says how long"),
        ({"headers": (header(WHOLE, swaps=(("a", "b"),)),)}, "no field b"),
    ],
)
def test_broken_declarations(changes: dict[str, object], message: str) -> None:
    build = Builder()
    build.add(Drop)
    refused(dataclasses.replace(build.program(), **changes), message)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("numbers", {"cells": 0}, "cannot hold"),
        ("numbers", {"initial": 1 << 48}, "cannot hold"),
        ("pairs", {"sets": 3}, "3 sets"),
        ("halves", {"sets": 2}, "2 sets"),
        ("halves", {"share_key": (2,)}, "no part 2"),
        ("pairs", {"idle_ticks": 1 << 31}, "ages"),
        ("ports", {"last": 16}, "no ids 3 to 16"),
        ("split", {"id_width": 17}, "17 bits"),
        ("by_key", {"lease": "numbers"}, "no lease"),
        ("routes", {"match": ()}, "matches no key"),
        ("exact", {"default": (1,)}, "the default"),
        ("rate", {"burst": 1 << 32}, "no meter"),
    ],
)
def test_broken_states(name: str, changes: dict[str, object], message: str) -> None:
    build = Builder(shares=SHARES)
    build.add(Drop)
    states: tuple[State, ...] = tuple(
        dataclasses.replace(state, **changes) if state.name == name else state for state in STATES
    )
    refused(dataclasses.replace(build.program(), states=states), message)


def test_conditions_with_too_many_cases_are_sampled() -> None:
    def parity(bits: int) -> Program:
        build = builder()
        wide = build.field("odd", "wide")
        parts = [build.slice(wide, place, place) for place in range(16)]
        odd = [parts[0]]
        for part in parts[1:]:
            odd.append(build.binary(BinaryOperator.XOR, odd[-1], part))
        with build.under(build.guard_of(odd[-1])):
            build.add(Drop)
        with build.under(build.guard_of(build.flip(odd[bits - 1]))):
            build.send(1)
        return build.program()

    verify(parity(16))
    refused(parity(15), "has no end|after the packet's end")
