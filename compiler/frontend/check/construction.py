"""Variants, structs and sets of bits."""

from __future__ import annotations

from compiler.diagnostics import closest
from compiler.frontend import ast
from compiler.frontend.check.body import poison
from compiler.frontend.check.scope import HeaderSymbol, TypeSymbol, is_wrong, report_unknown, resolve_path, what_is
from compiler.frontend.check.value_methods import ValueMethodChecker
from compiler.frontend.typed import TExpr, TLiteral, TMake
from compiler.frontend.types import (
    EnumType,
    FlagsType,
    IntType,
    StructType,
    Ty,
    describe,
)


class ConstructionChecker(ValueMethodChecker):
    """Adds values put together by name to `ValueMethodChecker`."""

    def variant(self, path: ast.Path) -> tuple[EnumType, int] | None:
        """The enum and the position of the variant that a path names; None if it names none."""
        if len(path.names) < 2:
            return None
        prefix = ast.Path(path.names[:-1], span=path.span)
        symbol = resolve_path(prefix, self.scope)
        if not isinstance(symbol, TypeSymbol) or not isinstance(symbol.type, EnumType):
            return None
        name = path.names[-1]
        for position, variant in enumerate(symbol.type.variants):
            if variant.name == name.text:
                return symbol.type, position
        known = [v.name for v in symbol.type.variants]
        near = closest(name.text, known)
        self.error(
            "W0209",
            f"{describe(symbol.type)} has no variant `{name.text}`",
            name.span,
            help=f"did you mean `{near}`?" if near else "it has " + ", ".join(f"`{k}`" for k in known),
        )
        return symbol.type, -1

    def variant_name(self, path: ast.Path, node: ast.Expr) -> TExpr | None:
        """The value of `Enum::Variant` without payload; None if the path names no variant."""
        found = self.variant(path)
        if found is None:
            return None
        return self._variant_value(found, ast.Call(node, (), span=node.span))

    def _variant_value(self, found: tuple[EnumType, int], node: ast.Call) -> TExpr:
        ty, position = found
        if position < 0:
            return poison(node.span)
        chosen = ty.variants[position]
        wanted = [(str(i), part) for i, part in enumerate(chosen.payload)]
        payload = self.arguments(node, wanted)
        if payload is None:
            return poison(node.span)
        if not ty.has_payload:
            return TLiteral((chosen.value,), type=ty, span=node.span)
        tag = TLiteral((chosen.value,), type=IntType(ty.width), span=node.span)
        parts: list[TExpr] = [tag]
        for variant in ty.variants:
            parts.extend(payload if variant is chosen else (self.zero_of(p, node) for p in variant.payload))
        return TMake(tuple(parts), type=ty, span=node.span)

    def struct(self, node: ast.StructExpr) -> TExpr:
        symbol = resolve_path(node.path, self.scope)
        match symbol:
            case TypeSymbol(type=StructType() as ty):
                return self._struct_value(ty, node)
            case TypeSymbol(type=FlagsType() as ty):
                return self._flags_value(ty, node)
            case _ if is_wrong(symbol):
                pass
            case HeaderSymbol():
                return self.error("W0414", "a new header stands only inside `packet { ... }`", node.span)
            case None:
                report_unknown(node.path, self.scope, self.reporter, what="struct")
            case _:
                self.error("W0302", f"`{node.path}` is {what_is(symbol)}, not a struct", node.path.span)
        return poison(node.span)

    def field_value(self, field: ast.FieldValue, expected: Ty | None) -> TExpr:
        """`name: value`, or `name` alone for the variable of that name."""
        node = field.value or ast.NameExpr(ast.Path((field.name,), span=field.span), span=field.span)
        value = self.expr(node, expected)
        return self.coerce(value, expected) if expected is not None else value

    def _struct_value(self, ty: StructType, node: ast.StructExpr) -> TExpr:
        given: dict[str, TExpr] = {}
        types = dict(ty.fields)
        for field in node.fields:
            name = field.name.text
            if name not in types:
                near = closest(name, types)
                self.error(
                    "W0207",
                    f"{describe(ty)} has no field `{name}`",
                    field.name.span,
                    help=f"did you mean `{near}`?" if near else None,
                )
                continue
            if name in given:
                self.error("W0202", f"field `{name}` is given twice", field.name.span)
            given[name] = self.field_value(field, types[name])
        missing = [name for name in types if name not in given]
        if missing:
            listed = ", ".join(f"`{m}`" for m in missing)
            return self.error("W0314", f"{describe(ty)} also has {listed}", node.span, help="give every field")
        return TMake(tuple(given[name] for name, _ in ty.fields), type=ty, span=node.span)

    def _flags_value(self, ty: FlagsType, node: ast.StructExpr) -> TExpr:
        number = 0
        for field in node.fields:
            if field.name.text not in ty.bits or field.value is not None:
                near = closest(field.name.text, ty.bits)
                return self.error(
                    "W0210",
                    f"{describe(ty)} has no bit `{field.name.text}`",
                    field.name.span,
                    help=f"did you mean `{near}`?" if near else None,
                )
            number |= 1 << ty.bits.index(field.name.text)
        return TLiteral((number,), type=ty, span=node.span)
