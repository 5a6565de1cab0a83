"""The function that processes one packet, and those that look ahead for it."""

from __future__ import annotations

import re
from dataclasses import replace

from backends.body import Body
from backends.c.bit_fields import get_field
from backends.c.early_accesses import EarlyAccesses, find_early_accesses
from backends.c.emissions import EmissionWriter
from backends.c.expressions import Expressions
from backends.c.field_writes import FieldWrites
from backends.c.literals import zero_literal
from backends.c.look_ahead import LookAhead
from backends.c.names import Names
from backends.c.plan import Plan
from backends.c.types import calculated
from backends.c.uses import count_uses
from backends.writer import Writer
from compiler.ir.accesses import IndexFind, IndexOpen, MapFind
from compiler.ir.emissions import Clone, Digest, Drop, Emission, Flood, Multicast, Reply, Send, WriteField
from compiler.ir.headers import Header
from compiler.ir.operations import Operation, Pure

_TICK = re.compile(r"\btick\b")


class PacketFunction:
    """`text` is the functions; `emissions` knows the final operations, `ahead` which loops come before."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.text, self.emissions, self.ahead = self._written()

    def _written(self) -> tuple[Writer, EmissionWriter, LookAhead]:
        inside = Writer()
        writes = FieldWrites(self._plan.program)
        program = replace(
            self._plan.program,
            operations=tuple(
                o for o in self._plan.program.operations if not isinstance(o, WriteField) or writes.is_carried(o)
            ),
        )
        early = find_early_accesses(program) if not program.envelopes else EarlyAccesses((), program)
        ahead = LookAhead(
            early,
            self._plan.code,
            name=self._plan.name,
            block=self._plan.block_name,
            names=self._plan.names,
            salt=self._plan.salt,
            shapes=len(self._plan.shapes),
        )
        uses = count_uses(program)
        values = Expressions(program, inside, names=Names(self._plan.names), salt=self._plan.salt, uses=uses)
        for header, field in sorted(writes.noted):
            of = program.header(header).field_named(field).type
            has, new = values.names.fresh(f"has_{header}_{field}"), values.names.fresh(f"new_{header}_{field}")
            values.declarations.append(f"bool {has} = false;")
            values.declarations.append(f"{calculated(of)} {new} = {zero_literal(of)};")
            values.noted[header, field] = has, new
        emissions = EmissionWriter(values, writes)

        def emit(operation: Operation) -> None:
            match operation:
                case WriteField(header=header, field=field, value=value):
                    if (header, field) in values.noted:
                        has, new = values.noted[header, field]
                        inside.line(f"{new} = {values.code(value)};")
                        inside.line(f"{has} = true;")
                case Clone() | Digest() | Drop() | Send() | Reply() | Flood() | Multicast():
                    emissions.write(operation)
                case _:
                    assert not isinstance(operation, Pure | Emission), "all else is an access"
                    site = early.number(operation)
                    if site is not None and isinstance(operation, MapFind | IndexFind | IndexOpen):
                        values.hashes.know(operation.key, operation.guard, f"ahead->crc_{site}")
                        values.hints[id(operation)] = f"ahead->slot_{site}"
                    self._plan.code[operation.state].write_call(operation, values)

        with inside.indented():
            Body(program, values, emit, also_reads=writes.values_of).write()
        out = Writer()
        ahead.write_struct(out)
        ahead.write(out)
        out.line("// What becomes of one packet.")
        out.line(
            f"static {'WEFT_INLINE' if self._plan.shapes else 'inline'} void {self._plan.name}_packet("
            f"struct {self._plan.block_name} *restrict state, struct weft_packet packet, "
            f"{'' if program.envelopes else f'const struct {self._plan.name}_headers at, '}"
            f"const struct {self._plan.name}_ahead *restrict ahead, uint32_t number, struct weft_output *restrict out)"
        )
        out.line("{")
        with out.indented():
            self._write_prologue(out, uses_tick=any(_TICK.search(line) for line in inside.lines))
            for declaration in values.declarations:
                out.line(declaration)
        out.lines.extend(inside.lines)
        out.line("}")
        out.line()
        return out, emissions, ahead

    def _write_prologue(self, out: Writer, *, uses_tick: bool) -> None:
        program = self._plan.program
        out.line("uint8_t *data = packet.data;")
        if program.envelopes:
            out.line(f"struct {self._plan.name}_headers at = {self._plan.name}_no_headers;")
            self._write_opening(out)
        if uses_tick:
            out.line("const uint32_t tick = weft_tick(packet.now);")
        out.line("(void)state, (void)ahead, (void)data, (void)at, (void)number, (void)out;")

    def _write_opening(self, out: Writer) -> None:
        """What stands in front of packets from other pieces, and says when and where they came in."""
        out.line("uint8_t *envelope = data;")
        out.line("bool is_whole = true;")
        for envelope in self._plan.program.envelopes:
            if envelope.port is None:
                continue
            header, size = envelope.header, envelope.header.fixed_bytes
            with out.block(f"if (packet.port == {envelope.port})"):
                out.line(f"parse_{header.name}(data, packet.size, &at);")
                out.line(f"is_whole = at.{header.name} >= 0;")
                with out.block("if (is_whole)"):
                    out.line(f"data += {size};")
                    out.line(f"packet.size -= {size};")
                    for member, name in (("wire_length", "length"), ("now", "now")):
                        code = _arrival_field(header, name)
                        out.line(f"packet.{member} = {code};")
                out.line("at.payload = 0;")
        with out.block("if (is_whole)"):
            out.line("parse(data, packet.size, &at);")
        for envelope in self._plan.program.envelopes:
            if envelope.port is not None:
                out.line(f"if (at.{envelope.header.name} >= 0)")
                out.line(f"    packet.port = (uint16_t){_arrival_field(envelope.header, 'port')};")
        out.line("(void)envelope;")


def _arrival_field(header: Header, name: str) -> str:
    found = header.field_named(name)
    return get_field("envelope", found.offset, found.type).code
