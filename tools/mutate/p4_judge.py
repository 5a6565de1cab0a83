"""Runs in a scratch copy of the checkout: is the P4 generator there told apart from the interpreter?

Says so as one line of JSON: {"verdict": ..., "case": ..., "how": ...}.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

import tests.bmv2
from backends.p4.compile import compile_program
from backends.p4.tools import P4cResult, run_p4c
from tests.bmv2 import Bmv2Engine
from tests.engines import Outcome
from tools.mutate.p4_baseline import Prepared, digest_of, load

TIME_LIMIT_S = 30.0  # unmutated, the slowest case takes 3


def caching(cache: Path) -> Callable[..., P4cResult]:
    """`run_p4c` that keeps what p4c makes of a program in a folder that all mutants share."""

    def cached(p4_file: Path, *, json_out: Path, include: Sequence[Path] = ()) -> P4cResult:
        sources = {
            PurePath(path.relative_to(p4_file.parent)): path.read_bytes() for path in p4_file.parent.rglob("*.p4")
        }
        kept = cache / f"{digest_of(sources)}.json"
        if kept.exists():
            shutil.copyfile(kept, json_out)
            return P4cResult((), (), 0.0)
        result = run_p4c(p4_file, json_out=json_out, include=include)
        if not result.errors:
            new = kept.with_suffix(f".{os.getpid()}")
            shutil.copyfile(json_out, new)
            new.replace(kept)
        return result

    return cached


def difference(found: Outcome, wanted: Outcome) -> str | None:
    for port in {**wanted.emissions, **found.emissions}:
        if list(found.emissions.get(port, ())) != list(wanted.emissions.get(port, ())):
            return f"packets by port {port}"
    if list(found.digests) != list(wanted.digests):
        return "digests"
    return None if found.state == wanted.state else "final state"


def judged(prepared: list[Prepared], engine: Bmv2Engine, *, always_run: bool) -> dict[str, str]:
    changed = False
    for case in prepared:
        try:
            if not always_run and digest_of(compile_program(case.program, test_header=True)) == case.files:
                continue
            changed = True
            found = engine.run(case.program, case.entries, case.packets)
        except Exception as error:  # noqa: BLE001 - a mutant may fail in any way, and every failure is noticed
            last = traceback.extract_tb(error.__traceback__)[-1]
            said = " ".join(str(error).split())[:160]
            how = f"{type(error).__name__} in {Path(last.filename).name}: {said}"
            return {"verdict": "killed", "case": case.name, "how": how}
        how = difference(found, case.wanted)
        if how is not None:
            return {"verdict": "killed", "case": case.name, "how": how}
    return {"verdict": "survived", "case": "", "how": "no case differs" if changed else "no effect on any case"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("baseline", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--first", default="", help="cases to try first, with commas")
    parser.add_argument("--only-first", action="store_true", help="no other case than those")
    parser.add_argument("--always-run", action="store_true", help="cases whose files are unchanged, too")
    arguments = parser.parse_args()
    tests.bmv2.TIME_LIMIT_S = TIME_LIMIT_S
    tests.bmv2.run_p4c = caching(arguments.cache)
    first = arguments.first.split(",")
    prepared = sorted(load(arguments.baseline), key=lambda case: case.name not in first)
    if arguments.only_first:
        prepared = [case for case in prepared if case.name in first]
    verdict = judged(prepared, Bmv2Engine(), always_run=arguments.always_run)
    sys.stdout.write(json.dumps(verdict) + "\n")


if __name__ == "__main__":
    main()
