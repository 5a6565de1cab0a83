"""`weft fmt`."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path

from compiler.diagnostics import CompileError
from compiler.format import format_source
from sim.control.atomic_write import write_text_atomically
from weft.failures import CommandError
from weft.terminal import write_json, write_note, write_result


def format_files(paths: Iterable[Path], *, check: bool, diff: bool, as_json: bool) -> int:
    """Lay out the programs at `paths` (folders: all in them), or only say which would change.

    Returns 1 if `check` or `diff` found a file to change, else 0. A file that cannot be parsed stays as it is;
    the others are formatted before that is raised.
    """
    errors: list[CompileError] = []
    changed: list[dict[str, str]] = []
    for path in _programs(paths):
        text = _read(path)
        try:
            formatted = format_source(text, name=str(path))
        except CompileError as error:
            errors.append(error)
            continue
        if formatted == text:
            continue
        difference = {"diff": _difference(path, text, formatted)} if diff else {}
        changed.append({"file": str(path), **difference})
        if not (check or diff):
            write_text_atomically(str(path), formatted)
        if not as_json:
            _tell(path, difference.get("diff"), is_done=not (check or diff))
    if as_json:
        write_json(changed)
    if errors:
        raise CompileError(*(diagnostic for error in errors for diagnostic in error.diagnostics))
    return 1 if changed and (check or diff) else 0


def _tell(path: Path, difference: str | None, *, is_done: bool) -> None:
    if is_done:
        write_note(f"formatted {path}")
    else:
        write_result(str(path) if difference is None else difference)


def _programs(paths: Iterable[Path]) -> list[Path]:
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.rglob("*.weft")) if path.is_dir() else [path]
        if not inside:
            raise CommandError(f"{path}: there are no programs (.weft) in this folder")
        found.update(dict.fromkeys(inside))
    return list(found)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: not a text file in UTF-8 (byte {error.start})") from error


def _difference(path: Path, text: str, formatted: str) -> str:
    lines = unified_diff(
        text.splitlines(keepends=True), formatted.splitlines(keepends=True), str(path), f"{path} (formatted)"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
