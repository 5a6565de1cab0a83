"""Lark's trees of expressions and statements -> the frozen syntax tree."""

from __future__ import annotations

from lark import Token, Tree

from compiler.frontend import ast
from compiler.frontend.build_types import Child, TypeReader, children_of
from compiler.source import Span

_OPERATOR_RULES = {
    "logical_or": "||",
    "logical_and": "&&",
    "less_than": "<",
    "greater_than": ">",
    "bit_or": "|",
    "bit_xor": "^",
    "bit_and": "&",
}
_COMPOUND = ("if_expr", "if_statement", "match_expr", "match_statement")


class TreeReader(TypeReader):
    """Adds expressions, statements and blocks to `TypeReader`."""

    def optional_expr(self, node: Child) -> ast.Expr | None:
        return None if node is None else self.expr(node)

    def expr(self, node: Child) -> ast.Expr:
        assert isinstance(node, Tree)
        span = self.span(node)
        children = children_of(node)
        match node.data:
            case "literal":
                return self.literal(children[0])
            case "name":
                return ast.NameExpr(self.path(children[0]), span=span)
            case "member":
                return ast.Member(self.expr(children[0]), self.name(children[1]), span=span)
            case "tuple_member":
                return ast.Member(self.expr(children[0]), self.name(children[1]), span=span)
            case "index":
                return ast.Index(self.expr(children[0]), self.expr(children[1]), span=span)
            case "call":
                return ast.Call(self.expr(children[0]), self._arguments(children[1]), span=span)
            case "unary":
                return ast.UnaryExpr(str(children[0]), self.expr(children[1]), span=span)
            case "binary" | "shift" | "comparison":
                left, operator, right = children
                return ast.BinaryExpr(str(operator), self.expr(left), self.expr(right), span=span)
            case "range":
                first, operator, last = children
                return ast.RangeExpr(self.expr(first), self.expr(last), str(operator) == "..=", span=span)
            case "membership":
                return ast.Membership(self.expr(children[0]), self.expr(children[1]), span=span)
            case "cast":
                return ast.Cast(self.expr(children[0]), self.path(children[1]), span=span)
            case "parenthesized":
                return self.expr(children[0])
            case data if data in _OPERATOR_RULES:
                return ast.BinaryExpr(_OPERATOR_RULES[data], self.expr(children[0]), self.expr(children[1]), span=span)
            case _:
                return self._construction(node, span)

    def _construction(self, node: Tree[Token], span: Span) -> ast.Expr:
        children = [c for c in children_of(node) if c is not None]
        match node.data:
            case "tuple":
                return ast.TupleExpr(tuple(self.expr(c) for c in children), span=span)
            case "vector":
                return ast.VectorExpr(tuple(self.expr(c) for c in children), span=span)
            case "splat":
                return ast.Splat(self.expr(children[0]), self.expr(children[1]), span=span)
            case "struct_literal":
                path, *fields = children
                return ast.StructExpr(self.path(path), tuple(map(self._field_value, fields)), span=span)
            case "packet_literal":
                return ast.PacketExpr(tuple(self.expr(c) for c in children), span=span)
            case "if_expr" | "if_statement":
                return self._if(node, span)
            case "match_expr" | "match_statement":
                return self._match(node, span)
            case _:
                raise AssertionError(node.data)

    def _arguments(self, node: Child) -> tuple[ast.Argument, ...]:
        if not isinstance(node, Tree):
            return ()
        arguments = []
        for child in children_of(node):
            if isinstance(child, Tree) and child.data == "named_argument":
                name, value = children_of(child)
                arguments.append(ast.Argument(self.name(name), self.expr(value), span=self.span(child)))
            elif child is not None:
                arguments.append(ast.Argument(None, self.expr(child), span=self.span(child)))
        return tuple(arguments)

    def _field_value(self, node: Child) -> ast.FieldValue:
        assert isinstance(node, Tree)
        return ast.FieldValue(
            self.name(children_of(node)[0]), self.optional_expr(children_of(node)[1]), span=self.span(node)
        )

    def _if(self, node: Tree[Token], span: Span) -> ast.IfExpr:
        condition, then, *rest = children_of(node)
        otherwise = rest[0] if rest else None
        return ast.IfExpr(
            self.expr(condition),
            self.block(then),
            None if otherwise is None else self._as_block(otherwise),
            span=span,
        )

    def _match(self, node: Tree[Token], span: Span) -> ast.MatchExpr:
        value, arms = children_of(node)
        assert isinstance(arms, Tree)
        nodes = []
        for arm in children_of(arms):
            if isinstance(arm, Tree):
                pattern, condition, body = children_of(arm)
                nodes.append(
                    ast.Arm(
                        self.pattern(pattern),
                        self.optional_expr(condition),
                        self._as_block(body),
                        span=self.span(arm),
                    )
                )
        return ast.MatchExpr(self.expr(value), tuple(nodes), span=span)

    # --- statements ----------------------------------------------------------------------------

    def block(self, node: Child) -> ast.Block:
        assert isinstance(node, Tree)
        statements: list[ast.Statement] = []
        value: ast.Expr | None = None
        children = [c for c in children_of(node) if c is not None]
        for position, child in enumerate(children):
            is_last = position == len(children) - 1
            if is_last and isinstance(child, Tree) and self._is_value(child, node):
                value = self.expr(children_of(child)[0]) if child.data == "expr_statement" else self.expr(child)
            else:
                statements.append(self.statement(child))
        return ast.Block(tuple(statements), value, span=self.span(node))

    def _is_value(self, child: Tree[Token], block: Tree[Token]) -> bool:
        """Whether the last child of a block is its value: no semicolon behind it."""
        if child.data in _COMPOUND or child.data in ("struct_literal", "packet_literal"):
            return True
        if child.data != "expr_statement":
            return False
        between = self.source.text[self.span(child).end : self.span(block).end]
        return ";" not in _without_comments(between)

    def _as_block(self, node: Child) -> ast.Block:
        """A block as it is; anything else as a block of one statement or of one value."""
        assert isinstance(node, Tree)
        span = self.span(node)
        if node.data == "block":
            return self.block(node)
        if node.data == "expr_statement":
            return ast.Block((), self.expr(children_of(node)[0]), span=span)
        if node.data in _COMPOUND or node.data in ("struct_literal", "packet_literal"):
            return ast.Block((), self.expr(node), span=span)
        return ast.Block((self.statement(node),), None, span=span)

    def statement(self, node: Child) -> ast.Statement:
        assert isinstance(node, Tree)
        span = self.span(node)
        children = children_of(node)
        match node.data:
            case "let_statement":
                return self._let(node, span)
            case "assign_statement":
                target, operator, value = children
                assert isinstance(operator, Tree)
                return ast.Assign(self.expr(target), str(children_of(operator)[0]), self.expr(value), span=span)
            case "expr_statement":
                return ast.ExprStatement(self.expr(children[0]), None, span=span)
            case "else_statement" | "else_block":
                return ast.ExprStatement(self.expr(children[0]), self._as_block(children[1]), span=span)
            case "return_statement":
                return ast.Return(self.optional_expr(children[0]), span=span)
            case "block_statement":
                return self.block(children[0])
            case "for_statement":
                name, over, body = children
                limits = self.expr(over)
                assert isinstance(limits, ast.RangeExpr)
                return ast.For(self.name(name), limits, self.block(body), span=span)
            case "digest_statement":
                return ast.DigestStatement(self.expr(children[0]), span=span)
            case "clone_statement":
                return ast.CloneStatement(self.expr(children[0]), self._packet(children[1]), span=span)
            case data if data in _COMPOUND:
                return ast.ExprStatement(self.expr(node), None, span=span)
            case _:
                return self._verdict(node, span)

    def _let(self, node: Tree[Token], span: Span) -> ast.Let:
        mutable, target, ty, value, otherwise = children_of(node)
        assert isinstance(target, Tree)
        return ast.Let(
            tuple(self.name(c) for c in children_of(target)),
            mutable is not None,
            self.optional_type(ty),
            self.expr(value),
            None if otherwise is None else self._as_block(otherwise),
            span=span,
        )

    def _verdict(self, node: Tree[Token], span: Span) -> ast.Verdict:
        kind = str(node.data).removesuffix("_statement")
        children = children_of(node)
        if kind in ("send", "multicast"):
            return ast.Verdict(kind, self.expr(children[0]), self._packet(children[1]), span=span)
        packet = children[0] if kind == "reply" else None
        return ast.Verdict(kind, None, self._packet(packet), span=span)

    def _packet(self, node: Child) -> ast.Expr | None:
        return self.expr(children_of(node)[0]) if isinstance(node, Tree) else None


def _without_comments(text: str) -> str:
    return "\n".join(line.split("//", 1)[0] for line in text.split("\n"))
