"""What scripts that generate traffic have in common: their arguments, and captures by the names of their ports."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from sim.captures import CaptureError, Packet
from sim.traffic.captures import write_captures
from sim.traffic.errors import TrafficError


class Captures(Protocol):
    """Write about `packets` packets into `directory`, one capture for each port, and return them by port name."""

    def __call__(self, directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]: ...


def write_named_captures(packets: Iterable[Packet], directory: Path, *, ports: Sequence[str]) -> dict[str, Path]:
    """Write `packets` to `directory`/NAME.pcap, where `ports` are the names of ports 0, 1, ..., and return the paths.

    `any[0]` goes to any-0.pcap. Raises `CaptureError` with nothing left behind.
    """
    names = {number: name.replace("[", "-").replace("]", "") for number, name in enumerate(ports)}
    paths = write_captures(packets, directory, port_names=names)
    return {ports[number]: path for number, path in paths.items()}


def captures_by_arguments(captures: Captures, arguments: Sequence[str] | None = None) -> dict[str, Path]:
    """Call `captures` as the command line says: --packets, --seed and --out. Bad arguments end the process.

    `arguments` are those of the process where they are not given.
    """
    parser = argparse.ArgumentParser(description="Generate traffic: one capture for each port.")
    parser.add_argument("--packets", type=int, default=10_000, help="packets on all ports (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same bytes (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("traffic"), help="folder to write to (default: %(default)s)")
    wanted = parser.parse_args(arguments)
    try:
        return captures(wanted.out, packets=wanted.packets, seed=wanted.seed)
    except (TrafficError, CaptureError) as error:
        parser.exit(1, f"{Path(sys.argv[0]).name}: {error}\n")
