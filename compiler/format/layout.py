"""Documents, and how they are laid out on lines of limited width.

A document is text with places where a line may end. A `Group` is put on one line if it fits, else every
`Line` that is its own becomes a line end (Wadler, "A prettier printer", 2003). Comments take part: a line
ends after a comment, whatever stands next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

LINE_WIDTH = 110
INDENT = 4


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line end, or `flat` where the group fits on one line. `blank`: with an empty line before the next."""

    flat: str = " "
    hard: bool = False
    blank: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """`//` and what follows it. `trails`: on the line of the token before it; else on a line of its own."""

    text: str
    trails: bool
    blank: bool = False  # an empty line stands before it


@dataclass(frozen=True, slots=True)
class IfBroken:
    """Text that stands only where the group is not on one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Concat:
    parts: tuple[Doc, ...]
    forced: bool  # holds something that ends a line in any case


@dataclass(frozen=True, slots=True)
class Indent:
    content: Doc
    forced: bool


@dataclass(frozen=True, slots=True)
class Group:
    content: Doc
    forced: bool


@dataclass(frozen=True, slots=True)
class Fill:
    """As many of `parts` on a line as fit. Parts at odd places are the lines between the others."""

    parts: tuple[Doc, ...]
    forced: bool


Doc: TypeAlias = Text | Line | Comment | IfBroken | Concat | Indent | Group | Fill

NOTHING = Text("")
SPACE = Text(" ")
SOFT = Line("")


def concat(parts: Iterable[Doc]) -> Concat:
    taken = tuple(parts)
    return Concat(taken, any(map(_is_forced, taken)))


def indent(*parts: Doc) -> Indent:
    content = concat(parts)
    return Indent(content, content.forced)


def group(*parts: Doc, force: bool = False) -> Group:
    """`force`: end the lines even where all would fit on one."""
    content = concat(parts)
    return Group(content, force or content.forced)


def force_lines(force: bool) -> tuple[Doc, ...]:
    """Something without text that keeps the groups around it from standing on one line, if `force`."""
    return (Concat((), forced=True),) if force else ()


def fill(parts: Iterable[Doc]) -> Fill:
    content = concat(parts)
    return Fill(content.parts, content.forced)


def _is_forced(doc: Doc) -> bool:
    match doc:
        case Text() | IfBroken():
            return False
        case Line(hard=hard):
            return hard
        case Comment():
            return True
        case Concat(forced=forced) | Indent(forced=forced) | Group(forced=forced) | Fill(forced=forced):
            return forced


@dataclass(frozen=True, slots=True)
class _Command:
    indent: int
    broken: bool
    doc: Doc


@dataclass(slots=True)
class _Page:
    """What has been written: whole lines, and the one under way."""

    lines: list[str] = field(default_factory=list)
    line: str = ""
    comment: str = ""  # waits for the end of the line, past a comma or semicolon that follows it
    is_full: bool = False  # the line is a comment: nothing may follow on it
    indent: int = 0  # of the line under way, while nothing is on it

    @property
    def column(self) -> int:
        return len(self.line) or self.indent

    def end_line(self, *, indent: int, blank: bool = False) -> None:
        line = f"{self.line.rstrip()} {self.comment}" if self.comment else self.line.rstrip()
        if line:
            self.lines.append(line)
        if blank and self.lines and self.lines[-1]:
            self.lines.append("")
        self.line, self.comment, self.is_full, self.indent = "", "", False, indent

    def write(self, text: str, *, indent: int) -> None:
        if self.is_full or (self.comment and text not in (",", ";")):
            if not text.strip():
                return
            self.end_line(indent=indent)
        if not self.line:
            text = text.lstrip()
            self.line = " " * self.indent if text else ""
        self.line += text

    def write_comment(self, comment: Comment, *, indent: int) -> None:
        if comment.trails and self.line and not (self.comment or self.is_full):
            self.comment = comment.text
            return
        if self.line:
            self.end_line(indent=indent)
        if comment.blank:
            self.end_line(indent=indent, blank=True)
        self.write(comment.text, indent=indent)
        self.is_full = True


def render_layout(doc: Doc) -> str:
    """The text of `doc`, each line within `LINE_WIDTH` where its parts allow it; empty, or ending with a line end."""
    page = _Page()
    pending = [_Command(0, True, doc)]
    while pending:
        command = pending.pop()
        match command.doc:
            case Text(text=text):
                page.write(text, indent=command.indent)
            case IfBroken(text=text):
                page.write(text if command.broken else "", indent=command.indent)
            case Comment() as comment:
                page.write_comment(comment, indent=command.indent)
            case Line(flat=flat, hard=hard, blank=blank):
                if command.broken or hard:
                    page.end_line(indent=command.indent, blank=blank)
                else:
                    page.write(flat, indent=command.indent)
            case Concat(parts=parts):
                pending.extend(_Command(command.indent, command.broken, part) for part in reversed(parts))
            case Indent(content=content):
                pending.append(_Command(command.indent + INDENT, command.broken, content))
            case Group(content=content, forced=forced):
                flat_one = _Command(command.indent, False, content)
                fits = not forced and _fits(flat_one, LINE_WIDTH - page.column, pending)
                pending.append(flat_one if fits else _Command(command.indent, True, content))
            case Fill(parts=parts):
                pending.extend(_fill_commands(command, parts, pending, LINE_WIDTH - page.column))
    page.end_line(indent=0)
    while page.lines and not page.lines[-1]:
        page.lines.pop()
    return "".join(line + "\n" for line in page.lines)


def _fill_commands(command: _Command, parts: tuple[Doc, ...], rest: list[_Command], room: int) -> list[_Command]:
    """The first part and the line after it, laid out, on top of the others."""
    if not command.broken:
        return [_Command(command.indent, False, part) for part in reversed(parts)]
    first = _Command(command.indent, False, parts[0])
    if _is_forced(parts[0]) or not _fits(first, room, []):
        first = _Command(command.indent, True, parts[0])
    if len(parts) == 1:
        return [first]
    line, second, others = parts[1], parts[2], parts[2:]
    both = concat((parts[0], line, second))
    close = not both.forced and _fits(_Command(command.indent, False, both), room, rest if len(others) == 1 else [])
    return [
        _Command(command.indent, True, Fill(others, any(map(_is_forced, others)))),
        _Command(command.indent, not close, line),
        first,
    ]


def _fits(command: _Command, room: int, rest: list[_Command]) -> bool:
    """Whether `command`, and what follows it up to the first line end, take at most `room` columns."""
    following = reversed(rest)
    pending = [command]
    while room >= 0:
        if not pending:
            after = next(following, None)
            if after is None:
                return True
            pending.append(after)
        command = pending.pop()
        match command.doc:
            case Text(text=text):
                room -= len(text)
            case IfBroken(text=text):
                room -= len(text) if command.broken else 0
            case Comment():
                return True
            case Line(flat=flat, hard=hard):
                if command.broken or hard:
                    return True
                room -= len(flat)
            case Concat(parts=parts) | Fill(parts=parts):
                pending.extend(_Command(command.indent, command.broken, part) for part in reversed(parts))
            case Indent(content=content) | Group(content=content):
                pending.append(_Command(command.indent, command.broken, content))
    return False
