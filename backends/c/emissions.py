"""Emissions: what leaves, as the packet stands or as a template says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from backends.c.bit_fields import get_field, pack, packed_bytes, put_field
from backends.c.field_writes import FieldWrites
from backends.c.parser import linear_text
from backends.c.rewriting import Rewriting
from compiler.ir.headers import ChecksumKind, Header, HeaderField
from compiler.ir.operations import Clone, Digest, Drop, Flood, Multicast, Reply, Rest, Send, Template
from compiler.ir.program import Program
from compiler.ir.types import bit_width
from compiler.ir.values import Operand

if TYPE_CHECKING:
    from backends.c.expressions import Expressions

GROUP_PORTS = 16384  # members of all multicast groups together

_Packet = tuple[str, str, str]  # address, bytes that are there, bytes on the wire
_Send = Callable[[_Packet], None]
Emitted = Clone | Send | Reply | Flood | Multicast


class EmissionWriter:
    """Writes the emissions of a program; `end`: what stands behind a final one."""

    def __init__(self, values: Expressions, writes: FieldWrites) -> None:
        self._values, self._out, self._writes = values, values.out, writes
        self._program: Program = values.program
        self.finals = [o for o in self._program.operations if isinstance(o, Drop | Send | Reply | Flood | Multicast)]
        self._number = {id(operation): number for number, operation in enumerate(self.finals)}

    def write(self, operation: Emitted | Drop | Digest) -> None:
        match operation:
            case Digest():
                self._digest(operation)
                return
            case Drop():
                pass
            case Clone(port=port, packet=packet) | Send(port=port, packet=packet):
                code = self._port(port)
                self._emit(operation, packet, lambda bytes_: self._to_port(code, bytes_))
            case Reply(packet=packet):
                self._emit(operation, packet, lambda bytes_: self._to_port("packet.port", bytes_))
            case Flood():
                self._emit(operation, None, self._to_all)
            case Multicast(group=group, packet=packet):
                code = self._values.short(group)
                self._emit(operation, packet, lambda bytes_: self._to_group(code, bytes_))
        if not isinstance(operation, Clone):
            self._out.line(f"out->finals[{self._number[id(operation)]}]++;")
            self._out.line("return;")

    def _port(self, port: Operand) -> str:
        return self._values.short(port)

    # --- where to

    def _to_port(self, port: str, packet: _Packet) -> None:
        self._out.line(f"weft_emit(out, number, (uint16_t){port}, {', '.join(packet)});")

    def _to_all(self, packet: _Packet) -> None:
        ports = len(self._program.ports)
        tests = ["port != packet.port", *(f"port != {link}" for link in sorted(self._program.links))]
        self._out.line(f"for (uint16_t port = 0; port < {ports}; port++)")
        self._out.line(f"    if ({' && '.join(tests)})")
        self._out.line(f"        weft_emit(out, number, port, {', '.join(packet)});")

    def _to_group(self, group: str, packet: _Packet) -> None:
        out = self._out
        out.line(f"for (uint32_t i = state->group_starts[{group}]; i < state->group_starts[{group} + 1u]; i++)")
        out.line(f"    weft_emit(out, number, state->group_ports[i], {', '.join(packet)});")

    # --- which bytes

    def _emit(
        self, operation: Emitted, template: Template | None, send: Callable[[tuple[str, str, str]], None]
    ) -> None:
        rewrite = self._writes.of(operation)
        if template is not None:
            self._build(operation, template, send)
        elif isinstance(operation, Clone):
            self._out.line("{")
            with self._out.indented():
                self._out.line("uint8_t *copy = weft_take(out, packet.size);")
                self._out.line("__builtin_memcpy(copy, data, packet.size);")
                Rewriting(self._values, rewrite, "copy").write()
                send(("copy", "packet.size", "packet.wire_length"))
            self._out.line("}")
        else:
            Rewriting(self._values, rewrite, "data").write()
            send(("data", "packet.size", "packet.wire_length"))

    def _build(self, operation: Emitted, template: Template, send: _Send) -> None:
        """Built headers and data in front of the rest, in bytes of their own."""
        values, out = self._values, self._out
        built = [self._program.header(h.header) for h in template.headers]
        front = sum(h.fixed_bytes for h in built) + packed_bytes([o.type for o in template.data])
        fields = [self._fields(header, h.fields) for header, h in zip(built, template.headers, strict=True)]
        data = [(values.short(operand), operand.type) for operand in template.data]
        out.line("{")
        with out.indented():
            if template.rest is Rest.NOTHING:
                out.line(f"uint8_t *copy = weft_take(out, {front});")
                out.line(f"const uint32_t size = {front}, wire_length = size;")
            else:
                self._rest(operation, template, front)
            out.line(f"__builtin_memset(copy, 0, {front});")
            at = 0
            for header, codes in zip(built, fields, strict=True):
                out.line(f"// {header.name}")
                self._header(codes, at)
                at += header.fixed_bytes
            pack(out, f"copy + {at}" if at else "copy", data)
            self._sums(built)
            send(("copy", "size", "wire_length"))
        out.line("}")

    def _rest(self, operation: Emitted, template: Template, front: int) -> None:
        """The whole packet as it stands, behind room for what comes in front of the rest: there `copy` begins."""
        out, rewrite = self._out, self._writes.of(operation)
        start = self._start_of_rest(template)
        out.line(f"uint8_t *whole = weft_take(out, {front} + (size_t)packet.size) + {front};")
        out.line("__builtin_memcpy(whole, data, packet.size);")
        Rewriting(self._values, rewrite, "whole").write()
        out.line(f"const int32_t rest = {start};")
        if template.rest in (Rest.WHOLE, Rest.PAYLOAD):
            out.line(f"uint8_t *copy = whole + rest - {front};")
            out.line(f"const uint32_t size = {front} + packet.size - (uint32_t)rest;")
            out.line("const uint32_t wire_length = size + packet.wire_length - packet.size;")
            return
        out.line(f"uint8_t *copy = rest >= 0 ? whole + rest - {front} : whole - {front};")
        out.line(f"const uint32_t size = {front} + (rest >= 0 ? packet.size - (uint32_t)rest : 0);")
        out.line("const uint32_t wire_length = size + (rest >= 0 ? packet.wire_length - packet.size : 0);")

    def _start_of_rest(self, template: Template) -> str:
        match template.rest:
            case Rest.WHOLE:
                return "0"
            case Rest.PAYLOAD:
                return "at.payload"
            case Rest.FROM:
                return f"at.{template.header}"
            case _:
                header = self._program.header(template.header)
                length = str(header.fixed_bytes)
                if header.blob_length is not None:
                    blob = linear_text(header, header.blob_length, f"data + at.{header.name}")
                    length += f" + (int32_t)({blob})"
                return f"at.{header.name} >= 0 ? at.{header.name} + {length} : -1"

    def _fields(self, header: Header, given: Sequence[Operand]) -> list[tuple[HeaderField, str]]:
        """The fields of a built header with their values; checksums, which are worked out later, are left out."""
        fields = [f for f in header.fields if f.is_value]
        return [(f, self._values.short(o)) for f, o in zip(fields, given, strict=True) if f.checksum is None]

    def _header(self, fields: Sequence[tuple[HeaderField, str]], at: int) -> None:
        start = f"copy + {at}" if at else "copy"
        for f, code in fields:
            put_field(self._out, start, f.offset, f.type, code)

    # --- checksums of built headers

    def _sums(self, built: list[Header]) -> None:
        """Full sums, the innermost header's first."""
        starts = [0]
        for header in built:
            starts.append(starts[-1] + header.fixed_bytes)
        for number in reversed(range(len(built))):
            for f in built[number].fields:
                if f.checksum is not None and not f.checksum.zero_means_none:
                    self._sum(built, starts, number, f.offset, f.checksum.kind)

    def _sum(self, built: list[Header], starts: list[int], number: int, offset: int, kind: ChecksumKind) -> None:
        out, start = self._out, starts[number]
        size = str(built[number].fixed_bytes) if kind is ChecksumKind.HEADER else f"size - {start}"
        terms = [f"weft_sum(copy + {start}, {size})"]
        if kind is ChecksumKind.TRANSPORT:
            terms += self._pseudo(built, starts, number)
            terms.append(f"weft_words32(wire_length - {start})")
        f = next(f for f in built[number].fields if f.offset == offset)
        value = f"weft_fold64({' + '.join(terms)}) ^ 0xffffu"
        name = self._values.names.fresh("checksum")
        out.line(f"const uint32_t {name} = {value};")
        put_field(out, f"copy + {start}" if start else "copy", f.offset, f.type, name)

    @staticmethod
    def _pseudo(built: list[Header], starts: list[int], number: int) -> list[str]:
        """The words of the pseudo-header that the nearest built header in front has."""
        for outer in reversed(range(number)):
            fields = [f for f in built[outer].fields if f.pseudo]
            if not fields:
                continue
            terms = []
            for f in fields:
                width, start = bit_width(f.type), f"copy + {starts[outer]}"
                if f.offset % 8 == 0 and width % 16 == 0:
                    terms.append(f"weft_sum(copy + {starts[outer] + f.offset // 8}, {width // 8})")
                elif width <= 16:
                    terms.append(f"({get_field(start, f.offset, f.type).code})")
                else:
                    first = width % 16 or 16
                    terms.append(f"weft_get_bits({start}, {f.offset}, {first})")
                    terms += [f"weft_get_bits({start}, {f.offset + at}, 16)" for at in range(first, width, 16)]
            return terms
        return []

    # --- digests

    def _digest(self, operation: Digest) -> None:
        values, out = self._values, self._out
        types = [operand.type for operand in operation.values]
        codes = [values.short(operand) for operand in operation.values]
        number = next(n for n, record in enumerate(self._program.records) if record.name == operation.record)
        out.line("{")
        with out.indented():
            out.line(f"uint8_t *record = weft_digest_begin(out, number, {number}, {packed_bytes(types)});")
            pack(out, "record", list(zip(codes, types, strict=True)))
        out.line("}")

    # --- room

    def most_emissions(self) -> int:
        """The most emissions of one packet."""
        most = 1
        for operation in self.finals:
            if isinstance(operation, Flood):
                most = max(most, len(self._program.ports))
            if isinstance(operation, Multicast):
                most = max(most, GROUP_PORTS)
        return most + sum(isinstance(o, Clone) for o in self._program.operations)

    def most_bytes(self) -> tuple[int, int]:
        """(copies of a packet, bytes in front of them) of the most that one packet can need."""
        copies = front = 0
        for operation in self._program.operations:
            if not isinstance(operation, Clone | Send | Reply | Multicast):
                continue
            if operation.packet is None and not isinstance(operation, Clone):
                continue
            copies += 1
            if operation.packet is not None:
                built = sum(self._program.header(h.header).fixed_bytes for h in operation.packet.headers)
                front += built + packed_bytes([o.type for o in operation.packet.data])
        return copies, front

    def most_digest_bytes(self) -> int:
        sizes = [packed_bytes([v.type for v in o.values]) for o in self._program.operations if isinstance(o, Digest)]
        return sum(8 + (size + 7) // 8 * 8 for size in sizes)
