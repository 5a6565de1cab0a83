"""Objects: state types written in Weft. A state of such a type has members of its own."""

from __future__ import annotations

from dataclasses import replace

from compiler.diagnostics import CompileError, closest
from compiler.frontend import ast, items
from compiler.frontend.check.body import Context
from compiler.frontend.check.scope import (
    ConstSymbol,
    FunctionSymbol,
    InstanceSymbol,
    ObjectSymbol,
    Scope,
    StaticSymbol,
    Symbol,
    TypeSymbol,
    resolve_path,
)
from compiler.frontend.check.state_declarations import StateDeclarer
from compiler.frontend.check.statics import static_number
from compiler.frontend.check.table_declarations import TableDeclarer
from compiler.frontend.check.type_names import resolve_type
from compiler.frontend.types import ERROR, STATIC, TIME, Ty
from compiler.source import Span

MAX_STATES = 4_096


def object_type(node: ast.TypeNode, scope: Scope) -> ObjectSymbol | None:
    """The object that a written type names, if it names one."""
    if not isinstance(node, ast.NamedType):
        return None
    symbol = resolve_path(node.path, scope)
    return symbol if isinstance(symbol, ObjectSymbol) else None


def declare_object_state(
    node: items.StateDecl, context: Context, scope: Scope, prefix: str = ""
) -> InstanceSymbol | None:
    """Declare the members of a new state `node.name` whose type is an object."""
    symbol = object_type(node.type, scope)
    assert symbol is not None and isinstance(node.type, ast.NamedType)
    if any(opened is symbol.declaration for opened in context.opened):
        context.reporter.error("W0518", f"object `{symbol.declaration.name.text}` contains itself", node.type.span)
        return None
    inner = Scope(parent=symbol.scope, module=symbol.scope.module)
    if node.initial is not None:
        context.reporter.error("W0505", "only arrays and variables have an initial value", node.initial.span)
    if not _bind_arguments(symbol.declaration, node.type, node.options, inner, scope, context):
        return None
    if len(context.declared.states) > MAX_STATES:
        text = f"this program has more than {MAX_STATES:,} states, with those in objects"
        context.reporter.error("W0519", text, node.name.span)
        raise CompileError(*context.reporter.diagnostics)
    name = prefix + node.name.text
    before = len(context.declared.states)
    context.opened.append(symbol.declaration)
    try:
        declared = _members(symbol.declaration, context, inner, f"{name}.")
    finally:
        context.opened.pop()
    if symbol.declaration.name.span.source is not node.name.span.source:
        states = context.declared.states
        states[before:] = [replace(state, span=node.name.span.standing_for(state.span)) for state in states[before:]]
    return InstanceSymbol(name, symbol.declaration, inner) if declared else None


def _members(declaration: items.Object, context: Context, scope: Scope, prefix: str) -> bool:
    """Declare all members; False after an error."""
    for member in declaration.members:
        declared = _member(member, context, scope, prefix)
        if declared is None:
            return False
        if member.name.text in scope.symbols and not isinstance(declared, FunctionSymbol):
            context.reporter.error("W0202", f"`{member.name.text}` is declared twice", member.name.span)
        scope.symbols[member.name.text] = declared
    return True


def _member(
    member: items.StateDecl | items.TableDecl | items.Function | items.Const,
    context: Context,
    scope: Scope,
    prefix: str,
) -> Symbol | None:
    match member:
        case items.Function():
            return FunctionSymbol(member.name.text, (member,), scope)
        case items.Const():
            found = static_number(member.value, scope, context.reporter)
            return None if found is None else ConstSymbol(found[0], found[1])
        case items.TableDecl():
            return TableDeclarer(scope, context.reporter, context.declared, prefix).declare(member)
        case items.StateDecl() if object_type(member.type, scope) is not None:
            return declare_object_state(member, context, scope, prefix)
        case items.StateDecl():
            return StateDeclarer(scope, context.reporter, context.declared, prefix).declare(member)


def _bind_arguments(
    declaration: items.Object,
    ty: ast.NamedType,
    options: tuple[items.Option, ...],
    inner: Scope,
    outer: Scope,
    context: Context,
) -> bool:
    """Bind generic parameters to the arguments in `<...>` and the options in `{...}`."""
    reporter = context.reporter
    params = {p.name.text: p for p in declaration.generics}
    given: dict[str, ast.TypeNode | ast.Expr] = {}
    spans: dict[str, Span] = {}
    positional = iter(params)
    for argument in ty.args:
        name = argument.name.text if argument.name else next(positional, "")
        given[name], spans[name] = argument.value, argument.span
    for option in options:
        given[option.name.text], spans[option.name.text] = option.value, option.span
    for name in given:
        if name not in params:
            near = closest(name, params)
            reporter.error(
                "W0504",
                f"`{declaration.name.text}` has no parameter `{name}`",
                spans[name],
                help=f"did you mean `{near}`?" if near else "it has " + ", ".join(f"`{p}`" for p in params),
            )
            return False
    for name, param in params.items():
        bound = _bind_one(param, given.get(name), inner, outer, context, ty.span, declaration.name.text)
        if bound is None:
            return False
        inner.symbols[name] = bound
    return True


def _bind_one(
    param: items.GenericParam,
    argument: ast.TypeNode | ast.Expr | None,
    inner: Scope,
    outer: Scope,
    context: Context,
    span: Span,
    owner: str,
) -> Symbol | None:
    reporter = context.reporter
    name = param.name.text
    if param.kind is None:
        if not isinstance(argument, (ast.NamedType, ast.ArrayType, ast.TupleType, ast.RecordType)):
            reporter.error("W0502", f"`{owner}` needs the type `{name}`", span, help=f"`{owner}<net::Flow, ...>`")
            return None
        found = resolve_type(argument, outer, reporter)
        return None if found == ERROR else TypeSymbol(found)
    wanted: Ty = TIME if param.kind.text == "time" else STATIC
    node, scope = (argument, outer) if argument is not None else (param.default, inner)
    if node is None:
        example = "1s" if wanted == TIME else "1024"
        reporter.error("W0502", f"`{owner}` needs `{name}`", span, help=f"`{owner}<..., {name}: {example}>`")
        return None
    found_number = static_number(_as_expression(node), scope, reporter)
    if found_number is None:
        return None
    if found_number[1] != wanted:
        what = "a time, such as `1s`" if wanted == TIME else "a number without a unit"
        reporter.error("W0503", f"`{name}` of `{owner}` is {what}", node.span)
        return None
    return StaticSymbol(found_number[0], wanted)


def _as_expression(node: ast.TypeNode | ast.Expr) -> ast.Expr:
    """A type argument that is really a number: a literal or the name of a constant."""
    match node:
        case ast.NumberType(value=value):
            return value
        case ast.NamedType(path=path):
            return ast.NameExpr(path, span=node.span)
        case ast.ArrayType() | ast.TupleType() | ast.RecordType() | ast.PacketType():
            return ast.TupleExpr((), span=node.span)  # reported as no number
        case _:
            return node
