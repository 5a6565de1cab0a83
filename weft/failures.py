"""Exceptions as messages and exit codes: the one place where a command's failure is worded."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

WRONG_INPUT = 1  # the program, a file or the system is at fault
WRONG_USAGE = 2  # the command line is
INTERRUPTED = 130  # 128 + SIGINT, as shells count
PIPE_CLOSED = 141  # 128 + SIGPIPE

_EXTRA_DEPLOY = frozenset({"bm_runtime", "finsy", "grpc", "sswitch_runtime", "thrift"})  # what talks to switches

TRACEBACK_VARIABLE = "WEFT_TRACEBACK"  # set: an internal error prints its traceback


class CommandError(Exception):
    """What was asked for cannot be done: `problem` in one sentence, `help` says what to do instead."""

    def __init__(self, problem: str, *, help: str | None = None, code: int = WRONG_INPUT) -> None:
        super().__init__(problem)
        self.problem = problem
        self.help = help
        self.code = code


class UsageError(CommandError):
    """The command line contradicts itself or the program."""

    def __init__(self, problem: str, *, help: str | None = None) -> None:
        super().__init__(problem, help=help, code=WRONG_USAGE)


@dataclass(frozen=True, slots=True)
class Failure:
    """What to say on standard error (empty: nothing) and the exit code."""

    message: str
    code: int


def failure_of(error: BaseException) -> Failure:
    """The message and exit code for anything that a command raised."""
    match error:
        case KeyboardInterrupt():
            return Failure("interrupted", INTERRUPTED)
        case BrokenPipeError():
            return Failure("", PIPE_CLOSED)
        case CommandError():
            return Failure(_message(error.problem, error.help), error.code)
        case OSError():
            return Failure(_message(_system_problem(error)), WRONG_INPUT)
        case ModuleNotFoundError(name=name) if name is not None and name.partition(".")[0] in _EXTRA_DEPLOY:
            help = "pip install 'weft[deploy]'"
            return Failure(
                _message(f"this needs `{name.partition('.')[0]}`, which is not installed", help), WRONG_INPUT
            )
        case MemoryError():
            return Failure(_message("out of memory"), WRONG_INPUT)
        case Exception():
            return _known_failure(error) or _internal_failure(error)
        case _:
            raise error


def _message(problem: str, help: str | None = None) -> str:
    return f"error: {problem}" + (f"\nhelp: {help}" if help else "")


def _system_problem(error: OSError) -> str:
    """Words for an error of the system that no library gave any."""
    reason = error.strerror or str(error)
    if error.filename is None:
        return reason
    other = f" -> {_shown(error.filename2)}" if error.filename2 is not None else ""
    return f"{_shown(error.filename)}{other}: {reason}"


def _shown(name: object) -> str:
    return os.fsdecode(name) if isinstance(name, bytes) else str(name)


def _known_failure(error: Exception) -> Failure | None:
    """The failure for an error of one of the libraries' families; None for any other."""
    # An error can only come from a module that is loaded; loading the others just to compare would be slow.
    families = (
        ("compiler.diagnostics", "CompileError"),
        ("compiler.ir.literals", "LiteralError"),
        ("compiler.partition.cut", "CutError"),
        ("sim.captures", "CaptureError"),
        ("sim.control", "ControlError"),
        ("sim.state", "StateError"),
        ("sim.interpreter", "InterpreterError"),
        ("sim.native", "NativeError"),
        ("sim.traffic", "TrafficError"),
        ("backends.p4.manifest", "ManifestError"),
        ("backends.bluefield.manifest", "ManifestError"),
        ("backends.output_folder", "FolderError"),
        ("backends.p4.tools", "ToolError"),
        ("runtime.bmv2.errors", "SwitchError"),
        ("runtime.bluefield.errors", "ApplicationError"),
        ("runtime.p4runtime.errors", "DeployError"),
        ("runtime.lab.errors", "LabError"),
        ("runtime.p4runtime.server.errors", "ServerError"),
        ("weft.bundled", "ExamplesMissingError"),
    )
    for module, name in families:
        family = getattr(sys.modules.get(module), name, None)
        if family is not None and isinstance(error, family):
            if name == "CompileError":
                return Failure(_rendered_diagnostics(error), WRONG_INPUT)
            return Failure(f"error: {error}", WRONG_INPUT)
    return None


def _rendered_diagnostics(error: Exception) -> str:
    from compiler.diagnostics import CompileError, Severity, render_diagnostics  # noqa: PLC0415  # slow for `--help`

    assert isinstance(error, CompileError)
    errors = sum(d.severity is Severity.ERROR for d in error.diagnostics)
    count = f"{errors} error{'s' if errors != 1 else ''}"
    return f"{render_diagnostics(error.diagnostics)}\n{count}"


def _internal_failure(error: Exception) -> Failure:
    """An error of our own: where its traceback is, and what to do with it."""
    trace = "".join(traceback.format_exception(error))
    if os.environ.get(TRACEBACK_VARIABLE):
        return Failure(f"{trace}internal error: {_one_line(error)}", WRONG_INPUT)
    written = _written_trace(trace)
    where = f"the traceback is in {written}" if written else f"set {TRACEBACK_VARIABLE}=1 to see the traceback"
    return Failure(
        f"internal error: {_one_line(error)}\n"
        f"help: this is a mistake in Weft, not in what you gave it; {where}: please report it with the program",
        WRONG_INPUT,
    )


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _written_trace(trace: str) -> Path | None:
    with suppress(OSError):
        number, name = tempfile.mkstemp(prefix="weft-traceback-", suffix=".txt")
        with os.fdopen(number, "w", encoding="utf-8", errors="replace") as file:
            file.write(trace)
        return Path(name)
    return None
