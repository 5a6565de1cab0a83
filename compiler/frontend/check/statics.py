"""Static numbers: what is known when compiling, or will be once loops are unrolled."""

from __future__ import annotations

import ipaddress

from compiler.diagnostics import Reporter
from compiler.frontend import ast
from compiler.frontend.check.scope import (
    ConstSymbol,
    PortSymbol,
    Scope,
    StaticSymbol,
    TypeSymbol,
    is_wrong,
    report_unknown,
    resolve_path,
    what_is,
)
from compiler.frontend.static_arithmetic import StaticArithmeticError, static_result
from compiler.frontend.typed import TLiteral
from compiler.frontend.types import BOOLEAN, IP4, IP6, MAC, PORT, STATIC, TIME, EnumType, Ty
from compiler.frontend.variables import Static, StaticLiteral, StaticOperation

_TYPE_OF_LITERAL = {"bool": BOOLEAN, "ip4": IP4, "mac": MAC}

STATIC_OPERATORS = frozenset(
    ["+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=", "min", "max"]
)
_MOST_STEPS = 1_000
_COMPARISONS = frozenset(["==", "!=", "<", "<=", ">", ">="])


def static_operation(operator: str, left: Static, right: Static) -> Static:
    """Fold where both sides are literals. Raises `StaticArithmeticError` where there is no result."""
    if isinstance(left, StaticLiteral) and isinstance(right, StaticLiteral):
        return StaticLiteral(static_result(operator, left.value, right.value))
    steps = 1 + sum(side.steps for side in (left, right) if isinstance(side, StaticOperation))
    if steps > _MOST_STEPS:  # `let b = a * a; let c = b * b; ...` doubles them every time
        raise StaticArithmeticError(f"this number takes more than {_MOST_STEPS} steps to compute")
    return StaticOperation(operator, left, right, steps)


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
        case _ if is_wrong(symbol):
            pass
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
    try:
        folded = static_operation(node.operator, left[0], right[0])
    except StaticArithmeticError as error:
        reporter.error("W0312", str(error), node.span)
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


def static_scalar(node: ast.Expr, ty: Ty, scope: Scope, reporter: Reporter) -> int | None:
    """The number of a value of `ty` known at once: written as in expressions (`true`, `10.0.0.1`, `wan`,
    `Phase::Open`), or as a plain number; None after reporting why it is neither."""
    match node:
        case ast.Literal(kind=kind, value=int(value)) if kind in _TYPE_OF_LITERAL and _TYPE_OF_LITERAL[kind] == ty:
            return value
        case ast.Literal(kind="string", value=str(text)) if ty == IP6:
            try:
                return int(ipaddress.IPv6Address(text))
            except ValueError:
                reporter.error("W0102", f'"{text}" is not ip6', node.span)
                return None
        case ast.NameExpr(path=path) if ty == PORT:
            symbol = resolve_path(path, scope)
            if isinstance(symbol, PortSymbol) and symbol.count is None:
                return symbol.first
        case ast.Index(object=ast.NameExpr(path=path), index=index) if ty == PORT:
            symbol = resolve_path(path, scope)
            if isinstance(symbol, PortSymbol) and symbol.count is not None:
                return _port_of_group(symbol, index, scope, reporter)
        case ast.NameExpr(path=path) if isinstance(ty, EnumType) and len(path.names) > 1:
            named = resolve_path(ast.Path(path.names[:-1], span=path.span), scope)
            if isinstance(named, TypeSymbol) and named.type == ty:
                values = {variant.name: variant.value for variant in ty.variants}
                if path.names[-1].text in values:
                    return values[path.names[-1].text]
        case _:
            pass
    return static_int(node, scope, reporter)


def _port_of_group(group: PortSymbol, node: ast.Expr, scope: Scope, reporter: Reporter) -> int | None:
    index = static_int(node, scope, reporter)
    if index is None or 0 <= index < (group.count or 0):
        return None if index is None else group.first + index
    reporter.error("W0321", f"`{group.name}` has {group.count} ports", node.span)
    return None
