"""Header declarations -> IR headers: layouts, parse rules, validity, checksums."""

from __future__ import annotations

from dataclasses import replace

from compiler.diagnostics import Reporter, closest
from compiler.frontend import ast, items
from compiler.frontend.check.scope import HeaderSymbol, Scope, is_wrong
from compiler.frontend.check.statics import static_int, static_scalar
from compiler.frontend.check.type_names import resolve_type
from compiler.frontend.types import STATIC, EnumType, FlagsType, IntType, NamedScalar, Ty, VectorType, flatten, shape_of
from compiler.ir.headers import Checksum, ChecksumKind, Condition, Header, HeaderField, Linear, ParseRule
from compiler.ir.operations import CompareOperator
from compiler.ir.types import Bits, Blob, Type, bit_width

_COMPARISONS = {operator.value: operator for operator in CompareOperator}
_SPELLED = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_ATTRIBUTES = ("pseudo", "source", "destination")


def declare_header(node: items.HeaderDecl, scope: Scope, reporter: Reporter) -> HeaderSymbol | None:
    """The header, or None after reporting why there can be none. Headers named in its rules come before it."""
    name = node.name.text
    if node.layout is not None:
        layout = scope.find(node.layout.text)
        if not isinstance(layout, HeaderSymbol):
            reporter.error("W0401", f"`{node.layout.text}` is not a header", node.layout.span)
            return None
        if node.fields is not None:
            reporter.error(
                "W0404", f"`{name}` has the fields of `{node.layout.text}`; it cannot add some", node.name.span
            )
        base, types = layout.header, layout.field_types
    elif node.fields is None:
        reporter.error("W0404", f"header `{name}` has no fields", node.name.span)
        return None
    else:
        built = _Layout(node, scope, reporter).build()
        if built is None:
            return None
        base, types = built
    rules = tuple(r for rule in node.rules if (r := _rule(rule, scope, reporter)) is not None)
    if len(rules) < len(node.rules):
        return None
    return HeaderSymbol(replace(base, name=name, rules=rules, span=node.name.span), types)


def _rule(matches: tuple[items.HeaderMatch, ...], scope: Scope, reporter: Reporter) -> ParseRule | None:
    previous = matches[0].header.text
    symbol = scope.find(previous)
    if not isinstance(symbol, HeaderSymbol):
        if is_wrong(symbol) or not scope.is_complete():
            return None
        known = [n for n in scope.names() if isinstance(scope.find(n), HeaderSymbol)]
        near = closest(previous, known)
        reporter.error(
            "W0401",
            f"`{previous}` is not a header declared before this one",
            matches[0].header.span,
            help=f"did you mean `{near}`?" if near else "headers are declared in the order in which packets have them",
        )
        return None
    tests: list[tuple[str, int, int]] = []
    for match in matches:
        if match.header.text != previous:
            reporter.error("W0405", "one rule looks at one header; use `|` for alternatives", match.span)
            return None
        if match.field is None or match.value is None:
            continue
        field = next((f for f in symbol.header.fields if f.name == match.field.text), None)
        if field is None:
            report_unknown_field(match.field, symbol.header, reporter)
            return None
        value = static_scalar(match.value, symbol.field_types.get(field.name, STATIC), scope, reporter)
        if value is None:
            return None
        if not isinstance(field.type, Bits) or value >> field.type.width or value < 0:
            reporter.error("W0310", f"{value} does not fit into `{field.name}`", match.value.span)
            return None
        tests.append((field.name, value, (1 << field.type.width) - 1))
    return ParseRule(previous, tuple(tests))


def report_unknown_field(name: ast.Name, header: Header, reporter: Reporter) -> None:
    if any(f.name == name.text for f in header.fields):
        reporter.error(
            "W0402",
            f"`{name.text}` of `{header.name}` has no fixed length; programs cannot read it",
            name.span,
            help="declare a header of your own whose fields are what you need of it",
        )
        return
    near = closest(name.text, [f.name for f in header.fields])
    known = ", ".join(f"`{f.name}`" for f in header.fields if f.shape is not None)
    reporter.error(
        "W0402",
        f"header `{header.name}` has no field `{name.text}`",
        name.span,
        help=f"did you mean `{near}`?" if near else f"its fields are {known}",
    )


