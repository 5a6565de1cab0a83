from compiler.diagnostics.diagnostic import CompileError, Diagnostic, Note, Reporter, Severity
from compiler.diagnostics.render import render_diagnostic, render_diagnostics
from compiler.diagnostics.suggest import closest

__all__ = [
    "CompileError",
    "Diagnostic",
    "Note",
    "Reporter",
    "Severity",
    "closest",
    "render_diagnostic",
    "render_diagnostics",
]
