"""Runs in a scratch copy of the checkout: is the C generator there told apart from the interpreter?

Says so as one line of JSON: {"verdict": ..., "case": ..., "how": ...}. Ends by a signal where the C does, or where it
does not end.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.backends.c.checks import CHECKS
from tools.mutate.c_target import Prepared, text_of

TIME_LIMIT_S = 120  # of one check of one case; unmutated, the slowest takes 5
_LAST = ("sanitizers",)  # checks that take longer than all others


def judged(paths: Sequence[Path], *, always_run: bool) -> dict[str, str]:
    changed: list[Prepared] = []
    for prepared in _changed(paths, always_run=always_run):
        if isinstance(prepared, dict):
            return prepared
        changed.append(prepared)
        found = _failed(prepared, [check for check in prepared.checks if check not in _LAST])
        if found is not None:
            return found
    for prepared in changed:
        found = _failed(prepared, [check for check in prepared.checks if check in _LAST])
        if found is not None:
            return found
    return {"verdict": "survived", "case": "", "how": "no case differs" if changed else "no effect on any case"}


def _changed(paths: Sequence[Path], *, always_run: bool) -> Iterator[Prepared | dict[str, str]]:
    """The cases whose C is not what it was, or a verdict where there is none to be had."""
    for path in paths:
        prepared: Prepared = pickle.loads(path.read_bytes())
        try:
            is_changed = text_of(prepared.case.program) != prepared.text
        except Exception as error:  # noqa: BLE001 - a mutant may fail in any way, and every failure is noticed
            yield _killed(prepared, _told(error))
            return
        if is_changed or always_run:
            yield prepared


def _failed(prepared: Prepared, checks: Sequence[str]) -> dict[str, str] | None:
    for check in checks:
        signal.alarm(TIME_LIMIT_S)
        try:
            found = CHECKS[check](prepared.case, prepared.reference)
        except Exception as error:  # noqa: BLE001 - as above
            found = [_told(error)]
        signal.alarm(0)
        if found:
            return _killed(prepared, f"{check}: {' '.join(found[0].split())[:160]}")
    return None


def _told(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}: {' '.join(str(error).split())[:160]}"


def _killed(prepared: Prepared, how: str) -> dict[str, str]:
    return {"verdict": "killed", "case": prepared.name, "how": how}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--first", default="", help="cases to try first, with commas")
    parser.add_argument("--always-run", action="store_true", help="cases whose C is unchanged, too")
    arguments = parser.parse_args()
    os.environ["XDG_CACHE_HOME"] = str(arguments.cache)
    os.environ["WEFT_CFLAGS"] = "-O1"
    first = arguments.first.split(",")
    paths = sorted(arguments.cases.iterdir(), key=lambda path: (path.name.partition("-")[2] not in first, path.name))
    sys.stdout.write(json.dumps(judged(paths, always_run=arguments.always_run)) + "\n")


if __name__ == "__main__":
    main()
