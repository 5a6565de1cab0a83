"""The egress control: every copy of a packet made what its place in the program says, and checksums mended.

No state is touched here: bmv2 runs several egress threads.
"""

from __future__ import annotations

from backends.checksum_plan import outermost_first
from backends.p4.layout import Layout
from backends.p4.parser import deparsed_of, field_name, pieces_of
from backends.p4.sites import DIGEST_BYTES, Site
from backends.writer import Writer
from compiler.ir.headers import Header
from compiler.ir.operations import Clone, Digest, Rest, Template
from compiler.ir.types import bit_width
from compiler.ir.values import Constant


class Egress:
    def __init__(self, layout: Layout) -> None:
        self._layout, self._program, self._sites = layout, layout.program, layout.sites
        self._headers = outermost_first(layout.program.headers)
        self._before = _ancestors(self._headers)

    def write(self, out: Writer) -> None:
        body = Writer()
        with body.indented(), body.indented():
            self._write_body(body)
        head = (
            "control egress(inout headers_t hdr, inout metadata_t meta,\n"
            "               inout standard_metadata_t standard_metadata)"
        )
        with out.block(head):
            if any("changes" in line for line in body.lines):
                out.line("bit<32> changes = 0; // of 16-bit words under a checksum")
                out.line()
            with out.block("apply"):
                out.lines.extend(body.lines)

    def _write_body(self, out: Writer) -> None:
        if self._sites.floods or self._sites.copies:
            self._write_final_filter(out)
        for site in self._sites.copies:
            self._write_copy(out, site)
        self._layout.checksums.write(out)
        self._write_templates(out)

    def _write_final_filter(self, out: Writer) -> None:
        """Final emissions that leave by a group have a copy on every port; the wrong ones end here."""
        out.line(f"// Instance {self._sites.final_instance}: what the packet itself becomes.")
        tests: list[str] = []
        if self._sites.floods:
            tests.append("(meta.floods && standard_metadata.egress_port == (bit<9>) meta.port)")
            links = sorted(self._program.links) if self._sites.copies else ()  # the group of floods alone has none
            tests += [f"(meta.floods && standard_metadata.egress_port == {link})" for link in links]
        if self._sites.copies:
            tests.append("(!meta.floods && standard_metadata.egress_port != meta.out_port)")
        here = f"if (standard_metadata.egress_rid == {self._sites.final_instance})"
        with out.block(here), out.block(f"if ({' || '.join(tests)})"):
            out.line("mark_to_drop(standard_metadata);")
            out.line("return;")

    def _write_copy(self, out: Writer, site: Site) -> None:
        """A copy of the group: dropped where its place emitted nothing, else as the packet stood there."""
        out.says_where(site.operation.span)
        out.forgets_where()
        bit = site.number - 1
        tests = [f"meta.copies[{bit}:{bit}] == 0"]
        operation = site.operation
        if isinstance(operation, Clone) and not isinstance(operation.port, Constant):
            tests.append(f"standard_metadata.egress_port != meta.copy{site.number}_port")
        with out.block(f"if (standard_metadata.egress_rid == {site.number})"):
            with out.block(f"if ({' || '.join(tests)})"):
                out.line("mark_to_drop(standard_metadata);")
                out.line("return;")
            for header, field in site.changed_later:
                with out.block(f"if (hdr.{header}.isValid())"):
                    out.line(f"hdr.{header}.{field_name(field)} = meta.copy{site.number}_{header}_{field_name(field)};")

    # --- what a template leaves of the packet

    def _write_templates(self, out: Writer) -> None:
        for site in self._sites.copies:
            if site.template is not None or isinstance(site.operation, Digest):
                out.says_where(site.operation.span)
                out.forgets_where()
                with out.block(f"if (standard_metadata.egress_rid == {site.number})"):
                    self._write_template(out, site)
            self._without(out, f"standard_metadata.egress_rid != {site.number}", self._instances(site))
        finals = [site for site in self._sites.finals if site.template is not None]
        is_copy = " || ".join(f"standard_metadata.egress_rid == {site.number}" for site in self._sites.copies)
        for site in finals:
            out.says_where(site.operation.span)
            out.forgets_where()
            test = f"meta.final_template == {site.number}"
            with out.block(f"if ({test} && !({is_copy}))" if is_copy else f"if ({test})"):
                self._write_template(out, site)
        if is_copy:
            self._without(out, is_copy, [name for site in finals for name in self._instances(site)])

    @staticmethod
    def _without(out: Writer, test: str, names: list[str]) -> None:
        """What other places have built is no part of this copy."""
        if names:
            with out.block(f"if ({test})"):
                for name in names:
                    out.line(f"hdr.{name}.setInvalid();")

    def _instances(self, site: Site) -> list[str]:
        """The header instances that this place alone fills."""
        return [name for name, _ in self._layout.instances_of(site)]

    def _write_template(self, out: Writer, site: Site) -> None:
        if isinstance(site.operation, Digest):
            length = sum(bit_width(value.type) for value in site.operation.values)
            packet_in = DIGEST_BYTES
            self._write_nothing_of_packet(out, packet_in + (length + 7) // 8)
            return
        template = site.template
        assert template is not None, "this place builds a packet"
        match template.rest:
            case Rest.WHOLE:
                pass
            case Rest.PAYLOAD:
                self._invalidate(out, self._headers)
            case Rest.NOTHING:
                self._write_nothing_of_packet(out, self._built_bytes(template))
            case Rest.FROM | Rest.AFTER:
                header = self._program.header(template.header)
                gone = [h for h in self._headers if h.name in self._before[header.name]]
                with out.block(f"if (hdr.{header.name}.isValid())"):
                    self._invalidate(out, [*gone, header] if template.rest is Rest.AFTER else gone)
                with out.block("else"):
                    self._write_nothing_of_packet(out, self._built_bytes(template))

    def _write_nothing_of_packet(self, out: Writer, length: int) -> None:
        self._invalidate(out, self._headers)
        out.line(f"truncate({length});")

    def _built_bytes(self, template: Template) -> int:
        data = sum(bit_width(operand.type) for operand in template.data)
        return sum(self._program.header(built.header).fixed_bytes for built in template.headers) + (data + 7) // 8

    @staticmethod
    def _invalidate(out: Writer, headers: list[Header]) -> None:
        for header in headers:
            for name in deparsed_of(header):
                if name != header.name and name.endswith("_pieces"):
                    out.line(f"hdr.{name}.pop_front({pieces_of(header)});")
                else:
                    out.line(f"hdr.{name}.setInvalid();")


def _ancestors(headers: list[Header]) -> dict[str, set[str]]:
    """For each header those that can come before it in a packet."""
    found: dict[str, set[str]] = {}
    for header in headers:
        found[header.name] = set()
        for rule in header.rules:
            found[header.name] |= {rule.previous} | found[rule.previous]
    return found
