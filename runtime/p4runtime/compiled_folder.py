"""Read the folder that `weft compile --target bmv2` wrote, as far as a deployment needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import msgspec

from backends.p4.manifest import Manifest, ManifestError, load_manifest
from compiler.ir.invalid import InvalidProgram
from compiler.ir.program import Program
from compiler.ir.text_parse import TextFormError, parse_program
from compiler.ir.verify import verify
from runtime.p4runtime.errors import FolderError


@dataclass(frozen=True, slots=True)
class CompiledFolder:
    """`p4info` is P4Info as protobuf text; `device_config` is None where p4c has not compiled the P4."""

    path: Path
    manifest: Manifest = field(repr=False)
    program: Program = field(repr=False)
    p4info: str = field(repr=False)
    device_config: bytes | None = field(repr=False)

    @property
    def cookie(self) -> int:
        """A number of 64 bits that stands for the P4Info and the device's program."""
        digest = blake2b(digest_size=8)
        for part in (self.p4info.encode(), self.device_config or b""):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
        return int.from_bytes(digest.digest(), "big")

    def check_is_wanted(self, *, test_build: bool) -> None:
        """Raise `FolderError` where it is no one's wish to deploy this program."""
        if self.manifest.test_header and not test_build:
            raise FolderError(
                f"{self.path}: this is a test build: it expects a header of its own in front of every packet",
                help="compile without --test-build, or deploy with --test-build",
            )

    def check_has_config(self) -> None:
        """Raise `FolderError` where there is no program for the device."""
        if self.device_config is None:
            raise FolderError(
                f"{self.path}: {self.manifest.p4} is not compiled: p4c-bm2-ss was not found when it was written",
                help="install p4c (or name its folder in WEFT_P4_BIN), and run `weft compile` again; a switch that "
                "runs the program already, such as `weft switch`, needs no p4c",
            )


def load_folder(path: Path | str) -> CompiledFolder:
    """Read a compiled folder; `FolderError` where a part of it is missing or damaged."""
    folder = Path(path)
    try:
        manifest = load_manifest(folder)
    except ManifestError as error:
        raise FolderError(str(error)) from error
    return CompiledFolder(
        path=folder,
        manifest=manifest,
        program=_load_program(folder / manifest.program),
        p4info=_read_text(folder / manifest.p4info),
        device_config=None if manifest.device_config is None else _load_config(folder / manifest.device_config),
    )


def _load_config(path: Path) -> bytes:
    """What p4c made for the switch: one that was cut off never gets there, for some switches take an empty one."""
    config = _read(path)
    try:
        msgspec.json.decode(config, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError as error:
        raise FolderError(f"{path}: not what p4c writes: {error}", help="compile again") from error
    return config


def _load_program(path: Path) -> Program:
    try:
        program = parse_program(_read_text(path), name=str(path))
        verify(program)
    except (TextFormError, InvalidProgram) as error:
        raise FolderError(f"{path}: not the text of a program: {error}", help="compile again") from error
    return program


def _read_text(path: Path) -> str:
    try:
        return _read(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FolderError(f"{path}: not a text file in UTF-8 (byte {error.start})", help="compile again") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte in it
        reason = getattr(error, "strerror", None) or str(error)
        raise FolderError(f"{path}: cannot read: {reason}", help="compile again") from error
