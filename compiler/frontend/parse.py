"""Source text -> syntax tree. All syntax errors of a file are reported in one run.

The file is cut into top-level items first (at a `;` or `}` outside all brackets), so that an error in
one item does not hide those of the next. Lark parses each item by the grammar in weft.lark.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from lark import Lark, Token, UnexpectedInput
from lark.exceptions import UnexpectedToken

from compiler.diagnostics import Reporter
from compiler.frontend.build_ast import build_item
from compiler.frontend.items import Item, Module
from compiler.frontend.nesting import reported_nesting
from compiler.frontend.syntax_errors import report_bracket, report_syntax_error
from compiler.source import Source, Span

_OPENING = {"{": "}", "(": ")", "[": "]"}
MAX_NESTING = 100  # brackets; deeper text is refused rather than recursed into


@cache
def grammar() -> Lark:
    """The LALR parser of weft.lark; building it takes about 0.2 s."""
    text = files("compiler.frontend").joinpath("weft.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", start=["start", "item"], propagate_positions=True, maybe_placeholders=True)


def parse(source: Source, reporter: Reporter) -> Module:
    """The items of `source` that could be parsed; errors go to `reporter`."""
    items: list[Item] = []
    for start, end in _item_extents(source, reporter):
        with reported_nesting(Span(source, start, end), reporter):
            item = _parse_item(source, start, end, reporter)
            if item is not None:
                items.append(item)
    name = source.name.rsplit("/", 1)[-1].removesuffix(".weft")
    return Module(name, tuple(items), span=Span(source, 0, len(source.text)))


def _parse_item(source: Source, start: int, end: int, reporter: Reporter) -> Item | None:
    # Blanks in front keep Lark's offsets equal to the file's without the cost of the text before.
    text = source.text[start:end]
    try:
        tree = grammar().parse(text, start="item")
    except UnexpectedInput as error:
        report_syntax_error(source, start, end, error, reporter)
        return None
    return build_item(tree, source, start, reporter)


def _item_extents(source: Source, reporter: Reporter) -> Iterator[tuple[int, int]]:
    """Start and end offset of each top-level item, by brackets and semicolons alone."""
    opened: list[Token] = []
    start: int | None = None
    last_end = 0
    for token in _bracket_tokens(source, reporter):
        text, begin = str(token), token.start_pos or 0
        last_end = begin + len(text)
        if start is None:
            if text == ";":
                continue  # an empty item
            start = begin
        if opened and token.column == 1 and token.type == "ITEM" and text != "fn":
            report_bracket(Span(source, opened[-1].start_pos or 0, (opened[-1].start_pos or 0) + 1), None, reporter)
            opened.clear()
            start = begin
            continue
        if text in _OPENING:
            opened.append(token)
            if len(opened) > MAX_NESTING:
                reporter.error(
                    "W0107", f"brackets are nested more than {MAX_NESTING} deep", Span(source, begin, last_end)
                )
                return
        elif text in _OPENING.values():
            if not opened or _OPENING[str(opened[-1])] != text:
                opening = opened[-1] if opened else None
                where = None if opening is None else Span(source, opening.start_pos or 0, (opening.start_pos or 0) + 1)
                report_bracket(where, Span(source, begin, last_end), reporter)
                opened.clear()
                start = None
                continue
            opened.pop()
        if not opened and _ends_item(source, text, last_end):
            yield start, last_end
            start = None
    if opened:
        position = opened[-1].start_pos or 0
        report_bracket(Span(source, position, position + 1), None, reporter)
    elif start is not None:
        yield start, last_end


def _ends_item(source: Source, text: str, end: int) -> bool:
    if text == ";":
        return True
    # `table t: exact<u8 -> { ... }> { ... }`, `state s: map<..> { ... } = 0;`: the item goes on behind the brace
    return text == "}" and source.text[end:].lstrip()[:1] not in (">", "=", ",", ";", "{")


@cache
def _bracket_lexer() -> Lark:
    return Lark(
        r"""
        start: (ITEM | BRACKET | OTHER)*
        ITEM.3: /(use|shares|port|pair|const|tunable|header|alias|struct|enum|bits|fn|object|state|table|on)\b/
        BRACKET.2: /[{}()\[\];]/
        OTHER.1: /"[^"\n]*"|[A-Za-z0-9_]+|[^\sA-Za-z0-9_{}()\[\];]/
        COMMENT.4: /\/\/[^\n]*/
        %ignore COMMENT
        %ignore /\s+/
        """,
        parser="lalr",
        lexer="basic",
    )


def _bracket_tokens(source: Source, reporter: Reporter) -> Iterator[Token]:
    try:
        yield from _bracket_lexer().lex(source.text)
    except UnexpectedInput as error:
        at = error.pos_in_stream or 0
        reporter.error("W0101", "this character means nothing in Weft", Span(source, at, at + 1))


__all__ = ["UnexpectedToken", "grammar", "parse"]
