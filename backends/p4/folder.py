"""The folder that `weft compile --target bmv2` writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from backends.output_folder import replaced_folder, write_files
from backends.p4.compile import LIBRARY, compile_program, with_device_config
from backends.p4.manifest import FILE_NAME, Manifest, ManifestError, load_manifest
from backends.p4.tools import P4C, P4cDiagnostic, ToolError, find_tool, p4c_version, run_p4c
from backends.p4.validate import validate
from compiler.diagnostics import CompileError
from compiler.ir.program import Program


class GeneratedP4Error(ToolError):
    """p4c does not take what Weft wrote: a mistake in Weft, never in the program."""

    def __init__(self, errors: tuple[P4cDiagnostic, ...]) -> None:
        told = "\n".join(f"  {error}" for error in errors)
        super().__init__(
            f"p4c refuses the P4 that Weft wrote; nothing was kept\n{told}",
            help="this is a mistake in Weft, not in what you gave it: please report it with the program",
        )
        self.errors = errors


@dataclass(frozen=True, slots=True)
class CompiledFolder:
    """What was written. `p4c`: the version of the p4c that made the switch's JSON; None where there is none."""

    path: Path
    manifest: Manifest
    files: tuple[PurePath, ...]  # in the folder, sorted
    p4_lines: int
    p4c: str | None
    p4c_warnings: tuple[P4cDiagnostic, ...]


def write_folder(program: Program, folder: Path, *, test_header: bool = False) -> CompiledFolder:
    """Compile the program (`LoadedProgram.program`) for bmv2 into `folder`, with p4c's part where p4c is found.

    A folder that an earlier call wrote is replaced. Raises `CompileError` for what bmv2 cannot do, `FolderError`
    where something else is in the way, `ToolError` where p4c fails, or an `OSError`; then all is as it was.
    """
    problems = validate(program)
    if problems:
        raise CompileError(*problems)
    files = compile_program(program, test_header=test_header)
    folder = folder.resolve()
    version, warnings = None, ()
    with replaced_folder(folder, _written_before) as made:
        write_files(made, files)
        if find_tool(P4C) is not None:
            version, (files, warnings) = p4c_version(), _with_p4c(made, files)
    manifest = load_manifest(folder)
    lines = files[PurePath(manifest.p4)].count(b"\n")
    return CompiledFolder(folder, manifest, tuple(sorted(files)), lines, version, warnings)


def _with_p4c(made: Path, files: Mapping[PurePath, bytes]) -> tuple[dict[PurePath, bytes], tuple[P4cDiagnostic, ...]]:
    p4 = next(Path(path) for path in files if path.suffix == ".p4" and str(path) not in LIBRARY)
    json = made / ".config.json"
    result = run_p4c(p4, json_out=json, directory=made)
    if result.errors:
        raise GeneratedP4Error(result.errors)
    whole = with_device_config(files, json.read_bytes())
    json.unlink()
    write_files(made, whole)
    return whole, result.warnings


def _written_before(folder: Path) -> tuple[str, ...] | None:
    try:
        manifest = load_manifest(folder)
    except ManifestError:
        return None
    names = (manifest.p4, manifest.program, manifest.p4info, manifest.device_config, FILE_NAME, *LIBRARY)
    return tuple(name for name in names if name is not None)
