"""Syntax tree -> document: where spaces stand, and where lines may end.

A node is laid out as the sequence of its parts. A part is a token, the document of a child, or a pair of
brackets with what is in them. Between two parts stand nothing, a space, or (before the operators of a
chain) a place where a line may end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lark import Token, Tree

from compiler.format.layout import (
    NOTHING,
    SOFT,
    SPACE,
    Comment,
    Doc,
    IfBroken,
    Line,
    Text,
    concat,
    fill,
    force_lines,
    group,
    indent,
)
from compiler.format.separators import LISTS, Node, SyntaxTree, first_token, is_empty, last_token
from compiler.format.trivia import Trivia, TriviaMap

# Rule -> brackets around one thing, which is no list.
_AROUND_ONE = {"parenthesized": "()", "index": "[]", "array_type": "[]", "port_name": "[]"}
_BODIES = frozenset({"block", "arms", "object_item"})
_FILLED_LISTS = frozenset({"header_body", "vector"})  # with as many items on a line as fit
_IFS = frozenset({"if_statement", "if_expr"})
_ARMS = frozenset({"arm", "last_arm"})
_NO_BLANKS_IN_BRACES = frozenset({"use_names", "flags_pattern"})

_GLUED_BEFORE = frozenset({",", ";", ")", "]", ":", ".", "::", "..", "..="})
_GLUED_AFTER = frozenset({"(", "[", "@", ".", "::", "..", "..=", "!"})
# Rules whose bracket follows the name it belongs to without a space.
_GLUED_BRACKETS = frozenset(
    {
        "fn_item",
        "call",
        "variant",
        "path_pattern",
        "flags_pattern",
        "generic_params",
        "named_type",
        "index",
        "array_type",
        "port_name",
    }
)
# Rule -> operators of a chain: a line may end before each.
_CHAINS = {
    "logical_or": {"||"},
    "logical_and": {"&&"},
    "bit_or": {"|"},
    "bit_xor": {"^"},
    "bit_and": {"&"},
    "binary": {"+", "-", "*", "/", "%"},
    "header_rules": {"|"},
    "header_rule": {"&&"},
    "header_where": {"&&"},
    "alias_item": {"|"},
    "port_set": {"|"},
    "pattern": {"|"},
    "handler_packet": {"&"},
    "packet_type": {"&"},
}
_FILLED_CHAINS = frozenset({"header_rules", "alias_item", "port_set"})  # with as many operands on a line as fit
_KEPT_CHAINS = frozenset({"header_rules"})  # and where a line ends in the source, it ends
_HEADS = frozenset({"header_item", "handler_item"})
_LITERALS = frozenset({"struct_literal", "packet_literal", "vector", "tuple", "record_type"})


@dataclass(frozen=True, slots=True)
class _Part:
    doc: Doc
    first: str  # text of its first and last token
    last: str
    rule: str = ""  # of the child it stands for; empty for a token
    is_bracket: bool = False
    start: int = 0  # offsets in the source
    end: int = 0


def build_layout(tree: SyntaxTree, *, text: str, trivia: TriviaMap) -> Doc:
    """The document of a whole file, whose separators are normalised."""
    return _Builder(text, trivia).file(tree)


class _Builder:
    def __init__(self, text: str, trivia: TriviaMap) -> None:
        self._text = text
        self._trivia = trivia
        self._joined: set[int] = set()  # `id` of the nodes whose lines end all together with those of an `if`
        # `id` of the tokens whose comments in front of or behind them are laid out outside of their node's groups,
        # which a comment would keep from standing on one line.
        self._detached_before: set[int] = set()
        self._detached_behind: set[int] = set()

    def file(self, tree: SyntaxTree) -> Doc:
        end = self._trivia.at_end
        return concat([*self._lines(tree.children), *_closing_comments(end)])

    # --- tokens

    def _token(self, token: Token, doc: Doc | None = None) -> Doc:
        own = Text(str(token)) if doc is None else doc
        return concat([*self._before(token), own, *self._behind(token)])

    def _before(self, token: Token) -> list[Doc]:
        trivia = self._trivia.of(token)
        if not trivia.before or id(token) in self._detached_before:
            return []
        return [*trivia.before, Line(hard=True, blank=trivia.blank_last)]

    def _behind(self, token: Token) -> list[Doc]:
        comment = self._trivia.of(token).after
        return [] if comment is None or id(token) in self._detached_behind else [comment]

    def _detach_before(self, node: Node) -> list[Doc]:
        """The comments in front of `node`, which its own document then leaves out."""
        first = first_token(node)
        comments = self._before(first)
        self._detached_before.add(id(first))
        return comments

    def _detach_behind(self, node: Node) -> list[Doc]:
        """The comment behind `node`, which its own document then leaves out."""
        last = last_token(node)
        comments = self._behind(last)
        self._detached_behind.add(id(last))
        return comments

    # --- nodes

    def _node(self, node: Node) -> Doc:
        if isinstance(node, Token):
            return self._token(node)
        if node.data in _IFS:
            self._joined.update(id(c) for c in node.children if isinstance(c, Tree) and c.data in (*_IFS, "block"))
        parts = list(self._parts(node))
        pieces: list[Doc] = []
        may_end = False
        for number, part in enumerate(parts):
            if number:
                if part.first in _CHAINS.get(node.data, ()) and not part.rule:
                    between = self._text[parts[number - 1].end : part.start]
                    pieces.append(Line(hard=node.data in _KEPT_CHAINS and "\n" in between))
                    may_end = True
                else:
                    pieces.append(NOTHING if _is_glued(node, parts[number - 1], part) else SPACE)
            pieces.append(part.doc)
        if node.data in _HEADS:
            return _head(parts, pieces)
        if may_end:
            return _filled(pieces) if node.data in _FILLED_CHAINS else group(pieces[0], indent(*pieces[1:]))
        return concat(pieces) if node.data not in _IFS or id(node) in self._joined else group(*pieces)

    def _parts(self, node: SyntaxTree) -> Iterator[_Part]:
        children = [child for child in _chained(node) if not is_empty(child)]
        brackets = LISTS.get(node.data) or _AROUND_ONE.get(node.data) or ("{}" if node.data in _BODIES else "")
        opened = next((n for n, c in enumerate(children) if brackets and c == brackets[0]), None)
        if opened is None:
            yield from map(self._part, children)
            return
        closed = max(n for n, c in enumerate(children) if c == brackets[1])
        yield from map(self._part, children[:opened])
        inside = children[opened + 1 : closed]
        yield _Part(self._bracket(node, children[opened], inside, children[closed]), *brackets, is_bracket=True)
        yield from map(self._part, children[closed + 1 :])

    def _part(self, node: Node) -> _Part:
        rule = node.data if isinstance(node, Tree) else ""
        first, last = first_token(node), last_token(node)
        return _Part(self._node(node), str(first), str(last), rule, start=first.start_pos or 0, end=last.end_pos or 0)

    # --- brackets

    def _bracket(self, node: SyntaxTree, opening: Node, inside: Sequence[Node], closing: Node) -> Doc:
        """The brackets with what is in them. The comments in front of the closing one belong inside."""
        assert isinstance(opening, Token) and isinstance(closing, Token)
        # Outside of the group, or it could not stay on one line in front of the comment.
        return concat([self._closed(node, opening, inside, closing), *self._behind(closing)])

    def _closed(self, node: SyntaxTree, opening: Token, inside: Sequence[Node], closing: Token) -> Doc:
        comments = _closing_comments(self._trivia.of(closing))
        ends = opening == "{" and "\n" in self._text[opening.start_pos : closing.end_pos]
        first, last = self._token(opening), Text(str(closing))
        if not inside:
            if not comments and self._trivia.of(opening).after is None:
                return concat([first, last])
            return group(first, indent(SOFT, *comments), SOFT, last, force=True)
        pad = Line() if opening == "{" and node.data not in _NO_BLANKS_IN_BRACES else SOFT
        if node.data in _BODIES:
            body = group(first, indent(pad, *self._lines(inside), *comments), pad, last, force=ends)
            return concat([body.content, *force_lines(ends)]) if id(node) in self._joined else body
        if node.data in _AROUND_ONE:
            return group(first, indent(pad, self._node(inside[0]), *comments), pad, last)
        if self._is_hugged(inside, opening, closing):
            return concat([first, self._node(inside[0]), last])
        if node.data not in _FILLED_LISTS and not ends:
            return group(first, indent(pad, *self._items(inside), *comments), pad, last, force=ends)
        rows = fill(self._rows(inside[:-1], keep=ends))
        return group(first, indent(pad, rows, self._comma(inside[-1], is_last=True), *comments), pad, last, force=ends)

    def _is_hugged(self, inside: Sequence[Node], opening: Token, closing: Token) -> bool:
        """Whether the brackets and the literal that is alone in them open and close together."""
        is_alone = len(inside) == 1 or (len(inside) == 2 and inside[1] == ",")
        if not is_alone or not isinstance(inside[0], Tree) or inside[0].data not in _LITERALS:
            return False
        trivia = self._trivia
        return not (
            trivia.of(opening).after
            or trivia.of(first_token(inside[0])).before
            or any(trivia.of(comma).after for comma in inside[1:] if isinstance(comma, Token))
            or trivia.of(closing).before
        )

    def _items(self, inside: Sequence[Node]) -> Iterator[Doc]:
        """Items and the commas behind them, each on a line of its own where the brackets are broken."""
        for number, node in enumerate(inside):
            if node == ",":
                yield self._comma(node, is_last=number == len(inside) - 1)
            else:
                if number:
                    # An arrow argument goes on with the item before it; everything else follows a comma.
                    is_next = inside[number - 1] == ","
                    yield Line(blank=self._trivia.of(first_token(node)).blank_first) if is_next else SPACE
                yield from self._detach_before(node)
                yield self._node(node)

    def _comma(self, node: Node, *, is_last: bool) -> Doc:
        assert isinstance(node, Token)
        return self._token(node, IfBroken(",") if is_last else None)

    def _rows(self, inside: Sequence[Node], *, keep: bool) -> Iterator[Doc]:
        """Items, each but the last with its comma, and lines between them; `keep`: they end where the source's do."""
        behind: list[Doc] = []
        for number in range(0, len(inside), 2):
            node = inside[number]
            if number:
                between = self._text[last_token(inside[number - 2]).end_pos or 0 : first_token(node).start_pos]
                ends = keep and "\n" in between
                line = Line(hard=ends, blank=ends and self._trivia.of(first_token(node)).blank_first)
                yield concat([*behind, line])  # the comment ends the row, and does not take the item to another one
            behind = self._detach_behind(inside[number + 1]) if number + 1 < len(inside) else []
            yield concat([*self._detach_before(node), *map(self._node, inside[number : number + 2])])

    def _lines(self, nodes: Sequence[Node]) -> Iterator[Doc]:
        """Statements, arms, members or items: each on a line of its own where the brackets are broken."""
        for number, node in enumerate(nodes):
            if number:
                yield Line(blank=self._trivia.of(first_token(node)).blank_first)
            yield from self._detach_before(node)
            behind = self._detach_behind(node)
            if isinstance(node, Tree) and node.data in _ARMS and node.children[-1] == ",":
                yield self._node(Tree(node.data, node.children[:-1]))
                yield self._comma(node.children[-1], is_last=number == len(nodes) - 1)
            else:
                yield self._node(node)
            yield from behind


