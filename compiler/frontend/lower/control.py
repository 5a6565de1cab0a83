"""Lower what decides which code is carried out: branches, blocks, options, inlined functions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from compiler.frontend.lower.context import Context
from compiler.frontend.lower.effects import is_cheap, is_pure
from compiler.frontend.lower.paths import Branch, Departure, Exit, Operands, Scope, Variable
from compiler.frontend.typed import TBlock, TIf, TInlined, TLogical, TUnwrap
from compiler.frontend.types import Ty, flatten
from compiler.ir.values import FALSE, TRUE, Operand, zero
from compiler.source import Span


def lower_block(context: Context, block: TBlock, name: str) -> Operands:
    """The block's value; zeros (which nobody reads) where no path comes to its end."""
    outer = frozenset(context.scope.environment.variables)
    for statement in block.statements:
        context.statement(statement)
        if not context.scope.is_alive:
            return _nothing(block.type)
    values = () if block.value is None else context.values(block.value, name)
    variables = context.scope.environment.variables
    for number in [number for number in variables if number not in outer]:
        del variables[number]
    return values


def lower_if(context: Context, branch: TIf, name: str) -> Operands:
    condition = context.operand(branch.condition)
    context.steps.decided(context.scope.guard, branch, condition)

    def lower(block: TBlock) -> Operands:
        context.steps.took_branch(context.scope.guard, branch, block)
        return context.block(block, name)

    return _lower_branches(
        context,
        condition,
        lambda: lower(branch.then),
        lambda: lower(branch.otherwise),
        is_speculated=is_cheap(branch.then) and is_cheap(branch.otherwise),
        of=branch.type,
        name=name,
        span=branch.span,
    )


def lower_logical(context: Context, logical: TLogical, name: str) -> Operands:
    left = context.operand(logical.left)
    truth = context.builder.guards.truth(context.scope.guard, left)
    if truth is None and is_pure(logical.right):
        right, place = context.operand(logical.right), context.place(logical.span)
        join = context.builder.conjunction if logical.is_and else context.builder.disjunction
        return (join(place, left, right, name),)
    decided: Operands = (FALSE,) if logical.is_and else (TRUE,)

    def right_side() -> Operands:
        return context.values(logical.right, name)

    return _lower_branches(
        context,
        left,
        right_side if logical.is_and else lambda: decided,
        (lambda: decided) if logical.is_and else right_side,
        is_speculated=False,
        of=logical.type,
        name=name,
        span=logical.span,
    )


def lower_unwrap(context: Context, unwrap: TUnwrap, name: str) -> Operands:
    option = context.values(unwrap.value, name)
    if not option:
        assert not context.scope.is_alive, "only an expression that never ends has no value here"
        return _nothing(unwrap.type)
    present, *values = option

    def otherwise() -> Operands:
        context.steps.took_otherwise(context.scope.guard, unwrap.otherwise)
        return context.block(unwrap.otherwise, name)

    return _lower_branches(
        context,
        present,
        lambda: tuple(values),
        otherwise,
        is_speculated=is_cheap(unwrap.otherwise),
        of=unwrap.type,
        name=name,
        span=unwrap.span,
    )


def lower_inlined(context: Context, inlined: TInlined, name: str) -> Operands:
    bindings = [Variable(local, context.values(argument, local.name)) for local, argument in inlined.bindings]
    caller = context.scope
    if not caller.is_alive:
        return _nothing(inlined.type)
    body = Scope(caller.guard, caller.environment.copy())
    body.environment.variables = {variable.local.number: variable for variable in bindings}
    context.scope = body
    context.calls.append(inlined.span)
    values = context.block(inlined.body, name)
    context.calls.pop()
    context.scope = caller
    return context.joins.end_call(caller, Branch(body, values), of=inlined.type, name=name, span=inlined.span)


def lower_return(context: Context, values: Operands) -> None:
    """All paths that come here leave the function that is being inlined."""
    scope = context.scope
    if scope.is_alive:
        departure = Departure(dict(scope.environment.fields), values)
        context.joins.leave(scope, Exit(scope.guard, TRUE, FALSE, TRUE, departure))


def _lower_branches(
    context: Context,
    condition: Operand,
    then: Callable[[], Operands],
    otherwise: Callable[[], Operands],
    *,
    is_speculated: bool,
    of: Ty,
    name: str,
    span: Span,
) -> Operands:
    """`is_speculated`: both branches are computed always, and only their values are chosen from."""
    scope = context.scope
    if not scope.is_alive:
        return _nothing(of)
    guards = context.builder.guards
    truth = guards.truth(scope.guard, condition)
    if truth is not None:
        values = then() if truth else otherwise()
        return _fitted(values, of) if context.scope.is_alive else _nothing(of)

    def branch(lower: Callable[[], Operands], polarity: bool) -> Branch:
        guard = scope.guard if is_speculated else guards.child(scope.guard, condition, polarity)
        context.scope = Scope(guard, scope.environment.copy())
        with context.steps.under(condition, polarity) if is_speculated else nullcontext():
            values = _fitted(lower(), of)
        ended = Branch(context.scope, values)
        context.scope = scope
        return ended

    first, second = branch(then, True), branch(otherwise, False)
    return context.joins.branches(scope, condition, first, second, of=of, name=name, span=span)


def _nothing(of: Ty) -> Operands:
    """A value where no path leads: nobody reads it."""
    return tuple(map(zero, flatten(of)))


def _fitted(values: Operands, of: Ty) -> Operands:
    """No value where none is wanted: a branch of a statement may have one."""
    return values if flatten(of) else ()
