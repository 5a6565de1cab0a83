"""`weft check`."""

from __future__ import annotations

from pathlib import Path

from compiler.analyses.explain import explain, explanation_data, render_explanation
from compiler.diagnostics import CompileError, diagnostic_as_json, render_diagnostics
from compiler.load import load_program
from weft.terminal import write_json, write_note, write_result


def check_program(file: Path, *, with_explanation: bool, as_json: bool) -> int:
    """Check a program; return 1 if it has errors, else 0. With JSON, diagnostics are part of the result."""
    if as_json:
        return _check_as_json(file, with_explanation=with_explanation)
    loaded = load_program(file)
    if loaded.warnings:
        write_note(render_diagnostics(loaded.warnings))
    if with_explanation:
        write_result(render_explanation(explain(loaded.program)))
    else:
        warnings = (
            f", with {len(loaded.warnings)} warning{'s' * (len(loaded.warnings) != 1)}" if loaded.warnings else ""
        )
        write_result(f"{file}: no errors{warnings}")
    return 0


def _check_as_json(file: Path, *, with_explanation: bool) -> int:
    try:
        loaded = load_program(file)
    except CompileError as error:
        write_json({"ok": False, "diagnostics": [diagnostic_as_json(d) for d in error.diagnostics]})
        return 1
    result: dict[str, object] = {"ok": True, "diagnostics": [diagnostic_as_json(d) for d in loaded.warnings]}
    if with_explanation:
        result["explanation"] = explanation_data(explain(loaded.program))
    write_json(result)
    return 0
