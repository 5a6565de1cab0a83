"""The tests of captures once more, with C that stops at the first byte outside of its memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.native import find_compiler

ROOT = Path(__file__).resolve().parents[3]
SANITIZERS = "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"


def sanitizer_libraries() -> list[str]:
    """The libraries that have to be loaded before Python; none where the compiler has none of this kind."""
    compiler = find_compiler()
    if compiler is None:
        return []
    names = ("libasan.so", "libubsan.so")
    asked = [[compiler, f"-print-file-name={name}"] for name in names]
    found = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() for command in asked]
    return found if all(Path(path).is_file() for path in found) else []


def run_tests(chosen: list[str], cache: Path) -> None:
    """`PYTHONMALLOC`: with Python's own allocator, memory of C's side by side would be one piece to a sanitizer."""
    environment = {
        **os.environ,
        "ASAN_OPTIONS": "detect_leaks=0",
        "LD_PRELOAD": " ".join(sanitizer_libraries()),
        "PYTHONMALLOC": "malloc",
        "WEFT_CFLAGS": SANITIZERS,
        "XDG_CACHE_HOME": str(cache),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist"]
    result = subprocess.run(
        [*command, "tests/sim/native/test_replay.py", *chosen],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]


needs_sanitizers = pytest.mark.skipif(not sanitizer_libraries(), reason="the C compiler has no sanitizers as libraries")


@needs_sanitizers
def test_full_buffers_and_cut_captures(tmp_path: Path) -> None:
    run_tests(["-k", "all_but_full or cut_capture or lengths_on_the_wire"], tmp_path)


@pytest.mark.long
@needs_sanitizers
def test_all(tmp_path: Path) -> None:
    run_tests([], tmp_path)
