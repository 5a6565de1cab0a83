"""Headers under names that P4 takes: in Weft a header may be called what P4 has a meaning for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from backends.identifiers import as_identifier
from backends.p4.names import KEYWORDS
from compiler.ir.emissions import Clone, Multicast, Reply, Send, Template, WriteField
from compiler.ir.headers import Header
from compiler.ir.operations import HeaderPresent, Operation, ReadField
from compiler.ir.program import Program

# Members of `headers_t`, and types beside those of headers.
_TAKEN = KEYWORDS | {"test", "packet_in", "headers", "metadata", "standard_metadata"}
_BUILT = re.compile(r"(copy|sent)\d+_.*|.*_(piece|pieces|tail)")


def rename_headers(program: Program) -> Program:
    """The program with every header under a name that nothing else in its P4 has."""
    names = _names(program.all_headers)
    if all(name == new for name, new in names.items()):
        return program
    headers = tuple(
        replace(h, name=names[h.name], rules=tuple(replace(r, previous=names[r.previous]) for r in h.rules))
        for h in program.headers
    )
    envelopes = tuple(replace(e, header=replace(e.header, name=names[e.header.name])) for e in program.envelopes)
    return replace(
        program, headers=headers, envelopes=envelopes, operations=tuple(_renamed(o, names) for o in program.operations)
    )


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


def _renamed(operation: Operation, names: Mapping[str, str]) -> Operation:
    match operation:
        case ReadField(header=header) | HeaderPresent(header=header) | WriteField(header=header):
            return replace(operation, header=names[header])
        case Send(packet=Template() as packet) | Reply(packet=Template() as packet):
            return replace(operation, packet=_renamed_template(packet, names))
        case Multicast(packet=Template() as packet) | Clone(packet=Template() as packet):
            return replace(operation, packet=_renamed_template(packet, names))
        case _:
            return operation


def _renamed_template(template: Template, names: Mapping[str, str]) -> Template:
    built = tuple(replace(header, header=names[header.header]) for header in template.headers)
    return replace(template, headers=built, header=names.get(template.header, template.header))
