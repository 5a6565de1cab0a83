"""Compile a datapath to a shared library, once: libraries are kept by the content of what they are made of."""

from __future__ import annotations

import atexit
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePath
from typing import Final

from sim.native.errors import CompilerMissingError, NativeBuildError

COMPILERS: Final = ("cc", "gcc", "clang")
# gcc 12 turns numbers of 16 bits round by way of the stack where it may use `movbe`, and then waits for its own store.
_OF_MACHINE: Final = ("-mno-movbe",) if platform.machine() in ("x86_64", "AMD64") else ()
FLAGS: Final = ("-std=c11", "-O3", "-march=native", *_OF_MACHINE, "-fPIC", "-shared", "-ffreestanding")
FLAGS_VARIABLE: Final = "WEFT_CFLAGS"  # flags of the user's, behind all others


def find_compiler() -> str | None:
    """The C compiler: what the environment's CC names, else the first of `COMPILERS`."""
    named = os.environ.get("CC")
    for name in (named,) if named else COMPILERS:
        found = shutil.which(name)
        if found is not None:
            return found
    return None


def build_library(files: Mapping[PurePath, bytes], *, flags: tuple[str, ...] = FLAGS) -> Path:
    """The shared library made of the C files among `files`, from the cache where it was made before.

    Raises `CompilerMissingError`, `NativeBuildError` or an `OSError`.
    """
    compiler = find_compiler()
    if compiler is None:
        raise CompilerMissingError(COMPILERS)
    flags = (*flags, *shlex.split(os.environ.get(FLAGS_VARIABLE, "")))
    library = _cache_folder() / f"{_digest(files, compiler, flags)}.so"
    if library.exists():
        return library
    try:
        return _made(library, files, compiler, flags)
    except OSError:  # a home that cannot be written, say
        return _made(_own_folder() / library.name, files, compiler, flags)


def _made(library: Path, files: Mapping[PurePath, bytes], compiler: str, flags: tuple[str, ...]) -> Path:
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="weft-", dir=library.parent) as scratch:
        return _compile(files, Path(scratch), compiler, flags).replace(library)


@cache
def _own_folder() -> Path:
    """A folder of this process alone: nobody else may lay a library there."""
    folder = Path(tempfile.mkdtemp(prefix="weft-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _compile(files: Mapping[PurePath, bytes], folder: Path, compiler: str, flags: tuple[str, ...]) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    sources = [str(path) for path in files if path.suffix == ".c"]
    made = folder / "library.so"
    command = [compiler, *flags, "-I.", *sources, "-o", made.name]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    if result.returncode != 0:
        raise NativeBuildError(compiler, result.stderr.strip()[:4000])
    return made


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "weft" / "native"


def _digest(files: Mapping[PurePath, bytes], compiler: str, flags: tuple[str, ...]) -> str:
    """Names all that the library depends on; `-march=native` means another processor on another machine."""
    digest = hashlib.sha256()
    for part in (compiler, *flags, _processor(), str(Path(compiler).stat().st_mtime_ns)):
        digest.update(part.encode() + b"\0")
    for path in sorted(files):
        digest.update(str(path).encode() + b"\0" + len(files[path]).to_bytes(8) + files[path])
    return digest.hexdigest()[:32]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return "\n".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))
