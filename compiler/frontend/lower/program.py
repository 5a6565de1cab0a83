"""Lower a checked program to the guarded straight line.

Before: no calls, no loops, all numbers known (`inline_functions`, `unroll_loops`).
After:  structs, options and branches are gone; every value is defined once; reads of a header field
        yield what was written to it. On every path exactly one final operation is carried out.

Handlers are tried in source order. What none of them takes is dropped as "unhandled".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from compiler.frontend.lower.accesses import lower_access
from compiler.frontend.lower.context import Context
from compiler.frontend.lower.control import lower_block, lower_if, lower_inlined, lower_logical, lower_unwrap
from compiler.frontend.lower.guards import DEAD
from compiler.frontend.lower.paths import Environment, Operands, Scope
from compiler.frontend.lower.pure import lower_pure
from compiler.frontend.lower.source_steps import SourceStep
from compiler.frontend.lower.statements import lower_statement
from compiler.frontend.lower.tidy import Line, without_unused
from compiler.frontend.nesting import bounded_nesting
from compiler.frontend.typed import (
    TAccess,
    TBlock,
    TCall,
    TExpr,
    THandler,
    THeaderPresent,
    TIf,
    TInlined,
    TLogical,
    TProgram,
    TStatement,
    TStatic,
    TUnwrap,
)
from compiler.frontend.types import BOOLEAN
from compiler.ir.operations import CompareOperator, Drop, PacketFact
from compiler.ir.program import ROOT, Handler, Program
from compiler.ir.values import FALSE, TRUE, Operand, constant


def lower_program(program: TProgram) -> Program:
    """Raises `CompileError` where a handler is nested too deep to walk over."""
    return _lower(program, follows_source=False)[0]


def lower_with_steps(program: TProgram) -> tuple[Program, tuple[SourceStep, ...]]:
    """As `lower_program`, with the steps of the source in order; the program keeps every value that they name.

    The two programs have the same guards for what they share, the same numbers of values, and the same effects.
    """
    return _lower(program, follows_source=True)


def _lower(program: TProgram, *, follows_source: bool) -> tuple[Program, tuple[SourceStep, ...]]:
    lowering = _Lowering(program, follows_source=follows_source)
    handlers: list[Handler] = []
    guard = ROOT  # where no handler so far takes the packet
    for handler in program.handlers:
        if guard == DEAD:
            break  # the handlers before take every packet
        with bounded_nesting(handler):
            taken, guard = lowering.handler(handler, guard)
        if taken != DEAD:
            handlers.append(Handler(handler.name, taken, span=handler.span))
    lowering.builder.emit(Drop(guard=guard, span=program.span, reason="unhandled"))
    builder = lowering.builder
    line = Line(tuple(builder.guards.guards), tuple(builder.operations), tuple(handlers), tuple(lowering.steps.steps))
    line = without_unused(line)
    lowered = Program(
        name=program.name,
        shares=program.shares,
        ports=program.ports,
        headers=program.headers,
        states=program.states,
        tunables=program.tunables,
        records=program.records,
        guards=line.guards,
        operations=line.operations,
        handlers=line.handlers,
    )
    return lowered, line.steps


class _Lowering(Context):
    def __init__(self, program: TProgram, *, follows_source: bool) -> None:
        super().__init__(program, follows_source=follows_source)
        self._ports = frozenset(range(len(program.ports)))

    def values(self, expression: TExpr, name: str = "") -> Operands:
        match expression:
            case TBlock():
                return lower_block(self, expression, name)
            case TIf():
                return lower_if(self, expression, name)
            case TLogical():
                return lower_logical(self, expression, name)
            case TUnwrap():
                return lower_unwrap(self, expression, name)
            case TInlined():
                return lower_inlined(self, expression, name)
            case TAccess():
                return lower_access(self, expression, name)
            case TCall() | TStatic():
                raise AssertionError(f"{type(expression).__name__} is gone by now")
            case _:
                return lower_pure(self, expression, name)

    def block(self, block: TBlock, name: str = "") -> Operands:
        return lower_block(self, block, name)

    def statement(self, statement: TStatement) -> None:
        lower_statement(self, statement)

    def handler(self, handler: THandler, guard: int) -> tuple[int, int]:
        """Lower a handler; the guards where it takes the packet, and where it leaves it to the next one."""
        self.scope = Scope(guard, Environment())
        taken = reduce(
            lambda one, other: self.builder.conjunction(self.place(handler.span), one, other),
            self._demands(handler),
            TRUE,
        )
        assert not self.scope.exits, "a handler's condition only looks"
        guards = self.builder.guards
        mine, others = (guards.child(guard, taken, polarity) for polarity in (True, False))
        if mine == DEAD:
            return mine, others
        self.scope = Scope(mine, Environment())
        self.block(handler.body)
        assert not self.scope.is_alive, f"a path of {handler.name} has no end"
        assert all(leaving.departure is None for leaving in self.scope.exits), f"{handler.name} returns"
        return mine, others

    def _demands(self, handler: THandler) -> Iterator[Operand]:
        """What has to hold for the handler to take a packet."""
        yield self._came_by(handler)
        for headers in handler.requires:
            yield self.operand(THeaderPresent(headers, type=BOOLEAN, span=handler.span))
        if handler.where is not None:
            yield self.operand(handler.where)

    def _came_by(self, handler: THandler) -> Operand:
        if self._ports <= set(handler.ports):
            return TRUE
        place = self.place(handler.span)
        port = self.builder.fact(place, PacketFact.PORT)
        tests = (
            self.builder.comparison(place, CompareOperator.EQ, port, constant(number, 16)) for number in handler.ports
        )
        return reduce(lambda one, other: self.builder.disjunction(place, one, other), tests, FALSE)
