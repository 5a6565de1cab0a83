"""Topology files for tests."""

from __future__ import annotations

from pathlib import Path

from tests.runtime.lab.machine import LABS

PAIR = """\
[hosts.left]
address = "192.0.2.1/24"

[hosts.right]
address = "192.0.2.2/24"

[switches.bridge]
program = "bridge.weft"

[switches.bridge.ports]
"any[0]" = "left"
"any[5]" = {right}
"""

BRIDGE = (LABS.parent / "bridge" / "bridge.weft").read_text()


def write_pair(folder: Path, lab: str, *, right: str = '"right"') -> Path:
    """Two hosts at a bridge."""
    (folder / "bridge.weft").write_text(BRIDGE)
    path = folder / f"{lab}.toml"
    path.write_text(PAIR.replace("{right}", right))
    return path


def example(folder: Path, lab: str, name: str) -> Path:
    """A topology of examples/labs under the name of a test's lab."""
    text = (LABS / f"{name}.toml").read_text()
    for relative in ("../", f"{name}_"):
        text = text.replace(f'= "{relative}', f'= "{LABS}/{relative}')
    path = folder / f"{lab}.toml"
    path.write_text(f'name = "{lab}"\n{text}')
    return path
