"""The folder that `weft compile --target bmv2` writes: there whole, or as it was."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from backends.p4.compile import LIBRARY, compile_program, with_device_config
from backends.p4.manifest import FILE_NAME, Manifest, ManifestError, load_manifest
from backends.p4.tools import P4C, P4cDiagnostic, ToolError, find_tool, p4c_version, run_p4c
from backends.p4.validate import validate
from compiler.diagnostics import CompileError
from compiler.ir.program import Program


class FolderError(Exception):
    """A folder that cannot be written to: `problem` in one sentence, `help` says what to do. Nothing was changed."""

    def __init__(self, problem: str, *, help: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.help = help

    def __str__(self) -> str:
        return f"{self.problem}\nhelp: {self.help}"


class GeneratedP4Error(ToolError):
    """p4c does not take what Weft wrote: a mistake in Weft, never in the program."""

    def __init__(self, errors: tuple[P4cDiagnostic, ...]) -> None:
        told = "\n".join(f"  {error}" for error in errors)
        super().__init__(
            f"p4c refuses the P4 that Weft wrote; nothing was kept\n{told}",
            help="this is a mistake in Weft, not in what you gave it: please report it with the program",
        )
        self.errors = errors


@dataclass(frozen=True, slots=True)
class CompiledFolder:
    """What was written. `p4c`: the version of the p4c that made the switch's JSON; None where there is none."""

    path: Path
    manifest: Manifest
    files: tuple[PurePath, ...]  # in the folder, sorted
    p4_lines: int
    p4c: str | None
    p4c_warnings: tuple[P4cDiagnostic, ...]


def write_folder(program: Program, folder: Path, *, test_header: bool = False) -> CompiledFolder:
    """Compile the program (`LoadedProgram.program`) for bmv2 into `folder`, with p4c's part where p4c is found.

    A folder that an earlier call wrote is replaced. Raises `CompileError` for what bmv2 cannot do, `FolderError`
    where something else is in the way, `ToolError` where p4c fails, or an `OSError`; then all is as it was.
    """
    problems = validate(program)
    if problems:
        raise CompileError(*problems)
    files = compile_program(program, test_header=test_header)
    folder = folder.resolve()
    _check_replaceable(folder)
    with _errors_name(folder), _scratch_beside(folder) as scratch:
        made = scratch / folder.name
        _write_files(made, files)
        version, warnings = None, ()
        if find_tool(P4C) is not None:
            version, (files, warnings) = p4c_version(), _with_p4c(made, files)
        _put_in_place(made, folder, spare=scratch / "before")
    manifest = load_manifest(folder)
    lines = files[PurePath(manifest.p4)].count(b"\n")
    return CompiledFolder(folder, manifest, tuple(sorted(files)), lines, version, warnings)


def _with_p4c(made: Path, files: Mapping[PurePath, bytes]) -> tuple[dict[PurePath, bytes], tuple[P4cDiagnostic, ...]]:
    p4 = next(Path(path) for path in files if path.suffix == ".p4" and str(path) not in LIBRARY)
    json = made / ".config.json"
    result = run_p4c(p4, json_out=json, directory=made)
    if result.errors:
        raise GeneratedP4Error(result.errors)
    whole = with_device_config(files, json.read_bytes())
    json.unlink()
    _write_files(made, whole)
    return whole, result.warnings


def _write_files(folder: Path, files: Mapping[PurePath, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def _check_replaceable(folder: Path) -> None:
    """Only what an earlier run wrote is deleted."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise FolderError(f"{folder} is no folder", help="give `-o` the name of a folder")
    found = {path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}
    if not found:
        return
    try:
        manifest = load_manifest(folder)
    except ManifestError as error:
        raise FolderError(
            f"{folder} holds something that `weft compile` did not write",
            help="choose another folder, or empty this one; nothing was changed",
        ) from error
    names = (manifest.p4, manifest.program, manifest.p4info, manifest.device_config, FILE_NAME, *LIBRARY)
    foreign = sorted(map(str, found - {Path(name) for name in names if name is not None}))
    if foreign:
        raise FolderError(
            f"{folder} holds {foreign[0]}{' and other files' if len(foreign) > 1 else ''}, which would be lost",
            help="move what is yours out of the folder, or choose another one; nothing was changed",
        )


@contextmanager
def _errors_name(folder: Path) -> Iterator[None]:
    """Errors of the system speak of the folder, not of what stands beside it meanwhile."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, f"cannot write: {error.strerror or error}", os.fspath(folder)) from error


@contextmanager
def _scratch_beside(folder: Path) -> Iterator[Path]:
    """A folder on the same file system, so that what is made in it can be renamed into place."""
    made = [parent for parent in folder.parents if not parent.exists()]
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".weft-", dir=folder.parent) as scratch:
            yield Path(scratch)
    finally:
        for parent in made:  # innermost first; those that hold something stay
            with suppress(OSError):
                parent.rmdir()


def _put_in_place(made: Path, folder: Path, *, spare: Path) -> None:
    if not folder.exists():
        made.rename(folder)
        return
    folder.rename(spare)
    try:
        made.rename(folder)
    except BaseException:
        spare.rename(folder)
        raise
    shutil.rmtree(spare, ignore_errors=True)
