"""`weft examples`."""

from __future__ import annotations

from pathlib import Path

from weft.bundled import bundled_examples
from weft.terminal import Table, write_json, write_result, write_tables


def list_examples(*, as_json: bool) -> None:
    """Print the bundled programs: name, what each does, where it is."""
    folder = bundled_examples()
    programs = sorted(path for path in folder.glob("*/*.weft") if path.stem == path.parent.name)
    if as_json:
        write_json([{"name": p.stem, "summary": _summary(p), "program": str(p)} for p in programs])
        return
    rows = tuple((program.stem, _summary(program)) for program in programs)
    write_tables([Table(f"in {folder}", ("name", "what it does"), rows)])
    if not programs:
        write_result(f"there are no examples in {folder}")


def _summary(program: Path) -> str:
    """The first sentence of the comment that the program begins with."""
    first = program.read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("//").strip() if first.startswith("//") else ""
