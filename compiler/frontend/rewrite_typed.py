"""Walk over a typed tree and rebuild it, one level at a time.

Passes over the tree recurse themselves, so that each decides what it does before and after the parts of
a node. The functions that calls name are not parts of the tree.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import cache
from typing import TypeAlias, TypeGuard, TypeVar, get_args

from compiler.frontend.nesting import bounded_nesting
from compiler.frontend.typed import TBlock, TExpr, THandler, TProgram, TStatement, TTemplate
from compiler.source import Span

Node: TypeAlias = TExpr | TStatement
ChangeExpression: TypeAlias = Callable[[TExpr], TExpr]
ChangeStatement: TypeAlias = Callable[[TStatement], tuple[TStatement, ...]]

_NodeT = TypeVar("_NodeT", bound=TExpr | TStatement | TTemplate)

_EXPRESSIONS: tuple[type, ...] = get_args(TExpr)
_STATEMENTS: tuple[type, ...] = get_args(TStatement)
_LEAVES = frozenset({"Ty", "Span", "str", "int", "bool", "Static", "Local", "TFunction"})


@cache
def _parts_of(kind: type) -> tuple[str, ...]:
    """The fields that may hold parts of the tree."""
    return tuple(f.name for f in dataclasses.fields(kind) if f.type not in _LEAVES)


def _is_expression(part: object) -> TypeGuard[TExpr]:
    return isinstance(part, _EXPRESSIONS)


def _is_statement(part: object) -> TypeGuard[TStatement]:
    return isinstance(part, _STATEMENTS)


def children(node: Node | TTemplate) -> Iterator[Node]:
    """The expressions and statements directly inside `node`, in order of evaluation."""
    for name in _parts_of(type(node)):
        yield from _nodes_in(getattr(node, name))


def _nodes_in(part: object) -> Iterator[Node]:
    if _is_expression(part) or _is_statement(part):
        yield part
    elif isinstance(part, tuple):
        for item in part:
            yield from _nodes_in(item)
    elif isinstance(part, TTemplate):
        yield from children(part)


def map_children(node: _NodeT, *, expression: ChangeExpression, statement: ChangeStatement) -> _NodeT:
    """`node` with the expressions and statements directly inside it replaced; `node` itself where none changes.

    `expression` makes a block of a block.
    """
    changes: dict[str, object] = {}
    for name in _parts_of(type(node)):
        old = getattr(node, name)
        new = _mapped(old, expression, statement)
        if new is not old:
            changes[name] = new
    return dataclasses.replace(node, **changes) if changes else node


def _mapped(part: object, expression: ChangeExpression, statement: ChangeStatement) -> object:
    if _is_expression(part):
        return expression(part)
    if isinstance(part, TTemplate):
        return map_children(part, expression=expression, statement=statement)
    if not isinstance(part, tuple):
        return part
    if part and _is_statement(part[0]):
        mapped = tuple(new for old in part for new in statement(old))
    else:
        mapped = tuple(_mapped(item, expression, statement) for item in part)
    unchanged = len(mapped) == len(part) and all(new is old for new, old in zip(mapped, part, strict=True))
    return part if unchanged else mapped


def map_spans(node: _NodeT, change: Callable[[Span], Span]) -> _NodeT:
    """`node` with the span of everything in it replaced."""

    def statement(inner: TStatement) -> tuple[TStatement, ...]:
        return (map_spans(inner, change),)

    mapped = map_children(node, expression=lambda inner: map_spans(inner, change), statement=statement)
    if isinstance(mapped, TTemplate):
        return mapped
    return dataclasses.replace(mapped, span=change(mapped.span))


def map_handlers(program: TProgram, *, expression: ChangeExpression) -> TProgram:
    """`program` with the condition and body of each handler replaced; `CompileError` where one is nested too deep."""

    def rewrite(handler: THandler) -> THandler:
        with bounded_nesting(handler):
            where = None if handler.where is None else expression(handler.where)
            return dataclasses.replace(handler, where=where, body=as_block(expression(handler.body)))

    return dataclasses.replace(program, handlers=tuple(map(rewrite, program.handlers)))


def as_block(expression: TExpr) -> TBlock:
    assert isinstance(expression, TBlock), "a block was replaced by something else"
    return expression
