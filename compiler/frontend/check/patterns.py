"""`match`: patterns become conditions and bindings; every value must be matched."""

from __future__ import annotations

from dataclasses import dataclass, field

from compiler.diagnostics import closest
from compiler.frontend import ast
from compiler.frontend.check.conditions import ConditionChecker
from compiler.frontend.check.facts import Fact
from compiler.frontend.check.members import HeaderRef, flag_test, project
from compiler.frontend.check.scope import (
    ConstSymbol,
    HeaderSymbol,
    PortSymbol,
    StaticSymbol,
    TypeSymbol,
    VariableSymbol,
    report_unknown,
    resolve_path,
)
from compiler.frontend.typed import TCompare, TExpr, THeaderPresent, TLiteral, TLocal, TLogical, TProject
from compiler.frontend.types import (
    BOOLEAN,
    ERROR,
    BoolType,
    EnumType,
    FlagsType,
    IntType,
    TupleType,
    Ty,
    describe,
    flatten,
)
from compiler.ir.operations import CompareOperator
from compiler.source import Span


@dataclass(slots=True)
class Matched:
    """What a pattern asks and binds. `test` None: it always matches. `covers`: values it takes on its own."""

    test: TExpr | None = None
    bindings: list[tuple[ast.Name, TExpr]] = field(default_factory=list)
    covers: frozenset[int] | None = None  # None: everything
    facts: tuple[Fact, ...] = ()


