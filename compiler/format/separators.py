"""Bring the commas and semicolons of a syntax tree, which may be written or left out, to one form.

After:  every list that may end with a comma does, where it has more than nothing in it; arms end with a comma
        unless they end with a block; a state or table ends with a semicolon unless it ends with its options; there
        are no empty items. Added tokens take no room in the source: they stand where the one before them ends.
"""

from __future__ import annotations

from typing import TypeAlias

from lark import Token, Tree

SyntaxTree: TypeAlias = Tree[Token]
Node: TypeAlias = Token | SyntaxTree

# Rule -> brackets of its comma-separated list.
LISTS = {
    "use_names": "{}",
    "header_body": "{}",
    "struct_item": "{}",
    "enum_item": "{}",
    "flags_item": "{}",
    "options": "{}",
    "record_type": "{}",
    "struct_literal": "{}",
    "packet_literal": "{}",
    "flags_pattern": "{}",
    "fn_item": "()",
    "call": "()",
    "tuple": "()",
    "tuple_type": "()",
    "tuple_pattern": "()",
    "path_pattern": "()",
    "let_target": "()",
    "variant": "()",
    "generic_params": "<>",
    "named_type": "<>",
    "vector": "[]",
}
SEPARATORS = (",", ";")
_WITHOUT_LAST_COMMA = frozenset({"variant"})
_ENDS_WITH_BLOCK = frozenset({"block", "if_statement", "match_statement", "else_block"})
_SPLICED = frozenset({"args", "params"})


def normalise_separators(tree: SyntaxTree) -> None:
    """Change `tree` in place; see the module."""
    for node in tree.iter_subtrees():
        match node.data:
            case "formatted":
                node.children = [child for child in node.children if child != ";"]
            case "state_item" | "table_item":
                _end_declaration(node)
            case "statement":
                if _is_rule(node.children[0], "else_block"):
                    del node.children[1:]
            case "arm" | "last_arm":
                _end_arm(node)
            case rule if rule in LISTS:
                _end_list(node, LISTS[rule])
            case _:
                pass


def _end_declaration(node: SyntaxTree) -> None:
    if node.children[-1] == ";":
        if _is_rule(node.children[-2], "options"):
            del node.children[-1]
    elif not _is_rule(node.children[-1], "options"):
        node.children.append(_added(";", behind=node))


def _end_arm(node: SyntaxTree) -> None:
    if node.children[-1] == ",":
        if _is_any_rule(node.children[-2], _ENDS_WITH_BLOCK):
            del node.children[-1]
    elif not _is_any_rule(node.children[-1], _ENDS_WITH_BLOCK):
        node.children.append(_added(",", behind=node))


def _end_list(node: SyntaxTree, brackets: str) -> None:
    node.children = [
        grandchild
        for child in node.children
        for grandchild in (child.children if _is_any_rule(child, _SPLICED) and isinstance(child, Tree) else [child])
    ]
    if brackets[1] not in node.children:
        return
    close = _last_place(node, brackets[1])
    last = node.children[close - 1]
    if _is_rule(last, "arrow_arg"):
        if node.children[close - 2] == ",":
            del node.children[close - 2]
    elif last not in (brackets[0], ",") and node.data not in _WITHOUT_LAST_COMMA:
        node.children.insert(close, _added(",", behind=last))


def _last_place(node: SyntaxTree, text: str) -> int:
    return max(place for place, child in enumerate(node.children) if child == text)


def _added(text: str, *, behind: Node) -> Token:
    end = last_token(behind).end_pos
    return Token("ADDED", text, start_pos=end, end_pos=end)


def _is_rule(node: Node, rule: str) -> bool:
    return isinstance(node, Tree) and node.data == rule


def _is_any_rule(node: Node, rules: frozenset[str]) -> bool:
    return isinstance(node, Tree) and node.data in rules


def first_token(node: Node) -> Token:
    while isinstance(node, Tree):
        node = next(child for child in node.children if not is_empty(child))
    return node


def last_token(node: Node) -> Token:
    while isinstance(node, Tree):
        node = next(child for child in reversed(node.children) if not is_empty(child))
    return node


def is_empty(node: Node) -> bool:
    """Whether the node stands for no text: an optional part that is absent."""
    return isinstance(node, Tree) and all(map(is_empty, node.children))
