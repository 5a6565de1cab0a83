"""Static numbers: what is known when compiling, or will be once loops are unrolled."""

from __future__ import annotations

from compiler.diagnostics import Reporter
from compiler.frontend import ast
from compiler.frontend.check.scope import (
    ConstSymbol,
    Scope,
    StaticSymbol,
    report_unknown,
    resolve_path,
    what_is,
)
from compiler.frontend.typed import TLiteral
from compiler.frontend.types import STATIC, TIME, Ty
from compiler.frontend.variables import Static, StaticLiteral, StaticOperation

STATIC_OPERATORS = frozenset(
    ["+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=", "min", "max"]
)
_COMPARISONS = frozenset(["==", "!=", "<", "<=", ">", ">="])
_MAX_SHIFT = 4096


def static_operation(operator: str, left: Static, right: Static) -> Static | None:
    """Fold where both sides are literals; None for a division by zero or an absurd shift."""
    if not isinstance(left, StaticLiteral) or not isinstance(right, StaticLiteral):
        return StaticOperation(operator, left, right)
    a, b = left.value, right.value
    match operator:
        case "+":
            return StaticLiteral(a + b)
        case "-":
            return StaticLiteral(a - b)
        case "*":
            return StaticLiteral(a * b)
        case "/" | "%":
            if b == 0:
                return None
            return StaticLiteral(a // b if operator == "/" else a % b)
        case "<<" | ">>":
            if not 0 <= b <= _MAX_SHIFT:
                return None
            return StaticLiteral(a << b if operator == "<<" else a >> b)
        case "&":
            return StaticLiteral(a & b)
        case "|":
            return StaticLiteral(a | b)
        case "^":
            return StaticLiteral(a ^ b)
        case "min":
            return StaticLiteral(min(a, b))
        case "max":
            return StaticLiteral(max(a, b))
        case "==":
            return StaticLiteral(int(a == b))
        case "!=":
            return StaticLiteral(int(a != b))
        case "<":
            return StaticLiteral(int(a < b))
        case "<=":
            return StaticLiteral(int(a <= b))
        case ">":
            return StaticLiteral(int(a > b))
        case ">=":
            return StaticLiteral(int(a >= b))
        case _:
            pass
    raise AssertionError(operator)


def static_number(node: ast.Expr, scope: Scope, reporter: Reporter) -> tuple[Static, Ty] | None:
    """The static number that `node` is (STATIC, or TIME for times), or None after reporting why it is none."""
    match node:
        case ast.Literal(kind="int", value=int(value)):
            return StaticLiteral(value), STATIC
        case ast.Literal(kind="duration", value=int(value)):
            return StaticLiteral(value), TIME
        case ast.NameExpr(path=path):
            return _named(path, scope, reporter)
        case ast.BinaryExpr(operator=operator) if operator in STATIC_OPERATORS:
            return _binary(node, scope, reporter)
        case _:
            reporter.error("W0301", "this must be a number known when compiling", node.span)
            return None


def _named(path: ast.Path, scope: Scope, reporter: Reporter) -> tuple[Static, Ty] | None:
    symbol = resolve_path(path, scope)
    match symbol:
        case StaticSymbol(value=value, type=ty):
            return value, ty
        case ConstSymbol(value=TLiteral(values=(int(number),)), type=ty):
            return StaticLiteral(number), TIME if ty == TIME else STATIC
        case ConstSymbol(value=value, type=ty) if not isinstance(value, TLiteral):
            return value, ty
        case None:
            report_unknown(path, scope, reporter)
        case _:
            reporter.error(
                "W0301",
                f"`{path}` is {what_is(symbol)}; a number known when compiling is needed here",
                path.span,
                help="declare it with `const`",
            )
    return None


def _binary(node: ast.BinaryExpr, scope: Scope, reporter: Reporter) -> tuple[Static, Ty] | None:
    left, right = static_number(node.left, scope, reporter), static_number(node.right, scope, reporter)
    if left is None or right is None:
        return None
    folded = static_operation(node.operator, left[0], right[0])
    if folded is None:
        reporter.error("W0312", "division by zero, or a shift by more than 4096 bits", node.span)
        return None
    is_number = node.operator in _COMPARISONS or (left[1] == right[1] and node.operator == "/")
    return folded, TIME if TIME in (left[1], right[1]) and not is_number else STATIC


def static_int(node: ast.Expr, scope: Scope, reporter: Reporter) -> int | None:
    """As `static_number`, and known at once (not a loop variable)."""
    found = static_number(node, scope, reporter)
    if found is None:
        return None
    if isinstance(found[0], StaticLiteral):
        return found[0].value
    reporter.error("W0301", "this must be known before loops are unrolled", node.span)
    return None
