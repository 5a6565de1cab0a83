"""Source text and places in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Source:
    """A source file's text under the name that messages show."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        starts = [0]
        starts.extend(i + 1 for i, char in enumerate(self.text) if char == "\n")
        return tuple(starts)

    def line_of(self, offset: int) -> int:
        """The 1-based line that holds `offset` (0-based, in characters)."""
        return bisect_right(self.line_starts, max(0, min(offset, len(self.text))))

    def column_of(self, offset: int) -> int:
        """The 1-based column of `offset` in its line."""
        offset = max(0, min(offset, len(self.text)))
        return offset - self.line_starts[self.line_of(offset) - 1] + 1

    def line(self, number: int) -> str:
        """The text of the 1-based line `number`, without its line end; empty where there is none."""
        if not 1 <= number <= len(self.line_starts):
            return ""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive, 0-based) of a source file.

    Code that a call brought in from another file has the call's span, so that messages name the caller's
    line. `inside` is then where the code itself stands, and `is_result` says that its value is the call's.
    """

    source: Source = field(repr=False)
    start: int
    end: int
    inside: Span | None = field(default=None, compare=False, repr=False)
    is_result: bool = field(default=False, compare=False, repr=False)
    called_from: Span | None = field(default=None, compare=False, repr=False)  # of a verdict inside a function

    def standing_for(self, code: Span) -> Span:
        """This call's span, for `code` of the function that it calls, or that one calls in turn."""
        return Span(self.source, self.start, self.end, code.inside or code)

    @property
    def line(self) -> int:
        return self.source.line_of(self.start)

    @property
    def column(self) -> int:
        return self.source.column_of(self.start)

    @property
    def length(self) -> int:
        return max(0, self.end - self.start)

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """The smallest span that covers both; `self` alone where the files differ."""
        if other.source is not self.source:
            return self
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def first_line(self) -> Span:
        """As much of the span as stands on its first line."""
        end = self.source.text.find("\n", self.start, self.end)
        return self if end < 0 else Span(self.source, self.start, end)

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


NOWHERE = Span(Source("<generated>", ""), 0, 0)
