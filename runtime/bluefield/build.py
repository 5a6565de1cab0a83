"""Build an application with meson and ninja."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from backends.bluefield.folder import BUILD
from runtime.bluefield.application_folder import ApplicationFolder
from runtime.bluefield.errors import BuildError, DpdkMissingError

TOOLS: Final = ("meson", "ninja", "pkg-config", "cc")
PACKAGES: Final = "dpdk libdpdk-dev meson ninja-build pkg-config gcc"  # Debian's
_TOLD: Final = 4000  # characters of what a tool printed that a message repeats


def missing() -> list[str]:
    """What is not on this machine of what a build needs; empty where all is there."""
    found = [tool for tool in TOOLS if shutil.which(tool) is None]
    if "pkg-config" not in found:
        asked = subprocess.run(["pkg-config", "--exists", "libdpdk"], capture_output=True, check=False)
        found += ["libdpdk"] if asked.returncode else []
    return found


def build_application(folder: ApplicationFolder, *, options: Sequence[str] = ()) -> Path:
    """The application's binary, built in `build` of the folder; again where it has been before.

    `options` are meson's, as `--buildtype=debug`. Raises `DpdkMissingError` or `BuildError`.
    """
    lacks = missing()
    if lacks:
        raise DpdkMissingError(
            f"not on this machine: {', '.join(lacks)}", help=f"on Debian, apt-get install {PACKAGES}"
        )
    place = folder.path / BUILD
    again = ("--reconfigure",) if (place / "build.ninja").exists() else ()
    _run(["meson", "setup", *again, *options, str(place), str(folder.path)])
    _run(["ninja", "-C", str(place)])
    return place / f"weft-{folder.manifest.c_name}"


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if result.returncode:
        told = (result.stdout + result.stderr).strip()[-_TOLD:]
        raise BuildError(f"{command[0]} fails with exit code {result.returncode}\n{told}")
