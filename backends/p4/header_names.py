"""Headers under names that P4 takes: in Weft a header may be called what P4 has a meaning for."""

from __future__ import annotations

import re

from backends.identifiers import as_identifier
from backends.p4.names import KEYWORDS
from compiler.ir.headers import Header
from compiler.ir.program import Program

# Members of `headers_t`, and types beside those of headers.
_TAKEN = KEYWORDS | {"test", "packet_in", "headers", "metadata", "standard_metadata"}
_BUILT = re.compile(r"(copy|sent)\d+_.*|.*_(piece|pieces|tail)")


def header_names(program: Program) -> dict[str, str]:
    """For every header a name that nothing else in its P4 has."""
    return _names(program.all_headers)


def _names(headers: tuple[Header, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    fields: set[str] = set()  # as metadata has them: header and field in one word
    for header in headers:
        base = as_identifier(header.name)
        name, number = base, 1
        while True:
            mine = {f"{name}_{as_identifier(f.name)}" for f in header.fields}
            free = name not in _TAKEN and name not in found.values() and not _BUILT.fullmatch(name)
            if free and not mine & fields:
                break
            number += 1
            name = f"{base}_{number}"
        fields |= mine
        found[header.name] = name
    return found
