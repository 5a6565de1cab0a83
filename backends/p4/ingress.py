"""The ingress control: all state, all decisions, and the packet as the program writes it."""

from __future__ import annotations

from collections.abc import Callable

from backends.body import Body
from backends.p4.accesses import Accesses, is_action
from backends.p4.array_statements import ArrayStatements
from backends.p4.checksums import full_header_checksum, received_name
from backends.p4.expressions import Environment, Expressions
from backends.p4.lanes import LaneFunctions
from backends.p4.layout import Layout
from backends.p4.names import Names
from backends.p4.parser import field_name, received_envelopes
from backends.p4.sites import COPIES_GROUP, FLOOD_GROUP, GROUP_OFFSET, MOST_GROUP, RECORD_BITS, Site
from backends.p4.table_statements import TableStatements
from backends.p4.text import type_text
from backends.presence import Known
from backends.writer import Writer
from compiler.ir.fields import results
from compiler.ir.headers import Header
from compiler.ir.operations import (
    ArrayRead,
    ArrayUpdate,
    ArrayWrite,
    Clone,
    Digest,
    Drop,
    Flood,
    Multicast,
    Operation,
    PacketFact,
    ReadFact,
    Reply,
    Select,
    Send,
    StateAccess,
    TableGet,
    Template,
    WriteField,
)
from compiler.ir.types import Bits, Blob, bit_width
from compiler.ir.values import Constant, Operand

_FACTS = {PacketFact.PORT: "meta.port", PacketFact.NOW: "meta.now", PacketFact.LENGTH: "meta.length"}


