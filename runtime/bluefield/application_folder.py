"""Read the folder that `weft compile --target bluefield` wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from backends.bluefield.block_layout import block_of
from backends.bluefield.manifest import Manifest, ManifestError, load_manifest
from backends.c.layout import Block
from compiler.ir.invalid import InvalidProgram
from compiler.ir.program import Program
from compiler.ir.text_parse import TextFormError, parse_program
from compiler.ir.verify import verify
from runtime.bluefield.errors import FolderError


@dataclass(frozen=True, slots=True)
class ApplicationFolder:
    """A compiled application; `block` lays out the state of one worker."""

    path: Path
    manifest: Manifest = field(repr=False)
    program: Program = field(repr=False)
    block: Block = field(repr=False)

    @property
    def ports(self) -> tuple[str, ...]:
        return tuple(port.name for port in self.manifest.ports)


def load_application(path: Path | str) -> ApplicationFolder:
    """Read a compiled folder; `FolderError` where a part of it is missing or damaged."""
    folder = Path(path)
    try:
        manifest = load_manifest(folder)
        block = block_of(manifest)
    except (ManifestError, ValueError) as error:
        raise FolderError(str(error), help="compile again") from error
    return ApplicationFolder(folder, manifest, _load_program(folder / manifest.program), block)


def _load_program(path: Path) -> Program:
    try:
        program = parse_program(path.read_bytes().decode("utf-8"), name=str(path))
        verify(program)
    except OSError as error:
        raise FolderError(f"{path}: cannot read: {error.strerror or error}", help="compile again") from error
    except (UnicodeDecodeError, TextFormError, InvalidProgram) as error:
        raise FolderError(f"{path}: not the text of a program: {error}", help="compile again") from error
    return program
