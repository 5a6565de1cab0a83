"""Cuts as files.

path = ["switch", "host", "switch"]     # the devices that a packet visits; the first has the ports

[homes]                                 # at which place of the path each state is; 0 where nothing is said
sessions = 1
by_flow = 1
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from compiler.diagnostics.suggest import closest
from compiler.ir.program import Program
from compiler.partition.cut import Cut, CutError

_KEYS = ("path", "homes")


def load_cut(path: Path, program: Program) -> Cut:
    """Read a cut of `program`. Raises `CutError` for what is no cut, and `OSError` for what cannot be read."""
    try:
        text = tomllib.loads(path.read_bytes().decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CutError(f"{path}: not valid TOML: {error}") from error
    for key in text:
        if key not in _KEYS:
            raise CutError(f"{path}: a cut has no `{key}`{_meant(key, _KEYS)}; it has `path` and `homes`")
    return Cut(_path(path, text.get("path")), _homes(path, text.get("homes", {}), program))


def _path(path: Path, found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(name, str) and name.isidentifier() for name in found):
        raise CutError(f'{path}: `path` is a list of names of devices, such as ["switch", "host", "switch"]')
    return tuple(map(str, found))


def _homes(path: Path, found: object, program: Program) -> dict[str, int]:
    if not isinstance(found, dict):
        raise CutError(f"{path}: `homes` is a table that says of states at which place of `path` they are")
    names = [state.name for state in program.states]
    homes: dict[str, int] = {}
    for name, place in found.items():
        if name not in names:
            raise CutError(f"{path}: the program has no state `{name}`{_meant(name, names)}")
        if isinstance(place, bool) or not isinstance(place, int):
            raise CutError(f"{path}: the home of `{name}` is a place in `path`, a number counted from 0")
        homes[name] = place
    return homes


def _meant(name: str, names: tuple[str, ...] | list[str]) -> str:
    found = closest(name, names)
    return f" (did you mean `{found}`?)" if found else ""
