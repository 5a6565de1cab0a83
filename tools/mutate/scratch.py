"""Copies of the checkout in which one slip after another is made."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools.mutate.mutations import Mutation
from tools.mutate.target import Target

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("weft", "compiler", "backends", "runtime", "sim", "p4", "tests", "tools", "examples", "pyproject.toml")


@dataclass(frozen=True)
class Verdict:
    """`kind`: "killed", "survived", or "not applicable"; `how` says by what."""

    mutation: Mutation
    kind: str
    how: str
    seconds: float


class Scratch:
    """A copy of the checkout, for one mutant after another of one target."""

    def __init__(self, folder: Path, target: Target, common: Path) -> None:
        self._folder, self._target, self._common = folder, target, common
        folder.mkdir()
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                shutil.copyfile(source, folder / name)

    def judge(self, mutation: Mutation | None) -> tuple[str, str]:
        """(verdict, how) of what is in the copy now, which is the checkout with this mutation."""
        limit = self._target.time_limit_s
        command = [sys.executable, "-m", *self._target.judge(self._common, mutation)]
        judge = subprocess.Popen(
            command, cwd=self._folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        try:
            said, complaints = judge.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            return "killed", f"not done after {limit:.0f} s"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(judge.pid, signal.SIGKILL)  # and what it started
            judge.communicate()
        if judge.returncode < 0:
            return "killed", f"ends by {signal.Signals(-judge.returncode).name}"
        if judge.returncode:  # it does not even import
            return "killed", complaints.decode(errors="replace").strip().rsplit("\n", 1)[-1][:200]
        found = json.loads(said)
        return found["verdict"], ": ".join(filter(None, (found["case"], found["how"])))

    def by_text(self) -> tuple[str, str]:
        """(verdict, how) by the tests of what the generated text looks like."""
        if self._target.text_tests is None:
            return "survived", "no test looks at the text alone"
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", self._target.text_tests]
        environment = {**os.environ, "WEFT_P4_BIN": "/nowhere", "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, cwd=self._folder, capture_output=True, env=environment, check=False)
        return ("killed", "by the text alone") if done.returncode == 1 else ("survived", "the text, too, passes")

    def try_out(self, mutation: Mutation, *, golden: bool) -> Verdict:
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
            kind, how = self.judge(mutation)
            if kind == "survived" and golden:
                kind, how = self.by_text()
        finally:
            self._put(path, text)
        return verdict(kind, how)

    @staticmethod
    def _put(path: Path, text: str) -> None:
        """Python takes a compiled file of the same second and size for the source's: it must go."""
        path.write_text(text, encoding="utf-8")
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):
            compiled.unlink()
