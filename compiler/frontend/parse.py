"""Source text -> syntax tree. All syntax errors of a file are reported in one run.

The file is cut into top-level items first (at a `;` or `}` outside all brackets), so that an error in
one item does not hide those of the next. Lark parses each item by the grammar in weft.lark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from lark import Lark, Token, UnexpectedInput

from compiler.diagnostics import Reporter
from compiler.frontend.ast import Name
from compiler.frontend.build_ast import build_item
from compiler.frontend.items import Item, Module
from compiler.frontend.nesting import reported_nesting
from compiler.frontend.syntax_errors import report_bracket, report_no_item, report_syntax_error
from compiler.source import Source, Span

_OPENING = {"{": "}", "(": ")", "[": "]"}
_HEAD = re.compile(
    r"(?:(?:port|pair)\s+(?P<ports>[^;{}]*)|"
    r"(?:const|tunable|header|alias|struct|enum|bits|fn|object|state|table)\s+(?P<name>[A-Za-z_]\w*))"
)
MAX_NESTING = 100  # brackets; deeper text is refused rather than recursed into


@cache
def grammar() -> Lark:
    """The LALR parser of weft.lark; building it takes about 0.2 s."""
    text = files("compiler.frontend").joinpath("weft.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", start="item", propagate_positions=True, maybe_placeholders=True)


def parse(source: Source, reporter: Reporter) -> Module:
    """The items of `source` that could be parsed; errors go to `reporter`."""
    items: list[Item] = []
    broken: list[Span] = []
    for start, end in _item_extents(source, reporter, broken):
        item: Item | None = None
        with reported_nesting(Span(source, start, end), reporter):
            item = _parse_item(source, start, end, reporter)
        if item is not None:
            items.append(item)
        else:
            broken.append(Span(source, start, end))
    name = source.name.rsplit("/", 1)[-1].removesuffix(".weft")
    return Module(
        name,
        tuple(items),
        tuple(name for span in broken for name in _names_declared(span)),
        any(span.text.startswith(("use", "import", "include", "#")) for span in broken),
        span=Span(source, 0, len(source.text)),
    )


def _names_declared(item: Span) -> Iterator[Name]:
    """The names that an item which cannot be parsed was meant to declare."""
    head = _HEAD.match(item.text)
    if head is None:
        return
    group = head.lastgroup or "name"
    offset = item.start + head.start(group)
    for word in re.finditer(r"[A-Za-z_]\w*", head.group(group)):
        yield Name(word.group(), span=Span(item.source, offset + word.start(), offset + word.end()))


def _parse_item(source: Source, start: int, end: int, reporter: Reporter) -> Item | None:
    text = source.text[start:end]
    try:
        tree = grammar().parse(text, start="item")
    except UnexpectedInput as error:
        report_syntax_error(source, start, end, error, reporter)
        return None
    return build_item(tree, source, start, reporter)


def _item_extents(source: Source, reporter: Reporter, broken: list[Span]) -> Iterator[tuple[int, int]]:
    """Start and end offset of each top-level item, by brackets and semicolons alone.

    Behind brackets that do not match, and behind what begins no item, the text is passed over up to the next item
    that begins in column 1; those stretches are added to `broken`.
    """
    opened: list[Token] = []
    start: int | None = None
    lost: int | None = None  # where the text that is passed over begins
    last_end = 0
    for token in _bracket_tokens(source):
        begin = token.start_pos or 0
        last_end = begin + len(token)
        begins_item = token.type == "ITEM" and token.column == 1
        if lost is not None and begins_item:
            broken.append(Span(source, lost, begin))
            lost = None
        if lost is not None or (start is None and token == ";"):
            continue  # passed over, or an empty item
        if start is None:
            start = begin
            if token.type != "ITEM":
                report_no_item(source, begin, reporter)
                start, lost = None, begin
                continue
        elif begins_item and token != "fn":  # the end of the item before is missing
            if opened:
                report_bracket(_place(source, opened[-1]), None, reporter)
                broken.append(Span(source, start, begin))
            else:
                yield start, begin
            opened.clear()
            start = begin
            continue
        if not _follow_brackets(token, opened, source, reporter):
            opened.clear()
            start, lost = None, start
        elif not opened and _ends_item(source, str(token), last_end):
            yield start, last_end
            start = None
    if lost is not None:
        broken.append(Span(source, lost, last_end))
    elif opened:
        report_bracket(_place(source, opened[0]), None, reporter)
    elif start is not None:
        yield start, last_end


def _follow_brackets(token: Token, opened: list[Token], source: Source, reporter: Reporter) -> bool:
    """Keep the brackets that are open; False, reported, where one does not match or they are too many."""
    if token in _OPENING:
        opened.append(token)
        if len(opened) > MAX_NESTING:
            text = f"brackets are nested more than {MAX_NESTING} deep"
            reporter.error("W0107", text, _place(source, token))
            return False
    elif token in _OPENING.values():
        if not opened or _OPENING[str(opened[-1])] != token:
            report_bracket(_place(source, opened[-1]) if opened else None, _place(source, token), reporter)
            return False
        opened.pop()
    return True


def _place(source: Source, token: Token) -> Span:
    return Span(source, token.start_pos or 0, (token.start_pos or 0) + len(token))


def _ends_item(source: Source, text: str, end: int) -> bool:
    if text == ";":
        return True
    # `table t: exact<u8 -> { ... }> { ... }`, `state s: map<..> { ... } = 0;`: the item goes on behind the brace
    return text == "}" and source.text[end:].lstrip()[:1] not in (">", "=", ",", ";", "{")


_PIECES = re.compile(
    r"//[^\n]*"
    r"|(?P<ITEM>(?:use|shares|port|pair|const|tunable|header|alias|struct|enum|bits|fn|object|state|table|on)\b)"
    r"|(?P<BRACKET>[{}()\[\];])"
    r'|(?P<OTHER>"[^"\n]*"|\w+(?:[.:,]\s?\w+)*|[^\s])'
)


def _bracket_tokens(source: Source) -> Iterator[Token]:
    """What items are told apart by. One regular expression: Lark's lexer took a third of the time to parse."""
    for match in _PIECES.finditer(source.text):
        if match.lastgroup is not None:
            at = match.start()
            begins_line = at == 0 or source.text[at - 1] == "\n"
            yield Token(match.lastgroup, match.group(), start_pos=at, column=1 if begins_line else 2)
