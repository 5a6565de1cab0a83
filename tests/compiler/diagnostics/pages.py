"""The catalogue's pages, with the programs in them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from compiler.diagnostics import CompileError, Diagnostic
from compiler.diagnostics.explain import explain
from compiler.load import load_program

COMPILER = Path(__file__).parents[3] / "compiler"
_BLOCK = re.compile(r"```weft(,[^\n]*)?\n(.*?)```", re.DOTALL)
_CODE = re.compile(r"W\d{4}")
MARK = "// wrong"


@dataclass(frozen=True)
class Page:
    files: dict[str, str]  # modules beside the programs
    wrong: str | None
    right: str | None
    kind: str  # "error" or "warning"


def page_of(code: str) -> Page:
    modules, wrong, right, kind = {}, None, None, "error"
    for label, text in _BLOCK.findall(explain(code)):
        key, _, value = label.removeprefix(",").partition("=")
        if key == "file":
            modules[value] = text
        elif key:
            assert value == code
            wrong, kind = text, key
        else:
            right = text
    return Page(modules, wrong, right, kind)


def codes_in_compiler() -> set[str]:
    """Every text in the compiler's code that is a code, but for docstrings."""
    found: set[str] = set()
    for path in COMPILER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
                found.add(node.value)
    return found


def diagnostics_of(text: str, page: Page, folder: Path) -> tuple[Diagnostic, ...]:
    """What loading the program `text` reports, with the page's modules beside it."""
    for name, module in page.files.items():
        (folder / name).write_text(module, encoding="utf-8")
    path = folder / "program.weft"
    path.write_text(text, encoding="utf-8")
    try:
        return load_program(path).warnings
    except CompileError as error:
        return error.diagnostics
