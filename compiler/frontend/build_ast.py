"""Lark's tree of one item -> the frozen syntax tree of declarations."""

from __future__ import annotations

from collections.abc import Iterable

from lark import Token, Tree

from compiler.diagnostics import Reporter
from compiler.frontend import ast, items
from compiler.frontend.build_expressions import TreeReader
from compiler.frontend.build_types import Child, children_of
from compiler.source import Source


def build_item(tree: Tree[Token], source: Source, offset: int, reporter: Reporter) -> items.Item:
    """`offset` is where the item's text begins in `source`."""
    return _ItemReader(source, offset, reporter).item(tree)


class _ItemReader(TreeReader):
    def item(self, tree: Tree[Token]) -> items.Item:
        method = getattr(self, f"_{tree.data}")
        return method(tree, children_of(tree))

    def _names(self, children: Iterable[Child]) -> tuple[ast.Name, ...]:
        return tuple(self.name(c) for c in children if isinstance(c, Token))

    def _use_item(self, tree: Tree[Token], children: list[Child]) -> items.Use:
        listed = children[-1]
        names = self._names(children_of(listed)) if isinstance(listed, Tree) else None
        path = self._names(children)
        span = path[0].span.to(path[-1].span)
        return items.Use(ast.Path(path, span=span), names, span=self.span(tree))

    def _shares_item(self, tree: Tree[Token], children: list[Child]) -> items.Shares:
        return items.Shares(self.expr(children[0]), span=self.span(tree))

    def _port_item(self, tree: Tree[Token], children: list[Child]) -> items.PortDecl:
        ports = [
            (self.name(children_of(c)[0]), self.optional_expr(children_of(c)[1]))
            for c in children
            if isinstance(c, Tree)
        ]
        return items.PortDecl(tuple(ports), span=self.span(tree))

    def _pair_item(self, tree: Tree[Token], children: list[Child]) -> items.Pair:
        return items.Pair(self.name(children[0]), self.name(children[1]), span=self.span(tree))

    def _const_item(self, tree: Tree[Token], children: list[Child]) -> items.Const:
        name, ty, value = children
        return items.Const(self.name(name), self.optional_type(ty), self.expr(value), span=self.span(tree))

    def _tunable_item(self, tree: Tree[Token], children: list[Child]) -> items.TunableDecl:
        name, ty, value = children
        return items.TunableDecl(self.name(name), self.type(ty), self.expr(value), span=self.span(tree))

    def _header_item(self, tree: Tree[Token], children: list[Child]) -> items.HeaderDecl:
        name, layout, rules, where, body = children
        assert isinstance(body, Tree)
        fields = [self._header_field(c) for c in children_of(body) if isinstance(c, Tree)]
        return items.HeaderDecl(
            self.name(name),
            None if layout is None else self.name(layout),
            tuple(self._header_rule(c) for c in children_of(rules) if isinstance(c, Tree))
            if isinstance(rules, Tree)
            else (),
            tuple(self._header_condition(c) for c in children_of(where) if isinstance(c, Tree))
            if isinstance(where, Tree)
            else (),
            tuple(fields) if fields else None,
            span=self.span(tree),
        )

    def _header_rule(self, tree: Tree[Token]) -> tuple[items.HeaderMatch, ...]:
        matches = []
        for match in children_of(tree):
            assert isinstance(match, Tree)
            header, field, value = children_of(match)
            matches.append(
                items.HeaderMatch(
                    self.name(header),
                    None if field is None else self.name(field),
                    self.optional_expr(value),
                    span=self.span(match),
                )
            )
        return tuple(matches)

    def _header_condition(self, tree: Tree[Token]) -> items.HeaderCondition:
        left, operator, right = children_of(tree)
        assert isinstance(operator, Tree)
        return items.HeaderCondition(
            self.expr(left), str(children_of(operator)[0]), self.expr(right), span=self.span(tree)
        )

    def _header_field(self, tree: Tree[Token]) -> items.HeaderFieldNode:
        *attributes, name, ty, value = children_of(tree)
        return items.HeaderFieldNode(
            tuple(self.name(children_of(a)[0]) for a in attributes if isinstance(a, Tree)),
            self.name(name),
            self.type(ty),
            self.optional_expr(value),
            span=self.span(tree),
        )

    def _alias_item(self, tree: Tree[Token], children: list[Child]) -> items.Alias:
        name, *headers = self._names(children)
        return items.Alias(name, tuple(headers), span=self.span(tree))

    def _struct_item(self, tree: Tree[Token], children: list[Child]) -> items.Struct:
        return items.Struct(self.name(children[0]), self.fields(children[1:]), span=self.span(tree))

    def _enum_item(self, tree: Tree[Token], children: list[Child]) -> items.Enum:
        name, ty, *variants = children
        nodes = []
        for variant in variants:
            if isinstance(variant, Tree):
                head, *payload, value = children_of(variant)
                types = tuple(self.type(p) for p in payload if p is not None)
                nodes.append(
                    items.VariantNode(self.name(head), types, self.optional_expr(value), span=self.span(variant))
                )
        return items.Enum(self.name(name), self.optional_type(ty), tuple(nodes), span=self.span(tree))

    def _flags_item(self, tree: Tree[Token], children: list[Child]) -> items.Flags:
        name, ty, *flags = children
        bits = tuple(self.name(children_of(f)[0]) for f in flags if isinstance(f, Tree))
        return items.Flags(self.name(name), self.type(ty), bits, span=self.span(tree))

    def _generics(self, tree: Child) -> tuple[items.GenericParam, ...]:
        if not isinstance(tree, Tree):
            return ()
        params = []
        for param in children_of(tree):
            if isinstance(param, Tree):
                name, kind, default = children_of(param)
                params.append(
                    items.GenericParam(
                        self.name(name),
                        None if kind is None else self.name(kind),
                        self.optional_expr(default),
                        span=self.span(param),
                    )
                )
        return tuple(params)

    def _fn_item(self, tree: Tree[Token], children: list[Child]) -> items.Function:
        name, generics, params, result, body = children
        nodes = []
        for param in children_of(params) if isinstance(params, Tree) else ():
            if isinstance(param, Tree):
                ty = self.type(children_of(param)[1]) if len(children_of(param)) > 1 else None
                nodes.append(items.Param(self.name(children_of(param)[0]), ty, span=self.span(param)))
        return items.Function(
            self.name(name),
            self._generics(generics),
            tuple(nodes),
            self.optional_type(result),
            self.block(body),
            span=self.span(tree),
        )

    def _object_item(self, tree: Tree[Token], children: list[Child]) -> items.Object:
        name, generics, *members = children
        nodes = tuple(self.item(m) for m in members if isinstance(m, Tree))
        return items.Object(self.name(name), self._generics(generics), nodes, span=self.span(tree))  # type: ignore[arg-type]

    def _options(self, tree: Child) -> tuple[items.Option, ...]:
        if not isinstance(tree, Tree):
            return ()
        return tuple(
            items.Option(self.name(children_of(o)[0]), self.expr(children_of(o)[1]), span=self.span(o))
            for o in children_of(tree)
            if isinstance(o, Tree)
        )

    def _state_item(self, tree: Tree[Token], children: list[Child]) -> items.StateDecl:
        name, ty, options, initial = children
        return items.StateDecl(
            self.name(name), self.type(ty), self._options(options), self.optional_expr(initial), span=self.span(tree)
        )

    def _table_item(self, tree: Tree[Token], children: list[Child]) -> items.TableDecl:
        name, ty, options = children
        return items.TableDecl(self.name(name), self.type(ty), self._options(options), span=self.span(tree))

    def _handler_item(self, tree: Tree[Token], children: list[Child]) -> items.HandlerDecl:
        ports, name, *packet, where, body = children
        assert isinstance(ports, Tree)
        headers: tuple[ast.Name, ...] = ()
        variable: ast.Name | None = None
        if packet:
            variable = self.name(name)
            assert isinstance(packet[0], Tree)
            headers = tuple(n for n in self._names(packet[0].children) if n.text != "_")
        head = packet[0] if packet else name
        return items.HandlerDecl(
            self._names(children_of(ports)),
            variable,
            ast.PacketType(headers, span=self.span(head)),
            self.optional_expr(where),
            self.block(body),
            span=self.span(tree),
        )
