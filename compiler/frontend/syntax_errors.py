"""Lark's complaints in the words of the language."""

from __future__ import annotations

from lark import UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from compiler.diagnostics import Note, Reporter
from compiler.frontend.mistakes import Place, character_help, is_of_weft, item_help, mistake_at
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
    "AMPERSAND": "`&`",
    "NOT": "`!`",
    "MINUS": "`-`",
    "SELF": "`self`",
    "__ANON_0": "`::`",
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


def report_syntax_error(source: Source, start: int, end: int, error: UnexpectedInput, reporter: Reporter) -> None:
    """`error` came from parsing characters `start` to `end` of `source` as one item."""
    at = end
    allowed: set[str] = set()
    if isinstance(error, UnexpectedCharacters):
        at, allowed = start + error.pos_in_stream, set(error.allowed or ())
    elif isinstance(error, UnexpectedToken) and error.token.type != "$END":
        at, allowed = start + (error.token.start_pos or 0), set(error.accepts or error.expected or ())
    elif isinstance(error, (UnexpectedEOF, UnexpectedToken)):
        allowed = set(getattr(error, "accepts", None) or getattr(error, "expected", None) or ())
    before = source.text[start:at].rstrip()
    place = Place(before, source.text[at:end], frozenset(allowed), source.text[start + len(before) : at])
    last = Span(source, max(start, start + len(before) - 1), start + len(before))
    span = Span(source, at, min(end, at + len(place.found))) if place.found else last
    if place.found and not is_of_weft(place.found[0]):
        report_character(Span(source, at, at + 1), reporter)
        return
    mistake = mistake_at(place)
    if mistake is not None and mistake.word:
        word = Span(source, start + len(before) - len(mistake.word), start + len(before))
        if place.found == mistake.word:
            word = span
        reporter.error("W0105", f"`{mistake.word}` is not a word of Weft here", word, help=mistake.help)
    elif mistake is None and "SEMICOLON" in allowed and place.begins_anew():
        reporter.error("W0106", "a `;` is missing here", last, help="end the statement with `;`")
    else:
        found = f"`{place.found}`" if place.found else "the end of the declaration"
        help_text = None if mistake is None else mistake.help
        reporter.error("W0105", f"expected {expectation(allowed)}, found {found}", span, help=help_text)


def report_no_item(source: Source, at: int, reporter: Reporter) -> None:
    """The text at `at` stands outside of all declarations and begins none."""
    place = Place("", source.text[at:], frozenset(), "")
    span = Span(source, at, at + len(place.found))
    if not is_of_weft(place.found[:1]):
        report_character(span, reporter)
        return
    reporter.error("W0105", f"expected a declaration, found `{place.found}`", span, help=item_help(place))


def report_character(span: Span, reporter: Reporter) -> None:
    found = span.text
    shown = f"`{found}`" if found.isprintable() and found != "`" else f"the character U+{ord(found[0]):04X}"
    reporter.error("W0101", f"{shown} means nothing in Weft", span, help=character_help(found))


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
        if {"SEMICOLON", "RBRACE"} <= rest:
            return "an operator, or `;` at the end of the statement"
        if len(rest) > 3:
            return "an operator, or the end of the expression"
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
