"""What a lab has made, written down before it is made, so that whoever takes it down finds all of it.

A lab's folder below `labs_folder()` holds the record, the compiled programs and the log files. The lock in it is
held by the process that brings the lab up or takes it down.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal

import msgspec

from runtime.lab.errors import LabStateError

FOLDER_VARIABLE: Final = "WEFT_LAB_DIR"
MARK: Final = "WEFT_LAB_ID"  # in the environment of a lab's processes

_DEFAULT_FOLDER: Final = Path("/run/weft-lab")  # of root, who alone makes namespaces; empty after a restart
_FORMAT: Final = 1
_RECORD: Final = "lab.json"
_LOCK: Final = "lock"


class PortRecord(msgspec.Struct, frozen=True):
    """`interface` is in the namespace of the switch's process."""

    name: str
    device_port: int
    interface: str
    peer: str


class SwitchRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A switch that forwards. `folder`: the compiled program. Addresses are HOST:PORT."""

    name: str
    program: str
    engine: Literal["bmv2", "interpreter"]
    folder: str
    log: str
    pid: int
    device_id: int
    p4runtime: str
    thrift: str | None
    ports: tuple[PortRecord, ...]


class HostRecord(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    namespace: str
    mac: str
    addresses: tuple[str, ...]
    port: str


class LabRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`namespaces` and `interfaces` may not be there yet, or no longer; nobody else's are among them.

    `home`: the namespace in which the lab was made, and its switches run, by its number.
    """

    format: int = _FORMAT
    name: str
    id: str
    topology: str
    home: int
    is_up: bool = False
    namespaces: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    hosts: tuple[HostRecord, ...] = ()
    switches: tuple[SwitchRecord, ...] = ()


def labs_folder() -> Path:
    return Path(os.environ.get(FOLDER_VARIABLE) or _DEFAULT_FOLDER)


def new_record(name: str, *, topology: Path) -> LabRecord:
    return LabRecord(name=name, id=secrets.token_hex(8), topology=str(topology.absolute()), home=home_namespace())


def home_namespace() -> int:
    """The number of the network namespace that this process is in."""
    return Path("/proc/self/ns/net").stat().st_ino


def lab_folder(name: str) -> Path:
    if not name or "/" in name or name.startswith("."):
        raise LabStateError(f"`{name}` is no name of a lab")
    return labs_folder() / name


def names_of_labs() -> list[str]:
    """The labs that are up, or that were left behind."""
    with suppress(FileNotFoundError):
        return sorted(path.name for path in labs_folder().iterdir() if path.is_dir())
    return []


def save_record(record: LabRecord) -> None:
    path = lab_folder(record.name) / _RECORD
    temporary = path.with_name(f".{_RECORD}.tmp")  # the lock is held: nobody else writes
    with temporary.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(record)) + b"\n")
    temporary.replace(path)


def load_record(name: str) -> LabRecord | None:
    """None where there is no such lab, or one that has made nothing yet."""
    path = lab_folder(name) / _RECORD
    try:
        found = msgspec.json.decode(path.read_bytes(), type=LabRecord)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise LabStateError(f"{path}: not the record of a lab: {error}") from error
    if found.format != _FORMAT:
        raise LabStateError(f"{path}: written by another version of Weft; take the lab down with that one")
    return found


def make_folder(name: str) -> Path:
    """Make a lab's folder, and so claim its name; `LabStateError` where the lab is there."""
    folder = lab_folder(name)
    try:
        labs_folder().mkdir(parents=True, exist_ok=True, mode=0o755)
        folder.mkdir(mode=0o755)
    except FileExistsError as error:
        raise LabStateError(
            f"there is a lab `{name}` already", help=f"`weft lab down {name}` takes it down; `weft lab status` shows it"
        ) from error
    return folder


def remove_folder(name: str) -> None:
    """The record goes last: as long as anything is left, it can be found."""
    folder = lab_folder(name)
    if not folder.is_dir():
        return
    for child in folder.iterdir():
        if child.name not in (_RECORD, _LOCK):
            shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()
    (folder / _RECORD).unlink(missing_ok=True)
    shutil.rmtree(folder)
    with suppress(OSError):  # other labs are in it, or it is not ours
        labs_folder().rmdir()


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lab's lock; `LabStateError` where there is no lab, or another process is at work on it."""
    folder = lab_folder(name)
    try:
        number = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError as error:
        raise no_such_lab(name) from error
    with os.fdopen(number, "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = lock.read().strip() or "?"
            raise LabStateError(
                f"process {owner} is bringing the lab `{name}` up, or taking it down",
                help="wait for it, or end it: it takes down what it has made",
            ) from error
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def no_such_lab(name: str) -> LabStateError:
    names = names_of_labs()
    there = f"there are {', '.join(f'`{known}`' for known in names)}" if names else "there is none at all"
    return LabStateError(f"there is no lab `{name}`", help=f"{there}; `weft lab up FILE.toml` brings one up")
