"""What the cases of the P4 generator come to without any mutation, kept in a file for all mutants to be held to."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from compiler.ir.program import Program
from sim.state import ControlEntries
from tests.engines import Arrival, Outcome


@dataclass(frozen=True)
class Prepared:
    """A case, and what the interpreter says of it. `files`: a digest of what the generator writes, unmutated."""

    name: str
    program: Program
    entries: ControlEntries
    packets: Sequence[Arrival]
    wanted: Outcome
    files: str


def digest_of(files: Mapping[PurePath, bytes]) -> str:
    found = hashlib.sha256()
    for path, content in sorted(files.items()):
        found.update(f"{path} {len(content)}\n".encode() + content)
    return found.hexdigest()


def save(prepared: Sequence[Prepared], path: Path) -> None:
    path.write_bytes(pickle.dumps(list(prepared)))


def load(path: Path) -> list[Prepared]:
    return pickle.loads(path.read_bytes())
