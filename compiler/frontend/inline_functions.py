"""Put the body of the called function in the place of every call.

Before: expressions may be `TCall`.
After:  none is; `TInlined` stands in its place, with the calls in the body inlined in turn.

The body of a function from another file gets the span of the call, so that messages, traces and reasons
name the user's own line and not the library's; of nested calls that is the outermost one's.

Variables keep their numbers. There is no recursion, so that a function is never active twice, and the
arguments of a call are evaluated before its parameters are bound.
"""

from __future__ import annotations

from dataclasses import replace

from compiler.frontend.rewrite_typed import as_block, map_children, map_handlers, map_spans
from compiler.frontend.typed import (
    SReturn,
    TBlock,
    TCall,
    TExpr,
    TFunction,
    TIf,
    TInlined,
    TProgram,
    TStatement,
)
from compiler.source import Span


def inline_functions(program: TProgram) -> TProgram:
    return map_handlers(program, expression=_Inliner().expression)


def seen_from(call: Span, body: TBlock) -> TBlock:
    """The body as inlined at `call`: with the call's span on everything in it, where it is from another file."""
    if body.span.source is call.source:
        return body
    return as_block(_with_results(map_spans(body, call.standing_for)))


def _with_results(expression: TExpr) -> TExpr:
    """The body of a function with a mark on the expressions one of which gives its result."""
    match expression:
        case TBlock(statements=statements, value=value):
            marked = tuple(_with_result(statement) for statement in statements)
            return replace(expression, statements=marked, value=None if value is None else _with_results(value))
        case TIf(then=then, otherwise=otherwise):
            then, otherwise = as_block(_with_results(then)), as_block(_with_results(otherwise))
            return replace(expression, then=then, otherwise=otherwise)
        case TInlined(body=body):
            return replace(expression, body=as_block(_with_results(body)))
        case _:
            return replace(expression, span=replace(expression.span, is_result=True))


def _with_result(statement: TStatement) -> TStatement:
    match statement:
        case SReturn(value=value) if value is not None:
            return replace(statement, value=_with_results(value))
        case _:
            return statement


class _Inliner:
    def __init__(self) -> None:
        # By identity: comparing functions compares whole trees. Holding the function keeps its identity taken.
        self._bodies: dict[int, tuple[TFunction, TBlock]] = {}

    def expression(self, expression: TExpr) -> TExpr:
        expression = map_children(expression, expression=self.expression, statement=self._statement)
        match expression:
            case TCall(function=function, arguments=arguments, type=type_, span=span):
                bindings = tuple(zip(function.parameters, arguments, strict=True))
                return TInlined(function.name, bindings, seen_from(span, self._body(function)), type=type_, span=span)
            case _:
                return expression

    def _statement(self, statement: TStatement) -> tuple[TStatement, ...]:
        return (map_children(statement, expression=self.expression, statement=self._statement),)

    def _body(self, function: TFunction) -> TBlock:
        if id(function) not in self._bodies:
            self._bodies[id(function)] = (function, as_block(self.expression(function.body)))
        return self._bodies[id(function)][1]
