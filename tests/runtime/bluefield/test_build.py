"""What meson compiles an application with."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import msgspec

from backends.bluefield.folder import write_application
from tests.dpdk import needs_dpdk
from tests.examples.corpus import example_program


@needs_dpdk
def test_the_processor_that_the_user_names_counts(tmp_path: Path) -> None:
    folder = tmp_path / "acl"
    write_application(example_program("acl"), folder)
    command = ["meson", "setup", "-Dc_args=-march=native", "build"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    commands = msgspec.json.decode((folder / "build" / "compile_commands.json").read_bytes())
    for command in commands:
        assert re.findall(r"-march=(\S+)", command["command"])[-1] == "native"  # DPDK's own stands before it
