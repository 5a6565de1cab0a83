"""What each code means, with an example: the pages of catalogue/."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from compiler.diagnostics.suggest import closest


class UnknownCodeError(LookupError):
    """There is no such code; `closest` is the one most like it, if one is near."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.closest = closest(code.upper(), codes())
        meant = f"; did you mean `{self.closest}`?" if self.closest else ""
        super().__init__(f"there is no diagnostic `{code}`{meant}")


@cache
def codes() -> tuple[str, ...]:
    """All codes that have a page, in order."""
    pages = files("compiler.diagnostics").joinpath("catalogue").iterdir()
    return tuple(sorted(page.name.removesuffix(".md") for page in pages if page.name.endswith(".md")))


def explain(code: str) -> str:
    """The page of `code` (Markdown). Raises `UnknownCodeError`; brackets around it and small letters are taken."""
    wanted = code.strip().strip("[]").upper()
    if wanted not in codes():
        raise UnknownCodeError(code)
    return files("compiler.diagnostics").joinpath("catalogue", f"{wanted}.md").read_text(encoding="utf-8")
