"""New packets: `packet { eth { ... }, ipv4 { ... }, p.after(eth) }` and functions that make them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TypeAlias, TypeVar

from compiler.frontend import ast
from compiler.frontend.check.bytes_before import bytes_before
from compiler.frontend.check.facts import Facts
from compiler.frontend.check.functions import PACKET_RESULT, FunctionChecker
from compiler.frontend.check.header_declarations import report_unknown_field
from compiler.frontend.check.members import Thing
from compiler.frontend.check.scope import (
    FunctionSymbol,
    HeaderSymbol,
    InstanceSymbol,
    PacketSymbol,
    resolve_path,
)
from compiler.frontend.rewrite_typed import map_spans
from compiler.frontend.typed import SLet, TBinary, TExpr, TFact, TLiteral, TResize, TStatement, TTemplate
from compiler.frontend.types import ERROR, IntType, UnitType, describe, flatten
from compiler.ir.headers import ChecksumKind, Header
from compiler.ir.operations import BinaryOperator, PacketFact, Rest
from compiler.ir.types import Bits, Blob, bit_width
from compiler.source import Span

Made: TypeAlias = tuple[list[TStatement], TTemplate]
_Checked = TypeVar("_Checked")


class PacketChecker(FunctionChecker):
    """Adds packet literals to `FunctionChecker`."""

    def packet(self, node: ast.Expr | None) -> Made | None:
        """Statements to run first and the template; ([], None-like) None after an error. `node` None is no packet."""
        match node:
            case ast.PacketExpr():
                template = self._literal(node)
                return None if template is None else ([], template)
            case ast.Call():
                return self._made_by(node)
            case None:
                return None
            case _:
                self.error("W0416", "behind `with` stands a packet", node.span, help="`packet { eth { ... }, ... }`")
        return None

    def _made_by(self, node: ast.Call) -> Made | None:
        """A call of a function whose result is a packet: its body is checked in place."""
        function, receiver, instance = self._packet_function(node)
        if function is None or len(function.overloads) != 1:
            self.error(
                "W0416", "this function does not make a packet", node.span, help="its result must be `-> packet`"
            )
            return None
        declaration = function.overloads[0]
        named = declaration.result
        if not isinstance(named, ast.NamedType) or str(named.path) != PACKET_RESULT:
            self.error(
                "W0416", f"`{function.name}` does not make a packet", node.span, help="its result must be `-> packet`"
            )
            return None
        self.context.called.add(id(declaration))
        if any(active is declaration for active in self.context.active):
            self.error("W0602", f"`{function.name}` calls itself", node.span)
            return None
        binding = self.bind_arguments(declaration, function.scope, receiver, node)
        if binding is None:
            return None
        scope, parameters = self.function_scope(declaration, function, binding, instance)
        statements: list[TStatement] = [
            SLet(local, value, span=node.span) for local, (_, value) in zip(parameters, binding.values, strict=True)
        ]
        body = self.new_body(scope, Facts().plus(binding.facts))
        assert isinstance(body, PacketChecker)
        self.context.active.append(declaration)
        try:
            made = body.packet_body(declaration.body)
        finally:
            self.context.active.pop()
        if made is None:
            return None
        if declaration.body.span.source is not node.span.source:
            made = _seen_from(node.span, made)
        return statements + made[0], made[1]

    def packet_body(self, node: ast.Block) -> Made | None:
        """A block whose value is a packet."""
        statements = self.straight_statements(node)
        if node.value is None:
            self.error("W0416", "the last expression of this function must be its packet", node.span)
            return None
        made = self.packet(node.value)
        return None if made is None else (statements + made[0], made[1])

    def straight_statements(self, node: ast.Block) -> list[TStatement]:
        raise NotImplementedError

    def _packet_function(self, node: ast.Call) -> tuple[FunctionSymbol | None, Thing | None, InstanceSymbol | None]:
        """The function that a call names, its receiver, and the object that it is a method of."""
        match node.function:
            case ast.NameExpr(path=path):
                symbol = resolve_path(path, self.scope)
                return (symbol, None, None) if isinstance(symbol, FunctionSymbol) else (None, None, None)
            case ast.Member(object=inner, name=name):
                owner = self.thing(inner)
                if isinstance(owner, InstanceSymbol):
                    found = owner.scope.symbols.get(name.text)
                    return (found, owner, owner) if isinstance(found, FunctionSymbol) else (None, None, None)
                if isinstance(owner, PacketSymbol):
                    return self.method_for(name.text, None), owner, None
            case _:
                pass
        return None, None, None

    def _literal(self, node: ast.PacketExpr) -> TTemplate | None:
        headers: list[tuple[str, tuple[TExpr, ...]]] = []
        data: list[TExpr] = []
        rest, rest_header = Rest.NOTHING, ""
        sizes = self._sizes_behind(node)
        failed = False
        for position, part in enumerate(node.parts):
            if rest is not Rest.NOTHING:
                self.error("W0417", "nothing can follow the rest of the packet", part.span)
                return None
            if isinstance(part, ast.StructExpr) and isinstance(resolve_path(part.path, self.scope), HeaderSymbol):
                if data:
                    self.error("W0417", "headers stand before values", part.span)
                    return None
                built = self._header(part, sizes[position])
                failed = failed or built is None
                if built is not None:
                    headers.append(built)
                continue
            kept = self._rest_of(part)
            if kept is not None:
                rest, rest_header = kept
                continue
            value = self.sized(self.expr(part))
            if value.type == ERROR or isinstance(value.type, UnitType):
                failed = True
                continue
            if sum(bit_width(f) for f in flatten(value.type)) % 8:
                self.error(
                    "W0406",
                    f"{describe(value.type)} is not a whole number of bytes",
                    part.span,
                    help="fill it up: `(..., 0u4)`",
                )
                failed = True
            data.append(value)
        if failed or not self._transports_can_be_summed([name for name, _ in headers], rest, rest_header, node.span):
            return None
        return TTemplate(tuple(headers), tuple(data), rest, rest_header)

    def _transports_can_be_summed(self, built: list[str], rest: Rest, rest_header: str, span: Span) -> bool:
        """A transport checksum covers addresses of the IP header before it: a new one there would make it wrong."""
        layouts = [self.context.headers[name].header for name in built]
        for before, header in itertools.pairwise(layouts):
            if _has_transport_sum(header) and any(f.pseudo and bit_width(f.type) == 128 for f in before.fields):
                self.error(
                    "W0420",
                    f"over IPv6 a new `{header.name}` header needs a checksum, which not every device can compute",
                    span,
                    help="change the headers of the packet that came, or tunnel over IPv4",
                )
                return False
        if not layouts or not any(f.pseudo for f in layouts[-1].fields):
            return True
        following = [rest_header] if rest is Rest.FROM else []
        if rest is Rest.AFTER:
            found = self.context.headers.values()
            following = [h.header.name for h in found if any(r.previous == rest_header for r in h.header.rules)]
        summed = [name for name in following if _has_transport_sum(self.context.headers[name].header)]
        if not summed:
            return True
        self.error(
            "W0424",
            f"the checksum of `{summed[0]}` covers the addresses of the IP header before it, and this one is new",
            span,
            help=f"write the fields of the packet's own IP header and keep it: `p.from({layouts[-1].name})`",
        )
        return False

    def _rest_of(self, part: ast.Expr) -> tuple[Rest, str] | None:
        """`p`, `p.from(h)`, `p.after(h)`, `p.payload()`; None for anything else."""
        match part:
            case ast.NameExpr(path=path) if isinstance(resolve_path(path, self.scope), PacketSymbol):
                return Rest.WHOLE, ""
            case ast.Call(function=ast.Member(object=ast.NameExpr(path=path), name=name), arguments=arguments) if (
                isinstance(resolve_path(path, self.scope), PacketSymbol) and name.text in ("from", "after", "payload")
            ):
                if name.text == "payload":
                    return Rest.PAYLOAD, ""
                headers = self.headers_named(arguments[0].value) if len(arguments) == 1 else None
                if headers is None or len(headers) != 1:
                    self.error("W0322", f"`{name.text}` takes one header", part.span)
                    return Rest.NOTHING, ""
                if not self.facts.has(headers[0]):
                    self.error(
                        "W0400",
                        f"this packet may have no `{headers[0]}` header",
                        part.span,
                        help=f"ask for it in the handler, `(p: ... & {headers[0]})`, or test `p.has({headers[0]})`",
                    )
                return (Rest.FROM if name.text == "from" else Rest.AFTER), headers[0]
            case _:
                return None

    def _sizes_behind(self, node: ast.PacketExpr) -> list[TExpr]:
        """For each part, the bytes from it to the end of the packet, as a u32."""
        span = node.span
        u32 = IntType(32)
        total: TExpr = TLiteral((0,), type=u32, span=span)
        sizes: list[TExpr] = []
        for part in reversed(node.parts):
            added = self._size_of(part, span)
            total = TBinary(BinaryOperator.ADD, total, added, type=u32, span=span)
            sizes.append(total)
        return list(reversed(sizes))

    def _size_of(self, part: ast.Expr, span: Span) -> TExpr:
        u32 = IntType(32)
        symbol = resolve_path(part.path, self.scope) if isinstance(part, ast.StructExpr) else None
        if isinstance(symbol, HeaderSymbol):
            return TLiteral((symbol.header.fixed_bytes,), type=u32, span=span)
        kept = self._quietly(lambda: self._rest_of(part))
        if kept is None:
            value = self._quietly(lambda: self.expr(part))
            bits = sum(bit_width(f) for f in flatten(value.type))
            return TLiteral((bits // 8,), type=u32, span=span)
        length = TFact(PacketFact.LENGTH, type=u32, span=span)
        if kept[0] is Rest.WHOLE:
            return length
        offset = bytes_before(*kept, context=self.context, facts=self.facts, span=span)
        return TBinary(BinaryOperator.SUB, length, offset, type=u32, span=span)

    def _quietly(self, check: Callable[[], _Checked]) -> _Checked:
        """Run a check whose errors are reported elsewhere."""
        before = list(self.reporter.diagnostics)
        try:
            return check()
        finally:
            self.reporter.diagnostics[:] = before

    def _header(self, node: ast.StructExpr, size: TExpr) -> tuple[str, tuple[TExpr, ...]] | None:
        symbol = resolve_path(node.path, self.scope)
        assert isinstance(symbol, HeaderSymbol)
        header = symbol.header
        given: dict[str, TExpr] = {}
        for field in node.fields:
            name = field.name.text
            if name not in symbol.field_types:
                report_unknown_field(field.name, header, self.reporter)
                continue
            declared = header.field_named(name)
            if declared.checksum is not None:
                self.error("W0419", f"`{name}` is a checksum: it is computed when the packet leaves", field.span)
            if name in given:
                self.error("W0202", f"field `{name}` is given twice", field.span)
            given[name] = self.field_value(field, symbol.field_types[name])
        if any(v.type == ERROR for v in given.values()):
            return None
        values: list[TExpr] = []
        for declared in header.fields:
            if isinstance(declared.type, Blob):
                continue
            ty = symbol.field_types.get(declared.name)
            if declared.checksum is not None and not self._can_be_summed(declared.checksum.kind, header):
                self.error(
                    "W0420",
                    f"the checksum of a new `{header.name}` header cannot be computed on every device",
                    node.path.span,
                    help="change the headers of the packet that came instead of building new ones",
                )
                return None
            if declared.name in given:
                values.append(given[declared.name])
            elif declared.is_size and isinstance(declared.type, Bits):
                left_out = TLiteral((declared.size_less,), type=size.type, span=node.span)
                counted = TBinary(BinaryOperator.SUB, size, left_out, type=size.type, span=node.span)
                values.append(TResize(counted, type=IntType(declared.type.width), span=node.span))
            else:
                width = declared.type.width if isinstance(declared.type, Bits) else 0
                default = declared.default if width else (0,) * getattr(declared.type, "lanes", 1)
                values.append(TLiteral((default,), type=ty or IntType(max(1, width)), span=node.span))
        return header.name, tuple(values)

    def _can_be_summed(self, kind: ChecksumKind, header: Header) -> bool:
        """A sum over the header alone; or UDP's, which may be absent."""
        return kind is ChecksumKind.HEADER or any(f.checksum and f.checksum.zero_means_none for f in header.fields)


def _seen_from(call: Span, made: Made) -> Made:
    """What a function of another file makes, with the call's span; see `inline_functions`."""
    statements, template = made
    return [map_spans(s, call.standing_for) for s in statements], map_spans(template, call.standing_for)


def _has_transport_sum(header: Header) -> bool:
    return any(f.checksum is not None and f.checksum.kind is ChecksumKind.TRANSPORT for f in header.fields)
