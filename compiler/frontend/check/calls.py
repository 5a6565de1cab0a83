"""Calls: built-in functions, functions, methods, variants, struct and flag literals."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from compiler.diagnostics import closest
from compiler.frontend import ast
from compiler.frontend.access_kinds import AccessKind
from compiler.frontend.check.body import poison
from compiler.frontend.check.construction import ConstructionChecker
from compiler.frontend.check.members import HeaderRef, Thing
from compiler.frontend.check.scope import (
    AliasSymbol,
    ArraySymbol,
    BuiltinSymbol,
    CountingSymbol,
    FunctionSymbol,
    HeaderSymbol,
    IndexSymbol,
    InstanceSymbol,
    LeaseSymbol,
    MapSymbol,
    PacketSymbol,
    ReductionSymbol,
    TableSymbol,
    TypeSymbol,
    is_wrong,
    report_unknown,
    resolve_path,
    what_is,
)
from compiler.frontend.check.statics import static_number
from compiler.frontend.check.type_names import builtin_type
from compiler.frontend.check.value_methods import INTEGER_METHODS, VECTOR_METHODS
from compiler.frontend.typed import TBinary, TConcat, TExpr, THash, THeaderPresent, TProject
from compiler.frontend.types import (
    BOOLEAN,
    ERROR,
    TIME,
    UNIT,
    EntryType,
    IntType,
    SessionType,
    StructType,
    Ty,
    VectorType,
    describe,
    flatten,
)
from compiler.frontend.variables import StaticLiteral
from compiler.ir.operations import BinaryOperator, HashAlgorithm
from compiler.ir.types import MAX_WIDTH, Bits, bit_width

_STATES = (ArraySymbol, MapSymbol, LeaseSymbol, IndexSymbol, TableSymbol, CountingSymbol, ReductionSymbol)
_HASHES = {
    "hash::crc32": (HashAlgorithm.CRC32, 32),
    "hash::crc32c": (HashAlgorithm.CRC32C, 32),
    "hash::crc16": (HashAlgorithm.CRC16, 16),
}
SEED_HELP = (
    "a seeded CRC is the same hash function with a constant XOR-ed to it: keys that collide under one seed collide "
    "under all; use `hash::family(0, key)`, `hash::family(1, key)`, ..."
)


class CallChecker(ConstructionChecker):
    """Adds calls and literals of structs to `ValueMethodChecker`."""

    @abstractmethod
    def call_function(
        self, function: FunctionSymbol, receiver: Thing | None, node: ast.Call, instance: InstanceSymbol | None = None
    ) -> TExpr: ...

    def call(self, node: ast.Call, expected: Ty | None) -> TExpr:
        if isinstance(node.function, ast.Member):
            return self._method(node.function, node)
        if not isinstance(node.function, ast.NameExpr):
            return self.error("W0324", "only functions and operations can be called", node.function.span)
        path = node.function.path
        symbol = resolve_path(path, self.scope)
        match symbol:
            case FunctionSymbol():
                return self.call_function(symbol, None, node)
            case BuiltinSymbol(name=name):
                return self._builtin(name, node, expected)
            case None:
                variant = self.variant(path)
                if variant is not None:
                    return self._variant_value(variant, node)
                if builtin_type(str(path)) is not None:
                    text = f"`{path}` is a type, not a function"
                    return self.error("W0324", text, node.function.span, help=f"write `... as {path}`")
                report_unknown(path, self.scope, self.reporter, what="function")
                return poison(node.span)
            case _ if is_wrong(symbol):
                return poison(node.span)
            case TypeSymbol(type=StructType(fields=fields)):
                form = ", ".join(f"{name}: ..." for name, _ in fields)
                return self.error(
                    "W0324", f"`{path}` is a type, not a function", node.function.span, help=f"`{path} {{ {form} }}`"
                )
            case _:
                return self.error("W0324", f"`{path}` is {what_is(symbol)}, not a function", node.function.span)

    def arguments(
        self, node: ast.Call, wanted: Sequence[tuple[str, Ty | None]], *, optional: int = 0
    ) -> list[TExpr] | None:
        """The arguments in the order of `wanted`, each of its type (None: any); None after an error.

        Positional ones come first; the last `optional` ones may be left out.
        """
        names = [name for name, _ in wanted]
        given: dict[str, ast.Argument] = {}
        for position, argument in enumerate(node.arguments):
            name = argument.name.text if argument.name else (names[position] if position < len(names) else "")
            if name not in names or name in given:
                near = closest(name, names) if argument.name else None
                self.error(
                    "W0322",
                    f"unexpected argument{f' `{name}`' if name else ''}",
                    argument.span,
                    help=f"did you mean `{near}`?" if near else f"it takes ({', '.join(names)})",
                )
                return None
            given[name] = argument
        missing = [name for name in names[: len(names) - optional] if name not in given]
        if missing:
            listed = ", ".join(f"`{m}`" for m in missing)
            self.error("W0322", f"missing argument {listed}", node.span, help=f"it takes ({', '.join(names)})")
            return None
        values = []
        for name, ty in wanted:
            if name in given:
                value = self.expr(given[name].value, ty)
                value = self.coerce(value, ty) if ty is not None else value
                if value.type == ERROR:
                    return None
                values.append(value)
        return values

    # --- methods -------------------------------------------------------------------------------------

    def _method(self, member: ast.Member, node: ast.Call) -> TExpr:
        owner = self.thing(member.object)
        name = member.name
        match owner:
            case PacketSymbol():
                return self._packet_call(owner, name, node)
            case HeaderRef():
                return self.error("W0207", f"header `{owner.name}` has no operations", name.span)
            case ArraySymbol(cells=None) if name.text in INTEGER_METHODS and name.text in (
                "bits",
                "popcount",
                "leading_zeros",
            ):
                pass
            case _ if isinstance(owner, _STATES):
                return self.state_call(owner, name, node)
            case InstanceSymbol(scope=scope, declaration=declaration):
                found = scope.symbols.get(name.text)
                if isinstance(found, FunctionSymbol):
                    return self.call_function(found, owner, node, owner)
                known = [n for n, s in scope.symbols.items() if isinstance(s, FunctionSymbol)]
                near = closest(name.text, known)
                return self.error(
                    "W0207",
                    f"`{declaration.name.text}` has no operation `{name.text}`",
                    name.span,
                    help=f"did you mean `{near}`?" if near else "it has " + ", ".join(f"`{k}`" for k in known),
                )
            case _:
                pass
        value = self.named_value(owner, member.object)
        if value.type == ERROR:
            return value
        return self._value_method(value, member, node)

    def _value_method(self, value: TExpr, member: ast.Member, node: ast.Call) -> TExpr:
        name = member.name.text
        if isinstance(value.type, EntryType):
            found = self.entry_call(value, self.place(member.object), member.name, node)
            if found is not None:
                return found
        if isinstance(value.type, SessionType) and name == "close":
            session_id = TProject(value, 0, type=value.type.id, span=node.span)
            return self.access(AccessKind.LEASE_CLOSE, value.type.state, (session_id,), UNIT, node.span)
        found = self.value_call(value, name, node)
        if found is not None:
            return found
        function = self.method_for(name, value.type)
        if function is not None:
            return self.call_function(function, value, node)
        known: Sequence[str] = ()
        if isinstance(value.type, IntType):
            known = INTEGER_METHODS
        elif isinstance(value.type, VectorType):
            known = VECTOR_METHODS
        near = closest(name, [*known, *self._function_names()])
        help_text = f"did you mean `{near}`?" if near else None
        if hasattr(value.type, "inner"):
            help_text = "say what happens where there is none: `let x = ... else drop;`"
        return self.error(
            "W0207", f"{describe(value.type)} has no operation `{name}`", member.name.span, help=help_text
        )

    def _function_names(self) -> list[str]:
        return [
            n for scope in self.scope.method_scopes() for n, s in scope.symbols.items() if isinstance(s, FunctionSymbol)
        ]

    def method_for(self, name: str, ty: Ty | None) -> FunctionSymbol | None:
        """A function of that name that takes a `ty` (None: the packet) first."""
        for scope in self.scope.method_scopes():
            found = scope.symbols.get(name)
            if isinstance(found, FunctionSymbol) and self.takes_first(found, ty):
                return found
        return None

    @abstractmethod
    def takes_first(self, function: FunctionSymbol, ty: Ty | None) -> bool: ...

    def _packet_call(self, packet: PacketSymbol, name: ast.Name, node: ast.Call) -> TExpr:
        if name.text == "has":
            return self._has(node)
        if name.text in ("from", "after", "payload"):
            return self.error(
                "W0414", f"`{packet.name}.{name.text}(...)` stands only inside `packet {{ ... }}`", node.span
            )
        function = self.method_for(name.text, None)
        if function is not None:
            return self.call_function(function, packet, node)
        if not self.scope.is_complete():
            return poison(node.span)
        near = closest(name.text, ["has", "from", "after", *self._function_names()])
        return self.error(
            "W0207",
            f"a packet has no operation `{name.text}`",
            name.span,
            help=f"did you mean `{near}`?" if near else None,
        )

    def headers_named(self, node: ast.Expr) -> tuple[str, ...] | None:
        """The headers that a name stands for, or None after an error."""
        symbol = resolve_path(node.path, self.scope) if isinstance(node, ast.NameExpr) else None
        match symbol:
            case HeaderSymbol(header=header):
                return (header.name,)
            case AliasSymbol(headers=headers):
                return headers
            case _:
                pass
        if isinstance(node, ast.NameExpr) and symbol is None:
            self.report_no_header(node.path.last, self.scope)
        elif not is_wrong(symbol):
            self.error("W0401", "a header's name is needed here", node.span)
        return None

    def _has(self, node: ast.Call) -> TExpr:
        if len(node.arguments) != 1:
            return self.error("W0322", "`has` takes one header", node.span)
        headers = self.headers_named(node.arguments[0].value)
        return poison(node.span) if headers is None else THeaderPresent(headers, type=BOOLEAN, span=node.span)

    # --- built-in functions ----------------------------------------------------------------------------

    def _builtin(self, name: str, node: ast.Call, expected: Ty | None) -> TExpr:
        if name in _HASHES:
            return self._hash(name, node)
        match name:
            case "hash::family":
                return self._family(node)
            case "min" | "max":
                if len(node.arguments) != 2:
                    return self.error("W0322", f"`{name}` takes two numbers", node.span)
                left = self.expr(node.arguments[0].value, expected)
                right = self.expr(node.arguments[1].value, expected)
                if ERROR in (left.type, right.type):
                    return poison(node.span)
                operator = BinaryOperator.MIN if name == "min" else BinaryOperator.MAX
                left, right = self.same_type(left, right, expected)
                left, right = self.sized(left), self.sized(right)
                if left.type == right.type == TIME:
                    return TBinary(operator, left, right, type=TIME, span=node.span)
                return self.arithmetic(operator, left, right, node)
            case "random":
                if self.header_only:
                    return self.error("W0413", "a `where` looks at header fields and constants only", node.span)
                if self.arguments(node, []) is None:
                    return poison(node.span)
                self.context.random_sites += 1
                site = StaticLiteral(self.context.random_sites - 1)
                return THash(HashAlgorithm.RANDOM, site, (), type=IntType(32), span=node.span)
            case "concat":
                return self._concat(node)
            case _:
                return self.error("W0324", f"`{name}` is not a function", node.span, help=f"write `{name}` alone")

    def _hashed(self, arguments: Sequence[ast.Argument]) -> tuple[TExpr, ...] | None:
        parts = tuple(self.sized(self.expr(a.value)) for a in arguments)
        if any(p.type == ERROR for p in parts):
            return None
        for part in parts:
            if not flatten(part.type):
                self.error("W0325", f"{describe(part.type)} cannot be hashed", part.span)
                return None
        return parts

    def _hash(self, name: str, node: ast.Call) -> TExpr:
        algorithm, width = _HASHES[name]
        seeded = next((a for a in node.arguments if a.name is not None), None)
        if seeded is not None:
            return self.error("W0514", "a CRC has no seed", seeded.span, help=SEED_HELP)
        if not node.arguments:
            return self.error("W0322", f"`{name}` takes the values to hash", node.span)
        parts = self._hashed(node.arguments)
        if parts is None:
            return poison(node.span)
        return THash(algorithm, StaticLiteral(0), parts, type=IntType(width), span=node.span)

    def _family(self, node: ast.Call) -> TExpr:
        if len(node.arguments) < 2 or any(a.name for a in node.arguments):
            return self.error(
                "W0322",
                "`hash::family` takes a number and the values to hash",
                node.span,
                help="`hash::family(0, key)`",
            )
        index = static_number(node.arguments[0].value, self.scope, self.reporter)
        parts = self._hashed(node.arguments[1:])
        if index is None or parts is None:
            return poison(node.span)
        if isinstance(index[0], StaticLiteral) and not 0 <= index[0].value < 256:
            return self.error("W0326", "the family has members 0 to 255", node.arguments[0].span)
        return THash(HashAlgorithm.FAMILY, index[0], parts, type=IntType(32), span=node.span)

    def _concat(self, node: ast.Call) -> TExpr:
        parts = self._hashed(node.arguments)
        if parts is None:
            return poison(node.span)
        flats = [f for p in parts for f in flatten(p.type)]
        width = sum(bit_width(f) for f in flats)
        if not all(isinstance(f, Bits) for f in flats) or not 1 <= width <= MAX_WIDTH:
            return self.error("W0304", f"integers have 1 to {MAX_WIDTH} bits", node.span)
        return TConcat(parts, type=IntType(width), span=node.span)

    # --- variants and structs ----------------------------------------------------------------------------
