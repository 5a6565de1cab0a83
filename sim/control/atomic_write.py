"""Write a text file as a whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path


def write_text_atomically(path: str, text: str) -> None:
    """Put `text` under `path`; an `OSError` leaves what was there. A device or pipe is written in place."""
    target = Path(os.path.realpath(path))  # through a symbolic link, not over it
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        target.write_text(text, encoding="utf-8")
        return
    temporary = target.with_name(f".weft-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("x", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