class PatternChecker(ConditionChecker):
    """Adds patterns to `ConditionChecker`."""

    def pattern(self, node: ast.Pattern, value: TExpr) -> Matched | None:
        """`value` is a variable or another expression that may be evaluated again. None after an error."""
        ty = value.type
        match node:
            case ast.WildcardPattern():
                return Matched()
            case ast.LiteralPattern(value=literal):
                return self._literal_pattern(literal, value)
            case ast.RangePattern():
                return self._range_pattern(node, value)
            case ast.PathPattern():
                return self._path_pattern(node, value)
            case ast.FlagsPattern():
                return self._flags_pattern(node, value)
            case ast.TuplePattern(elements=elements):
                if not isinstance(ty, TupleType) or len(ty.elements) != len(elements):
                    self.error("W0328", f"this pattern cannot match {describe(ty)}", node.span)
                    return None
                return self._tuple_pattern(elements, ty, value, node.span)
            case ast.AlternativePattern(alternatives=alternatives):
                return self._alternatives(alternatives, value, node.span)

    def _literal_pattern(self, literal: ast.Literal, value: TExpr) -> Matched | None:
        if literal.kind == "prefix4":
            test = self._prefix_test(literal, value)
            return None if test is None else Matched(test, covers=frozenset())
        expected = self.coerce(self.literal(literal, value.type), value.type)
        if expected.type == ERROR:
            return None
        number = expected.values[0] if isinstance(expected, TLiteral) and expected.values else None
        test = TCompare(CompareOperator.EQ, value, expected, type=BOOLEAN, span=literal.span)
        return Matched(test, covers=frozenset({number}) if isinstance(number, int) else frozenset())

    def _prefix_test(self, literal: ast.Literal, value: TExpr) -> TExpr | None:
        if not isinstance(value, TLocal):
            self.error("W0328", f"this pattern cannot match {describe(value.type)}", literal.span)
            return None
        name = ast.Name(value.local.name, span=literal.span)
        self.bind(name, VariableSymbol(value.local, False, literal.span))
        read = ast.NameExpr(ast.Path((name,), span=literal.span), span=literal.span)
        test = self.membership(ast.Membership(read, literal, span=literal.span))
        return None if test.type == ERROR else test

    def _range_pattern(self, node: ast.RangePattern, value: TExpr) -> Matched | None:
        first = self.coerce(self.literal(node.first, value.type), value.type)
        last = self.coerce(self.literal(node.last, value.type), value.type)
        if ERROR in (first.type, last.type):
            return None
        upper = CompareOperator.LE if node.inclusive else CompareOperator.LT
        low = TCompare(CompareOperator.GE, value, first, type=BOOLEAN, span=node.span)
        high = TCompare(upper, value, last, type=BOOLEAN, span=node.span)
        return Matched(TLogical(True, low, high, type=BOOLEAN, span=node.span), covers=frozenset())

    def _path_pattern(self, node: ast.PathPattern, value: TExpr) -> Matched | None:
        ty = value.type
        if isinstance(ty, EnumType):
            found = self._variant_of(node.path, ty)
            if found is not None:
                return self._variant_pattern(found, node, ty, value)
        symbol = resolve_path(node.path, self.scope)
        if isinstance(symbol, (ConstSymbol, StaticSymbol, PortSymbol)) and not node.arguments:
            expected = self.coerce(self.expr(ast.NameExpr(node.path, span=node.span), ty), ty)
            if expected.type == ERROR:
                return None
            number = expected.values[0] if isinstance(expected, TLiteral) and expected.values else None
            test = TCompare(CompareOperator.EQ, value, expected, type=BOOLEAN, span=node.span)
            return Matched(test, covers=frozenset({number}) if isinstance(number, int) else frozenset())
        if len(node.path.names) > 1 or node.arguments:
            self.error("W0329", f"`{node.path}` is not a pattern for {describe(ty)}", node.span)
            return None
        if isinstance(symbol, TypeSymbol) and isinstance(symbol.type, FlagsType):
            self.error("W0329", "bits are matched by name", node.span, help=f"write `{node.path}{{...}}`")
            return None
        name = node.path.last
        if isinstance(ty, EnumType) and name.text[:1].isupper():
            known = [v.name for v in ty.variants]
            near = closest(name.text, known)
            self.error(
                "W0209",
                f"{describe(ty)} has no variant `{name.text}`",
                node.span,
                help=f"did you mean `{near}`?" if near else None,
            )
            return None
        return Matched(bindings=[(name, value)])

    def _variant_of(self, path: ast.Path, ty: EnumType) -> int | None:
        """The position of the variant that a path names: `Variant` alone or with the enum before it."""
        if len(path.names) > 1:
            found = self.variant(path)
            return found[1] if found is not None and found[0] == ty and found[1] >= 0 else None
        names = [v.name for v in ty.variants]
        return names.index(str(path)) if str(path) in names else None

    def _variant_pattern(self, position: int, node: ast.PathPattern, ty: EnumType, value: TExpr) -> Matched | None:
        variant = ty.variants[position]
        if len(node.arguments) != len(variant.payload):
            self.error(
                "W0330", f"`{variant.name}` has {len(variant.payload)} values, not {len(node.arguments)}", node.span
            )
            return None
        tag_type = IntType(ty.width)
        tag: TExpr = TProject(value, 0, type=tag_type, span=node.span) if ty.has_payload else value
        literal = TLiteral((variant.value,), type=tag.type, span=node.span)
        test: TExpr = TCompare(CompareOperator.EQ, tag, literal, type=BOOLEAN, span=node.span)
        first = 1 + sum(len(flatten(p)) for v in ty.variants[:position] for p in v.payload)
        matched = Matched(test, covers=frozenset({variant.value}))
        for argument, part in zip(node.arguments, variant.payload, strict=True):
            inner = self.pattern(argument, project(value, first, part, argument.span))
            first += len(flatten(part))
            if inner is None:
                return None
            self._join(matched, inner, node.span)
        return matched

    def _join(self, matched: Matched, inner: Matched, span: Span) -> None:
        matched.bindings.extend(inner.bindings)
        if inner.test is not None:
            matched.covers = frozenset()
            both = inner.test
            if matched.test is not None:
                both = TLogical(True, matched.test, inner.test, type=BOOLEAN, span=span)
            matched.test = both

    def _tuple_pattern(
        self, elements: tuple[ast.Pattern, ...], ty: TupleType, value: TExpr, span: Span
    ) -> Matched | None:
        matched = Matched()
        first = 0
        for element, part in zip(elements, ty.elements, strict=True):
            inner = self.pattern(element, project(value, first, part, element.span))
            first += len(flatten(part))
            if inner is None:
                return None
            self._join(matched, inner, span)
        return matched

    def _flags_pattern(self, node: ast.FlagsPattern, value: TExpr) -> Matched | None:
        symbol = resolve_path(node.path, self.scope)
        ty = value.type
        if symbol is None:
            report_unknown(node.path, self.scope, self.reporter, what="type")
            return None
        if not isinstance(symbol, TypeSymbol) or symbol.type != ty or not isinstance(ty, FlagsType):
            self.error("W0328", f"`{node.path}{{...}}` cannot match {describe(ty)}", node.span)
            return None
        mask = wanted = 0
        for name, is_set in node.flags:
            if name.text not in ty.bits:
                near = closest(name.text, ty.bits)
                self.error(
                    "W0210",
                    f"{describe(ty)} has no bit `{name.text}`",
                    name.span,
                    help=f"did you mean `{near}`?" if near else None,
                )
                return None
            bit = 1 << ty.bits.index(name.text)
            mask |= bit
            wanted |= bit if is_set else 0
        return Matched(flag_test(value, mask, wanted, node.span), covers=frozenset())

    def _alternatives(self, nodes: tuple[ast.Pattern, ...], value: TExpr, span: Span) -> Matched | None:
        found = [self.pattern(node, value) for node in nodes]
        inner = [m for m in found if m is not None]
        if len(inner) != len(found):
            return None
        if any(m.bindings for m in inner):
            self.error("W0331", "alternatives cannot bind names", span, help="write two arms")
            return None
        matched = Matched(covers=frozenset())
        for one in inner:
            if one.test is None:
                return Matched()
            if one.covers is not None and matched.covers is not None:
                matched.covers |= one.covers
            matched.test = (
                one.test if matched.test is None else TLogical(False, matched.test, one.test, type=BOOLEAN, span=span)
            )
        return matched

    # --- headers -----------------------------------------------------------------------------------------

    def header_pattern(self, node: ast.Pattern, owner: HeaderRef) -> Matched | None:
        """`match p.l4 { tcp => ..., udp => ... }`."""
        match node:
            case ast.WildcardPattern():
                return Matched()
            case ast.PathPattern(path=path, arguments=()):
                symbol = resolve_path(path, self.scope)
                if isinstance(symbol, HeaderSymbol) and symbol.header.name in owner.headers:
                    name = symbol.header.name
                    test = THeaderPresent((name,), type=BOOLEAN, span=node.span)
                    position = owner.headers.index(name)
                    return Matched(test, covers=frozenset({position}), facts=self.facts_from_needs(((name,),)))
            case _:
                pass
        listed = ", ".join(f"`{h}`" for h in owner.headers)
        self.error("W0328", f"`{owner.name}` is one of {listed}", node.span)
        return None

    def complete(self, covered: frozenset[int], ty: Ty) -> list[str]:
        """Names of values of `ty` that no arm takes; ["_"] where they cannot be listed; [] when all are taken."""
        match ty:
            case BoolType():
                return [name for name, number in (("false", 0), ("true", 1)) if number not in covered]
            case EnumType(variants=variants):
                return [v.name for v in variants if v.value not in covered]
            case IntType(width=width) if width <= 8 and len(covered) >= 1 << width:
                return []
            case _:
                return ["_"]
