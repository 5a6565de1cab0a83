"""`weft explain`."""

from __future__ import annotations

from compiler.diagnostics import UnknownCodeError, explain
from weft.failures import UsageError
from weft.terminal import write_json, write_result


def explain_code(code: str, *, as_json: bool) -> None:
    """Print the page of the catalogue that documents a diagnostic's code."""
    try:
        text = explain(code)
    except UnknownCodeError as error:
        hint = "a code looks like W0304; it stands in brackets behind `error` or `warning`"
        raise UsageError(str(error), help=hint) from error
    title = text.partition("\n")[0].lstrip("# ")
    if as_json:
        write_json({"code": title.partition(":")[0], "title": title, "text": text})
    else:
        write_result(text)
