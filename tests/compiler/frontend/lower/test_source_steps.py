"""Steps of the source beside a program whose branches became selects."""

from compiler.frontend.lower import Assignment, Decision, SourceStep, Taken
from compiler.ir.operations import Select
from compiler.ir.verify import verify
from compiler.load import FollowedProgram, follow_source, load_source
from compiler.source import Source

PROGRAM = """\
use std::net;
pair left <-> right;
struct Pair { one: u32, other: (u32, u32) }

on left | right (p: eth) {
    let mut pair = Pair { one: 1, other: (2, p.length) };
    if p.length > 100 {
        pair.other.1 = 7;
    }
    let (first, second) = pair.other;
    let tuple = match first + second { 9 => 1u8, _ => 2u8 };
    if tuple == 1 && p.length in 64..=1500 { drop }
    send p.port.peer;
}
"""


def followed(text: str = PROGRAM) -> FollowedProgram:
    program = follow_source(load_source(Source("steps.weft", text)))
    verify(program.program)
    return program


def assignments(steps: tuple[SourceStep, ...]) -> list[tuple[int, str, int]]:
    """Line, name and the number of flat values."""
    return [(s.span.line, s.what.name, len(s.what.values)) for s in steps if isinstance(s.what, Assignment)]


def test_variables_have_the_names_and_parts_of_the_source() -> None:
    assert assignments(followed().steps) == [
        (6, "pair", 3),
        (8, "pair.other.1", 1),
        (10, "first", 1),
        (10, "second", 1),
        (11, "first + second", 1),
        (11, "tuple", 1),
    ]


def test_decisions_are_the_ifs_of_the_source_alone() -> None:
    decisions = [(s.span.line, s.what.text) for s in followed().steps if isinstance(s.what, Decision)]
    assert decisions == [(7, "p.length > 100"), (12, "tuple == 1 && p.length in 64..=1500")]


def test_each_arm_is_a_step_under_its_own_condition() -> None:
    first, last = (s for s in followed().steps if isinstance(s.what, Taken))
    assert [first.what, last.what] == [Taken(is_arm=True)] * 2
    (condition, polarity), (same, other) = first.under[0], last.under[0]
    assert condition == same
    assert (polarity, other) == (True, False)


def test_a_branch_that_became_a_select_keeps_its_condition() -> None:
    program = followed()
    (step,) = (s for s in program.steps if isinstance(s.what, Assignment) and s.what.before is not None)
    (condition, polarity) = step.under[0]
    selects = [o for o in program.program.operations if isinstance(o, Select)]
    assert polarity
    assert any(select.condition == condition for select in selects)


def test_library_code_makes_no_steps() -> None:
    text = "use std::net;\nport a;\non a (p: ipv4 & l4) {\n    let flow = p.flow();\n    send a;\n}\n"
    assert [(s.span.line, type(s.what)) for s in followed(text).steps] == [(4, Assignment)]


def test_steps_are_in_order_and_their_guards_are_those_of_the_program() -> None:
    program = followed()
    assert [s.effects for s in program.steps] == sorted(s.effects for s in program.steps)
    assert all(0 <= s.guard < len(program.program.guards) for s in program.steps)
