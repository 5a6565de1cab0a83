"""`weft compile`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath
from typing import TypeAlias

from backends.bluefield.folder import ApplicationFolder, write_application
from backends.p4.folder import CompiledFolder, write_folder
from backends.p4.tools import FOLDER_VARIABLE, P4C, P4cDiagnostic
from compiler.diagnostics import CompileError, Diagnostic, diagnostic_as_json, render_diagnostics
from compiler.diagnostics.suggest import closest
from compiler.ir.program import Program
from compiler.load import LoadedProgram, load_program
from compiler.partition.cut_file import load_cut
from compiler.partition.split_at_cuts import find_piece, split_at_cuts
from weft.failures import UsageError
from weft.terminal import Table, plain_table, working, write_json, write_note, write_result

TARGETS = ("bmv2", "bluefield")

Written: TypeAlias = CompiledFolder | ApplicationFolder


def compile_for_target(
    file: Path,
    *,
    target: str,
    folder: Path,
    test_build: bool,
    part: tuple[Path | None, str | None] = (None, None),
    as_json: bool,
) -> int:
    """Write the folder; return 1 if the program has errors, else 0. With JSON, diagnostics are part of the result.

    `part`: a file that says how to cut the program, and the device whose piece is compiled.
    """
    if target not in TARGETS:
        meant = closest(target, TARGETS)
        raise UsageError(
            f"no target is called `{target}`" + (f"; did you mean `{meant}`?" if meant else ""),
            help=f"targets: {', '.join(TARGETS)}",
        )
    try:
        loaded = load_program(file)
        if loaded.warnings and not as_json:
            write_note(render_diagnostics(loaded.warnings))
        write: Callable[..., Written] = write_folder if target == "bmv2" else write_application
        with working(f"compiling {file}" + ("; most of the time is p4c's" if target == "bmv2" else "")):
            compiled = write(_part_of(loaded.program, *part), folder, test_header=test_build)
    except CompileError as error:
        if not as_json:
            raise
        write_json({"ok": False, "diagnostics": [diagnostic_as_json(d) for d in error.diagnostics]})
        return 1
    if as_json:
        write_json(_data(loaded, compiled, target))
    else:
        _render(file, folder, loaded, compiled)
    return 0


def _part_of(program: Program, cut_file: Path | None, device: str | None) -> Program:
    if cut_file is None and device is None:
        return program
    if cut_file is None or device is None:
        raise UsageError("a piece is named by a cut and a device", help="give both --cut CUT.toml and --piece DEVICE")
    return find_piece(split_at_cuts(program, load_cut(cut_file, program)), device).program


def _data(loaded: LoadedProgram, compiled: Written, target: str) -> dict[str, object]:
    warnings: tuple[Diagnostic, ...] = loaded.warnings
    return {
        "ok": True,
        "target": target,
        "folder": str(compiled.path),
        "files": [str(path) for path in compiled.files],
        "test_build": compiled.manifest.test_header,
        **_target_data(loaded, compiled),
        "diagnostics": [diagnostic_as_json(d) for d in warnings],
    }


def _target_data(loaded: LoadedProgram, compiled: Written) -> dict[str, object]:
    """What is said of one target only."""
    if isinstance(compiled, ApplicationFolder):
        return {"lines": {"weft": _weft_lines(loaded), "c": compiled.c_lines}, "build": compiled.manifest.build}
    p4c = None
    if compiled.p4c is not None:
        p4c = {"version": compiled.p4c, "warnings": [_warning_data(w) for w in compiled.p4c_warnings]}
    return {"lines": {"weft": _weft_lines(loaded), "p4": compiled.p4_lines}, "p4c": p4c}


def _warning_data(warning: P4cDiagnostic) -> dict[str, object]:
    return {"file": warning.file, "line": warning.line, "kind": warning.kind, "message": warning.message}


def _render(file: Path, folder: Path, loaded: LoadedProgram, compiled: Written) -> None:
    what = _descriptions(loaded, compiled)
    rows = tuple((_shown(path), what.get(str(path), "")) for path in compiled.files if _is_shown(path))
    kind = " (a test build)" if compiled.manifest.test_header else ""
    target = compiled.manifest.target
    write_result(plain_table(Table(f"{file}: compiled for {target}{kind} into {folder}", ("", ""), rows)))
    if isinstance(compiled, CompiledFolder):
        _tell_of_p4c(compiled)


def _shown(path: PurePath) -> str:
    return path.name if path.parent.name == "" else str(path)


def _is_shown(path: PurePath) -> bool:
    """Of the application's own files, which are the same for every program, one stands for all."""
    return path.parent.name not in ("app", "cross") or path.name in ("main.c", "program.c", "aarch64.ini")


def _descriptions(loaded: LoadedProgram, compiled: Written) -> dict[str, str]:
    manifest = compiled.manifest
    what = {manifest.program: "the program as the compiler sees it"}
    if isinstance(compiled, ApplicationFolder):
        name, lines = compiled.manifest.c_name, f"{compiled.c_lines} lines of C for {_weft_lines(loaded)} of Weft"
        return what | {
            f"{name}.c": f"the program, {lines}",
            f"{name}.h": "its state and its functions",
            "app/program.c": "what the application has to know of it",
            "app/main.c": "the application, with the other files of this folder",
            "cross/aarch64.ini": "how to build it for Arm on another machine",
            "meson.build": "meson setup build && ninja -C build",
            "manifest.json": "which bytes of the state stand for what of the program",
            "README.md": "how to build and run it",
        }
    what[compiled.manifest.p4] = f"the program, {compiled.p4_lines} lines of P4 for {_weft_lines(loaded)} of Weft"
    what[compiled.manifest.p4info] = "P4Info, for controllers"
    what["manifest.json"] = "which P4 object stands for what of the program"
    if compiled.manifest.device_config is not None:
        what[compiled.manifest.device_config] = f"for the switch, by p4c {compiled.p4c}"
    return what


def _tell_of_p4c(compiled: CompiledFolder) -> None:
    for warning in compiled.p4c_warnings:
        write_note(f"warning: p4c: {warning}")
    if compiled.p4c is None:
        write_note(
            f"warning: {P4C} was not found, so there is no JSON for the switch\n"
            f"help: install p4c, or name its folder in {FOLDER_VARIABLE}, and compile again"
        )


def _weft_lines(loaded: LoadedProgram) -> int:
    """Of the program's own file, with comments and empty lines."""
    handlers = loaded.program.handlers
    return len(handlers[0].span.source.text.splitlines()) if handlers else 0
