"""Lines of generated code, indented, with comments that name the source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from compiler.source import Span

_LONGEST_QUOTE = 90  # characters of a source line that a comment repeats


class Writer:
    """Collects lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._depth = 0
        self._place: tuple[str, int] | None = None

    def line(self, text: str = "") -> None:
        self.lines.append("    " * self._depth + text if text else "")

    @contextmanager
    def block(self, head: str, *, end: str = "}") -> Iterator[None]:
        """`head {`, what is written meanwhile, and `end`."""
        self.line(f"{head} {{" if head else "{")
        with self.indented():
            yield
        self.line(end)

    @contextmanager
    def indented(self) -> Iterator[None]:
        self._depth += 1
        yield
        self._depth -= 1

    def says_where(self, span: Span) -> None:
        """A comment with the source line of what follows, unless the last such comment named it."""
        source = span.source
        if not source.text:  # IR that was not made from a file
            return
        number = source.line_of(span.start)
        if (source.name, number) == self._place:
            return
        self._place = source.name, number
        quoted = " ".join(source.line(number).split())
        if len(quoted) > _LONGEST_QUOTE:
            quoted = quoted[: _LONGEST_QUOTE - 3] + "..."
        # A backslash at the end of a line joins the next one to it, and that would be code. C has two for it.
        self.line(f"// {_file_name(source.name)}:{number}: {quoted}".rstrip(" \\").removesuffix("??/"))

    def forgets_where(self) -> None:
        """The next `says_where` writes its comment whatever came before."""
        self._place = None

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def _file_name(path: str) -> str:
    return "".join(c if c.isprintable() else "_" for c in path.rsplit("/", 1)[-1])
