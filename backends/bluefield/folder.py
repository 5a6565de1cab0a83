"""The folder that `weft compile --target bluefield` writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath

from backends.bluefield.compile import compile_application
from backends.bluefield.manifest import FILE_NAME, Manifest, ManifestError, load_manifest
from backends.output_folder import replaced_folder, write_files
from compiler.ir.program import Program

BUILD = "build"  # where `meson setup` of the README puts what it makes


@dataclass(frozen=True, slots=True)
class ApplicationFolder:
    """What was written."""

    path: Path
    manifest: Manifest
    files: tuple[PurePath, ...]  # in the folder, sorted
    c_lines: int  # of the datapath


def write_application(program: Program, folder: Path, *, test_header: bool = False) -> ApplicationFolder:
    """Write the DPDK application of the program (`LoadedProgram.program`) into `folder`.

    A folder that an earlier call wrote is replaced. Raises `FolderError` where something else is in the way, or an
    `OSError`; then all is as it was.
    """
    application = compile_application(program, test_header=test_header)
    folder = folder.resolve()
    with replaced_folder(folder, _written_before) as made:
        write_files(made, application.files)
    lines = application.datapath.source.count("\n")
    return ApplicationFolder(folder, application.manifest, tuple(sorted(application.files)), lines)


def _written_before(folder: Path) -> tuple[str, ...] | None:
    """What was built in it belongs to what was written before."""
    try:
        manifest = load_manifest(folder)
    except ManifestError:
        return None
    built = folder / BUILD
    made = [str(p.relative_to(folder)) for p in built.rglob("*")] if (built / "build.ninja").is_file() else []
    return (*manifest.files, FILE_NAME, *made)
