"""Casts, vectors and tuples."""

from __future__ import annotations

from compiler.frontend import ast
from compiler.frontend.check.body import poison
from compiler.frontend.check.operators import OperatorChecker
from compiler.frontend.check.scope import TypeSymbol, report_unknown, resolve_path, what_is
from compiler.frontend.check.statics import static_int
from compiler.frontend.check.type_names import MAX_LANES, bounded, builtin_type
from compiler.frontend.typed import TExpr, TLiteral, TMake, TResize, TStatic, TVector
from compiler.frontend.types import (
    ERROR,
    STATIC,
    TIME,
    BoolType,
    EnumType,
    FlagsType,
    IntType,
    NamedScalar,
    TupleType,
    Ty,
    VectorType,
    describe,
    flatten,
)
from compiler.frontend.variables import StaticLiteral


class CastChecker(OperatorChecker):
    """Adds casts and values made of parts to `OperatorChecker`."""

    def cast(self, node: ast.Cast) -> TExpr:
        value = self.expr(node.value)
        name = str(node.type)
        symbol = resolve_path(node.type, self.scope)
        ty = symbol.type if isinstance(symbol, TypeSymbol) else builtin_type(name)
        if ty is None:
            if symbol is None:
                report_unknown(node.type, self.scope, self.reporter, what="type")
            else:
                self.error("W0302", f"`{name}` is {what_is(symbol)}, not a type", node.type.span)
            return poison(node.span)
        if value.type == ERROR:
            return value
        if isinstance(value, TStatic) and value.type in (STATIC, TIME) and isinstance(ty, IntType):
            if isinstance(value.value, StaticLiteral):
                return TLiteral((value.value.value & ((1 << ty.width) - 1),), type=ty, span=node.span)
            return self.coerce(TStatic(value.value, type=STATIC, span=node.span), ty)
        if isinstance(value, TStatic) and value.type == STATIC and isinstance(ty, NamedScalar) and ty != TIME:
            return TResize(self.coerce(value, IntType(ty.width)), type=ty, span=node.span)
        numeric = (IntType, BoolType, NamedScalar, FlagsType)
        if isinstance(ty, EnumType) and not ty.has_payload and isinstance(value.type, IntType):
            if not ty.is_open:  # a number may be none of the variants, and no `match` would notice
                return self.error(
                    "W0319",
                    f"{describe(value.type)} cannot become {describe(ty)}, which has no other values than its variants",
                    node.span,
                    help=f"take the variants apart with `match`, or give it a width: `enum {ty.name}: u8 {{ ... }}`",
                )
            return TResize(value, type=ty, span=node.span)
        if not isinstance(ty, numeric) or not (
            isinstance(value.type, numeric) or (isinstance(value.type, EnumType) and not value.type.has_payload)
        ):
            return self.error("W0319", f"{describe(value.type)} cannot become {describe(ty)}", node.span)
        if isinstance(ty, BoolType) and flatten(value.type) != flatten(ty):
            return self.error("W0319", "compare instead: `... != 0`", node.span)
        return TResize(value, type=ty, span=node.span)

    def vector(self, node: ast.VectorExpr, expected: Ty | None) -> TExpr:
        element = expected.element if isinstance(expected, VectorType) else None
        parts = [self.expr(e, element) for e in node.elements]
        typed = next((p.type for p in parts if p.type not in (STATIC, ERROR)), element)
        if typed is None:
            return self.error("W0305", "the width of these lanes is not clear", node.span, help="write `[1u32, 2, 3]`")
        coerced = tuple(self.coerce(p, typed) for p in parts)
        if any(p.type == ERROR for p in coerced) or not isinstance(typed, IntType):
            return poison(node.span)
        return TVector(coerced, type=VectorType(typed, len(coerced)), span=node.span)

    def splat(self, node: ast.Splat, expected: Ty | None) -> TExpr:
        element = expected.element if isinstance(expected, VectorType) else None
        value = self.expr(node.value, element)
        count = static_int(node.count, self.scope, self.reporter)
        if element is not None:
            value = self.coerce(value, element)
        value = self.sized(value)
        if count is None or value.type == ERROR:
            return poison(node.span)
        if not isinstance(value.type, IntType) or not 1 <= count <= MAX_LANES:
            return self.error("W0306", f"a vector has 1 to {MAX_LANES} integers as lanes", node.span)
        return TVector((value,), type=VectorType(value.type, count), span=node.span)

    def tuple(self, node: ast.TupleExpr, expected: Ty | None) -> TExpr:
        wanted = expected.elements if isinstance(expected, TupleType) else (None,) * len(node.elements)
        if len(wanted) != len(node.elements):
            return self.error(
                "W0300", f"expected {describe(expected or ERROR)}, found {len(node.elements)} values", node.span
            )
        parts = []
        for element, want in zip(node.elements, wanted, strict=True):
            part = self.expr(element, want)
            parts.append(self.coerce(part, want) if want is not None else self.sized(part))
        if any(p.type == ERROR for p in parts):
            return poison(node.span)
        ty = bounded(TupleType(tuple(p.type for p in parts)), node.span, self.reporter)
        return TMake(tuple(parts), type=ty, span=node.span)
