"""Branches, early returns and early ends become guards and selects, as few as are needed."""

from __future__ import annotations

from compiler.frontend.lower import lower_program
from compiler.frontend.typed import TFunction, TProgram
from compiler.frontend.types import BOOLEAN, NEVER, STATIC
from compiler.ir.operations import (
    ArrayUpdate,
    Clone,
    Compare,
    CompareOperator,
    Drop,
    Operation,
    ReadField,
    Select,
    Send,
    Unary,
    WriteField,
)
from compiler.ir.program import ROOT, Guard, Program
from compiler.ir.values import Constant, Value, constant
from sim.interpreter.machine import Machine
from sim.state import build_states
from tests.compiler.frontend import trees as t

TOP = (("top",),)
IS_ONE = t.equal(t.field(t.B), t.number(1))
IS_TWO = t.equal(t.field(t.B), t.number(2))


def of_kind(program: Program, *kinds: type) -> list[Operation]:
    return [operation for operation in program.operations if isinstance(operation, kinds)]


def conditions(program: Program, guard: int) -> list[tuple[int | None, bool]]:
    """The chain of a guard from the outside in; a comparison with a constant is named by that."""
    defined = {o.result.number: o for o in program.operations if isinstance(o, Compare)}
    chain: list[tuple[int | None, bool]] = []
    while guard != ROOT:
        step = program.guards[guard]
        assert step.condition is not None
        comparison = defined.get(step.condition.number)
        named = comparison.right.value if comparison and isinstance(comparison.right, Constant) else None
        chain.insert(0, (named if isinstance(named, int) else None, step.polarity))
        guard = step.parent
    return chain


def sent_bytes(tree: TProgram, packet: bytes, port: int = 0) -> list[tuple[int, bytes]]:
    program = t.lowered(tree)
    machine = Machine(program, states=build_states(program))
    return [(e.port, e.data) for e in machine.process(packet, port=port, now=0).emissions]


def test_code_after_a_branch_that_ends_is_under_the_sibling_guard() -> None:
    program = t.lowered(t.program(t.handler(t.when(IS_ONE, t.drop()), t.put(t.B, t.number(9)), t.send(1))))
    drop, send = of_kind(program, Drop, Send)
    assert len(program.guards) == 3
    assert program.guards[drop.guard] == Guard(ROOT, program.guards[send.guard].condition, True)
    assert program.guards[send.guard].polarity is False
    assert of_kind(program, WriteField)[0].guard == send.guard
    assert of_kind(program, Select) == []


def test_the_condition_of_a_guard_is_never_negated() -> None:
    program = t.lowered(t.program(t.handler(t.when(t.negated(t.negated(t.negated(IS_ONE))), t.drop()), t.send(1))))
    drop, send = of_kind(program, Drop, Send)
    assert conditions(program, drop.guard) == [(1, False)]
    assert conditions(program, send.guard) == [(1, True)]
    assert of_kind(program, Unary) == []


def test_several_ends_one_after_the_other_nest_guards_without_selects() -> None:
    ends = [t.when(t.equal(t.field(t.B), t.number(n)), t.drop()) for n in (1, 2, 3)]
    program = t.lowered(t.program(t.handler(*ends, t.send(1))))
    (send,) = of_kind(program, Send)
    assert conditions(program, send.guard) == [(1, False), (2, False), (3, False)]
    assert of_kind(program, Select) == []


def test_after_a_branch_that_ends_in_part_goes_on_where_it_did_not() -> None:
    partial = t.when(IS_ONE, t.run(t.update(t.number(0), t.number(1))), t.when(IS_TWO, t.drop()))
    program = t.lowered(t.program(t.handler(partial, t.send(1))))
    (send,) = of_kind(program, Send)
    (joined,) = of_kind(program, Select)
    assert isinstance(joined, Select)
    assert program.guards[send.guard] == Guard(ROOT, joined.result, False)
    assert (joined.guard, joined.on_false) == (ROOT, constant(0, 1))


def test_after_a_branch_that_goes_on_alone_code_is_inside_it() -> None:
    code = t.when(IS_ONE, t.when(IS_TWO, t.drop()), otherwise=[t.drop()])
    program = t.lowered(t.program(t.handler(code, t.send(1))))
    (send,) = of_kind(program, Send)
    assert conditions(program, send.guard) == [(1, True), (2, False)]


def test_a_constant_condition_lowers_its_branch_alone() -> None:
    code = t.when(t.truth(False), t.drop(), otherwise=[t.put(t.B, t.number(1))])
    program = t.lowered(t.program(t.handler(code, t.send(1))))
    assert [type(operation) for operation in program.operations] == [WriteField, Send]
    assert len(program.guards) == 1


def test_a_condition_that_is_known_here_is_not_tested_again() -> None:
    variable = t.local(1, "is_one", BOOLEAN)
    inner = t.when(t.read(variable), t.put(t.B, t.number(7)), otherwise=[t.put(t.B, t.number(8))])
    code = [t.let(variable, IS_ONE), t.when(t.read(variable), inner, t.run(t.update(t.number(0), t.number(1))))]
    program = t.lowered(t.program(t.handler(*code, t.send(1))))
    (write,) = of_kind(program, WriteField)
    assert isinstance(write, WriteField)
    assert write.value == constant(7, 8)


