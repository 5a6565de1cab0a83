"""The process that is a switch on the interpreter: `python -m runtime.lab.interpreted_switch FOLDER ...`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from runtime.p4runtime.compiled_folder import load_folder
from runtime.p4runtime.errors import DeployError
from runtime.p4runtime.server.errors import ServerError
from runtime.p4runtime.server.pipeline import ServedProgram
from runtime.p4runtime.server.switch import Switch
from sim.control import ControlError, load_entries
from sim.state import NO_ENTRIES


def main() -> int:
    """Serve until SIGTERM comes; the P4Runtime port is in the file `--ready` once packets are forwarded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--entries", type=Path)
    parser.add_argument("--address", default="127.0.0.1:0")
    parser.add_argument("--device-id", type=int, default=1)
    parser.add_argument("--interface", "-i", action="append", default=[], metavar="PORT@NAME")
    parser.add_argument("--ready", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        return _serve(arguments)
    except (ControlError, DeployError, ServerError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


def _serve(arguments: argparse.Namespace) -> int:
    folder = load_folder(arguments.folder)
    entries = NO_ENTRIES if arguments.entries is None else load_entries(arguments.entries, folder.program)
    interfaces = dict(_interface(text) for text in arguments.interface)
    served = ServedProgram(folder.manifest, folder.program, folder.p4info)
    switch = Switch(
        served, address=arguments.address, device_id=arguments.device_id, interfaces=interfaces, entries=entries
    )

    def end(number: int, frame: FrameType | None) -> None:
        switch.end()

    signal.signal(signal.SIGTERM, end)
    with switch:
        temporary = arguments.ready.with_suffix(".tmp")
        temporary.write_text(str(switch.port))
        temporary.replace(arguments.ready)
        switch.wait()
    return 0


def _interface(text: str) -> tuple[int, str]:
    port, _, name = text.partition("@")
    return int(port), name


if __name__ == "__main__":
    sys.exit(main())
