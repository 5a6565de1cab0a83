"""Names, members and indexing: what a path of names and dots stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, get_args

from compiler.diagnostics import closest
from compiler.frontend import ast
from compiler.frontend.access_kinds import AccessKind
from compiler.frontend.check.body import poison
from compiler.frontend.check.casts import CastChecker
from compiler.frontend.check.foreign_names import HEADERS
from compiler.frontend.check.header_declarations import report_unknown_field
from compiler.frontend.check.modules import standard_headers
from compiler.frontend.check.scope import (
    AliasSymbol,
    ArraySymbol,
    BuiltinSymbol,
    ConstSymbol,
    HeaderSymbol,
    InstanceSymbol,
    PacketSymbol,
    PortSymbol,
    Scope,
    StaticSymbol,
    Symbol,
    TunableSymbol,
    TypeSymbol,
    VariableSymbol,
    is_wrong,
    report_unknown,
    resolve_path,
    what_is,
)
from compiler.frontend.typed import (
    SLet,
    TAccess,
    TBinary,
    TBlock,
    TCompare,
    TExpr,
    TFact,
    TField,
    TIf,
    TLiteral,
    TLocal,
    TMake,
    TProject,
    TResize,
    TStatic,
    TTunable,
)
from compiler.frontend.types import (
    BOOLEAN,
    ERROR,
    PORT,
    TIME,
    EntryType,
    EnumType,
    FlagsType,
    IntType,
    SessionType,
    StructType,
    TupleType,
    Ty,
    UnitType,
    describe,
    flatten,
)
from compiler.ir.operations import BinaryOperator, CompareOperator, PacketFact
from compiler.source import Span


@dataclass(frozen=True, slots=True)
class HeaderRef:
    """`p.ipv4`, or `p.l4` with the headers of the alias; the packet is known to have one of them."""

    name: str
    headers: tuple[str, ...]
    span: Span


Thing: TypeAlias = "TExpr | Symbol | HeaderRef"
SYMBOLS = get_args(Symbol)


class MemberChecker(CastChecker):
    """Adds names and members to `OperatorChecker`."""

    def thing(self, node: ast.Expr, expected: Ty | None = None) -> Thing:
        """What `node` stands for; only names and members can be something else than a value."""
        match node:
            case ast.NameExpr(path=path):
                symbol = resolve_path(path, self.scope)
                if symbol is None:
                    report_unknown(path, self.scope, self.reporter)
                    return poison(node.span)
                return symbol
            case ast.Member():
                return self._member(node)
            case _:
                return self.expr(node, expected)

    def named_value(self, thing: Thing, node: ast.Expr) -> TExpr:
        """The value that a name stands for."""
        match thing:
            case ConstSymbol(value=value, type=ty):
                return value if isinstance(value, TLiteral) else TStatic(value, type=ty, span=node.span)
            case StaticSymbol(value=value, type=ty):
                return TStatic(value, type=ty, span=node.span)
            case VariableSymbol(local=local):
                return TLocal(local, type=local.type, span=node.span)
            case TunableSymbol(name=name, type=ty):
                return TTunable(name, type=ty, span=node.span)
            case PortSymbol(first=first, count=None):
                return TLiteral((first,), type=PORT, span=node.span)
            case PortSymbol(name=name):
                return self.error("W0203", f"`{name}` is a group of ports", node.span, help=f"name one: `{name}[0]`")
            case BuiltinSymbol(name="now") if self.header_only:
                return self.error("W0413", "a `where` looks at header fields and constants only", node.span)
            case BuiltinSymbol(name="now"):
                return TFact(PacketFact.NOW, type=TIME, span=node.span)
            case ArraySymbol(cells=None) as array:
                return self.array_read(array, TLiteral((0,), type=IntType(32), span=node.span), node.span)
            case TypeSymbol(type=EnumType() as ty):
                return self.error("W0204", f"`{ty.name}` is a type; name one of its variants", node.span)
            case HeaderRef(name=name):
                return self.error("W0403", f"`{name}` is a header; name one of its fields", node.span)
            case _ if isinstance(thing, SYMBOLS):
                what = what_is(thing)  # type: ignore[arg-type]
                return self.error("W0204", f"this is {what}, not a value", node.span)
            case _:
                return thing  # type: ignore[return-value]

    def _member(self, node: ast.Member) -> Thing:
        owner = self.thing(node.object)
        name = node.name.text
        match owner:
            case PacketSymbol():
                return self._of_packet(node)
            case HeaderRef():
                return self._field(owner, node)
            case InstanceSymbol(scope=scope, declaration=declaration):
                found = scope.symbols.get(name)
                if found is None:
                    return self._no_member(node, f"`{declaration.name.text}`", scope.symbols)
                return found
            case TypeSymbol(type=EnumType()):
                return self.error("W0205", "a variant is named with `::`", node.span)
            case PortSymbol() if name == "peer":
                return self._peer(self.named_value(owner, node.object), node.span)
            case _ if isinstance(owner, SYMBOLS) and not isinstance(owner, (VariableSymbol, ConstSymbol, ArraySymbol)):
                what = what_is(owner)  # type: ignore[arg-type]
                return self.error(
                    "W0206",
                    f"{what} has no member `{name}` to read; its operations are called with `(...)`",
                    node.name.span,
                )
            case _:
                return self._of_value(self.named_value(owner, node.object), node)

    def _no_member(self, node: ast.Member, owner: str, known: object) -> TExpr:
        names = [str(k) for k in known]  # type: ignore[attr-defined]
        near = closest(node.name.text, names)
        listed = ", ".join(f"`{k}`" for k in names)
        return self.error(
            "W0207",
            f"{owner} has no member `{node.name.text}`",
            node.name.span,
            help=f"did you mean `{near}`?" if near else (f"it has {listed}" if listed else None),
        )

    def report_no_header(self, name: ast.Name, scope: Scope, *, also: tuple[str, ...] = ()) -> None:
        """Say that there is no header `name`, unless it is one that was reported."""
        if not scope.is_complete() or is_wrong(scope.find(name.text)):
            return
        near = HEADERS.get(name.text) or closest(name.text, [*self.context.headers, *also])
        help_text = f"did you mean `{near}`?" if near in (*self.context.headers, *also) else None
        module = standard_headers().get(near or name.text)
        if help_text is None and module is not None and scope.find_module(module) is None:
            help_text = f"begin the file with `use std::{module};`, which declares `{near or name.text}`"
            scope.note_missing_names()
        self.error("W0401", f"there is no header `{name.text}`", name.span, help=help_text)

    # --- packets and headers -----------------------------------------------------------------------

    def _of_packet(self, node: ast.Member) -> Thing:
        name = node.name.text
        if name == "port":
            return TFact(PacketFact.PORT, type=PORT, span=node.span)
        if name == "length":
            return TFact(PacketFact.LENGTH, type=IntType(32), span=node.span)
        match self.scope.find_header(name):
            case HeaderSymbol(header=header):
                headers: tuple[str, ...] = (header.name,)
            case AliasSymbol(headers=several):
                headers = several
            case _:
                self.report_no_header(node.name, self.scope, also=("port", "length"))
                return poison(node.span)
        present = tuple(h for h in headers if self.facts.has(h)) if len(headers) > 1 else ()
        if len(present) == 1:
            return HeaderRef(name, present, node.span)
        if not self.facts.has_one_of(headers):
            return self.error(
                "W0400",
                f"this packet may have no `{name}` header",
                node.name.span,
                help=f"ask for it in the handler, `(p: ... & {name})`, or test `if p.has({name}) {{ ... }}`",
            )
        return HeaderRef(name, headers, node.span)

    def _field(self, owner: HeaderRef, node: ast.Member) -> TExpr:
        name = node.name.text
        types: list[Ty] = []
        for header in owner.headers:
            symbol = self.context.headers[header]
            if name not in symbol.field_types:
                report_unknown_field(node.name, symbol.header, self.reporter)
                return poison(node.span)
            types.append(symbol.field_types[name])
        if any(t != types[0] for t in types):
            return self.error(
                "W0412",
                f"`{name}` differs between {' and '.join(owner.headers)}",
                node.name.span,
                help="use `match` to tell them apart",
            )
        return TField(tuple((h, name) for h in owner.headers), type=types[0], span=node.span)

    def _peer(self, port: TExpr, span: Span) -> TExpr:
        """The other end of a pair, as a choice over all ports that have one."""
        peers = [(number, p.peer) for number, p in enumerate(self.context.ports) if p.peer is not None]
        if isinstance(port, TLiteral) and port.values:
            peer = self.context.ports[int(port.values[0])].peer  # type: ignore[arg-type]
            if peer is None:
                return self.error("W0208", "this port has no peer", span, help="declare `pair left <-> right;`")
            return TLiteral((peer,), type=PORT, span=span)
        allowed = self.handler_ports
        possible = range(len(self.context.ports)) if allowed is None else allowed
        relevant = [(n, p) for n, p in peers if n in possible]
        if not relevant or len(relevant) != len(possible):
            return self.error(
                "W0208",
                "the port that this packet came in by may have no peer",
                span,
                help="declare `pair left <-> right;`, or name the port",
            )
        result: TExpr = TLiteral((relevant[-1][1],), type=PORT, span=span)
        for number, peer in reversed(relevant[:-1]):
            test = TCompare(
                CompareOperator.EQ, port, TLiteral((number,), type=PORT, span=span), type=BOOLEAN, span=span
            )
            then = TBlock((), TLiteral((peer,), type=PORT, span=span), type=PORT, span=span)
            result = TIf(test, then, TBlock((), result, type=PORT, span=span), type=PORT, span=span)
        return result

    def _index_in_group(self, port: TExpr, span: Span) -> TExpr:
        """The place of a port in its group: 0 for the first one."""
        ports = self.context.ports
        if isinstance(port, TLiteral) and port.values:
            possible: tuple[int, ...] = (int(port.values[0]),)  # type: ignore[arg-type]
        else:
            possible = tuple(range(len(ports))) if self.handler_ports is None else self.handler_ports
        groups = {ports[number].group for number in possible}
        if len(groups) != 1:
            return self.error(
                "W0219",
                "ports of several groups have no index in common",
                span,
                help="ask in a handler for one group; a function takes the index as a parameter: `which: u8`",
            )
        members = [number for number, p in enumerate(ports) if p.group in groups]
        ty = IntType(max(1, (len(members) - 1).bit_length()))
        first = TLiteral((members[0],), type=PORT, span=span)
        index = TResize(TBinary(BinaryOperator.SUB, port, first, type=PORT, span=span), type=ty, span=span)
        local = self.context.new_local("index", ty)
        self.context.most[local.number] = len(members) - 1
        read = TLocal(local, type=ty, span=span)
        return TBlock((SLet(local, index, span=span),), read, type=ty, span=span)

    # --- members of values ---------------------------------------------------------------------------

    def _of_value(self, value: TExpr, node: ast.Member) -> TExpr:
        name = node.name.text
        match value.type:
            case StructType(fields=fields) as ty:
                first = 0
                for field, inner in fields:
                    if field == name:
                        return project(value, first, inner, node.span)
                    first += len(flatten(inner))
                return self._no_member(node, describe(ty), [f for f, _ in fields])
            case TupleType(elements=elements) as ty:
                if name.isdigit() and int(name) < len(elements):
                    first = sum(len(flatten(e)) for e in elements[: int(name)])
                    return project(value, first, elements[int(name)], node.span)
                return self._no_member(node, describe(ty), [str(i) for i in range(len(elements))])
            case FlagsType(bits=bits) as ty:
                if name not in bits:
                    return self._no_member(node, describe(ty), bits)
                return flag_test(value, 1 << bits.index(name), 1 << bits.index(name), node.span)
            case EntryType(key=key, value=inner) as ty:
                keys = len(flatten(key))
                places: dict[str, tuple[int, Ty]] = {"present": (0, BOOLEAN), "has_room": (1, BOOLEAN), "key": (3, key)}
                if not isinstance(inner, UnitType):
                    places["value"] = (3 + keys, inner)
            case SessionType(id=id_type, value=inner) as ty:
                places = {"id": (0, id_type), "is_new": (1, BOOLEAN), "value": (2, inner)}
            case _ if value.type == PORT and name == "peer":
                return self._peer(value, node.span)
            case _ if value.type == PORT and name == "index":
                return self._index_in_group(value, node.span)
            case _:
                if value.type == ERROR:
                    return value
                help_text = None
                if hasattr(value.type, "inner"):
                    help_text = "say what happens where there is none: `let x = ... else drop;`"
                elif name.isdigit():
                    help_text = "numbers are whole: scale them, and divide last"
                return self.error(
                    "W0207", f"{describe(value.type)} has no member `{name}`", node.name.span, help=help_text
                )
        if name not in places:
            return self._no_member(node, describe(ty), places)
        first, inner = places[name]
        return project(value, first, inner, node.span)

    # --- indexing ------------------------------------------------------------------------------------

    def array_read(self, array: ArraySymbol, index: TExpr, span: Span) -> TExpr:
        if self.header_only:
            return self.error("W0413", "a `where` looks at header fields and constants only", span)
        flats = flat_leaf_types(array.type)
        parts = tuple(
            TAccess(AccessKind.ARRAY_GET, name, (index,), type=leaf, span=span)
            for name, leaf in zip(array.arrays, flats, strict=True)
        )
        return with_type(parts[0], array.type) if len(parts) == 1 else TMake(parts, type=array.type, span=span)


def with_type(access: TAccess, ty: Ty) -> TAccess:
    return TAccess(
        access.kind, access.state, access.arguments, access.operator, access.refresh, type=ty, span=access.span
    )


def flat_leaf_types(ty: Ty) -> tuple[Ty, ...]:
    """One type for each flat value, in order, so that a struct can be stored in an array a field."""
    match ty:
        case StructType(fields=fields):
            return tuple(leaf for _, inner in fields for leaf in flat_leaf_types(inner))
        case TupleType(elements=elements):
            return tuple(leaf for inner in elements for leaf in flat_leaf_types(inner))
        case _:
            return (ty,)


def project(value: TExpr, first: int, ty: Ty, span: Span) -> TExpr:
    """Flat values of `value` from `first` on as a `ty`; without a detour where `value` is put together here."""
    if isinstance(value, TLiteral):
        return TLiteral(value.values[first : first + len(flatten(ty))], type=ty, span=span)
    return TProject(value, first, type=ty, span=span)


def flag_test(value: TExpr, mask: int, wanted: int, span: Span) -> TExpr:
    """Whether the bits in `mask` are `wanted`."""
    masked = TBinary(
        BinaryOperator.AND, value, TLiteral((mask,), type=value.type, span=span), type=value.type, span=span
    )
    return TCompare(
        CompareOperator.EQ, masked, TLiteral((wanted,), type=value.type, span=span), type=BOOLEAN, span=span
    )
