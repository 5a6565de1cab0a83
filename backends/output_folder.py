"""A folder that `weft compile` writes: there whole, or as it was."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath


class FolderError(Exception):
    """A folder that cannot be written to: `problem` in one sentence, `help` says what to do. Nothing was changed."""

    def __init__(self, problem: str, *, help: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.help = help

    def __str__(self) -> str:
        return f"{self.problem}\nhelp: {self.help}"


@contextmanager
def replaced_folder(folder: Path, written_before: Callable[[Path], Collection[str] | None]) -> Iterator[Path]:
    """A new folder that takes the place of `folder` (resolved) when the block ends without an exception.

    `written_before`: the names of the files that an earlier run wrote into a folder, None where no earlier run did;
    only those are deleted. Raises `FolderError` where something else is in the way.
    """
    _check_replaceable(folder, written_before)
    with _errors_name(folder), _scratch_beside(folder) as scratch:
        made = scratch / folder.name
        yield made
        _put_in_place(made, folder, spare=scratch / "before")


def write_files(folder: Path, files: Mapping[PurePath, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def _check_replaceable(folder: Path, written_before: Callable[[Path], Collection[str] | None]) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise FolderError(f"{folder} is no folder", help="give `-o` the name of a folder")
    found = {path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}
    if not found:
        return
    names = written_before(folder)
    if names is None:
        raise FolderError(
            f"{folder} holds something that `weft compile` did not write",
            help="choose another folder, or empty this one; nothing was changed",
        )
    foreign = sorted(map(str, found - {Path(name) for name in names}))
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
