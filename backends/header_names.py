"""Headers under names that the target language takes: in Weft a header may be called what that has a meaning for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from compiler.ir.emissions import Clone, Multicast, Reply, Send, Template, WriteField
from compiler.ir.operations import HeaderPresent, Operation, ReadField
from compiler.ir.program import Program


def rename_headers(program: Program, names: Mapping[str, str]) -> Program:
    """The program with every header under its name in `names`, which has all of them."""
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
