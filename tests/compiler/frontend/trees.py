"""Typed trees built by hand, over one small packet format and a few states.

A packet is `top {a, b}`, then `left {x, y}` where a is 1, or `right {y, x}` where a is 2; one byte a field.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.diagnostics import Reporter
from compiler.frontend.access_kinds import AccessKind
from compiler.frontend.inline_functions import inline_functions
from compiler.frontend.lower import lower_program
from compiler.frontend.typed import (
    FinalKind,
    SAssign,
    SClone,
    SExpr,
    SFinal,
    SFor,
    SLet,
    SReturn,
    SSetField,
    TAccess,
    TBinary,
    TBlock,
    TCall,
    TCompare,
    TExpr,
    TField,
    TFunction,
    THandler,
    TIf,
    TLiteral,
    TLocal,
    TLogical,
    TMake,
    TProgram,
    TProject,
    TStatement,
    TUnary,
    TUnwrap,
)
from compiler.frontend.types import BOOLEAN, NEVER, PORT, UNIT, IntType, OptionType, Ty
from compiler.frontend.unroll_loops import unroll_loops
from compiler.frontend.variables import Local, Static, StaticLiteral
from compiler.ir.headers import Header, HeaderField, ParseRule
from compiler.ir.operations import BinaryOperator, CompareOperator, UnaryOperator
from compiler.ir.program import Port, Program
from compiler.ir.states import Array, State
from compiler.ir.types import Bits, Record, Scalar
from compiler.ir.verify import verify
from compiler.source import NOWHERE

U8 = IntType(8)


def header(name: str, fields: str, rules: tuple[ParseRule, ...] = ()) -> Header:
    described = tuple(HeaderField(f, Bits(8), Scalar("uint", 8), 8 * i) for i, f in enumerate(fields))
    return Header(name, described, rules, (), None, span=NOWHERE)


TOP = header("top", "ab")
LEFT = header("left", "xy", (ParseRule("top", (("a", 1, 0xFF),)),))
RIGHT = header("right", "yx", (ParseRule("top", (("a", 2, 0xFF),)),))
CELLS = Array(name="cells", type=Bits(8), cells=4, shape=Scalar("uint", 8), span=NOWHERE)

X = (("left", "x"), ("right", "x"))
Y = (("left", "y"), ("right", "y"))
A = (("top", "a"),)
B = (("top", "b"),)


def number(value: int, of: Ty = U8) -> TLiteral:
    return TLiteral((value,), type=of, span=NOWHERE)


def truth(value: bool) -> TLiteral:
    return number(int(value), BOOLEAN)


def local(number: int, name: str, of: Ty = U8) -> Local:
    return Local(number, name, of)


def read(variable: Local) -> TLocal:
    return TLocal(variable, type=variable.type, span=NOWHERE)


def field(alternatives: tuple[tuple[str, str], ...]) -> TField:
    return TField(alternatives, type=U8, span=NOWHERE)


def add(left: TExpr, right: TExpr) -> TBinary:
    return TBinary(BinaryOperator.ADD, left, right, type=left.type, span=NOWHERE)


def multiply(left: TExpr, right: TExpr) -> TBinary:
    return TBinary(BinaryOperator.MUL, left, right, type=left.type, span=NOWHERE)


def compare(operator: CompareOperator, left: TExpr, right: TExpr) -> TCompare:
    return TCompare(operator, left, right, type=BOOLEAN, span=NOWHERE)


def equal(left: TExpr, right: TExpr) -> TCompare:
    return compare(CompareOperator.EQ, left, right)


def negated(value: TExpr) -> TUnary:
    return TUnary(UnaryOperator.NOT, value, type=value.type, span=NOWHERE)


def logical(is_and: bool, left: TExpr, right: TExpr) -> TLogical:
    return TLogical(is_and, left, right, type=BOOLEAN, span=NOWHERE)


def update(index: TExpr, amount: TExpr) -> TAccess:
    """`cells[index] += amount`, which gives the new value."""
    return TAccess(AccessKind.ARRAY_UPDATE, "cells", (index, amount), BinaryOperator.ADD, type=U8, span=NOWHERE)


def option(present: TExpr, value: TExpr) -> TMake:
    return TMake((present, value), type=OptionType(value.type), span=NOWHERE)


def project(value: TExpr, first: int, of: Ty = U8) -> TProject:
    return TProject(value, first, type=of, span=NOWHERE)


def block(*statements: TStatement, value: TExpr | None = None, of: Ty | None = None) -> TBlock:
    type_ = of if of is not None else UNIT if value is None else value.type
    return TBlock(statements, value, type=type_, span=NOWHERE)


def choose(condition: TExpr, then: TBlock, otherwise: TBlock | None = None, *, of: Ty = UNIT) -> TIf:
    return TIf(condition, then, block() if otherwise is None else otherwise, type=of, span=NOWHERE)


def when(condition: TExpr, *then: TStatement, otherwise: Sequence[TStatement] = ()) -> SExpr:
    return run(choose(condition, block(*then), block(*otherwise)))


def unwrap(value: TExpr, otherwise: TBlock, of: Ty = U8) -> TUnwrap:
    return TUnwrap(value, otherwise, type=of, span=NOWHERE)


def call(function: TFunction, *arguments: TExpr) -> TCall:
    return TCall(function, arguments, type=function.result, span=NOWHERE)


def run(value: TExpr) -> SExpr:
    return SExpr(value, span=NOWHERE)


def let(variable: Local, value: TExpr) -> SLet:
    return SLet(variable, value, span=NOWHERE)


def assign(variable: Local, value: TExpr, first: int = 0) -> SAssign:
    return SAssign(variable, first, value, span=NOWHERE)


def put(alternatives: tuple[tuple[str, str], ...], value: TExpr) -> SSetField:
    return SSetField(alternatives, value, span=NOWHERE)


def repeat(variable: Local, last: int | Static, *body: TStatement) -> SFor:
    bound = StaticLiteral(last) if isinstance(last, int) else last
    return SFor(variable, StaticLiteral(0), bound, block(*body), span=NOWHERE)


def give(value: TExpr | None = None) -> SReturn:
    return SReturn(value, span=NOWHERE)


def send(port: int) -> SFinal:
    return SFinal(FinalKind.SEND, number(port, PORT), None, span=NOWHERE)


def drop() -> SFinal:
    return SFinal(FinalKind.DROP, None, None, span=NOWHERE)


def clone(port: int) -> SClone:
    return SClone(number(port, PORT), None, span=NOWHERE)


def ending(*statements: TStatement) -> TBlock:
    """A block that never comes to its end."""
    return block(*statements, of=NEVER)


def handler(
    *body: TStatement,
    ports: tuple[int, ...] = (0, 1),
    requires: tuple[tuple[str, ...], ...] = (),
    where: TExpr | None = None,
    name: str = "any",
) -> THandler:
    return THandler(name, ports, requires, where, ending(*body), span=NOWHERE)


def program(*handlers: THandler, states: tuple[State, ...] = (CELLS,), records: tuple[Record, ...] = ()) -> TProgram:
    ports = (Port("lan", "lan"), Port("wan", "wan"))
    return TProgram("tree", 1, ports, (TOP, LEFT, RIGHT), states, (), records, handlers, span=NOWHERE)


def prepared(tree: TProgram) -> TProgram:
    reporter = Reporter()
    unrolled = unroll_loops(inline_functions(tree), reporter)
    assert reporter.diagnostics == []
    return unrolled


def lowered(tree: TProgram) -> Program:
    """The program in IR, verified."""
    result = lower_program(prepared(tree))
    verify(result)
    return result
