"""Written types -> types."""

from __future__ import annotations

import re

from compiler.diagnostics import Reporter
from compiler.frontend import ast
from compiler.frontend.check.scope import (
    AliasSymbol,
    HeaderSymbol,
    ObjectSymbol,
    Scope,
    StaticSymbol,
    TypeSymbol,
    is_wrong,
    report_unknown,
    resolve_path,
    what_is,
)
from compiler.frontend.check.statics import static_int
from compiler.frontend.types import (
    BOOLEAN,
    ERROR,
    NAMED_SCALARS,
    EnumType,
    IntType,
    StructType,
    TupleType,
    Ty,
    VectorType,
    describe,
    flatten,
)
from compiler.ir.types import MAX_WIDTH
from compiler.source import Span

MAX_LANES = 1024
MAX_PARTS = 1024
STATE_KINDS = frozenset(
    ["map", "set", "lease", "index", "counter", "meter", "exact", "lpm", "ternary", "range", "mixed", "array"]
)
_INTEGER = re.compile(r"u(\d{1,9})$")


def builtin_type(name: str) -> Ty | None:
    """bool, uN, mac, ip4, ...; None for any other name."""
    if name == "bool":
        return BOOLEAN
    found = _INTEGER.match(name)
    if found and 1 <= int(found.group(1)) <= MAX_WIDTH:
        return IntType(int(found.group(1)))
    return NAMED_SCALARS.get(name)


def resolve_type(node: ast.TypeNode, scope: Scope, reporter: Reporter) -> Ty:
    """The type of a value; ERROR after reporting what is wrong."""
    match node:
        case ast.NamedType():
            return _named(node, scope, reporter)
        case ast.ArrayType(element=element, size=size):
            return _vector(node, resolve_type(element, scope, reporter), static_int(size, scope, reporter), reporter)
        case ast.TupleType(elements=elements):
            return bounded(TupleType(tuple(resolve_type(e, scope, reporter) for e in elements)), node.span, reporter)
        case ast.RecordType(fields=fields):
            return bounded(StructType("", resolve_fields(fields, scope, reporter)), node.span, reporter)
        case ast.NumberType():
            reporter.error("W0302", "a type is needed here, not a number", node.span)
        case ast.PacketType():
            reporter.error("W0302", "a packet cannot be stored or passed on as a value", node.span)
    return ERROR


def bounded(ty: Ty, span: Span, reporter: Reporter) -> Ty:
    """`ty`, made of types that are bounded; ERROR where one of them is, or (reported) it has too many parts."""
    if ERROR in _inside(ty):
        return ERROR
    parts = len(flatten(ty))
    if parts <= MAX_PARTS:
        return ty
    reporter.error("W0337", f"a value has at most {MAX_PARTS} parts; this one has {parts}", span)
    return ERROR


def _inside(ty: Ty) -> tuple[Ty, ...]:
    """The types that `ty` is put together from."""
    match ty:
        case StructType(fields=fields):
            return tuple(inner for _, inner in fields)
        case TupleType(elements=elements):
            return elements
        case EnumType(variants=variants):
            return tuple(part for variant in variants for part in variant.payload)
        case _:
            return ()


def resolve_fields(fields: tuple[ast.FieldNode, ...], scope: Scope, reporter: Reporter) -> tuple[tuple[str, Ty], ...]:
    seen: dict[str, ast.Name] = {}
    resolved = []
    for field in fields:
        if field.name.text in seen:
            reporter.error("W0202", f"field `{field.name.text}` is declared twice", field.name.span)
            continue
        seen[field.name.text] = field.name
        resolved.append((field.name.text, resolve_type(field.type, scope, reporter)))
    return tuple(resolved)


def _named(node: ast.NamedType, scope: Scope, reporter: Reporter) -> Ty:
    name = str(node.path)
    symbol = resolve_path(node.path, scope)
    if is_wrong(symbol):
        return ERROR
    if isinstance(symbol, TypeSymbol):
        if node.args:
            reporter.error("W0303", f"`{name}` takes no arguments in `<...>`", node.span)
        return symbol.type
    builtin = builtin_type(name)
    if builtin is not None:
        return builtin
    width = _INTEGER.match(name)
    if width:
        reporter.error("W0304", f"`{name}`: integers have 1 to {MAX_WIDTH} bits", node.span)
    elif name in ("int", "i8", "i16", "i32", "i64"):
        reporter.error("W0304", "integers are unsigned and have a width", node.span, help="write for example `u32`")
    elif name in STATE_KINDS or isinstance(symbol, ObjectSymbol):
        reporter.error(
            "W0302",
            f"`{name}` is a kind of state, not the type of a value",
            node.span,
            help=f"declare it: `state name: {name}<...> {{ ... }}`",
        )
    elif isinstance(symbol, (HeaderSymbol, AliasSymbol)):
        reporter.error("W0302", f"`{name}` is {what_is(symbol)}, not the type of a value", node.span)
    elif isinstance(symbol, StaticSymbol):
        reporter.error("W0302", f"`{name}` is a number, not a type", node.span)
    elif symbol is not None:
        reporter.error("W0302", f"`{name}` is {what_is(symbol)}, not a type", node.span)
    else:
        report_unknown(node.path, scope, reporter, what="type")
    return ERROR


def _vector(node: ast.ArrayType, element: Ty, lanes: int | None, reporter: Reporter) -> Ty:
    if element == ERROR or lanes is None:
        return ERROR
    if not isinstance(element, IntType):
        reporter.error("W0306", f"a vector has integers as lanes, not {describe(element)}", node.element.span)
        return ERROR
    if not 1 <= lanes <= MAX_LANES:
        reporter.error("W0306", f"a vector has 1 to {MAX_LANES} lanes, not {lanes}", node.size.span)
        return ERROR
    return VectorType(element, lanes)