class _PacketFacts(Environment):
    """What an expression of the ingress refers to."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def field(self, header: str, field: str, *, position: int) -> str:
        first = self._layout.first_write.get((header, field))
        if first is not None and position >= first:
            return received_name(header, field)
        return f"hdr.{header}.{field_name(field)}"

    def fact(self, fact: PacketFact) -> str:
        return _FACTS[fact]

    def tunable(self, name: str) -> str:
        return self._layout.tunable_variables[name]

    def digest_of_headers(self, known: Known) -> list[str]:
        parts: list[str] = []
        for header in self._layout.program.headers:
            for f in header.fields:
                if isinstance(f.type, Blob):
                    continue
                name, width = f"hdr.{header.name}.{field_name(f.name)}", bit_width(f.type)
                if (header.name, f.name) in self._layout.first_write:
                    name = received_name(header.name, f.name)
                present = header.name in known.present
                parts.append(name if present else f"(hdr.{header.name}.isValid() ? {name} : {width}w0)")
        return parts


class Ingress:
    """Writes the control. Parts that stand in front of `apply` are known only when its statements are written."""

    def __init__(self, layout: Layout, lanes: LaneFunctions) -> None:
        self._layout, self._program = layout, layout.program
        self._names = Names(layout.names)
        self._body = Writer()
        self._values = Expressions(
            self._program, self._body, names=self._names, lanes=lanes, environment=_PacketFacts(layout)
        )
        self._arrays = ArrayStatements(self._values, layout.registers)
        self._tables = TableStatements(layout, self._values)
        self._accesses = Accesses(self._program, layout.registers, names=self._names, lanes=lanes)
        self._sites = layout.sites.by_operation
        for operation in self._program.operations:
            if isinstance(operation, StateAccess) and is_action(operation):
                used = [place for place, value in enumerate(results(operation)) if self._values.is_used(value)]
                self._accesses.see(operation, used)

    def write(self, out: Writer) -> None:
        with self._body.indented(), self._body.indented():
            Body(self._program, self._values, self._emit).write()
        actions = Writer()
        with actions.indented():
            self._accesses.write_actions(actions)
        with out.block(
            "control ingress(inout headers_t hdr, inout metadata_t meta,\n"
            "                inout standard_metadata_t standard_metadata)"
        ):
            self._layout.registers.write_declarations(out)
            out.line()
            for declaration in self._values.declarations:
                out.line(declaration)
            out.line()
            self._tables.write_declarations(out)
            self._write_helpers(out)
            out.lines.extend(actions.lines)
            with out.block("apply"):
                self._write_start(out)
                out.lines.extend(self._body.lines)
                if self._layout.sites.copies:
                    with out.block("if (meta.copies != 0)"):
                        out.line(
                            "// All emissions leave as copies of one group; egress makes each what its place says."
                        )
                        out.line("if (!meta.multicasts) {")
                        out.line(f"    standard_metadata.mcast_grp = {COPIES_GROUP:#x};")
                        out.line("}")

    # --- around the program

    def _write_start(self, out: Writer) -> None:
        layout = self._layout
        seen = layout.packets_seen.name.removeprefix("ingress.")
        packets = self._names.fresh("packets")
        out.line(f"bit<32> {packets};")
        out.line(f"{seen}.read({packets}, 0);")
        out.line(f"{seen}.write(0, {packets} + 1);")
        if layout.test_header:
            out.line("meta.now = hdr.test.now;")
            out.line("meta.port = hdr.test.port;")
            out.line("meta.length = hdr.test.length;")
            out.line("hdr.test.setInvalid();")
        else:
            out.line("meta.now = (bit<64>) standard_metadata.ingress_global_timestamp * 1000;")
            out.line("meta.port = (bit<16>) standard_metadata.ingress_port;")
            out.line("meta.length = standard_metadata.packet_length;")
            with out.block(f"if (meta.port >= {len(self._program.ports)})"):
                out.line("mark_to_drop(standard_metadata); // the program has no such port")
                out.line("return;")
        for envelope in received_envelopes(self._program):
            name = f"hdr.{envelope.header.name}"
            with out.block(f"if ({name}.isValid())"):
                for fact in ("now", "port", "length"):
                    out.line(f"meta.{fact} = {name}.{field_name(fact)};")
        for header, field in layout.received:
            out.line(f"{received_name(header, field)} = hdr.{header}.{field_name(field)};")
        if layout.tunable_table is not None:
            out.line(f"{layout.tunable_table.table.name.removeprefix('ingress.')}.apply();")
        out.line()

    def _write_helpers(self, out: Writer) -> None:
        if any(isinstance(o, Reply) for o in self._program.operations):
            out.line("// What `reply` exchanges: source and destination, in every header that the packet has.")
            with out.block("@hidden action swap_ends()"):
                for header in self._program.headers:
                    if header.swaps:
                        with out.block(f"if (hdr.{header.name}.isValid())"):
                            for one, other in header.swaps:
                                self._write_swap(out, header, one, other)
            out.line()

    @staticmethod
    def _write_swap(out: Writer, header: Header, one: str, other: str) -> None:
        first, second = (f"hdr.{header.name}.{field_name(name)}" for name in (one, other))
        kept = f"{header.name}_{field_name(one)}"
        out.line(f"{type_text(header.field_named(one).type)} {kept} = {first};")
        out.line(f"{first} = {second};")
        out.line(f"{second} = {kept};")

    # --- operations

    def _emit(self, operation: Operation) -> None:
        values, out = self._values, self._body
        match operation:
            case WriteField(header=header, field=field, value=value):
                self._where_present(
                    header, lambda: out.line(f"hdr.{header}.{field_name(field)} = {values.bits(value)};")
                )
            case ArrayRead():
                self._arrays.read(operation)
            case ArrayWrite():
                self._arrays.write(operation)
            case ArrayUpdate():
                self._arrays.update(operation)
            case TableGet():
                self._tables.get(operation)
            case Clone() | Digest():
                self._copy(self._sites[id(operation)])
            case Drop():
                self._drop()
            case Send() | Reply() | Flood() | Multicast():
                self._final(self._sites[id(operation)])
            case _:
                assert isinstance(operation, StateAccess), "all else is pure"
                self._accesses.write_call(operation, values)

    def _where_present(self, header: str, write: Callable[[], None]) -> None:
        if self._values.presence.is_present(header, self._values.known):
            write()
            return
        with self._body.block(f"if (hdr.{header}.isValid())"):
            write()

    def _drop(self) -> None:
        if self._layout.sites.copies:
            self._body.line("meta.out_port = NO_PORT;")
        self._body.line("mark_to_drop(standard_metadata);")

    def _copy(self, site: Site) -> None:
        out, operation = self._body, site.operation
        out.line(f"meta.copies = meta.copies | {1 << (site.number - 1):#x};")
        if isinstance(operation, Digest):
            self._digest(site, operation)
            return
        assert isinstance(operation, Clone), "copies are clones and digests"
        if not isinstance(operation.port, Constant):
            out.line(f"meta.copy{site.number}_port = {self._port(operation.port)};")
        for header, field in site.changed_later:
            out.line(f"meta.copy{site.number}_{header}_{field_name(field)} = hdr.{header}.{field_name(field)};")
        self._template(site)

    def _digest(self, site: Site, operation: Digest) -> None:
        out, counter = self._body, self._layout.digest_counter
        assert counter is not None, "a program with digests numbers them"
        sequence = self._values.variable(Bits(32), "sequence")
        name = counter.name.removeprefix("ingress.")
        out.line(f"{name}.read({sequence}, 0);")
        out.line(f"{name}.write(0, {sequence} + 1);")
        record = next(r.number for r in self._layout.packet_in_records if r.name == operation.record)
        header = f"hdr.{self._layout.digest_header(site)}"
        out.line(f"{header}.setValid();")
        out.line(f"{header}.record = {RECORD_BITS}w{record};")
        out.line(f"{header}.sequence = {sequence};")
        self._data(site, operation.values)

    def _final(self, site: Site) -> None:
        out, operation, sites = self._body, site.operation, self._layout.sites
        if isinstance(operation, Reply):
            out.line("swap_ends();")
        if site.template is not None:
            out.line(f"meta.final_template = {site.number};")
            self._template(site)
        match operation:
            case Send(port=port):
                code = self._port(port)
                out.line(f"standard_metadata.egress_spec = {code};")
                if sites.copies:
                    out.line(f"meta.out_port = {code};")
            case Reply():
                out.line("standard_metadata.egress_spec = (bit<9>) meta.port;")
                if sites.copies:
                    out.line("meta.out_port = (bit<9>) meta.port;")
            case Flood():
                out.line("meta.floods = true;")
                out.line(f"standard_metadata.mcast_grp = {FLOOD_GROUP:#x};")
            case Multicast(group=group):
                self._multicast(group)
            case _:
                raise AssertionError(operation)

    def _port(self, port: Operand) -> str:
        """As the device's bit<9>; the port that drops where the program has no such port."""
        values, count = self._values, len(self._program.ports)
        if isinstance(port, Constant):
            return values.bits(port) if port.value in range(count) else "NO_PORT"
        if self._is_port(port):
            return f"(bit<9>) {values.part(port)}"
        name = values.short(port)
        return f"({name} < {count} ? (bit<9>) {name} : NO_PORT)"

    def _is_port(self, operand: Operand) -> bool:
        """Whether the number is one of the program's ports, as far as its definition tells."""
        if isinstance(operand, Constant):
            return operand.value in range(len(self._program.ports))
        match self._values.definition(operand):
            case ReadFact(fact=PacketFact.PORT):
                return True
            case Select(on_true=on_true, on_false=on_false):
                return self._is_port(on_true) and self._is_port(on_false)
            case _:
                return False

    def _multicast(self, group: Operand) -> None:
        out = self._body
        number = self._values.short(group)
        if isinstance(group, Constant):
            assert isinstance(group.value, int), "a group is a number"
            out.line(f"standard_metadata.mcast_grp = {group.value + GROUP_OFFSET};")
        else:
            with out.block(f"if ({number} <= {MOST_GROUP:#x})"):
                out.line(f"standard_metadata.mcast_grp = {number} + {GROUP_OFFSET};")
            with out.block("else"):
                out.line("mark_to_drop(standard_metadata); // no such group can be served")
        if self._layout.sites.copies:
            out.line("meta.multicasts = true;")

    # --- templates

    def _template(self, site: Site) -> None:
        template = site.template
        if template is None:
            return
        for place, built in enumerate(template.headers):
            self._built(site, template, place, self._program.header(built.header))
        self._data(site, template.data)

    def _built(self, site: Site, template: Template, place: int, header: Header) -> None:
        out = self._body
        name = f"hdr.{self._layout.built_header(site, place)}"
        plain = [f for f in header.fields if not isinstance(f.type, Blob)]
        out.line(f"{name}.setValid();")
        for f, operand in zip(plain, template.headers[place].fields, strict=True):
            code = "0" if f.checksum is not None else self._values.bits(operand)
            out.line(f"{name}.{field_name(f.name)} = {code};")
        for f in plain:
            if f.checksum is not None and not f.checksum.zero_means_none:
                texts = [f"{name}.{field_name(other.name)}" for other in header.fields]
                out.line(f"{name}.{field_name(f.name)} = {full_header_checksum(header, texts, f.name)};")

    def _data(self, site: Site, data: tuple[Operand, ...]) -> None:
        if not data:
            return
        out, name = self._body, f"hdr.{self._layout.data_header(site)}"
        out.line(f"{name}.setValid();")
        for place, operand in enumerate(data):
            out.line(f"{name}.part{place} = {self._values.bits(operand)};")
