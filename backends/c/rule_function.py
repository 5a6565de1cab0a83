"""The function that finds the rule by which a device could serve packets like a given one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from backends.body import Body
from backends.c.bit_fields import pack, packed_bytes
from backends.c.expressions import Expressions
from backends.c.names import Names
from backends.c.parser import write_offsets, write_parser
from backends.c.states.state_code import StateCode
from backends.c.uses import count_uses
from backends.writer import Writer
from compiler.ir.operations import Digest, Drop, Operation, Pure, StateAccess
from compiler.ir.program import Program

_TICK = re.compile(r"\btick\b")


def write_rule_function(
    out: Writer, rules: Program, code: Mapping[str, StateCode], *, name: str, block: str, names: Names, salt: int
) -> None:
    """`rules` is what `find_rules` makes of a program; `code` is of the states that both share."""
    struct = f"{name}_rule"
    write_offsets(out, rules, struct)
    write_parser(out, rules.headers, name="parse_for_rule", block=struct)
    inside = Writer()
    # A packet without a rule gets the answer at the end.
    program = replace(rules, operations=tuple(o for o in rules.operations if not isinstance(o, Drop)))
    values = Expressions(program, inside, names=Names(names), salt=salt, uses=count_uses(program))
    numbers = {record.name: number for number, record in enumerate(program.records, start=1)}

    def emit(operation: Operation) -> None:
        match operation:
            case Digest(record=record, values=parts):
                types = [part.type for part in parts]
                codes = [values.short(part) for part in parts]
                if types:
                    inside.line(f"__builtin_memset(values, 0, {packed_bytes(types)});")
                pack(inside, "values", list(zip(codes, types, strict=True)))
                inside.line(f"return {numbers[record]};")
            case _:
                assert isinstance(operation, StateAccess) and not isinstance(operation, Pure), "it only looks up"
                code[operation.state].write_call(operation, values)

    with inside.indented():
        Body(program, values, emit).write()
    out.line(
        "// The rule that treats packets as this one is treated, by its number from 1 on; 0: there is none. What the"
    )
    out.line("// packet uses counts as used. `values`: of the rule, in its template's order.")
    out.line(f"uint32_t {name}_rule(struct {block} *restrict state, const struct weft_packet *given,")
    out.line(f"    {' ' * len(name)}          uint8_t *restrict values)")
    out.line("{")
    with out.indented():
        out.line("const struct weft_packet packet = *given;")
        out.line("const uint8_t *data = packet.data;")
        out.line(f"struct {struct}_headers at = {struct}_no_headers;")
        out.line("parse_for_rule(data, packet.size, &at);")
        if any(_TICK.search(line) for line in inside.lines):
            out.line("const uint32_t tick = weft_tick(packet.now);")
        out.line("(void)state;")
        out.line("(void)values;")
        for declaration in values.declarations:
            out.line(declaration)
    out.lines.extend(inside.lines)
    out.line("    return 0;")
    out.line("}")
    out.line()
