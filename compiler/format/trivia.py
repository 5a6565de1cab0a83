"""What the syntax tree leaves out, by the token it stands next to: comments and empty lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lark import Token

from compiler.format.layout import Comment
from compiler.format.separators import SEPARATORS


@dataclass(frozen=True, slots=True)
class Trivia:
    """What surrounds one token.

    `before` are the comments on lines of their own in front of it, `after` the comment on its line behind it.
    `blank_first`: an empty line stands before the first of `before`, or before the token where there is none;
    `blank_last`: between the last of `before` and the token.
    """

    before: tuple[Comment, ...] = ()
    after: Comment | None = None
    blank_first: bool = False
    blank_last: bool = False


@dataclass(frozen=True, slots=True)
class _Gap:
    """What stands between two tokens: comments, the first of which may stand on the line of the token before."""

    comments: tuple[Comment, ...] = ()
    blank: bool = False  # after the last comment


class TriviaMap:
    """The trivia of every token of `tokens` (in source order, those that the output has), and of the file's end."""

    def __init__(self, text: str, *, tokens: Sequence[Token], comments: Iterable[Token]) -> None:
        waiting = sorted(comments, key=_start)
        gaps = [_Gap()] * (len(tokens) + 1)
        position = taken = 0
        for number in range(len(tokens) + 1):
            end = _start(tokens[number]) if number < len(tokens) else len(text)
            first = taken
            while taken < len(waiting) and _start(waiting[taken]) < end:
                taken += 1
            gaps[number] = _gap(text, waiting[first:taken], start=position, end=end, at_top=number == 0)
            if number < len(tokens):
                position = max(end, tokens[number].end_pos or 0)
        _move_behind_separators(gaps, tokens)
        self._of = {id(token): _trivia(gaps[number], gaps[number + 1]) for number, token in enumerate(tokens)}
        self.at_end = _trivia(gaps[-1], _Gap())

    def of(self, token: Token) -> Trivia:
        return self._of[id(token)]


def _start(token: Token) -> int:
    return token.start_pos or 0


def _gap(text: str, comments: Sequence[Token], *, start: int, end: int, at_top: bool) -> _Gap:
    found: list[Comment] = []
    position = start
    for comment in comments:
        between = text[position : _start(comment)]
        trails = not found and "\n" not in between and not at_top
        blank = _has_blank(between)
        found.append(Comment(comment.rstrip(), trails, blank))
        position = comment.end_pos or 0
    return _Gap(tuple(found), _has_blank(text[position:end]))


def _has_blank(between: str) -> bool:
    return between.count("\n") > 1


def _move_behind_separators(gaps: list[_Gap], tokens: Sequence[Token]) -> None:
    """A comment before a comma or semicolon goes behind it: `a // first` `,` becomes `a, // first`."""
    for number in range(len(tokens) - 1, -1, -1):
        if tokens[number] in SEPARATORS and gaps[number].comments:
            gaps[number + 1] = _joined(gaps[number], gaps[number + 1])
            gaps[number] = _Gap()


def _joined(first: _Gap, second: _Gap) -> _Gap:
    moved = tuple(Comment(c.text, False, c.blank) if c.trails else c for c in second.comments)
    return _Gap(first.comments + moved, second.blank)


def _trivia(before: _Gap, after: _Gap) -> Trivia:
    own = tuple(c for c in before.comments if not c.trails)
    if own:
        own = (Comment(own[0].text, trails=False), *own[1:])  # its `blank` is `blank_first`
    trailing = after.comments[0] if after.comments and after.comments[0].trails else None
    blank_first = next((c.blank for c in before.comments if not c.trails), before.blank)
    return Trivia(own, trailing, blank_first, bool(own) and before.blank)
