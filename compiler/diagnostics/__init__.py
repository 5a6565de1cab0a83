from compiler.diagnostics.diagnostic import CompileError, Diagnostic, Note, Reporter, Severity
from compiler.diagnostics.explain import UnknownCodeError, codes, explain
from compiler.diagnostics.json_form import DiagnosticData, diagnostic_as_json
from compiler.diagnostics.render import render_diagnostic, render_diagnostics
from compiler.diagnostics.suggest import closest

__all__ = [
    "CompileError",
    "Diagnostic",
    "DiagnosticData",
    "Note",
    "Reporter",
    "Severity",
    "UnknownCodeError",
    "closest",
    "codes",
    "diagnostic_as_json",
    "explain",
    "render_diagnostic",
    "render_diagnostics",
]
