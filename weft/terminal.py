"""Where commands write: results to standard output, the rest to standard error, colour only to a terminal."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, TextIO

# Start of a line of a diagnostic -> how a terminal shows it.
_STYLES = (
    (re.compile(r"(error|internal error)(\[W\d{4}\])?:"), "bold red"),
    (re.compile(r"warning(\[W\d{4}\])?:"), "bold yellow"),
    (re.compile(r"help:"), "bold cyan"),
    (re.compile(r"  (-->|:::) "), "blue"),
    (re.compile(r" +\d+ \|"), "blue"),
    (re.compile(r" +\| +\^+"), "red"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under column titles; numbers (int) stand to the right. Empty titles: no title line."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


class Advance(Protocol):
    """Called with how much of the whole is done."""

    def __call__(self, done: int, /) -> None: ...


class AdvanceOf(Protocol):
    """Called with how much of how much is done."""

    def __call__(self, done: int, total: int, /) -> None: ...


def write_result(text: str) -> None:
    """Write lines of a result as they are. Raises `OSError` that names the standard output."""
    with _named_output():
        sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")


def flush_results() -> None:
    """Write what is still in the buffer; raises `OSError` that names the standard output."""
    with _named_output():
        sys.stdout.flush()


@contextmanager
def _named_output() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard output") from error


def write_json(value: object) -> None:
    write_result(json.dumps(value, indent=2, ensure_ascii=False))


def write_note(text: str) -> None:
    """Write what is no result: a diagnostic, a remark."""
    if not text:
        return
    with suppress(OSError):  # in the order of writing, should both go to one place; an error shows at the last flush
        sys.stdout.flush()
    if not _is_terminal(sys.stderr):
        sys.stderr.write(text.rstrip("\n") + "\n")
        return
    from rich.console import Console  # noqa: PLC0415  # only a terminal needs it
    from rich.text import Text  # noqa: PLC0415

    console = Console(stderr=True, highlight=False)
    for line in text.rstrip("\n").split("\n"):
        shown = Text(line)
        for pattern, style in _STYLES:
            if match := pattern.match(line):
                shown.stylize(style, match.start(), match.end())
                break
        console.print(shown, soft_wrap=True)


def write_tables(tables: Iterable[Table]) -> None:
    """Write tables with rich to a terminal, as aligned text elsewhere."""
    shown = [table for table in tables if table.rows]
    if not _is_terminal(sys.stdout):
        write_result("\n".join(plain_table(table) for table in shown))
        return
    from rich.console import Console  # noqa: PLC0415  # only a terminal needs it
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table as RichTable  # noqa: PLC0415

    console = Console(highlight=False)
    for table in shown:
        rich_table = RichTable(
            title=escape(table.title),
            title_justify="left",
            title_style="bold",
            box=None,
            show_header=any(table.columns),
        )
        for number, column in enumerate(table.columns):
            is_number = all(isinstance(row[number], int) for row in table.rows)
            rich_table.add_column(escape(column), justify="right" if is_number else "left", header_style="dim")
        for row in table.rows:
            rich_table.add_row(*(escape(_cell(cell)) for cell in row))
        console.print(rich_table)
        console.print()


def plain_table(table: Table) -> str:
    """The table as aligned text, ending with a newline."""
    cells = [[_cell(cell) for cell in row] for row in table.rows]
    titles = [list(table.columns)] if any(table.columns) else []
    widths = [max(map(len, column)) for column in zip(*titles, *cells, strict=True)]
    numeric = [all(isinstance(row[n], int) for row in table.rows) for n in range(len(table.columns))]
    lines = [table.title] if table.title else []
    for row in titles + cells:
        aligned = (c.rjust(w) if right else c.ljust(w) for c, w, right in zip(row, widths, numeric, strict=True))
        lines.append(("  " + "  ".join(aligned)).rstrip())
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


@contextmanager
def progress(title: str, *, total: int | None) -> Iterator[Advance]:
    """A bar of bytes on standard error, if that is a terminal; call what it gives with the bytes done so far."""
    if not _is_terminal(sys.stderr):
        yield lambda done: None
        return
    from rich.console import Console  # noqa: PLC0415  # only a terminal needs it
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def counted_progress(title: str) -> Iterator[AdvanceOf]:
    """A bar on standard error, if that is a terminal; call what it gives with how many of how many are done."""
    if not _is_terminal(sys.stderr):
        yield lambda done, total: None
        return
    from rich.console import Console  # noqa: PLC0415  # only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def working(title: str) -> Iterator[None]:
    """A spinner and the time on standard error, if that is a terminal, for what cannot say how far it is."""
    if not _is_terminal(sys.stderr):
        yield
        return
    from rich.console import Console  # noqa: PLC0415  # only a terminal needs it
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as spinner:
        spinner.add_task(title, total=None)
        yield


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False