def _closing_comments(trivia: Trivia) -> list[Doc]:
    """Comments in front of a closing bracket or the end of the file, one a line."""
    docs: list[Doc] = []
    for number, comment in enumerate(trivia.before):
        blank = trivia.blank_first if number == 0 else comment.blank
        docs.append(Comment(comment.text, trails=False, blank=blank))
    return docs


def _chained(node: SyntaxTree) -> list[Node]:
    """The children of `node`; of an operator, with those of the same chain on its left in its place."""
    operators = _CHAINS.get(node.data)
    children: list[Node] = list(node.children)
    if operators is None or len(children) != 3:
        return children
    kind = children[1].type if isinstance(children[1], Token) else ""
    reversed_parts: list[Node] = []
    left: Node = node
    while isinstance(left, Tree) and left.data == node.data and len(left.children) == 3:
        first, operator, right = left.children
        if not isinstance(operator, Token) or operator.type != kind:
            break
        reversed_parts += [right, operator]
        left = first
    return [left, *reversed(reversed_parts)]


def _filled(pieces: list[Doc]) -> Doc:
    """A chain: operands with the operators in front of them, filling the lines."""
    rows: list[Doc] = []
    operand: list[Doc] = []
    for piece in pieces:
        if isinstance(piece, Line):
            rows += [concat(operand), piece]
            operand = []
        else:
            operand.append(piece)
    return group(indent(fill([*rows, concat(operand)])))


def _head(parts: Sequence[_Part], pieces: list[Doc]) -> Doc:
    """A declaration with a body. Where what is in front of the body is long, `where` and the body's brace have a line
    of their own."""
    if parts[-1].first != "{":
        return concat(pieces)
    # Parts stand at even places of `pieces`, what separates them at odd ones.
    where = next((2 * number for number, part in enumerate(parts) if part.first == "where"), None)
    clause = [] if where is None else [indent(Line(), *pieces[where:-2])]
    return concat([group(*pieces[: -2 if where is None else where - 1], *clause, Line()), pieces[-1]])


def _is_glued(node: SyntaxTree, left: _Part, right: _Part) -> bool:
    if right.is_bracket:
        return node.data in _GLUED_BRACKETS or left.last in _GLUED_AFTER
    if right.rule == "generic_params" or right.first in _GLUED_BEFORE:
        return True
    return left.last in _GLUED_AFTER or (node.data == "unary" and not left.rule)
