"""`weft new`."""

from __future__ import annotations

import re
import tempfile
from importlib.resources import files
from pathlib import Path

from weft.failures import CommandError, UsageError
from weft.terminal import write_json, write_result

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PLACEHOLDER = "NAME"


def write_new_program(name: str, *, as_json: bool) -> None:
    """Make the folder `name` with a program that runs, a README and a traffic script; or leave everything as it is."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"`{name}` is no name for a program", help="use letters, digits and `_`, a letter first")
    target = Path(name)
    if target.exists() or target.is_symlink():
        raise CommandError(f"{name} is there already", help="choose another name; nothing was changed")
    with tempfile.TemporaryDirectory(prefix=".weft-", dir=Path.cwd()) as scratch:
        made = Path(scratch) / name
        made.mkdir()
        for file_name, text in _starter(name).items():
            (made / file_name).write_text(text, encoding="utf-8")
        made.rename(target)
    if as_json:
        write_json({"program": f"{name}/{name}.weft", "files": [f"{name}/{file}" for file in sorted(_starter(name))]})
    else:
        write_result(f"made {name}/{name}.weft; {name}/README.md says how to run it")


def _starter(name: str) -> dict[str, str]:
    folder = files("weft").joinpath("starter")
    texts = {file: folder.joinpath(file).read_text(encoding="utf-8") for file in ("README.md", "traffic.py")}
    texts[f"{name}.weft"] = folder.joinpath("program.weft").read_text(encoding="utf-8")
    return {file: text.replace(_PLACEHOLDER, name) if file == "README.md" else text for file, text in texts.items()}
