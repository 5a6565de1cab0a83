"""Lark's complaints in the words of the language."""

from __future__ import annotations

from lark import Token, UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from compiler.diagnostics import Note, Reporter
from compiler.source import Source, Span

_TERMINALS = {
    "NAME": "a name",
    "INT": "a number",
    "DURATION": "a time such as `10s`",
    "IP4": "an address",
    "PREFIX4": "a prefix",
    "MAC": "a MAC address",
    "STRING": "a text",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "SEMICOLON": "`;`",
    "COLON": "`:`",
    "COMMA": "`,`",
    "DOT": "`.`",
    "EQUAL": "`=`",
    "ASSIGN_OP": "an assignment",
    "COMPARE_OP": "a comparison",
    "SUM_OP": "`+`",
    "PRODUCT_OP": "`*`",
    "SHIFT_OP": "`<<`",
    "RANGE_OP": "`..`",
    "FAT_ARROW": "`=>`",
    "ARROW": "`->`",
    "MORETHAN": "`>`",
    "LESSTHAN": "`<`",
    "VBAR": "`|`",
    "AT": "`@`",
    "UNDERSCORE": "`_`",
    "ELSE": "`else`",
    "WITH": "`with`",
    "ON": "`on`",
    "IF": "`if`",
    "$END": "the end of the declaration",
}
_EXPRESSION_START = {
    "NAME",
    "INT",
    "DURATION",
    "IP4",
    "PREFIX4",
    "MAC",
    "STRING",
    "TRUE",
    "FALSE",
    "LPAR",
    "LSQB",
    "NOT",
}
_STATEMENT_START = {"LET", "DROP", "SEND", "FOR", "MATCH"}
_MISTAKES = {
    "==": ("=", "one `=` assigns; `==` compares"),
    "var": ("let", "variables are declared with `let`, or `let mut` when they change"),
    "def": ("fn", "functions are declared with `fn`"),
    "elif": ("else if", "write `else if`"),
    "elsif": ("else if", "write `else if`"),
    "while": ("for", "there are no unbounded loops: `for i in 0..4 { ... }` is unrolled"),
    "switch": ("match", "write `match value { pattern => ..., }`"),
    "and": ("&&", "write `&&`"),
    "or": ("||", "write `||`"),
    "not": ("!", "write `!`"),
    "import": ("use", "write `use std::net;`"),
    "include": ("use", "write `use std::net;`"),
    "function": ("fn", "functions are declared with `fn`"),
    "pass": ("send", "name the port: `send wan;`"),
    "forward": ("send", "name the port: `send wan;`"),
}


def report_syntax_error(source: Source, start: int, end: int, error: UnexpectedInput, reporter: Reporter) -> None:
    """`error` came from parsing characters `start` to `end` of `source` as one item."""
    if isinstance(error, UnexpectedCharacters):
        at = start + error.pos_in_stream
        allowed = set(error.allowed or ())
        found = source.text[at : at + 1]
        word = _word_at(source.text, at)
        if word in _MISTAKES:
            reporter.error(
                "W0105",
                f"`{word}` is not a word of Weft here",
                Span(source, at, at + len(word)),
                help=_MISTAKES[word][1],
            )
        elif found.isalnum() or found in '_"' or not found.isascii():
            _report_unexpected(Span(source, at, at + max(1, len(word))), f"`{word or found}`", allowed, reporter)
        else:
            _report_unexpected(Span(source, at, at + 1), f"`{found}`", allowed, reporter)
        return
    if isinstance(error, UnexpectedToken) and isinstance(error.token, Token) and error.token.type != "$END":
        token = error.token
        at = start + (token.start_pos or 0)
        span = Span(source, at, at + len(str(token)))
        allowed = set(error.accepts or error.expected or ())
        previous = source.text[start:at].rstrip()
        word = previous.split()[-1] if previous.split() else ""
        mistake = _MISTAKES.get(str(token)) or _MISTAKES.get(word)
        if "SEMICOLON" in allowed and "\n" in source.text[start + len(previous) : at]:
            after = start + len(previous)
            help_text = mistake[1] if mistake else "end the statement with `;`"
            reporter.error("W0106", "a `;` is missing here", Span(source, after - 1, after), help=help_text)
            return
        _report_unexpected(span, f"`{token}`", allowed, reporter, help_text=mistake[1] if mistake else None)
        return
    assert isinstance(error, (UnexpectedEOF, UnexpectedToken))
    allowed: set[str] = set(getattr(error, "accepts", None) or getattr(error, "expected", None) or ())
    _report_unexpected(Span(source, max(start, end - 1), end), "the end of the declaration", allowed, reporter)


def _report_unexpected(
    span: Span, found: str, allowed: set[str], reporter: Reporter, *, help_text: str | None = None
) -> None:
    reporter.error("W0105", f"expected {expectation(allowed)}, found {found}", span, help=help_text)


def expectation(allowed: set[str]) -> str:
    """What the grammar would take, in a few words."""
    words: list[str] = []
    rest = set(allowed)
    if rest >= _STATEMENT_START:
        return "a statement, or `}` at the end of the block"
    if rest & _EXPRESSION_START >= {"NAME", "INT", "LPAR"}:
        words.append("an expression")
        rest -= _EXPRESSION_START | {"MINUS", "IF", "MATCH", "PACKET"}
    if {"SUM_OP", "PRODUCT_OP"} <= rest:  # behind an expression: name what ends it
        rest &= {"SEMICOLON", "COMMA", "RPAR", "RSQB", "RBRACE", "LBRACE", "ELSE", "FAT_ARROW", "EQUAL"}
        words.append("an operator")
    words.extend(sorted(_TERMINALS.get(t, f"`{t.lower()}`") for t in rest if not t.startswith("__")))
    if not words:
        return "something else"
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def report_bracket(opening: Span | None, closing: Span | None, reporter: Reporter) -> None:
    """A bracket without its partner, or two that do not match."""
    if opening is not None and closing is not None:
        note = Note(opening, "this one is open")
        reporter.error("W0108", f"`{closing.text}` does not close `{opening.text}`", closing, notes=(note,))
    elif opening is not None:
        reporter.error("W0108", f"`{opening.text}` is never closed", opening)
    elif closing is not None:
        reporter.error("W0108", f"`{closing.text}` closes nothing", closing)


def _word_at(text: str, at: int) -> str:
    end = at
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return text[at:end]
