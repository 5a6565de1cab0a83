"""Modules: `use std::net;` loads the standard library, `use lists;` a file beside the program."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from compiler.diagnostics import Reporter, closest
from compiler.frontend import items
from compiler.frontend.parse import parse
from compiler.source import Source


def module_source(name: str, directory: Path | None) -> Source | None:
    """The text of module `std::net` or `lists`, or None where there is no such file."""
    if name.startswith("std::"):
        short = name.removeprefix("std::")
        if short not in standard_modules():
            return None
        return Source(f"<{name}>", files("compiler.std").joinpath(f"{short}.weft").read_text(encoding="utf-8"))
    if directory is None:
        return None
    path = directory.joinpath(*name.split("::")).with_suffix(".weft")
    try:
        return Source(str(path), path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


@cache
def standard_module(name: str) -> items.Module:
    """A module of the standard library, parsed once: its tree never changes."""
    source = module_source(name, None)
    assert source is not None
    reporter = Reporter()
    module = parse(source, reporter)
    assert not reporter.diagnostics, "the standard library has no syntax errors"
    return module


@cache
def standard_modules() -> tuple[str, ...]:
    names = (entry.name for entry in files("compiler.std").iterdir())
    return tuple(sorted(name.removesuffix(".weft") for name in names if name.endswith(".weft")))


@cache
def standard_headers() -> dict[str, str]:
    """The standard module that declares each header."""
    found: dict[str, str] = {}
    for name in standard_modules():
        text = files("compiler.std").joinpath(f"{name}.weft").read_text(encoding="utf-8")
        found.update(dict.fromkeys(re.findall(r"^(?:header|alias) (\w+)", text, re.MULTILINE), name))
    return found


def load_module(use: items.Use, directory: Path | None, reporter: Reporter) -> items.Module | None:
    """The parsed module that `use` names, or None after an error."""
    name = str(use.path)
    if name.startswith("std::") and name.removeprefix("std::") in standard_modules():
        return standard_module(name)
    source = module_source(name, directory)
    if source is not None:
        return parse(source, reporter)
    known = [f"std::{m}" for m in standard_modules()]
    near = closest(name, known) or (f"std::{name}" if f"std::{name}" in known else None)
    module, _, inside = name.rpartition("::")
    if module in known:  # `use std::sketch::CountMin;`
        help_text = f"names inside a module stand in braces: `use {module}::{{{inside}}};`"
        reporter.error("W0216", f"there is no module `{name}`", use.path.span, help=help_text)
        return None
    listed = ", ".join(f"`{k}`" for k in known)
    reporter.error(
        "W0216",
        f"there is no module `{name}`",
        use.path.span,
        help=(f"did you mean `{near}`? " if near else "") + f"the standard library has {listed}",
    )
    return None
