"""The part of a state file that is for people: what `weft state diff` compares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sim.control import AbstractState, StateFileError


def load_view(path: Path) -> tuple[str, AbstractState]:
    """The name of the program and its state by the names of the source; `StateFileError` where there is none."""
    try:
        content: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise StateFileError(str(path), f"cannot read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise StateFileError(str(path), "not a state file: no JSON") from error
    view = content.get("view") if isinstance(content, dict) and content.get("format") == "weft-state" else None
    if not isinstance(view, dict) or not all(isinstance(entries, dict) for entries in view.values()):
        raise StateFileError(str(path), "not a state file", help="`weft run --state-out FILE` writes one")
    return str(content.get("program", "")), view
