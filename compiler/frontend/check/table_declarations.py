"""Table declarations -> IR tables."""

from __future__ import annotations

from compiler.diagnostics import Reporter
from compiler.frontend import ast, items
from compiler.frontend.check.options import Options
from compiler.frontend.check.scope import Scope, Symbol, TableSymbol
from compiler.frontend.check.state_declarations import Declared
from compiler.frontend.check.statics import static_int, static_scalar
from compiler.frontend.check.type_names import resolve_type
from compiler.frontend.types import ERROR, UNIT, IntType, StructType, TupleType, Ty, describe, flatten, shape_of
from compiler.ir.states import MatchKind, Table, TableArray
from compiler.ir.types import Bits, Record, Shape

_KINDS = {kind.value: kind for kind in MatchKind}
MAX_SIZE = 1 << 24
FORMS = (
    "`exact<Key -> Value>`, `lpm<..>`, `ternary<..>`, `range<..>`, "
    "`mixed<ternary ip4, range u16 -> Value>` or `array<Value>[N]`"
)


class TableDeclarer:
    """Declares one table; `prefix` as in `StateDeclarer`."""

    def __init__(self, scope: Scope, reporter: Reporter, declared: Declared, prefix: str = "") -> None:
        self.scope = scope
        self.reporter = reporter
        self.declared = declared
        self.prefix = prefix

    def declare(self, node: items.TableDecl) -> Symbol | None:
        name = self.prefix + node.name.text
        options = Options(node.options, self.scope, self.reporter, owner=f"table `{name}`", span=node.name.span)
        match node.type:
            case ast.ArrayType(element=ast.NamedType() as element, size=size) if str(element.path) == "array":
                symbol = self._array(name, node, element, size)
            case ast.NamedType(path=path) as ty if str(path) in _KINDS or str(path) == "mixed":
                symbol = self._matched(name, node, ty, options)
            case _:
                self.reporter.error("W0512", f"a table is written {FORMS}", node.type.span)
                return None
        options.finish()
        return symbol

    def _array(self, name: str, node: items.TableDecl, element: ast.NamedType, size: ast.Expr) -> Symbol | None:
        if len(element.args) != 1:
            self.reporter.error("W0303", "an array table is written `array<Value>[N]`", node.type.span)
            return None
        cells = static_int(size, self.scope, self.reporter)
        ty = resolve_type(element.args[0].value, self.scope, self.reporter)
        shape = shape_of(ty)
        if cells is None or ty == ERROR:
            return None
        if not 1 <= cells <= MAX_SIZE or shape is None or len(flatten(ty)) != 1:
            self.reporter.error("W0512", f"an array table has 1 to {MAX_SIZE} cells of one number each", node.type.span)
            return None
        state = TableArray(name=name, span=node.name.span, type=flatten(ty)[0], cells=cells, shape=shape)
        self.declared.states.append(state)
        return TableSymbol(state, IntType(32), ty)

    def _matched(self, name: str, node: items.TableDecl, ty: ast.NamedType, options: Options) -> Symbol | None:
        size = options.required_number("size", least=1, most=MAX_SIZE, example=1024)
        default_node = options.value("default")
        key_types, match = self._key(ty)
        value: Ty = UNIT if ty.arrow is None else resolve_type(ty.arrow, self.scope, self.reporter)
        if size is None or key_types is None or value == ERROR:
            return None
        key: Ty = key_types[0] if len(key_types) == 1 else TupleType(tuple(key_types))
        key_shape, value_shape = shape_of(key), shape_of(value)
        if key_shape is None or (value != UNIT and value_shape is None):
            self.reporter.error("W0507", "the keys and values of a table are plain values", ty.span)
            return None
        if match.count(MatchKind.PREFIX) > 1:
            self.reporter.error("W0513", "a table has at most one longest-prefix key", ty.span)
            return None
        default = None if default_node is None else self._default(default_node, value)
        state = Table(
            name=name,
            span=node.name.span,
            key=flatten(key),
            match=tuple(match),
            key_shape=_flat_record(key_shape) if len(key_types) > 1 else key_shape,
            values=flatten(value),
            value_shape=value_shape,
            size=size,
            default=default,
        )
        self.declared.states.append(state)
        return TableSymbol(state, key, value)

    def _key(self, ty: ast.NamedType) -> tuple[list[Ty] | None, list[MatchKind]]:
        """The key's parts, and a match kind for each flat value of them."""
        whole = _KINDS.get(str(ty.path))
        types: list[Ty] = []
        match: list[MatchKind] = []
        if not ty.args or any(a.name is not None for a in ty.args):
            self.reporter.error("W0512", f"a table is written {FORMS}", ty.span)
            return None, []
        for argument in ty.args:
            part = resolve_type(argument.value, self.scope, self.reporter)
            flats = flatten(part)
            if part == ERROR:
                return None, []
            if not flats or not all(isinstance(f, Bits) for f in flats):
                self.reporter.error("W0508", f"{describe(part)} cannot be a key", argument.span)
                return None, []
            if (argument.match is None) == (whole is None):
                self.reporter.error(
                    "W0512",
                    "each part of a `mixed` key has a match kind, and only there",
                    argument.span,
                    help=f"write {FORMS}",
                )
                return None, []
            kind = whole or _KINDS[argument.match or "exact"]
            types.append(part)
            match.extend([kind] * len(flats))
        if len(types) == 1 and isinstance(types[0], TupleType):
            types = list(types[0].elements)
        return types, match

    def _default(self, node: ast.Expr, value: Ty) -> tuple[int, ...] | None:
        """The values of a default: a number, or a struct literal of numbers."""
        flats = flatten(value)
        fields: dict[str, ast.Expr] = {}
        match node, value:
            case ast.StructExpr(fields=given), StructType(fields=declared):
                fields = {f.name.text: f.value for f in given if f.value is not None}
                if set(fields) != {name for name, _ in declared} or len(flats) != len(declared):
                    self.reporter.error("W0314", f"a default gives every field of {describe(value)}", node.span)
                    return None
                parts = [static_scalar(fields[name], ty, self.scope, self.reporter) for name, ty in declared]
            case _ if len(flats) == 1:
                parts = [static_scalar(node, value, self.scope, self.reporter)]
            case _:
                self.reporter.error("W0314", f"a default gives every field of {describe(value)}", node.span)
                return None
        if any(p is None for p in parts):
            return None
        numbers = tuple(p for p in parts if p is not None)
        for number, flat in zip(numbers, flats, strict=True):
            if not isinstance(flat, Bits) or number < 0 or number >> flat.width:
                self.reporter.error("W0310", f"{number} does not fit", node.span)
                return None
        return numbers


def _flat_record(shape: Shape) -> Shape:
    return shape if isinstance(shape, Record) else Record("", (("0", shape),))