class _Layout:
    """Builds one header's fields."""

    def __init__(self, node: items.HeaderDecl, scope: Scope, reporter: Reporter) -> None:
        self.node = node
        self.scope = scope
        self.reporter = reporter
        self.fields: list[HeaderField] = []
        self.types: dict[str, Ty] = {}
        self.blob_length: Linear | None = None
        self.sources: list[str] = []
        self.destinations: list[str] = []

    def build(self) -> tuple[Header, dict[str, Ty]] | None:
        offset = 0
        for field in self.node.fields or ():
            added = self._field(field, offset)
            if added is None:
                return None
            self.fields.append(added)
            offset += bit_width(added.type) if not isinstance(added.type, Blob) else 0
        if offset % 8:
            self.reporter.error(
                "W0406",
                f"header `{self.node.name.text}` has {offset} bits, which is not a whole number of bytes",
                self.node.name.span,
                help=f"add a field `_: u{8 - offset % 8}`",
            )
            return None
        conditions = [c for c in map(self._condition, self.node.where) if c is not None]
        header = Header(
            self.node.name.text,
            tuple(self.fields),
            (),
            tuple(conditions),
            self.blob_length,
            tuple(zip(self.sources, self.destinations, strict=False)),
            span=self.node.name.span,
        )
        return header, self.types

    def _field(self, node: items.HeaderFieldNode, offset: int) -> HeaderField | None:
        name = node.name.text
        if name == "_":
            name = f"_{offset}"
        elif name in self.types or any(f.name == name for f in self.fields):
            self.reporter.error("W0202", f"field `{name}` is declared twice", node.name.span)
            return None
        if self.fields and isinstance(self.fields[-1].type, Blob):
            self.reporter.error("W0407", "a field of variable length must be the last one", node.name.span)
            return None
        attributes = {a.text for a in node.attributes}
        for attribute in node.attributes:
            if attribute.text not in _ATTRIBUTES:
                self.reporter.error(
                    "W0408",
                    f"`@{attribute.text}` is unknown",
                    attribute.span,
                    help="known: @pseudo, @source, @destination",
                )
        if "source" in attributes:
            self.sources.append(name)
        if "destination" in attributes:
            self.destinations.append(name)
        flat = self._type(node, name)
        if flat is None:
            return None
        checksum, is_size, default = self._default(node, flat)
        ty = self.types.get(name)
        shape = None if ty is None or node.name.text == "_" else shape_of(ty)
        pseudo = "pseudo" in attributes
        if is_size:
            return HeaderField(name, flat, shape, offset, checksum, pseudo, True, size_less=default)
        return HeaderField(name, flat, shape, offset, checksum, pseudo, default=default)

    def _type(self, node: items.HeaderFieldNode, name: str) -> Type | None:
        match node.type:
            case ast.ArrayType(element=ast.NamedType(path=path)) as array if str(path) == "bytes":
                return self._blob(array)
            case _:
                pass
        ty = resolve_type(node.type, self.scope, self.reporter)
        if (isinstance(ty, EnumType) and ty.has_payload) or not isinstance(
            ty, (IntType, NamedScalar, EnumType, FlagsType, VectorType)
        ):
            if flatten(ty):
                self.reporter.error(
                    "W0409", "a header field is a number, an address, an enum, bits or a vector", node.span
                )
            return None
        if isinstance(ty, EnumType) and not ty.is_open:
            self.reporter.error(
                "W0409",
                f"a packet can hold numbers that are no variant of `{ty.name}`",
                node.span,
                help=f"give it a width: `enum {ty.name}: u{ty.width} {{ ... }}`",
            )
            return None
        if node.name.text != "_":
            self.types[name] = ty
        return flatten(ty)[0]

    def _blob(self, node: ast.ArrayType) -> Blob | None:
        length = self._linear(node.size)
        if length is None:
            return None
        widths = {f.name: bit_width(f.type) for f in self.fields}
        most = length.constant + sum(max(0, s) * ((1 << widths[f]) - 1) for f, s in length.terms)
        self.blob_length = length
        return Blob(max(0, most))

    def _default(self, node: items.HeaderFieldNode, flat: Type) -> tuple[Checksum | None, bool, int]:
        """(checksum, whether it is a size, default; of a size, the bytes that it leaves out)."""
        match node.value:
            case None:
                return None, False, 0
            case ast.NameExpr(path=path) if str(path) == "size":
                return None, True, 0
            case ast.BinaryExpr(operator="-", left=ast.NameExpr(path=path), right=right) if str(path) == "size":
                return None, True, static_int(right, self.scope, self.reporter) or 0
            case ast.Call(function=ast.NameExpr(path=path), arguments=arguments) if str(path) == "checksum":
                return self._checksum(node, arguments), False, 0
            case value:
                ty = self.types.get(node.name.text, STATIC)
                number = static_scalar(value, ty, self.scope, self.reporter) or 0
                if not isinstance(flat, Bits) or number >> flat.width:
                    self.reporter.error("W0310", f"{number} does not fit into `{node.name.text}`", value.span)
                    number = 0
                return None, False, number

    def _checksum(self, node: items.HeaderFieldNode, arguments: tuple[ast.Argument, ...]) -> Checksum | None:
        kinds = {kind.value: kind for kind in ChecksumKind}
        words = [str(a.value.path) if isinstance(a.value, ast.NameExpr) else "" for a in arguments]
        if not words or words[0] not in kinds or any(w != "zero_means_none" for w in words[1:]):
            self.reporter.error(
                "W0410", "write `checksum(header)`, `checksum(message)` or `checksum(transport)`", node.span
            )
            return None
        return Checksum(kinds[words[0]], len(words) > 1)

    def _condition(self, node: items.HeaderCondition) -> Condition | None:
        left, right = self._linear(node.left), self._linear(node.right)
        if left is None or right is None:
            return None
        terms = dict(left.terms)
        for field, scale in right.terms:
            terms[field] = terms.get(field, 0) - scale
        difference = Linear(tuple((f, s) for f, s in terms.items() if s), left.constant - right.constant)
        return Condition(difference, _COMPARISONS[_SPELLED[node.operator]])

    def _linear(self, node: ast.Expr) -> Linear | None:
        """`node` as a sum of this header's fields times constants, or None after an error."""
        match node:
            case ast.NameExpr(path=path) if str(path) in {f.name for f in self.fields}:
                return Linear(((str(path), 1),), 0)
            case ast.BinaryExpr(operator="+" | "-" as operator, left=left, right=right):
                a, b = self._linear(left), self._linear(right)
                if a is None or b is None:
                    return None
                sign = 1 if operator == "+" else -1
                return Linear(a.terms + tuple((f, sign * s) for f, s in b.terms), a.constant + sign * b.constant)
            case ast.BinaryExpr(operator="*", left=left, right=right):
                a, b = self._linear(left), self._linear(right)
                if a is None or b is None:
                    return None
                if a.terms and b.terms:
                    self.reporter.error("W0411", "a length is a sum of fields times constants", node.span)
                    return None
                if b.terms:
                    a, b = b, a
                return Linear(tuple((f, s * b.constant) for f, s in a.terms), a.constant * b.constant)
            case ast.Member():
                self.reporter.error(
                    "W0411",
                    "a header's `where` and lengths see its own fields only",
                    node.span,
                    help="test fields of the header before it in `on`",
                )
                return None
            case _:
                value = static_int(node, self.scope, self.reporter)
                return None if value is None else Linear((), value)
