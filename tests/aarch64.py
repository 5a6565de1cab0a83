"""Arm on this machine: a cross compiler, an emulator, and a sysroot with DPDK as `cross/sysroot.sh` makes it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.dpdk import Toolchain

COMPILER: Final = "aarch64-linux-gnu-gcc"
EMULATOR: Final = "qemu-aarch64"
WARNINGS: Final = ("-Wall", "-Wextra", "-Werror")
SYSROOT_VARIABLE: Final = "WEFT_ARM64_SYSROOT"


def sysroot() -> Path:
    """Where the sysroot is or would be; tools/packages.sh makes it in the same place."""
    named = os.environ.get(SYSROOT_VARIABLE)
    cache = os.environ.get("XDG_CACHE_HOME")
    return Path(named) if named else (Path(cache) if cache else Path.home() / ".cache") / "weft" / "arm64"


def toolchain() -> Toolchain:
    """Builds against the sysroot and runs in the emulator, which finds the sysroot's libraries under their names."""
    root = sysroot()
    return Toolchain(
        compiler=(COMPILER, f"--sysroot={root}"),
        environment={
            "PKG_CONFIG_SYSROOT_DIR": str(root),
            "PKG_CONFIG_LIBDIR": str(root / "usr/lib/aarch64-linux-gnu/pkgconfig"),
        },
        launcher=(EMULATOR, "-L", str(root)),
    )


MISSING_TOOLS = [tool for tool in (COMPILER, EMULATOR) if shutil.which(tool) is None]
_MISSING = [*MISSING_TOOLS] if shutil.which("pkg-config") else [*MISSING_TOOLS, "pkg-config"]
if not (sysroot() / "sysroot.ini").is_file():
    _MISSING.append(f"the sysroot {sysroot()} ({SYSROOT_VARIABLE} names another)")

needs_emulator = pytest.mark.skipif(bool(MISSING_TOOLS), reason=f"not on this machine: {', '.join(MISSING_TOOLS)}")
needs_sysroot = pytest.mark.skipif(bool(_MISSING), reason=f"not on this machine: {', '.join(_MISSING)}")
