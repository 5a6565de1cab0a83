"""The function that says which share a packet belongs to, for whoever hands packets to cores."""

from __future__ import annotations

from dataclasses import replace

from backends.body import Body
from backends.c.expressions import Expressions
from backends.c.names import Names
from backends.c.parser import write_offsets, write_parser
from backends.c.uses import count_uses
from backends.writer import Writer
from compiler.ir.operations import Drop, Operation, Send
from compiler.ir.program import Program


def write_share_finder(out: Writer, finder: Program | None, *, name: str, salt: int) -> None:
    """`finder` is what `find_core` leaves of a program; without one, all packets belong to share 0."""
    head = f"uint32_t {name}_share(const struct weft_packet *given)"
    if finder is None:
        out.line(head)
        with out.block(""):
            out.line("(void)given;")
            out.line("return 0;")
        out.line()
        return
    struct = f"{name}_share"
    write_offsets(out, finder, struct)
    write_parser(out, finder.headers, name="parse_for_share", block=struct)
    inside = Writer()
    # A packet that any core may have gets the answer at the end.
    finder = replace(finder, operations=tuple(o for o in finder.operations if not isinstance(o, Drop)))
    values = Expressions(finder, inside, names=Names(), salt=salt, uses=count_uses(finder))

    def emit(operation: Operation) -> None:
        match operation:
            case Send(port=port):
                inside.line(f"return {values.code(port)};")
            case _:
                raise AssertionError(operation)

    with inside.indented():
        Body(finder, values, emit).write()
    out.line(head)
    out.line("{")
    with out.indented():
        out.line("const struct weft_packet packet = *given;")
        out.line("const uint8_t *data = packet.data;")
        out.line(f"struct {struct}_headers at = {struct}_no_headers;")
        out.line("parse_for_share(data, packet.size, &at);")
        for declaration in values.declarations:
            out.line(declaration)
    out.lines.extend(inside.lines)
    out.line("    return WEFT_ANY_SHARE;")
    out.line("}")
    out.line()
