"""Long lines of C broken up, so that they can be read beside each other."""

from __future__ import annotations

from backends.writer import Writer

_WIDEST = 110  # columns
_BREAKS = (" && ", " || ", ", ", " ? ", " : ", " ^ ", " | ", " + ", " = ", " & ", " == ")
_DEEPER = " " * 8


def wrapped(out: Writer) -> str:
    """The text of `out`, no line of which is longer than it has to be."""
    return "\n".join(line for long in out.lines for line in _wrap(long)) + "\n"


def _wrap(line: str) -> list[str]:
    stripped = line.lstrip()
    if len(line) <= _WIDEST or stripped.startswith(("//", "#", "_Static_assert")):
        return [line]
    indent = line[: len(line) - len(stripped)]
    found = []
    while len(line) > _WIDEST:
        at = _last_break(line, len(line) - len(line.lstrip()))
        if at is None:
            break
        found.append(line[:at].rstrip())
        line = indent + _DEEPER + line[at:].lstrip()
    return [*found, line]


def _last_break(line: str, indent: int) -> int | None:
    """Where the line can be broken, as far right as it fits: behind a comma, in front of an operator."""
    best, place = (-1000, 0), None
    for sign in _BREAKS:
        at = line.rfind(sign, indent + 12, _WIDEST)
        if at < 0:
            continue
        depth = line[:at].count("(") - line[:at].count(")")
        # The outermost place reads best, unless it leaves the line nearly empty.
        rank = (-depth if at > _WIDEST // 2 else -99, at)
        if rank > best:
            best = rank
            place = at + (2 if sign == ", " else 1)
    return place
