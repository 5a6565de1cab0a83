"""Declarations of one module: constants, types, headers, ports, state, functions."""

from __future__ import annotations

from compiler.diagnostics import Note
from compiler.frontend import ast, items
from compiler.frontend.check.body import Context
from compiler.frontend.check.facts import Facts
from compiler.frontend.check.header_declarations import declare_header
from compiler.frontend.check.objects import declare_object_state, object_type
from compiler.frontend.check.scope import (
    AliasSymbol,
    ConstSymbol,
    FunctionSymbol,
    HeaderSymbol,
    ObjectSymbol,
    PortSymbol,
    Scope,
    Symbol,
    TunableSymbol,
    TypeSymbol,
    is_wrong,
    wrong_symbol,
)
from compiler.frontend.check.state_declarations import StateDeclarer
from compiler.frontend.check.statements import BodyChecker
from compiler.frontend.check.statics import static_int, static_scalar
from compiler.frontend.check.table_declarations import TableDeclarer
from compiler.frontend.check.type_names import bounded, resolve_fields, resolve_type
from compiler.frontend.nesting import reported_nesting
from compiler.frontend.typed import TLiteral, TStatic
from compiler.frontend.types import (
    ERROR,
    STATIC,
    TIME,
    BoolType,
    EnumType,
    FlagsType,
    IntType,
    NamedScalar,
    StructType,
    Ty,
    VariantType,
    describe,
)
from compiler.frontend.variables import StaticLiteral
from compiler.ir.headers import Header, ParseRule
from compiler.ir.program import Port, Tunable
from compiler.ir.types import Bits

MAX_PORTS = 512
MAX_SHARES = 1 << 12


