"""What a folder of `weft compile --target bluefield` holds: `manifest.json`.

Whoever talks to the running application goes through it. The program itself, with all its declarations, lies
beside it as IR text (`program`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

FORMAT = 1
FILE_NAME = "manifest.json"


class ManifestError(Exception):
    """A folder that is no compiled program, or one of another version. The message says which, and what to do."""


class Port(msgspec.Struct, frozen=True):
    """A logical port of the program: DPDK's port of the same number, where the application is told nothing else."""

    name: str
    number: int


class Type(msgspec.Struct, frozen=True):
    """A type of C; `size` and `align` in bytes. Numbers are little-endian."""

    name: str
    size: int
    align: int


class Member(msgspec.Struct, frozen=True):
    """`count`: None where it is one value, else the length of an array."""

    name: str
    type: Type
    count: int | None


class Region(msgspec.Struct, frozen=True):
    """`count` values of one type, or structs of `members` that begin at multiples of `align` at least, side by side.

    `state` is the state in the source that it belongs to, empty where it is the program's; `role` says what for.
    """

    name: str
    state: str
    role: str
    offset: int
    count: int
    type: Type | None
    struct: str | None
    members: tuple[Member, ...]
    align: int


class Table(msgspec.Struct, frozen=True):
    """A table or array that the control plane fills: `name` in the source, `c_name` on the control socket."""

    name: str
    c_name: str
    capacity: int


class Record(msgspec.Struct, frozen=True):
    """A struct that digests carry: `number` in the file of digests, `length` in bytes."""

    name: str
    number: int
    length: int


class Final(msgspec.Struct, frozen=True):
    """An operation that ends packets."""

    place: str  # "nat.weft:19"
    kind: str


Owner = Literal["constant", "merge", "share", "home"]


class StateOwner(msgspec.Struct, frozen=True):
    """Whose copy of a state counts where several workers run.

    `constant`: anybody's. `merge`: all copies, folded by `operator`. `share`: for each share that of the worker that
    owns it, which is share % workers. `home`: that of the worker that owns share 0.
    """

    name: str
    owner: Owner
    operator: str | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All names are the source's unless they say otherwise."""

    format: int = FORMAT
    weft: str  # version of the compiler
    target: str
    name: str  # of the program
    c_name: str  # of the datapath's files and functions
    build: str  # what the application says that it is: the two agree on every byte of the block
    program: str  # file name in the folder
    files: tuple[str, ...]  # all of the folder but the manifest
    test_header: bool  # a test build: time, port, sequence number and length come in a header in front
    shares: int
    salt: int
    ports: tuple[Port, ...]
    block_bytes: int
    regions: tuple[Region, ...]
    states: tuple[StateOwner, ...]
    tables: tuple[Table, ...]
    records: tuple[Record, ...]
    finals: tuple[Final, ...]


def manifest_as_json(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def load_manifest(folder: Path | str) -> Manifest:
    """Read the manifest of a compiled folder; `ManifestError` where there is none that this version can read."""
    path = Path(folder) / FILE_NAME
    try:
        found = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ManifestError(f"{path}: cannot read: {reason}; a folder written by `weft compile` is expected") from error
    try:
        head = msgspec.json.decode(found, type=dict)
        if head.get("target") != "bluefield":
            raise ManifestError(f"{path}: compiled for {head.get('target')}; compile with --target bluefield")
        if head.get("format") != FORMAT:
            version = head.get("format")
            raise ManifestError(f"{path}: format {version}, but this version reads format {FORMAT}; compile again")
        return msgspec.json.decode(found, type=Manifest)
    except msgspec.MsgspecError as error:
        raise ManifestError(f"{path}: not a manifest ({error}); compile again") from error
