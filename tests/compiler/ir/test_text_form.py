"""Print then parse is the identity; bad text is refused with its place."""

from __future__ import annotations

import contextlib
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.operations import BinaryOperator, Clone, Drop, MapFind, Rest, Template
from compiler.ir.program import Program
from compiler.ir.text_parse import TextFormError, parse_program
from compiler.ir.text_print import render_operation, render_program
from compiler.ir.types import BOOL, Bits, Enumeration, FlagSet, Vector
from compiler.ir.values import Constant, Value, constant
from compiler.source import Source, Span
from tests.strategies.builder import Builder
from tests.strategies.declarations import HEADERS, STATES, an_array
from tests.strategies.programs import programs


@given(programs())
def test_printed_programs_parse_back(program: Program) -> None:
    assert parse_program(render_program(program)) == program


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_any_name_survives(program_name: str, value_name: str, reason: str) -> None:
    build = Builder()
    left = Constant((1, 1 << 40, 3), Vector(48, 3))
    value = build.binary(BinaryOperator.ADD, left, left, name=value_name)
    build.binary(BinaryOperator.XOR, value, value, name="u8")
    build.add(Drop, reason=reason)
    program = dataclasses.replace(build.program(), name=program_name)
    assert parse_program(render_program(program)) == program


def test_names_that_look_like_other_things_survive() -> None:
    names = ["u8", "bytes", "true", "none", "root", "rest.whole", "g1", "guards", "states", "x_3", "_", "a.0", "3", ""]
    build = Builder(states=tuple(an_array(name, Bits(8)) for name in names))
    for name in names:
        value = build.value(BOOL, name)
        build.add(Drop, reason=name)
        build.flip(value)
    program = dataclasses.replace(build.program(), states=build._program.states)
    text = render_program(program)
    with pytest.raises(TextFormError, match="is not defined"):  # nothing defines what is flipped
        parse_program(text)
    defined = Builder(states=build._program.states)
    for name in names:
        defined.binary(BinaryOperator.ADD, constant(1, 8), 1, name=name)
        defined.add(Drop, reason=name)
    program = dataclasses.replace(defined.program(), states=build._program.states)
    assert parse_program(render_program(program)) == program


def test_shapes_survive() -> None:
    for shape in (Enumeration("E", 2, (("A", 0), ("B", 1))), FlagSet("F", 2, ("x", "y"))):
        state = dataclasses.replace(an_array("a", Bits(2)), shape=shape)
        program = dataclasses.replace(Builder().program(), states=(state,))
        assert parse_program(render_program(program)) == program


def test_one_line_of_each_form() -> None:
    build = Builder(headers=HEADERS, states=STATES)
    key = build.field("odd", "seven")
    find = build.add(
        MapFind,
        state="pairs",
        key=(key,),
        present=build.value(BOOL, "hit"),
        room=build.value(BOOL),
        slot=build.value(Bits(32), "slot"),
        values=(build.value(Bits(16), "flow.src"), build.value(Bits(48))),
        refresh=True,
    )
    assert render_operation(find) == (
        "%hit_2: u1, %3: u1, %slot_4: u32, (%flow.src_5: u16, %6: u48) = map_find pairs, (%odd.seven_1), refresh=true"
    )
    clone = build.add(Clone, port=constant(70_000, 16), packet=Template((), (key,), Rest.AFTER, "ip"))
    assert render_operation(clone) == ('clone 4464u16, packet=template((), (%odd.seven_1), rest.after, "ip")')


def test_source_lines_stand_beside_their_operations() -> None:
    source = Source("nat.weft", "on lan {\n    drop\n}\n")
    drop = Drop(guard=0, span=Span(source, 13, 17))
    program = dataclasses.replace(Builder().program(), operations=(drop,))
    assert render_program(program).rstrip().endswith("// nat.weft:2: drop")


def test_spans_of_a_parsed_program_point_into_its_text() -> None:
    build = Builder()
    build.add(Drop)
    text = render_program(build.program())
    assert parse_program(text, name="x.ir").operations[0].span.text == "[g0] drop"


START = 'program "p" shares 1 guards g0 = root operations '


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected program, found the end"),
        ('program "p"', "expected shares"),
        ('program "p" shares 1 guards g1 = root operations', "expected g0"),
        (START + "[g0] jump", "no operation is called jump"),
        (START + "[g0] drop drop, drop", "does not take so many parts"),
        (START + "[g0] drop reason=3", "cannot have this as its reason"),
        (START + "[g0] %1: u8 = binary.plus 1u8, 1u8", "plus is none of add, sub"),
        (START + "[g0] %1: u8 = binary.add 1u8", "needs right"),
        (START + "[g0] %1: u8 = binary.add 1u8, %2", "%2 is not defined"),
        (START + "[g0] binary.add 1u8, 1u8", "defines 1 results, not 0"),
        (START + "[g0] %1: u8 = unary.not 1u8 [g0] %1: u8 = unary.not 1u8", "defined twice"),
        (START + "[g0] send 1u16, packet=nowhere(1)", "nothing is called nowhere"),
        (START + "[g0] send ((1u16", "expected )"),
        (START + "[g0] send " + "(" * 10_000, "too many nested"),
        (START + "[g0] send " + "1" * 10_000, "too long"),
        (START + "[g0] drop §", "unexpected '§'"),
        (START + '[g0] drop reason="\\q"', "escape"),
        (START + "[g0] %1: u8 = unary.not (drop)u8", "cannot have this as its argument"),
    ],
)
def test_bad_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(TextFormError) as caught:
        parse_program(text, name="bad.ir")
    assert message in str(caught.value)
    assert str(caught.value).startswith("bad.ir:")


@given(programs(size=4), st.data())
def test_mangled_text_is_refused_or_understood(program: Program, data: st.DataObject) -> None:
    text = render_program(program)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    put = data.draw(st.sampled_from(["", "(", ")", "u9", "%1", "true", '"', "map(", "[g1]", "-1", "99999u3"]))
    with contextlib.suppress(TextFormError):
        parse_program(text[:start] + put + text[end:])


def test_values_of_other_names_are_not_confused() -> None:
    with pytest.raises(TextFormError, match="%b_1 is not defined"):
        parse_program(START + "[g0] %a_1: u8 = unary.not 1u8 [g0] %2: u8 = unary.not %b_1")
    assert isinstance(Value(1, Bits(8), "a"), Value)