class Declarer:
    """Declares the items of one module in its scope, in source order."""

    def __init__(self, context: Context, scope: Scope, tunables: list[Tunable], *, is_main: bool) -> None:
        self.context = context
        self.reporter = context.reporter
        self.scope = scope
        self.tunables = tunables
        self.is_main = is_main
        self.named: dict[str, ast.Name] = {}

    def declare(self, item: items.Item) -> None:
        """Handlers and `use` are not declared here."""
        match item:
            case items.Const():
                self.add(item.name, self._const(item))
            case items.TunableDecl():
                self.add(item.name, self._tunable(item))
            case items.Struct():
                fields = resolve_fields(item.fields, self.scope, self.reporter)
                self._type(item.name, StructType(self._qualified(item.name), fields, self.scope.module))
            case items.Enum():
                self._type(item.name, self._enum(item))
            case items.Flags():
                self._flags(item)
            case items.HeaderDecl():
                self._header(item)
            case items.Alias():
                self._alias(item)
            case items.PortDecl():
                self._ports(item)
            case items.Pair():
                self._pair(item)
            case items.Shares():
                self._shares(item)
            case items.Function():
                self._function(item)
            case items.Object():
                self.add(item.name, ObjectSymbol(item, self.scope))
            case items.StateDecl():
                self._needs_main(item, "state")
                if object_type(item.type, self.scope) is not None:
                    self.add(item.name, declare_object_state(item, self.context, self.scope))
                else:
                    self.add(item.name, StateDeclarer(self.scope, self.reporter, self.context.declared).declare(item))
            case items.TableDecl():
                self._needs_main(item, "table")
                self.add(item.name, TableDeclarer(self.scope, self.reporter, self.context.declared).declare(item))
            case items.Use() | items.HandlerDecl():
                pass

    def _type(self, name: ast.Name, ty: Ty) -> None:
        declared = bounded(ty, name.span, self.reporter)
        self.add(name, None if declared == ERROR else TypeSymbol(declared))

    def _qualified(self, name: ast.Name) -> str:
        module = self.scope.module.removeprefix("std::")
        return f"{module}::{name.text}" if module and not self.is_main else name.text

    def add(self, name: ast.Name, symbol: Symbol | None) -> None:
        """Give `symbol` its name; a second declaration of a name is an error."""
        before = self.named.get(name.text)
        if before is not None:
            note = Note(before.span, "declared here first")
            self.reporter.error("W0202", f"`{name.text}` is declared twice", name.span, notes=(note,))
            return
        self.named[name.text] = name
        if symbol is not None:
            self.scope.symbols[name.text] = symbol
        else:  # declared, but wrong: what uses it says nothing more
            self.scope.symbols[name.text] = wrong_symbol(name.span)

    def _needs_main(self, item: items.StateDecl | items.TableDecl, what: str) -> None:
        if not self.is_main:
            self.reporter.error(
                "W0211",
                f"a module declares no {what} of its own",
                item.name.span,
                help="put it into an `object`, which a program makes a state of",
            )

    # --- constants and types -----------------------------------------------------------------------------

    def _const(self, item: items.Const) -> Symbol | None:
        body = BodyChecker(self.context, self.scope, Facts())
        expected = None if item.type is None else resolve_type(item.type, self.scope, self.reporter)
        value = body.expr(item.value, expected)
        if expected is not None:
            value = body.coerce(value, expected)
        match value:
            case TStatic(value=static, type=ty) if ty in (STATIC, TIME):
                return ConstSymbol(static, ty)
            case TLiteral(type=ty) if ty != ERROR:
                return ConstSymbol(value, ty)
            case TStatic(value=StaticLiteral(value=number), type=ty):
                return ConstSymbol(TLiteral((number,), type=ty, span=value.span), ty)
            case _:
                pass
        if value.type != ERROR:
            self.reporter.error("W0301", "the value of a constant must be known when compiling", item.value.span)
        return None

    def _tunable(self, item: items.TunableDecl) -> Symbol | None:
        ty = resolve_type(item.type, self.scope, self.reporter)
        value = static_scalar(item.value, ty, self.scope, self.reporter)
        if value is None or ty == ERROR:
            return None
        if not isinstance(ty, (IntType, NamedScalar, BoolType)):
            self.reporter.error("W0212", f"a tunable is a number or a bool, not {describe(ty)}", item.type.span)
            return None
        width = 1 if isinstance(ty, BoolType) else ty.width
        if value < 0 or value >> width:
            self.reporter.error("W0310", f"{value} does not fit into {describe(ty)}", item.value.span)
            return None
        self.tunables.append(Tunable(item.name.text, Bits(width), value, span=item.name.span))
        return TunableSymbol(item.name.text, ty)

    def _enum(self, item: items.Enum) -> Ty:
        width = None
        if item.type is not None:
            ty = resolve_type(item.type, self.scope, self.reporter)
            if isinstance(ty, IntType):
                width = ty.width
            elif ty != ERROR:
                self.reporter.error(
                    "W0213", "an enum's number is an integer", item.type.span, help="`enum Kind: u8 { ... }`"
                )
        variants: list[VariantType] = []
        following = 0
        for node in item.variants:
            value = following if node.value is None else static_int(node.value, self.scope, self.reporter)
            value = following if value is None else value
            if any(v.name == node.name.text for v in variants):
                self.reporter.error("W0202", f"variant `{node.name.text}` is declared twice", node.name.span)
                continue
            if any(v.value == value for v in variants):
                self.reporter.error("W0213", f"{value} is already the number of another variant", node.span)
            payload = tuple(resolve_type(p, self.scope, self.reporter) for p in node.payload)
            variants.append(VariantType(node.name.text, value, payload))
            following = value + 1
        if not variants:
            self.reporter.error("W0213", f"`{item.name.text}` has no variants", item.name.span)
        needed = max(1, max((v.value for v in variants), default=0).bit_length())
        if width is not None and needed > width:
            self.reporter.error("W0310", f"the numbers of `{item.name.text}` do not fit into u{width}", item.name.span)
        return EnumType(
            self._qualified(item.name), width or needed, tuple(variants), self.scope.module, width is not None
        )

    def _flags(self, item: items.Flags) -> None:
        ty = resolve_type(item.type, self.scope, self.reporter)
        bits = tuple(b.text for b in item.bits)
        for position, bit in enumerate(item.bits):
            if bit.text in bits[:position]:
                self.reporter.error("W0202", f"bit `{bit.text}` is declared twice", bit.span)
        if not isinstance(ty, IntType) or len(bits) > ty.width:
            self.reporter.error(
                "W0214", f"`{item.name.text}` has {len(bits)} bits; give it a type that wide", item.type.span
            )
            self.add(item.name, None)
            return
        self.add(item.name, TypeSymbol(FlagsType(self._qualified(item.name), ty.width, bits, self.scope.module)))

    # --- headers -----------------------------------------------------------------------------------------

    def _header(self, item: items.HeaderDecl) -> None:
        symbol = declare_header(item, self.scope, self.reporter)
        name = item.name.text
        if symbol is not None and name in self.context.headers:
            self.reporter.error("W0202", f"there is already a header `{name}`", item.name.span)
            symbol = None
        if symbol is not None and not symbol.header.rules:
            outermost = next((h for h in self.context.headers.values() if not h.header.rules), None)
            if outermost is not None:
                self.reporter.error(
                    "W0422",
                    f"`{name}` says nowhere after which header it comes",
                    item.name.span,
                    notes=(Note(outermost.header.span, "packets begin with this one"),),
                    help=f"`header {name} on udp.dport == 4242 {{ ... }}`",
                )
                symbol = None
        if symbol is not None:
            self._check_possible(symbol, item)
            self.context.headers[name] = symbol
        self.add(item.name, symbol)

    def _check_possible(self, symbol: HeaderSymbol, item: items.HeaderDecl) -> None:
        """Warn where earlier headers take every packet that could have this one: the first whose rule holds wins."""
        rules = symbol.header.rules
        takers = [self._earlier_taker(rule) for rule in rules]
        first = next((t for t in takers if t is not None), None)
        if rules and first is not None and all(t is not None for t in takers):
            self.reporter.warning(
                "W0425",
                f"no packet ever has `{symbol.header.name}`: `{first.name}` is tried first, and takes the same ones",
                item.name.span,
                notes=(Note(first.span, "declared earlier"),),
                help="declare it before, with a narrower rule, or leave out the module that has the other one",
            )

    def _earlier_taker(self, rule: ParseRule) -> Header | None:
        """An earlier header with a rule that holds wherever `rule` does."""
        for other in self.context.headers.values():
            for earlier in other.header.rules:
                if earlier.previous == rule.previous and set(earlier.matches) <= set(rule.matches):
                    return other.header
        return None

    def _alias(self, item: items.Alias) -> None:
        headers = []
        for name in item.headers:
            symbol = self.scope.find(name.text)
            if isinstance(symbol, HeaderSymbol):
                headers.append(symbol.header.name)
            elif self.scope.is_complete() and not is_wrong(symbol):
                self.reporter.error("W0401", f"`{name.text}` is not a header", name.span)
        for position, left in enumerate(headers):
            for right in headers[position + 1 :]:
                if not self.context.exclusive(left, right):
                    self.reporter.error(
                        "W0423",
                        f"a packet can have both `{left}` and `{right}`",
                        item.name.span,
                        help="an alias is for headers that exclude each other",
                    )
        self.add(item.name, AliasSymbol(item.name.text, tuple(headers)) if len(headers) > 1 else None)

    # --- ports -------------------------------------------------------------------------------------------

    def _ports(self, item: items.PortDecl) -> None:
        for name, count_node in item.ports:
            count = None if count_node is None else static_int(count_node, self.scope, self.reporter)
            if count_node is not None and (count is None or not 1 <= count <= MAX_PORTS):
                self.reporter.error("W0215", f"a group has 1 to {MAX_PORTS} ports", count_node.span)
                count = 1
            self._add_port(name, count)

    def _add_port(self, name: ast.Name, count: int | None) -> None:
        first = len(self.context.ports)
        if not self.is_main:
            self.reporter.error("W0211", "a module declares no ports", name.span)
        if count is None:
            self.context.ports.append(Port(name.text, name.text))
        else:
            self.context.ports.extend(Port(f"{name.text}[{i}]", name.text) for i in range(count))
        self.add(name, PortSymbol(name.text, first, count))

    def _pair(self, item: items.Pair) -> None:
        numbers = []
        for name in (item.left, item.right):
            found = self.scope.symbols.get(name.text)
            if not isinstance(found, PortSymbol):
                self._add_port(name, None)
                found = self.scope.symbols.get(name.text)
            if isinstance(found, PortSymbol) and found.count is None:
                numbers.append(found.first)
        if len(numbers) != 2 or numbers[0] == numbers[1]:
            self.reporter.error("W0208", "a pair has two different single ports", item.span)
            return
        for port, peer in (numbers, numbers[::-1]):
            old = self.context.ports[port]
            if old.peer is not None:
                self.reporter.error("W0208", f"`{old.name}` is in a pair already", item.span)
            self.context.ports[port] = Port(old.name, old.group, peer)

    def _shares(self, item: items.Shares) -> None:
        count = static_int(item.count, self.scope, self.reporter)
        if count is None:
            return
        if count < 1 or count & (count - 1) or count > MAX_SHARES:
            self.reporter.error(
                "W0701", f"`shares` must be a power of two, at most {MAX_SHARES}", item.count.span, help="`shares 64;`"
            )
            return
        if self.context.declared.states:
            self.reporter.error("W0702", "`shares` stands before the first state", item.span)
            return
        self.context.declared.shares = count

    # --- functions ---------------------------------------------------------------------------------------

    def _function(self, item: items.Function) -> None:
        name = item.name.text
        found = self.scope.symbols.get(name)
        if isinstance(found, FunctionSymbol) and name in self.named and item.params and item.params[0].name.text:
            self.scope.symbols[name] = FunctionSymbol(name, (*found.overloads, item), self.scope)
            return
        self.add(item.name, FunctionSymbol(name, (item,), self.scope))


def check_unused_functions(module: items.Module, scope: Scope, context: Context) -> None:
    """Check functions that nothing calls as well, where that is possible without knowing a call."""
    unused = [item for item in module.items if isinstance(item, items.Function) and id(item) not in context.called]
    for item in unused:
        symbol = scope.symbols.get(item.name.text)
        if isinstance(symbol, FunctionSymbol) and not item.generics:
            with reported_nesting(item.span, context.reporter):
                BodyChecker(context, scope, Facts()).check_alone(item, symbol)
    if context.reporter.errors:  # an error may hide a call
        return
    for item in unused:
        context.reporter.warning(
            "W0615", f"`{item.name.text}` is never called", item.name.span, help="remove it, or call it"
        )
