"""The tools of the P4 project: where they are, and p4c as a function."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER_VARIABLE: Final = "WEFT_P4_BIN"
P4C: Final = "p4c-bm2-ss"
TIME_LIMIT_S: Final = 600.0

_DIAGNOSTIC: Final = re.compile(
    r"^(?:(?P<file>[^\s(][^(]*)\((?P<line>\d+)\): ?)?(?:\[--W(?:warn|error)(?:=(?P<kind>[^\]]+))?\] )?"
    r"(?:(?P<severity>warning|error): |(?=[Ss]yntax error))(?P<message>.*)$"
)
_PREPROCESSOR: Final = re.compile(
    r"^(?:(?P<file>[^\s:][^:]*):(?P<line>\d+):\d+|\w+): (?P<kind>fatal) (?P<severity>error): (?P<message>.*)$"
)
_CRASH: Final = re.compile(r"Compiler Bug|COMPILER BUG|P4CContext|terminate called|internal compiler error")
_SHOWN_LINES: Final = 10
_OLD_SUFFIX: Final = ".txt"  # of protobuf text, for a p4c that does not know `.txtpb`


class ToolError(Exception):
    """A tool that is missing or fails by itself: `problem` in one sentence, `help` says what to do."""

    def __init__(self, problem: str, *, help: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.help = help

    def __str__(self) -> str:
        return f"{self.problem}\nhelp: {self.help}" if self.help else self.problem


class ToolMissingError(ToolError):
    """The tool is not on this machine."""


class P4cCrashedError(ToolError):
    """p4c ended without saying what is wrong with the program."""


class P4cTimeoutError(ToolError):
    """p4c took longer than it was given."""


@dataclass(frozen=True, slots=True)
class P4cDiagnostic:
    """What p4c says of a line. `kind` is its own name, such as `unused`; empty where it gives none."""

    file: str
    line: int
    kind: str
    message: str
    excerpt: str  # the lines that p4c shows

    def __str__(self) -> str:
        place = f"{self.file}({self.line}): " if self.file else ""
        return f"{place}{self.message}" + (f"\n{self.excerpt}" if self.excerpt else "")


@dataclass(frozen=True, slots=True)
class P4cResult:
    """Where there are errors, nothing was written."""

    warnings: tuple[P4cDiagnostic, ...]
    errors: tuple[P4cDiagnostic, ...]
    seconds: float


def find_tool(name: str) -> Path | None:
    """The tool of this name, in the folder that `WEFT_P4_BIN` names or else on PATH."""
    folder = os.environ.get(FOLDER_VARIABLE)
    found = (shutil.which(name, path=folder) if folder else None) or shutil.which(name)
    return None if found is None else Path(found).absolute()


def require_tool(name: str) -> Path:
    """As `find_tool`, but raises `ToolMissingError`."""
    found = find_tool(name)
    if found is None:
        raise ToolMissingError(
            f"`{name}` is not on this machine",
            help=f"install p4c and bmv2, or name the folder that holds them in {FOLDER_VARIABLE}",
        )
    return found


def p4c_version() -> str:
    """What p4c says of its version, such as `1.2.5.16 (SHA: 34b86e9bac BUILD: Release)`. Raises `ToolError`."""
    tool = require_tool(P4C)
    try:
        finished = subprocess.run(
            [tool, "--version"], capture_output=True, text=True, errors="replace", timeout=60, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise P4cTimeoutError("p4c does not tell its version") from error
    found = re.search(r"^Version:? (.+)$", finished.stdout + finished.stderr, re.MULTILINE)
    return found[1].strip() if found else "of an unknown version"


def run_p4c(
    p4_file: Path,
    *,
    json_out: Path,
    p4info_out: Path | None = None,
    include: Sequence[Path] = (),
    directory: Path | None = None,
    time_limit_s: float = TIME_LIMIT_S,
) -> P4cResult:
    """Compile for bmv2's v1model: the switch's JSON, and P4Info as protobuf text, both written whole or not at all.

    `directory`: where p4c runs, so that `p4_file` can be a name in it; p4c writes that name into what it makes.
    What is wrong with the program is in the result. Raises `ToolError` where p4c itself fails, or an `OSError`.
    """
    tool = require_tool(P4C)
    started = time.monotonic()
    with _scratch(json_out.parent) as folder:
        json_made, p4info_made = folder / "out.json", folder / "out.p4info.txtpb"
        options = [f"-I{path}" for path in include]
        wanted = p4info_made if p4info_out else None
        finished = _run(tool, p4_file, options, json_made, wanted, time_limit_s, directory)
        if finished.returncode and "unknown file kind" in finished.stderr:
            p4info_made = p4info_made.with_suffix(_OLD_SUFFIX)
            finished = _run(tool, p4_file, options, json_made, p4info_made, time_limit_s, directory)
        warnings, errors = _diagnostics(finished.stderr)
        if finished.returncode and (not errors or _CRASH.search(finished.stderr)):
            raise P4cCrashedError(
                f"p4c fails on {p4_file} without a reason that is the program's: {_outcome(finished)}",
                help="this is a mistake in p4c, or a program that is too large for it",
            )
        if not finished.returncode:
            json_made.replace(json_out)
            if p4info_out is not None:
                p4info_made.replace(p4info_out)
    return P4cResult(tuple(warnings), tuple(errors), time.monotonic() - started)


@contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    """A folder on the same file system, so that what is made in it can be renamed into place."""
    with tempfile.TemporaryDirectory(prefix=".weft-p4c-", dir=parent) as folder:
        yield Path(folder)


def _run(
    tool: Path,
    p4_file: Path,
    options: Sequence[str],
    json_out: Path,
    p4info_out: Path | None,
    time_limit_s: float,
    directory: Path | None,
) -> subprocess.CompletedProcess[str]:
    runtime = [] if p4info_out is None else ["--p4runtime-files", str(p4info_out)]
    command = [str(tool), "--arch", "v1model", *options, *runtime, "-o", str(json_out), str(p4_file)]
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=time_limit_s,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=directory,
        )
    except subprocess.TimeoutExpired as error:
        raise P4cTimeoutError(
            f"p4c is not done with {p4_file} after {time_limit_s:g} s",
            help="the program is too large for it: long chains of `if` and `else` cost it most",
        ) from error


def _diagnostics(text: str) -> tuple[list[P4cDiagnostic], list[P4cDiagnostic]]:
    """What p4c printed, as warnings and errors."""
    found: dict[str, list[P4cDiagnostic]] = {"warning": [], "error": []}
    lines = text.splitlines()
    starts = [
        (at, match) for at, line in enumerate(lines) if (match := _DIAGNOSTIC.match(line) or _PREPROCESSOR.match(line))
    ]
    ends = [*[at for at, _ in starts], len(lines)][1:]
    for (at, match), end in zip(starts, ends, strict=True):
        excerpt = "\n".join(lines[at + 1 : end]).rstrip()
        file, line = match["file"] or "", int(match["line"] or 0)
        if match["kind"] != "overlimit":  # how many there were
            found[match["severity"] or "error"].append(
                P4cDiagnostic(file, line, match["kind"] or "", match["message"], excerpt)
            )
    return found["warning"], found["error"]


def _outcome(finished: subprocess.CompletedProcess[str]) -> str:
    if finished.returncode < 0:
        return f"killed by signal {-finished.returncode}"
    last = [line for line in finished.stderr.splitlines() if line.strip()][-_SHOWN_LINES:]
    return "".join(f"\n  {line}" for line in last) if last else f"exit code {finished.returncode}"
