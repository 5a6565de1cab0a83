"""Lark's trees of types, patterns and literals -> the frozen syntax tree."""

from __future__ import annotations

import ipaddress
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TypeAlias

from lark import Token, Tree

from compiler.diagnostics import Reporter
from compiler.frontend import ast
from compiler.source import Source, Span

Child: TypeAlias = Tree[Token] | Token | None

_DURATIONS_NS = {
    "ns": 1,
    "us": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "min": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86400 * 10**9,
}


def children_of(tree: Child) -> list[Child]:
    """The children of a tree; Lark puts None where an optional part was not written."""
    return list(tree.children) if isinstance(tree, Tree) else []


class TypeReader(ABC):
    """Reads one item's tree; spans are relative to the whole file."""

    def __init__(self, source: Source, offset: int, reporter: Reporter) -> None:
        self.source = source
        self.offset = offset
        self.reporter = reporter

    def span(self, node: Child) -> Span:
        if isinstance(node, Token):
            return Span(self.source, self.offset + (node.start_pos or 0), self.offset + (node.end_pos or 0))
        if node is None or node.meta.empty:
            return Span(self.source, self.offset, self.offset)
        return Span(self.source, self.offset + node.meta.start_pos, self.offset + node.meta.end_pos)

    def name(self, token: Child) -> ast.Name:
        return ast.Name(str(token), span=self.span(token))

    def path(self, tree: Child) -> ast.Path:
        assert isinstance(tree, Tree)
        return ast.Path(tuple(self.name(c) for c in children_of(tree)), span=self.span(tree))

    # --- types ---------------------------------------------------------------------------------

    def type(self, tree: Child) -> ast.TypeNode:
        assert isinstance(tree, Tree)
        span = self.span(tree)
        match tree.data:
            case "named_type":
                path, *args = children_of(tree)
                arrow = next((a for a in args if isinstance(a, Tree) and a.data == "arrow_arg"), None)
                rest = tuple(self._generic_arg(a) for a in args if isinstance(a, Tree) and a is not arrow)
                return ast.NamedType(
                    self.path(path), rest, None if arrow is None else self.type(children_of(arrow)[-1]), span=span
                )
            case "array_type":
                return ast.ArrayType(self.type(children_of(tree)[0]), self.expr(children_of(tree)[1]), span=span)
            case "tuple_type":
                return ast.TupleType(tuple(self.type(c) for c in children_of(tree)), span=span)
            case "record_type":
                return ast.RecordType(self.fields(children_of(tree)), span=span)
            case "generic_number":
                return ast.NumberType(self.literal(children_of(tree)[0]), span=span)
            case "packet_type":
                names = tuple(self.name(c) for c in children_of(tree))
                return ast.PacketType(tuple(n for n in names if n.text != "_"), span=span)
            case _:
                raise AssertionError(tree.data)

    def optional_type(self, tree: Child) -> ast.TypeNode | None:
        return None if tree is None else self.type(tree)

    def fields(self, children: Iterable[Child]) -> tuple[ast.FieldNode, ...]:
        return tuple(
            ast.FieldNode(self.name(children_of(c)[0]), self.type(children_of(c)[1]), span=self.span(c))
            for c in children
            if isinstance(c, Tree)
        )

    def _generic_arg(self, tree: Tree[Token]) -> ast.GenericArg:
        name = None
        inner = tree
        if tree.data == "named_arg":
            name = self.name(children_of(tree)[0])
            second = children_of(tree)[1]
            assert isinstance(second, Tree)
            inner = second
        match, value = children_of(inner)
        return ast.GenericArg(name, None if match is None else str(match), self.type(value), span=self.span(tree))

    # --- patterns ------------------------------------------------------------------------------

    def pattern(self, tree: Child) -> ast.Pattern:
        assert isinstance(tree, Tree)
        span = self.span(tree)
        match tree.data:
            case "pattern":
                alternatives = tuple(self.pattern(c) for c in children_of(tree))
                return alternatives[0] if len(alternatives) == 1 else ast.AlternativePattern(alternatives, span=span)
            case "wildcard_pattern":
                return ast.WildcardPattern(span=span)
            case "literal_pattern":
                inner = children_of(tree)[0]
                assert isinstance(inner, Tree)
                return ast.LiteralPattern(self.literal(children_of(inner)[0]), span=span)
            case "range_pattern":
                first, operator, last = children_of(tree)
                return ast.RangePattern(self.literal(first), self.literal(last), str(operator) == "..=", span=span)
            case "path_pattern":
                path, *arguments = children_of(tree)
                inner_patterns = tuple(self.pattern(a) for a in arguments if a is not None)
                return ast.PathPattern(self.path(path), inner_patterns, span=span)
            case "flags_pattern":
                path, *flags = children_of(tree)
                named = tuple(
                    (self.name(children_of(f)[1]), children_of(f)[0] is None) for f in flags if isinstance(f, Tree)
                )
                return ast.FlagsPattern(self.path(path), named, span=span)
            case "tuple_pattern":
                return ast.TuplePattern(tuple(self.pattern(c) for c in children_of(tree)), span=span)
            case _:
                raise AssertionError(tree.data)

    # --- literals ------------------------------------------------------------------------------

    def literal(self, token: Child) -> ast.Literal:
        assert isinstance(token, Token)
        text, span = str(token), self.span(token)
        match token.type:
            case "INT":
                digits, _, suffix = text.partition("u")
                width = int(suffix) if suffix else None
                return ast.Literal("int", self._integer(digits, span), width, span=span)
            case "DURATION":
                number = re.match(r"[\d_]+", text)
                assert number is not None
                unit = _DURATIONS_NS[text[number.end() :]]
                return ast.Literal("duration", self._integer(number.group(), span) * unit, span=span)
            case "IP4":
                return ast.Literal("ip4", self._address(text, span), span=span)
            case "PREFIX4":
                address, _, length = text.partition("/")
                if int(length) > 32:
                    self.reporter.error("W0103", f"`/{length}`: an IPv4 prefix has at most 32 bits", span)
                return ast.Literal("prefix4", (self._address(address, span), min(int(length), 32)), span=span)
            case "MAC":
                return ast.Literal("mac", int(text.replace(":", ""), 16), span=span)
            case "STRING":
                return ast.Literal("string", text[1:-1], span=span)
            case _:
                return ast.Literal("bool", int(text == "true"), span=span)

    def _integer(self, text: str, span: Span) -> int:
        digits = text.replace("_", "")
        if len(digits) > 700:  # more than the widest value; Python refuses far longer ones
            self.reporter.error("W0104", "this number is wider than 2048 bits", span)
            return 0
        if not digits.lower().startswith(("0x", "0b")):
            return int(digits, 10)
        try:
            return int(digits, 0)
        except ValueError:
            self.reporter.error("W0104", f"`{text}` is no number", span)
            return 0

    def _address(self, text: str, span: Span) -> int:
        try:
            return int(ipaddress.IPv4Address(text))
        except ValueError:
            self.reporter.error(
                "W0102", f"`{text}` is not an IPv4 address: each part is 0 to 255, without leading zeros", span
            )
            return 0

    # --- what build_expressions.py knows ---------------------------------------------------------

    @abstractmethod
    def expr(self, node: Child) -> ast.Expr: ...