def test_cheap_branches_become_a_select_named_after_the_variable() -> None:
    x = t.local(1, "ttl")
    code = [t.let(x, t.number(3)), t.when(IS_ONE, t.assign(x, t.add(t.read(x), t.field(t.A)))), t.put(t.B, t.read(x))]
    program = t.lowered(t.program(t.handler(*code, t.send(1))))
    (joined,) = of_kind(program, Select)
    assert isinstance(joined, Select)
    assert (joined.result.name, joined.on_false) == ("ttl", constant(3, 8))
    assert len(program.guards) == 1


def test_an_effect_in_the_right_side_of_and_happens_where_it_decides() -> None:
    counted = t.compare(CompareOperator.LT, t.update(t.number(0), t.number(1)), t.number(9))
    program = t.lowered(t.program(t.handler(t.when(t.logical(True, IS_ONE, counted), t.drop()), t.send(1))))
    (update,) = of_kind(program, ArrayUpdate)
    assert conditions(program, update.guard) == [(1, True)]


def test_a_pure_right_side_needs_no_guard() -> None:
    program = t.lowered(t.program(t.handler(t.when(t.logical(False, IS_ONE, IS_TWO), t.drop()), t.send(1))))
    assert len(program.guards) == 3  # the root, and the two sides of one condition


def test_an_early_return_in_a_branch_skips_the_rest_of_the_function_alone() -> None:
    n = t.local(1, "n")
    early = TFunction(
        "early",
        (n,),
        t.U8,
        t.block(
            t.when(t.equal(t.read(n), t.number(1)), t.give(t.number(40))),
            t.run(t.update(t.number(0), t.number(1))),
            value=t.number(50),
        ),
    )
    tree = t.program(t.handler(t.put(t.B, t.call(early, t.field(t.B))), t.send(1), requires=TOP))
    program = t.lowered(tree)
    (update,), (send,) = of_kind(program, ArrayUpdate), of_kind(program, Send)
    assert conditions(program, update.guard)[-1] == (1, False)
    assert conditions(program, send.guard) == conditions(program, update.guard)[:-1]
    assert sent_bytes(tree, b"\x00\x01") == [(1, b"\x00\x28")]
    assert sent_bytes(tree, b"\x00\x02") == [(1, b"\x00\x32")]


def test_a_field_written_before_an_early_return_keeps_its_value() -> None:
    writes = TFunction(
        "writes",
        (),
        t.U8,
        t.block(
            t.put(t.A, t.number(5)),
            t.when(IS_ONE, t.put(t.A, t.number(6)), t.give(t.number(1))),
            t.when(IS_TWO, t.drop()),
            value=t.number(0),
        ),
    )
    x = t.local(1, "x")
    tree = t.program(t.handler(t.let(x, t.call(writes)), t.put(t.B, t.add(t.field(t.A), t.read(x))), t.send(1)))
    assert sent_bytes(tree, b"\x00\x01") == [(1, b"\x06\x07")]
    assert sent_bytes(tree, b"\x00\x02") == []
    assert sent_bytes(tree, b"\x00\x03") == [(1, b"\x05\x05")]


def test_a_value_returned_from_deep_in_a_branch_can_be_used_after_the_call() -> None:
    deep = TFunction(
        "deep",
        (),
        t.U8,
        t.block(
            t.when(
                IS_ONE,
                t.when(t.equal(t.field(t.A), t.number(2)), t.drop()),
                t.give(t.multiply(t.field(t.A), t.number(3))),
            ),
            t.drop(),
            of=NEVER,
        ),
    )
    tree = t.program(t.handler(t.put(t.B, t.add(t.call(deep), t.number(1))), t.send(1), requires=TOP))
    assert sent_bytes(tree, b"\x04\x01") == [(1, b"\x04\x0d")]
    assert sent_bytes(tree, b"\x02\x01") == []
    assert sent_bytes(tree, b"\x04\x00") == []


def test_an_unwrapped_option_goes_on_where_it_is_present() -> None:
    x = t.local(1, "x")
    found = t.option(t.negated(t.equal(t.field(t.B), t.number(1))), t.add(t.field(t.B), t.number(1)))
    code = [t.let(x, t.unwrap(found, t.ending(t.drop()))), t.put(t.B, t.read(x)), t.send(1)]
    program = t.lowered(t.program(t.handler(*code)))
    drop, send = of_kind(program, Drop, Send)
    assert conditions(program, send.guard) == [(1, False)]
    assert conditions(program, drop.guard) == [(1, True)]
    (addition,) = (o for o in program.operations if getattr(getattr(o, "result", None), "name", "") == "x")
    assert addition.guard == ROOT


