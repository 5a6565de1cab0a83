"""The catalogue's pages, with the programs in them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from backends.p4.validate import validate
from compiler.diagnostics import CompileError, Diagnostic
from compiler.diagnostics.explain import explain
from compiler.load import load_program

ROOT = Path(__file__).parents[3]
REPORTING = ("compiler", "backends")  # the packages that report diagnostics
_BLOCK = re.compile(r"```weft(,[^\n]*)?\n(.*?)```", re.DOTALL)
_CODE = re.compile(r"W\d{4}")
MARK = "// wrong"
VALIDATORS = {"bmv2": validate}


@dataclass(frozen=True)
class Page:
    files: dict[str, str]  # modules beside the programs
    wrong: str | None
    right: str | None
    kind: str  # "error" or "warning"
    target: str | None  # the back end that reports it; None where the compiler does for any


def page_of(code: str) -> Page:
    modules, wrong, right, kind, target = {}, None, None, "error", None
    for label, text in _BLOCK.findall(explain(code)):
        key, _, value = label.removeprefix(",").partition("=")
        if key == "file":
            modules[value] = text
        elif key:
            assert value == code
            wrong = text
            before, _, kind = key.rpartition("-")  # "error", or "bmv2-error"
            target = before or None
        else:
            right = text
    return Page(modules, wrong, right, kind, target)


def codes_in_compiler() -> set[str]:
    """Every text in the code of compiler and back ends that is a code, but for docstrings."""
    found: set[str] = set()
    for path in (path for package in REPORTING for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
                found.add(node.value)
    return found


def diagnostics_of(text: str, page: Page, folder: Path) -> tuple[Diagnostic, ...]:
    """What loading the program `text` reports, with the page's modules beside it, and then the page's target."""
    for name, module in page.files.items():
        (folder / name).write_text(module, encoding="utf-8")
    path = folder / "program.weft"
    path.write_text(text, encoding="utf-8")
    try:
        loaded = load_program(path)
        return (*loaded.warnings, *(VALIDATORS[page.target](loaded.program) if page.target else ()))
    except CompileError as error:
        return error.diagnostics
