"""Which code only computes, so that it may be carried out where its value is not needed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from compiler.frontend.rewrite_typed import Node, children
from compiler.frontend.typed import SAssign, SExpr, SLet, TAccess, TBinary, TBlock, TExpr, THash
from compiler.ir.operations import BinaryOperator

_CHEAP_NODES = 12  # about one comparison and one arithmetic operation in either branch
_DEAR_OPERATORS = (BinaryOperator.MUL, BinaryOperator.DIV, BinaryOperator.MOD)


def is_pure(expression: TExpr) -> bool:
    """No effects, and no path leaves the code."""
    return all(map(_node_is_pure, _nodes(expression)))


def is_cheap(block: TBlock) -> bool:
    """Pure, and so short that computing it always costs less than deciding whether to."""
    first = list(islice(_nodes(block), _CHEAP_NODES + 1))
    return len(first) <= _CHEAP_NODES and all(_node_is_pure(node) and not _is_dear(node) for node in first)


def _nodes(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += children(node)


def _node_is_pure(node: Node) -> bool:
    match node:
        case SLet() | SAssign() | SExpr():
            return True
        case TAccess():
            return False
        case _:
            return isinstance(node, TExpr)


def _is_dear(node: Node) -> bool:
    match node:
        case THash():
            return True
        case TBinary(operator=operator):
            return operator in _DEAR_OPERATORS
        case _:
            return False
