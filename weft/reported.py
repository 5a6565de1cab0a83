"""Where a command's failure is told: once, for all of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from os import devnull
from pathlib import Path
from typing import ParamSpec

import typer

from weft.failures import failure_of
from weft.terminal import flush_results, write_note

Parameters = ParamSpec("Parameters")


def reported(command: Callable[Parameters, int | None]) -> Callable[Parameters, None]:
    """`command`, with whatever goes wrong in it told on standard error and turned into an exit code."""

    @wraps(command)
    def carried_out(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
            flush_results()  # here, where a full disk can still be told
        except BaseException as error:  # this is the one place that turns all of them into messages
            if isinstance(error, typer.Exit | SystemExit):
                raise
            code = _tell(error)
        if code:
            raise typer.Exit(code)

    return carried_out


def _tell(error: BaseException) -> int:
    failure = failure_of(error)
    if isinstance(error, OSError):
        _silence_output()
    with suppress(OSError):  # nobody listens any more
        write_note(failure.message)
    return failure.code


def _silence_output() -> None:
    """Standard output cannot be written: whatever is left in its buffer must not fail a second time at exit."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        sys.stdout = Path(devnull).open("w", encoding="utf-8")  # noqa: SIM115  # stays open until the end
