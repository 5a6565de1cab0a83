"""Labs on this machine, from the command line: each test in a network namespace of its own, so that tests that run at
the same time do not see each other's interfaces, processes and ports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from backends.p4.tools import P4C, find_tool
from runtime.bmv2.process import SIMPLE_SWITCH_GRPC

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
LABS = EXAMPLES / "labs"
TIME_LIMIT_S = 240.0

WEFT = (sys.executable, "-c", "from weft.cli import main; main()")

_numbers = count()


def _can_make_namespaces() -> bool:
    if os.geteuid() != 0 or not all(map(shutil.which, ("ip", "tc", "nsenter"))):
        return False
    name = f"weft-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    return made and subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False).returncode == 0


needs_root = pytest.mark.skipif(
    not _can_make_namespaces(), reason="network namespaces are made by root, with iproute2 and nsenter"
)
needs_bmv2 = pytest.mark.skipif(
    find_tool(P4C) is None or find_tool(SIMPLE_SWITCH_GRPC) is None, reason="p4c and simple_switch_grpc are not here"
)


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


class Machine:
    """`home` is the namespace in which commands run; `folder` is where records of labs go, empty at first."""

    def __init__(self, home: str, folder: Path) -> None:
        self.home = home
        self.folder = folder / "labs"
        self._work = folder

    def command(self, *args: str | Path) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{self.home}", "--", *WEFT, *map(str, args)]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "WEFT_LAB_DIR": str(self.folder)}

    def weft(self, *args: str | Path) -> Finished:
        done = subprocess.run(
            self.command(*args),
            cwd=self._work,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def lab(self, topology: Path, *options: str) -> Iterator[dict[str, Any]]:
        """A lab that is up; what `weft lab up --json` says of it."""
        done = self.weft("lab", "up", topology, "--json", *options)
        try:
            assert done.code == 0, done.err
            yield json.loads(done.out)
        finally:
            self.weft("lab", "down", topology)

    def start(self, *args: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*args),
            cwd=self._work,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    # --- what is there

    def interfaces(self) -> set[str]:
        shown = subprocess.run(
            ["ip", "-n", self.home, "-json", "link"], capture_output=True, text=True, check=True
        ).stdout
        return {link["ifname"] for link in json.loads(shown)}

    def namespaces(self, lab: str) -> set[str]:
        shown = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
        return {line.split()[0] for line in shown.splitlines() if line.startswith(f"weft-{lab}-")}

    def processes(self) -> set[str]:
        """Names of what runs in `home`, but for what ended and waits to be buried."""
        pids = subprocess.run(["ip", "netns", "pids", self.home], capture_output=True, text=True, check=True).stdout
        return {name for pid in pids.split() if (name := _name(int(pid)))}

    def check_empty(self, lab: str) -> None:
        assert self.namespaces(lab) == set()
        assert self.interfaces() == {"lo"}
        assert self.processes() == set()
        assert not self.folder.exists()


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    home = f"weft-test-{os.getpid()}-{next(_numbers)}"
    subprocess.run(["ip", "netns", "add", home], check=True)
    try:
        subprocess.run(["ip", "-n", home, "link", "set", "lo", "up"], check=True)
        yield Machine(home, folder)
    finally:
        subprocess.run(["ip", "netns", "delete", home], check=True)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to this"
        time.sleep(0.002)
