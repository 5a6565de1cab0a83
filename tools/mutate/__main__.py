"""Apply listed slips to the P4 generator, one at a time in a copy, and see which ones bmv2 and the interpreter tell.

    python -m tools.mutate [--only TEXT] [--jobs N] [--golden]

Exits with 1 where fewer than 98 % are told, or where an entry of the list no longer fits its file.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from backends.p4.compile import compile_program
from tests.backends.p4.behaviour_cases import CASES
from tests.bmv2 import MISSING
from tests.engines import InterpreterEngine
from tools.mutate.baseline import Prepared, digest_of, save
from tools.mutate.mutations import ListError, Mutation, load_mutations

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("weft", "compiler", "backends", "runtime", "sim", "p4", "tests", "tools", "examples", "pyproject.toml")
WANTED = 0.98
TIMEOUT_S = 150  # of one mutant, all cases
# What says how state is read back from a switch, and what stands in tables: slips may change no compiled file.
_AT_RUN_TIME = ("compiler/passes/expansion/snapshots.py", "compiler/passes/expansion/arrays.py")


@dataclass(frozen=True)
class Verdict:
    """`kind`: "killed", "survived", or "not applicable"; `how` says by what."""

    mutation: Mutation
    kind: str
    how: str
    seconds: float


class Scratch:
    """A copy of the checkout, for one mutant after another."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                shutil.copyfile(source, folder / name)

    def judge(self, common: Path, *options: str) -> tuple[str, str]:
        """(verdict, how) of what is in the copy now."""
        command = [sys.executable, "-m", "tools.mutate.judge", str(common / "baseline"), str(common / "p4c"), *options]
        try:
            done = subprocess.run(command, cwd=self._folder, capture_output=True, timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            return "killed", f"not done after {TIMEOUT_S} s"
        if done.returncode:  # it does not even import
            return "killed", done.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1][:200]
        found = json.loads(done.stdout)
        return found["verdict"], ": ".join(filter(None, (found["case"], found["how"])))

    def golden(self) -> tuple[str, str]:
        """(verdict, how) by the tests of what the generated text looks like."""
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/backends/p4"]
        environment = {**os.environ, "WEFT_P4_BIN": "/nowhere", "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, cwd=self._folder, capture_output=True, env=environment, check=False)
        return ("killed", "by the text alone") if done.returncode == 1 else ("survived", "the text, too, passes")

    def try_out(self, mutation: Mutation, common: Path, *, golden: bool) -> Verdict:
        start = time.monotonic()

        def verdict(kind: str, how: str) -> Verdict:
            return Verdict(mutation, kind, how, time.monotonic() - start)

        path = self._folder / mutation.file
        if not path.is_file():
            return verdict("not applicable", "there is no such file")
        text = path.read_text(encoding="utf-8")
        mutated = mutation.applied(text)
        if mutated is None:
            return verdict("not applicable", f"the text stands there {text.count(mutation.old)} times")
        try:
            self._put(path, mutated)
            options = ["--first", ",".join(mutation.kills)]
            if mutation.file in _AT_RUN_TIME:
                options.append("--always-run")
            if mutation.file.endswith(".p4") and mutation.kills:  # every program includes it, few call it
                options.append("--only-first")
            kind, how = self.judge(common, *options)
            if kind == "survived" and golden:
                kind, how = self.golden()
        finally:
            self._put(path, text)
        return verdict(kind, how)

    @staticmethod
    def _put(path: Path, text: str) -> None:
        """Python takes a compiled file of the same second and size for the source's: it must go."""
        path.write_text(text, encoding="utf-8")
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):
            compiled.unlink()


def prepared_cases() -> list[Prepared]:
    reference = InterpreterEngine()
    found: list[Prepared] = []
    for case in CASES:
        program, packets = case.program(), case.arrivals()
        entries = case.control_entries(program)
        files = digest_of(compile_program(program, test_header=True))
        found.append(Prepared(case.name, program, entries, packets, reference.run(program, entries, packets), files))
    return found


def try_all(mutations: Sequence[Mutation], folder: Path, *, jobs: int, golden: bool) -> list[Verdict]:
    common = folder / "common"
    (common / "p4c").mkdir(parents=True)
    save(prepared_cases(), common / "baseline")
    scratches: queue.SimpleQueue[Scratch] = queue.SimpleQueue()
    for number in range(jobs):
        scratches.put(Scratch(folder / f"copy{number}"))
    first = scratches.get()
    kind, how = first.judge(common, "--always-run")
    scratches.put(first)
    if kind != "survived":
        sys.exit(f"without any mutation the switch differs from the interpreter ({how}); mend that first")

    def one(mutation: Mutation) -> Verdict:
        scratch = scratches.get()
        try:
            found = scratch.try_out(mutation, common, golden=golden)
        finally:
            scratches.put(scratch)
        if found.kind == "killed":
            print(f"killed    {found.seconds:5.1f} s  {mutation.file}: {mutation.breaks} [{found.how}]", flush=True)
        else:
            print(f"{found.kind.upper()}  {mutation.file}: {mutation.breaks} [{found.how}]", flush=True)
        return found

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, mutations))


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.mutate", description="Which slips in the P4 generator are noticed?")
    parser.add_argument("--only", default="", metavar="TEXT", help="those whose file or sentence has this text")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument("--golden", action="store_true", help="a change that only the text's tests see counts, too")
    arguments = parser.parse_args()
    if MISSING:
        sys.exit(f"{' and '.join(MISSING)}: neither on PATH nor in WEFT_P4_BIN")
    try:
        mutations = [m for m in load_mutations() if arguments.only in f"{m.file}: {m.breaks}"]
    except ListError as error:
        sys.exit(str(error))
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="weft-mutate-") as folder:
        verdicts = try_all(mutations, Path(folder), jobs=arguments.jobs, golden=arguments.golden)
    killed = sum(v.kind == "killed" for v in verdicts)
    tried = sum(v.kind != "not applicable" for v in verdicts)
    share = killed / tried if tried else 0.0
    print(f"\n{killed} of {tried} killed ({share:.1%}) in {time.monotonic() - start:.0f} s")
    for verdict in verdicts:
        if verdict.kind != "killed":
            print(f"  {verdict.kind}: {verdict.mutation.file}: {verdict.mutation.breaks} [{verdict.how}]")
    sys.exit(share < WANTED or tried < len(verdicts))


if __name__ == "__main__":
    main()
