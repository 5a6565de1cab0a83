"""Calls are gone, with the callee's body in their place."""

from __future__ import annotations

from compiler.frontend.inline_functions import inline_functions
from compiler.frontend.rewrite_typed import children
from compiler.frontend.typed import TCall, TExpr, TFunction, TInlined, TStatement
from compiler.ir.operations import CompareOperator
from tests.compiler.frontend import trees as t

N = t.local(1, "n")
DOUBLE = TFunction("double", (N,), t.U8, t.block(value=t.add(t.read(N), t.read(N))))
M = t.local(2, "m")
QUADRUPLE = TFunction("quadruple", (M,), t.U8, t.block(value=t.call(DOUBLE, t.call(DOUBLE, t.read(M)))))


def nodes(node: TExpr | TStatement) -> list[TExpr | TStatement]:
    return [node, *(inner for child in children(node) for inner in nodes(child))]


def test_a_call_in_an_argument_and_in_a_body_is_inlined() -> None:
    tree = t.program(t.handler(t.put(t.B, t.call(QUADRUPLE, t.call(DOUBLE, t.number(3)))), t.send(1)))
    (handler,) = inline_functions(tree).handlers
    found = nodes(handler.body)
    assert not any(isinstance(node, TCall) for node in found)
    assert [node.function for node in found if isinstance(node, TInlined)] == [
        "quadruple",
        "double",  # the argument
        "double",
        "double",
    ]


def test_a_call_in_a_condition_of_a_handler_is_inlined() -> None:
    where = t.compare(CompareOperator.LT, t.call(DOUBLE, t.number(3)), t.number(9))
    (handler,) = inline_functions(t.program(t.handler(t.drop(), where=where))).handlers
    assert handler.where is not None
    assert any(isinstance(node, TInlined) for node in nodes(handler.where))


def test_a_program_without_calls_is_the_same_object_inside() -> None:
    tree = t.program(t.handler(t.put(t.B, t.number(3)), t.send(1)))
    assert inline_functions(tree).handlers[0].body is tree.handlers[0].body
