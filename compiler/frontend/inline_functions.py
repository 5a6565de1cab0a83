"""Put the body of the called function in the place of every call.

Before: expressions may be `TCall`.
After:  none is; `TInlined` stands in its place, with the calls in the body inlined in turn.

Variables keep their numbers. There is no recursion, so that a function is never active twice, and the
arguments of a call are evaluated before its parameters are bound.
"""

from __future__ import annotations

from compiler.frontend.rewrite_typed import as_block, map_children, map_handlers
from compiler.frontend.typed import TBlock, TCall, TExpr, TFunction, TInlined, TProgram, TStatement


def inline_functions(program: TProgram) -> TProgram:
    return map_handlers(program, expression=_Inliner().expression)


class _Inliner:
    def __init__(self) -> None:
        # By identity: comparing functions compares whole trees. Holding the function keeps its identity taken.
        self._bodies: dict[int, tuple[TFunction, TBlock]] = {}

    def expression(self, expression: TExpr) -> TExpr:
        expression = map_children(expression, expression=self.expression, statement=self._statement)
        match expression:
            case TCall(function=function, arguments=arguments, type=type_, span=span):
                bindings = tuple(zip(function.parameters, arguments, strict=True))
                return TInlined(function.name, bindings, self._body(function), type=type_, span=span)
            case _:
                return expression

    def _statement(self, statement: TStatement) -> tuple[TStatement, ...]:
        return (map_children(statement, expression=self.expression, statement=self._statement),)

    def _body(self, function: TFunction) -> TBlock:
        if id(function) not in self._bodies:
            self._bodies[id(function)] = (function, as_block(self.expression(function.body)))
        return self._bodies[id(function)][1]
