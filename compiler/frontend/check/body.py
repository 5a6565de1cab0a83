"""What checking any expression or statement needs: scope, facts, coercion, bounds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TypeAlias

from compiler.diagnostics import Note, Reporter
from compiler.frontend import ast, items
from compiler.frontend.check.facts import Facts
from compiler.frontend.check.scope import HeaderSymbol, PacketSymbol, Scope, Symbol, VariableSymbol
from compiler.frontend.check.state_declarations import Declared
from compiler.frontend.rewrite_typed import Node, children
from compiler.frontend.typed import (
    SReturn,
    TBinary,
    TBlock,
    TCall,
    TExpr,
    TFunction,
    TIf,
    TLiteral,
    TLocal,
    TResize,
    TStatic,
)
from compiler.frontend.types import (
    ERROR,
    STATIC,
    TIME,
    UNIT,
    EnumType,
    FlagsType,
    IntType,
    NamedScalar,
    NeverType,
    StaticType,
    Ty,
    UnitType,
    describe,
    flatten,
)
from compiler.frontend.variables import Local, Static, StaticLiteral, StaticLocal, StaticOperation
from compiler.ir.headers import ParseRule
from compiler.ir.operations import BinaryOperator
from compiler.ir.program import Port
from compiler.ir.types import Record, bit_width
from compiler.source import Span

PACKET_PLACE = "packet"  # facts about header fields are about places under this one

Instantiation: TypeAlias = tuple[object, ...]


@dataclass(slots=True)
class Context:
    """What is shared by all bodies of a program."""

    reporter: Reporter
    declared: Declared
    ports: list[Port] = field(default_factory=list)
    headers: dict[str, HeaderSymbol] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    functions: dict[Instantiation, TFunction] = field(default_factory=dict)
    active: list[items.Function] = field(default_factory=list)  # being checked, to find recursion
    most: dict[int, int] = field(default_factory=dict)  # largest value of loop variables and unchanging variables
    most_given: dict[int, int] = field(default_factory=dict)  # largest result of a function, by its identity
    opened: list[items.Object] = field(default_factory=list)  # objects whose members are being declared
    _implied: dict[str, frozenset[str]] = field(default_factory=dict)
    _ancestors: dict[str, frozenset[str]] = field(default_factory=dict)
    locals: int = 0
    random_sites: int = 0
    called: set[int] = field(default_factory=set)  # ids of functions
    broken_calls: list[Span] = field(default_factory=list)  # of functions with errors in them

    def new_local(self, name: str, ty: Ty) -> Local:
        self.locals += 1
        return Local(self.locals - 1, name, ty)

    def implied(self, header: str) -> frozenset[str]:
        """Headers that every packet with `header` has, itself included."""
        if header not in self._implied:
            before = [self.implied(rule.previous) for rule in self._rules(header)]
            everywhere = frozenset.intersection(*before) if before else frozenset[str]()
            self._implied[header] = everywhere | {header}
        return self._implied[header]

    def exclusive(self, left: str, right: str) -> bool:
        """Whether no packet has both headers: neither can come before the other."""
        return left != right and not self.comes_after(left, right) and not self.comes_after(right, left)

    def comes_after(self, header: str, before: str) -> bool:
        """Whether a packet can have `before` somewhere in front of `header`."""
        return before in self._before(header)

    def _before(self, header: str) -> frozenset[str]:
        if header not in self._ancestors:
            before = [self._before(rule.previous) | {rule.previous} for rule in self._rules(header)]
            self._ancestors[header] = frozenset[str]().union(*before)
        return self._ancestors[header]

    def _rules(self, header: str) -> list[ParseRule]:
        return [rule for rule in self.headers[header].header.rules if rule.previous in self.headers]


_HOW_TO_WRITE = {
    "mac": "write it as `00:11:22:33:44:55`",
    "ip4": "write it as `10.0.0.1`",
    "ip6": 'write it as `"2001:db8::1"`',
    "port": "name the port: `send wan;`",
    "multicast": "groups come from a table or a constant `as multicast`",
    "bool": "write `true` or `false`, or compare: `... != 0`",
}


class BodyBase(ABC):
    """One body being checked. `facts` changes as checking goes on; blocks save and restore it."""

    def __init__(self, context: Context, scope: Scope, facts: Facts) -> None:
        self.context = context
        self.reporter = context.reporter
        self.scope = scope
        self.facts = facts
        self.result: Ty = UNIT  # of the function around; handlers have none
        self.in_function = False
        self.is_uncertain = False  # whether a choice could not be checked, so that nobody knows where it ends
        self.header_only = False  # in a `where`: nothing but header fields may be used
        self.handler_ports: tuple[int, ...] | None = None  # ports that the packet can have come in by, if known

    @abstractmethod
    def expr(self, node: ast.Expr, expected: Ty | None = None) -> TExpr: ...

    def error(
        self, code: str, message: str, span: Span, *, help: str | None = None, notes: tuple[Note, ...] = ()
    ) -> TExpr:
        """Report, and give the value that no later check complains about."""
        self.reporter.error(code, message, span, help=help, notes=notes)
        return poison(span)

    def has_errors_in(self, span: Span) -> bool:
        """Whether something there was reported, so that what follows from it is not worth saying."""
        return any(
            place.source is span.source and span.start <= place.start < span.end
            for place in (*(error.span for error in self.reporter.errors), *self.context.broken_calls)
        )

    def bind(self, name: ast.Name, symbol: Symbol) -> None:
        if name.text != "_":
            self.scope.symbols[name.text] = symbol

    # --- coercion ----------------------------------------------------------------------------------

    def coerce(self, value: TExpr, expected: Ty, span: Span | None = None) -> TExpr:
        """`value` as `expected`; static numbers take its width, everything else must be of that type already."""
        ty = value.type
        where = span or value.span
        if ERROR in (ty, expected) or ty == expected or isinstance(ty, NeverType):
            return value
        if isinstance(value, TStatic) and ty == STATIC and isinstance(expected, (IntType, StaticType)):
            return self._sized(value, expected, where)
        if isinstance(value, TStatic) and ty == TIME and expected == TIME:
            return value
        if isinstance(value, TLiteral) and ty == STATIC:
            return value
        return self.mismatch(ty, expected, where)

    def _sized(self, value: TStatic, expected: Ty, span: Span) -> TExpr:
        if isinstance(value.value, StaticLiteral) and isinstance(expected, IntType):
            number = value.value.value
            if number < 0:
                text = f"{number} does not fit into {describe(expected)}: integers are unsigned"
                return self.error("W0310", text, span, help="subtract instead: `x - 1` wraps, `x.sat_sub(1)` does not")
            if number >> expected.width:
                return self.error(
                    "W0310",
                    f"{number} does not fit into {describe(expected)} (0 to {_most_of(expected.width)})",
                    span,
                    help=f"cut it with `as u{expected.width}` after computing in a wider type, or widen the other side",
                )
            return TLiteral((number,), type=expected, span=value.span)
        return TStatic(value.value, type=expected, span=value.span)

    def mismatch(self, found: Ty, expected: Ty, span: Span) -> TExpr:
        help_text = None
        if isinstance(found, IntType) and isinstance(expected, IntType):
            verb = "widen" if found.width < expected.width else "cut"
            help_text = f"{verb} it with `as u{expected.width}`"
        elif found == STATIC and isinstance(expected, NamedScalar) and expected == TIME:
            help_text = "write a unit: `10s`, `5ms`"
        elif isinstance(found, NamedScalar | EnumType | FlagsType) and isinstance(expected, IntType):
            help_text = f"take its number with `as u{expected.width}`"
        elif _is_option_of(found, expected):
            help_text = "say what happens where there is none: `... else drop` or `... else { ... }`"
        elif found == STATIC:
            help_text = _HOW_TO_WRITE.get(describe(expected))
            if isinstance(expected, FlagsType):
                help_text = f"bits are read by name: `... .{expected.bits[0]}`" if expected.bits else None
        if isinstance(found, UnitType):
            return self.error("W0332", "this has no value", span)
        return self.error("W0300", f"expected {describe(expected)}, found {describe(found)}", span, help=help_text)

    def sized(self, value: TExpr) -> TExpr:
        """`value`, which must have a width by itself."""
        if value.type == STATIC:
            return self.error(
                "W0305",
                "the width of this number is not clear",
                value.span,
                help="write it with a suffix, such as `5u32`, or name a type",
            )
        return value

    # --- places and bounds ---------------------------------------------------------------------------

    def place(self, node: ast.Expr) -> str | None:
        """A name for what `node` reads, equal for two expressions that read the same; None if it is computed."""
        match node:
            case ast.NameExpr(path=path) if len(path.names) == 1:
                symbol = self.scope.find(str(path))
                if isinstance(symbol, PacketSymbol):
                    return PACKET_PLACE
                return f"#{symbol.local.number}" if isinstance(symbol, VariableSymbol) else None  # state may change
            case ast.Member(object=inner, name=name):
                base = self.place(inner)
                return None if base is None else f"{base}.{name.text}"
            case _:
                return None

    def most(self, value: TExpr, node: ast.Expr | None = None) -> int:
        """The largest number that `value` can be, from its type, its form and the facts."""
        bound = self._most_by_form(value)
        known = self.facts.most(self.place(node)) if node is not None else None
        return bound if known is None else min(bound, known)

    def _most_by_form(self, value: TExpr) -> int:
        width = sum(bit_width(t) for t in flatten(value.type)) or 64
        top = _most_of(width)
        match value:
            case TLiteral(values=(int(number),)):
                return number
            case TStatic(value=static):
                return self.most_static(static)
            case TLocal(local=local):
                known = self.facts.most(f"#{local.number}")
                bounds = (top, self.context.most.get(local.number, top), top if known is None else known)
                return min(bounds)
            case TResize(value=inner):
                return min(top, self._most_by_form(inner))
            case TBinary(operator=BinaryOperator.MOD, right=TLiteral(values=(int(n),))) if n:
                return min(top, n - 1)
            case TBinary(operator=BinaryOperator.AND | BinaryOperator.MIN, left=left, right=right):
                return min(self._most_by_form(left), self._most_by_form(right))
            case TBinary(operator=BinaryOperator.ADD, left=left, right=right):
                total = self._most_by_form(left) + self._most_by_form(right)
                return total if total <= top else top
            case TBinary(operator=BinaryOperator.MUL, left=left, right=right):
                product = self._most_by_form(left) * self._most_by_form(right)
                return product if product <= top else top
            case TBinary(operator=BinaryOperator.SHR, left=left, right=TLiteral(values=(int(n),))):
                return self._most_by_form(left) >> min(n, 4096)
            case TBinary(operator=BinaryOperator.DIV, left=left, right=TLiteral(values=(int(n),))) if n:
                return self._most_by_form(left) // n
            case TBlock(value=inner):
                return top if inner is None else min(top, self._most_by_form(inner))
            case TIf(then=then, otherwise=otherwise):
                given = [b for b in (then, otherwise) if b.value is not None]  # the other one ends the handler
                return max((self._most_by_form(b) for b in given), default=top)
            case TCall(function=function) if not may_return(function.body):
                return min(top, self._most_given(function))
            case _:
                return top

    def _most_given(self, function: TFunction) -> int:
        # found once: functions that call others twice would be walked over 2 ** depth times
        known = self.context.most_given
        if id(function) not in known:
            known[id(function)] = self._most_by_form(function.body)
        return known[id(function)]

    def most_static(self, static: Static) -> int:
        """The largest value of a static number over all turns of the loops around it."""
        match static:
            case StaticLiteral(value=number):
                return number
            case StaticLocal(local=local):
                return self.context.most[local.number]
            case StaticOperation(operator="+", left=left, right=right):
                return self.most_static(left) + self.most_static(right)
            case StaticOperation(operator="*", left=left, right=right):
                return self.most_static(left) * self.most_static(right)
            case StaticOperation(operator="-" | "/" | ">>", left=left):
                return self.most_static(left)
            case StaticOperation(operator="<<", left=left, right=right):
                return self.most_static(left) << min(4096, self.most_static(right))
            case StaticOperation(operator="%", right=right):
                return max(0, self.most_static(right) - 1)
            case StaticOperation(left=left, right=right):
                return max(self.most_static(left), self.most_static(right))


def may_return(node: Node) -> bool:
    """Whether a `return` in `node` may give a value other than the last one."""
    return isinstance(node, SReturn) or any(map(may_return, children(node)))


def _is_option_of(found: Ty, expected: Ty) -> bool:
    return getattr(found, "inner", None) == expected


def _most_of(width: int) -> int:
    return (1 << width) - 1


def poison(span: Span) -> TExpr:
    return TLiteral((), type=ERROR, span=span)