def test_a_function_called_twice_is_two_pieces_of_code_with_their_own_variables() -> None:
    n, local = t.local(1, "n"), t.local(2, "local")
    bump = TFunction(
        "bump",
        (n,),
        t.U8,
        t.block(
            t.let(local, t.add(t.read(n), t.number(1))),
            t.when(IS_ONE, t.assign(local, t.number(0))),
            value=t.read(local),
        ),
    )
    tree = t.program(t.handler(t.put(t.A, t.call(bump, t.call(bump, t.field(t.A)))), t.send(1), requires=TOP))
    assert sent_bytes(tree, b"\x07\x00") == [(1, b"\x09\x00")]
    assert sent_bytes(tree, b"\x07\x01") == [(1, b"\x00\x01")]


def test_a_clone_between_two_writes_carries_the_first() -> None:
    tree = t.program(t.handler(t.put(t.B, t.number(1)), t.clone(0), t.put(t.B, t.number(2)), t.send(1), requires=TOP))
    program = t.lowered(tree)
    assert [type(o) for o in of_kind(program, WriteField, Clone, Send)] == [WriteField, Clone, WriteField, Send]
    assert sent_bytes(tree, b"\x00\x00") == [(0, b"\x00\x01"), (1, b"\x00\x02")]


def test_a_write_to_alternatives_is_under_the_presence_of_each() -> None:
    code = [t.put(t.X, t.number(9)), t.put(t.Y, t.add(t.field(t.X), t.number(1))), t.send(1)]
    tree = t.program(t.handler(*code, requires=(("left", "right"),)))
    program = t.lowered(tree)
    writes = of_kind(program, WriteField)
    assert len(writes) == 4
    present = [program.guards[write.guard].condition for write in writes]
    assert [c.name for c in present if isinstance(c, Value)] == ["left.present", "right.present"] * 2
    assert sent_bytes(tree, b"\x01\x00\x05\x05") == [(1, b"\x01\x00\x09\x0a")]
    assert sent_bytes(tree, b"\x02\x00\x05\x05") == [(1, b"\x02\x00\x0a\x09")]


def test_a_field_is_read_once_where_guards_allow() -> None:
    program = t.lowered(t.program(t.handler(t.when(IS_ONE, t.drop()), t.when(IS_TWO, t.drop()), t.send(1))))
    assert len(of_kind(program, ReadField)) == 1


def test_what_nothing_needs_is_not_in_the_program() -> None:
    x = t.local(1, "x")
    program = t.lowered(t.program(t.handler(t.let(x, t.multiply(t.field(t.B), t.field(t.A))), t.send(1))))
    assert [type(operation) for operation in program.operations] == [Send]


def test_handlers_are_tried_in_order_and_the_rest_is_unhandled() -> None:
    tree = t.program(
        t.handler(t.send(1), ports=(0,), requires=(("left", "right"),), name="first"),
        t.handler(t.send(0), requires=(("left",),), where=IS_ONE, name="second"),
    )
    program = t.lowered(tree)
    first, second = (program.guards[handler.guard] for handler in program.handlers)
    assert [handler.name for handler in program.handlers] == ["first", "second"]
    assert (first.parent, first.polarity, second.polarity) == (ROOT, True, True)
    assert program.guards[second.parent] == Guard(ROOT, first.condition, False)
    (unhandled,) = of_kind(program, Drop)
    assert isinstance(unhandled, Drop)
    assert unhandled.reason == "unhandled"
    assert program.guards[unhandled.guard] == Guard(second.parent, second.condition, False)
    assert sent_bytes(tree, b"\x01\x01\x00\x00", 0) == [(1, b"\x01\x01\x00\x00")]
    assert sent_bytes(tree, b"\x01\x01\x00\x00", 1) == [(0, b"\x01\x01\x00\x00")]
    assert sent_bytes(tree, b"\x01\x02\x00\x00", 1) == []
    assert sent_bytes(tree, b"\x02\x01\x00\x00", 1) == []


def test_a_handler_of_every_packet_is_under_the_root_and_the_last_one() -> None:
    program = t.lowered(t.program(t.handler(t.send(1), name="all"), t.handler(t.drop(), name="none left")))
    assert [(handler.name, handler.guard) for handler in program.handlers] == [("all", ROOT)]
    assert [type(operation) for operation in program.operations] == [Send]


def test_a_program_without_handlers_drops_everything() -> None:
    (operation,) = lower_program(t.program()).operations
    assert isinstance(operation, Drop)
    assert (operation.reason, operation.guard) == ("unhandled", ROOT)


def test_every_path_of_a_loop_of_partial_ends_ends_once() -> None:
    index = t.local(1, "i", STATIC)
    step = t.when(
        t.equal(t.update(t.number(0), t.number(1)), t.field(t.B)), t.when(IS_ONE, t.send(0)), t.put(t.A, t.number(4))
    )
    tree = t.program(t.handler(t.repeat(index, 5, step), t.send(1), requires=TOP))
    assert len(of_kind(t.lowered(tree), Send, Drop)) == 5 + 1 + 1
    assert sent_bytes(tree, b"\x00\x01") == [(0, b"\x00\x01")]
    assert sent_bytes(tree, b"\x00\x03") == [(1, b"\x04\x03")]
    assert sent_bytes(tree, b"\x00\x09") == [(1, b"\x00\x09")]
