"""Write one JSON value a line, to a file that is there when it is complete or not at all."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self


class JsonLines:
    """A file of lines under construction. Leaving its `with` block puts it in place; by an exception, discards it.

    Raises `OSError` with the name of the target.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines_written = 0
        self._temporary = path.with_name(f".weft-{secrets.token_hex(8)}.tmp")
        try:
            self._file = self._temporary.open("x", encoding="utf-8")
        except OSError as error:
            raise self._named(error) from error

    def write(self, value: object) -> None:
        try:
            self._file.write(json.dumps(value, ensure_ascii=False) + "\n")
        except OSError as error:
            raise self._named(error) from error
        self.lines_written += 1

    def _named(self, error: OSError) -> OSError:
        return OSError(error.errno, f"cannot write: {error.strerror or error}", os.fspath(self.path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
            if kind is None:
                self._temporary.replace(self.path)
        except OSError as failed:
            if kind is None:
                raise self._named(failed) from failed
        finally:
            with suppress(OSError):
                self._temporary.unlink(missing_ok=True)
