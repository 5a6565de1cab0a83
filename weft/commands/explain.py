"""`weft explain`."""

from __future__ import annotations

import re
from importlib.resources import files

from compiler.diagnostics.suggest import closest
from weft.failures import UsageError
from weft.terminal import write_json, write_result

_CODE = re.compile(r"W\d{4}")


def explain_code(code: str, *, as_json: bool) -> None:
    """Print the page of the catalogue that documents a diagnostic's code."""
    pages = _pages()
    wanted = code.strip().strip("[]").upper()
    if wanted not in pages:
        meant = closest(wanted, pages)
        raise UsageError(
            f"there is no diagnostic `{code}`" + (f"; did you mean `{meant}`?" if meant else ""),
            help="a code looks like W0304; it stands in brackets behind `error` or `warning`",
        )
    text = pages[wanted]
    if as_json:
        write_json({"code": wanted, "title": text.partition("\n")[0].lstrip("# "), "text": text})
    else:
        write_result(text)


def _pages() -> dict[str, str]:
    """The pages of the catalogue by code."""
    folder = files("compiler.diagnostics").joinpath("catalogue")
    if not folder.is_dir():
        return {}
    names = [entry.name for entry in folder.iterdir() if _CODE.fullmatch(entry.name.removesuffix(".md"))]
    return {name.removesuffix(".md"): folder.joinpath(name).read_text(encoding="utf-8") for name in sorted(names)}
