"""Calls are gone, with the callee's body in their place."""

from __future__ import annotations

from pathlib import Path

from compiler.frontend.inline_functions import inline_functions
from compiler.frontend.rewrite_typed import children
from compiler.frontend.typed import TCall, TExpr, TFunction, TInlined, TStatement
from compiler.ir.operations import Compare, CompareOperator
from compiler.load import load_program, load_source
from compiler.source import Source
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


LIBRARY = """use std::net;
fn is_marked(self: u8) -> bool {
    (self >> 2).is_odd()
}
fn is_odd(self: u8) -> bool {
    self & 1 == 1
}
fn tagged(p: ipv4) -> packet {
    let tag = p.ipv4.dscp as u16;
    packet { (0x1234u16, tag), p }
}
"""
USER = """use std::net;
use std::sketch::{CountMin};
use marks;
port a;
port b;
state seen: CountMin<ip4>;
on a | b (p: ipv4) {
    if p.ipv4.ttl.is_marked() { drop }
    let often = seen.add(p.ipv4.src, 1);
    if often > 5 { clone a with p.tagged(); }
    send b;
}
on a | b (_) { drop }
"""
ON_F = "on a (p: ipv4) { if f(p.ipv4.ttl) { drop } send a; }\non a (_) { drop }\n"


def test_code_of_other_files_has_the_span_of_the_outermost_call(tmp_path: Path) -> None:
    (tmp_path / "marks.weft").write_text(LIBRARY)
    path = tmp_path / "user.weft"
    path.write_text(USER.replace("use marks;", "use marks::{is_marked, tagged};"))
    program = load_program(path).program
    assert {op.span.source.name for op in program.operations} == {str(path)}
    brought = [op for op in program.operations if op.span.inside is not None]
    assert {(op.span.line, op.span.text) for op in brought} == {
        (8, "p.ipv4.ttl.is_marked()"),
        (9, "seen.add(p.ipv4.src, 1)"),
        (10, "p.tagged()"),
    }
    by_odd = [op for op in brought if op.span.text == "p.ipv4.ttl.is_marked()"]
    places = [(op.span.inside.source.name, op.span.inside.line) for op in by_odd if op.span.inside is not None]
    assert set(places) <= {(str(tmp_path / "marks.weft"), line) for line in (3, 6)}
    assert [type(op) for op in by_odd if op.span.is_result] == [Compare]  # the others only lead to the answer


def test_code_of_the_same_file_keeps_its_own_spans() -> None:
    source = Source("one.weft", "use std::net;\nport a;\nfn f(x: u8) -> bool {\n    x == 3\n}\n" + ON_F)
    program = load_source(source).program
    compares = [op.span for op in program.operations if isinstance(op, Compare) and op.span.text == "x == 3"]
    assert [(span.line, span.inside) for span in compares] == [(4, None)]
