"""Weft source text in its one layout."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from lark import Lark, Token, Tree, UnexpectedInput

from compiler.diagnostics import CompileError, Diagnostic, Reporter
from compiler.format.build_layout import build_layout
from compiler.format.layout import render_layout
from compiler.format.separators import SEPARATORS, SyntaxTree, normalise_separators
from compiler.format.trivia import TriviaMap
from compiler.frontend.parse import parse
from compiler.source import Source, Span


def format_source(text: str, *, name: str = "<source>") -> str:
    """The same program, laid out: same tokens but for optional commas and semicolons, same comments in the same order.

    Formatting the result again changes nothing. Lines are at most 110 wide where tokens and comments allow it,
    indented by 4. Empty lines stay, one of several. Braces that open and close on one line stay there if they
    fit; in others, items of a list stay in the rows that they are written in, as the rules of a header do. Raises
    `CompileError`, its places in a source of this `name`, if the text cannot be parsed.
    """
    source = Source(name, text)
    try:
        tree, comments = _parsed(source)
        normalise_separators(tree)
        tokens = list(tree.scan_values(lambda value: isinstance(value, Token)))
        trivia = TriviaMap(text, tokens=tokens, comments=comments)
        formatted = render_layout(build_layout(tree, text=text, trivia=trivia))
        again = _parsed(Source(name, formatted))
    except RecursionError:
        raise CompileError(_cannot_format(source, "this file nests too deeply to be laid out")) from None
    assert _written((tree, comments)) == _written(again), "formatting changed the program"
    return formatted


def _written(parsed: tuple[SyntaxTree, list[Token]]) -> tuple[list[str], list[str]]:
    """Tokens but for separators, and comments: what formatting must keep."""
    tree, comments = parsed
    tokens = tree.scan_values(lambda value: isinstance(value, Token))
    return [str(t) for t in tokens if t not in SEPARATORS], [c.rstrip() for c in comments]


def _parsed(source: Source) -> tuple[SyntaxTree, list[Token]]:
    """The tree with every token of the text in it, and the comments."""
    grammar, comments = _grammar()
    comments.clear()
    try:
        tree = grammar.parse(source.text)
    except UnexpectedInput:
        reporter = Reporter()
        parse(source, reporter)  # says what is wrong in the words of the language
        reporter.raise_errors()
        raise CompileError(_cannot_format(source, "this file cannot be parsed as a whole")) from None
    assert isinstance(tree, Tree)
    return tree, list(comments)


@cache
def _grammar() -> tuple[Lark, list[Token]]:
    """A parser that keeps every token, and the list into which it puts the comments that it passes over."""
    comments: list[Token] = []
    text = files("compiler.frontend").joinpath("weft.lark").read_text(encoding="utf-8")
    parser = Lark(
        text + '\nformatted: (item | ";")*\n',  # the front end passes over empty items, too
        parser="lalr",
        start="formatted",
        keep_all_tokens=True,
        maybe_placeholders=False,
        lexer_callbacks={"COMMENT": comments.append},
    )
    return parser, comments


def _cannot_format(source: Source, message: str) -> Diagnostic:
    return Diagnostic("W0109", message, Span(source, 0, 0))
