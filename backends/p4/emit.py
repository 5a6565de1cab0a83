"""A program as P4-16 for v1model, put together from its parts."""

from __future__ import annotations

from importlib.metadata import version

from backends.checksum_plan import outermost_first
from backends.p4.checksums import received_name
from backends.p4.egress import Egress
from backends.p4.ingress import Ingress
from backends.p4.lanes import LaneFunctions
from backends.p4.layout import Layout
from backends.p4.manifest import Manifest, Port
from backends.p4.names import file_stem
from backends.p4.p4info import PACKET_IN_ID
from backends.p4.parser import (
    deparsed_of,
    field_name,
    members_of,
    received_envelopes,
    write_deparser,
    write_header_types,
    write_parser,
)
from backends.p4.sites import CPU_PORT, RECORD_BITS, SEQUENCE_BITS, Site, groups_of, packet_in_of, program_groups
from backends.p4.text import type_text
from backends.writer import Writer
from compiler.ir.operations import Clone, Digest, Hash, HashAlgorithm, Template
from compiler.ir.types import bit_width
from compiler.ir.values import Constant, Operand

NO_PORT = 511  # v1model's drop port


def emit_p4(layout: Layout) -> str:
    """The P4 of a program, which includes the files of `p4/weft`."""
    out = Writer()
    lanes = LaneFunctions()
    controls = Writer()
    _write_controls(controls, layout, lanes)
    _write_head(out, layout, drops=any("NO_PORT" in line for line in controls.lines))
    write_header_types(out, layout.program)
    _write_built_types(out, layout)
    _write_headers_struct(out, layout)
    _write_metadata(out, layout)
    lanes.write(out)
    write_parser(out, layout.program, test_header=layout.test_header)
    out.line()
    out.lines.extend(controls.lines)
    _write_tail(out, layout)
    return out.text()


def _write_head(out: Writer, layout: Layout, *, drops: bool) -> None:
    name = file_stem(layout.source.name)
    out.line(f"// {name}: written by Weft {version('weft')}. Changes belong into the program, not here.")
    if layout.test_header:
        out.line("// A test build: time, port, sequence number and length come in a header in front of every packet.")
    out.line("#include <core.p4>")
    out.line("#include <v1model.p4>")
    out.line('#include "weft/hash.p4"')
    out.line('#include "weft/checksum.p4"')
    out.line()
    if drops:
        out.line(f"const bit<9> NO_PORT = {NO_PORT};")
        out.line()
    out.line("error { HeaderInvalid } // a header says of itself what cannot be")
    out.line()


def _write_built_types(out: Writer, layout: Layout) -> None:
    """Types of headers that no packet arrives with."""
    if layout.test_header:
        with out.block("header test_t"):
            out.line("bit<64> now; // ns")
            out.line("bit<16> port;")
            out.line("bit<32> sequence;")
            out.line("bit<32> length; // bytes on the wire")
        out.line()
    if layout.sites.digests:
        out.line("// In front of a digest's values on their way to the controller.")
        with out.block(f'@id({PACKET_IN_ID:#010x}) @controller_header("packet_in") header packet_in_t'):
            out.line(f"bit<{RECORD_BITS}> record;")
            out.line(f"bit<{SEQUENCE_BITS}> sequence;")
        out.line()
    for site in (*layout.sites.copies, *layout.sites.finals):
        data = _data_of(site)
        if not data:
            continue
        with out.block(f"header {layout.data_header(site)}_t"):
            bits = 0
            for place, operand in enumerate(data):
                out.line(f"{type_text(operand.type)} part{place};")
                bits += bit_width(operand.type)
            if bits % 8:
                out.line(f"bit<{8 - bits % 8}> filled_up;")
        out.line()


def _data_of(site: Site) -> tuple[Operand, ...]:
    if isinstance(site.operation, Digest):
        return site.operation.values
    return site.template.data if isinstance(site.template, Template) else ()


def _write_headers_struct(out: Writer, layout: Layout) -> None:
    with out.block("struct headers_t"):
        if layout.test_header:
            out.line("test_t test;")
        for site in (*layout.sites.copies, *layout.sites.finals):
            for name, kind in layout.instances_of(site):
                out.line(f"{kind} {name};")
        received = [envelope.header for envelope in received_envelopes(layout.program)]
        for header in (*received, *outermost_first(layout.program.headers)):
            for member in members_of(header):
                out.line(member)
    out.line()


def _deparsed(layout: Layout) -> list[str]:
    built = [name for s in (*layout.sites.copies, *layout.sites.finals) for name, _ in layout.instances_of(s)]
    received = [name for h in outermost_first(layout.program.headers) for name in deparsed_of(h)]
    return [*built, *received]


def _write_metadata(out: Writer, layout: Layout) -> None:
    program, sites = layout.program, layout.sites
    with out.block("struct metadata_t"):
        out.line("bit<64> now; // arrival, ns")
        out.line("bit<16> port; // that the packet came in by")
        out.line("bit<32> length; // bytes on the wire")
        for header, field in layout.received:
            of = program.header(header).field_named(field).type
            out.line(f"{type_text(of)} {received_name(header, field).removeprefix('meta.')};")
        if sites.floods or sites.copies:
            out.line("bool floods; // by all ports but the one it came in by")
        if sites.copies:
            out.line(f"bit<{max(1, len(sites.copies))}> copies; // a bit for each place that emitted a copy")
            out.line("bit<9> out_port;")
            out.line("bool multicasts;")
        if any(site.template is not None for site in sites.finals):
            out.line("bit<16> final_template; // the place whose packet this is")
        for site in sites.copies:
            if isinstance(site.operation, Clone) and not isinstance(site.operation.port, Constant):
                out.line(f"bit<9> copy{site.number}_port;")
            for header, field in site.changed_later:
                of = program.header(header).field_named(field).type
                out.line(f"{type_text(of)} copy{site.number}_{header}_{field_name(field)};")
    out.line()


def _write_controls(out: Writer, layout: Layout, lanes: LaneFunctions) -> None:
    Ingress(layout, lanes).write(out)
    out.line()
    Egress(layout).write(out)
    out.line()


def _write_tail(out: Writer, layout: Layout) -> None:
    for name in ("VerifyNothing", "ComputeNothing"):
        out.line(f"control {name}(inout headers_t hdr, inout metadata_t meta) {{")
        out.line("    apply {} // checksums are mended in egress, by what changed")
        out.line("}")
        out.line()
    write_deparser(out, _deparsed(layout))
    out.line()
    out.line("V1Switch(PacketParser(), VerifyNothing(), ingress(), egress(), ComputeNothing(), PacketDeparser()) main;")


def manifest_of(layout: Layout, *, device_config: str | None) -> Manifest:
    program, name = layout.source, layout.source.name
    return Manifest(
        weft=version("weft"),
        target="bmv2",
        name=name,
        p4=f"{file_stem(name)}.p4",
        program="program.ir",
        p4info=f"{file_stem(name)}.p4info.txtpb",
        device_config=device_config,
        test_header=layout.test_header,
        ports=tuple(Port(port.name, number, number) for number, port in enumerate(program.ports)),
        cpu_port=CPU_PORT,
        tables=tuple(layout.source_tables),
        tunables=layout.tunable_table,
        arrays=tuple(layout.registers.arrays),
        packets_seen=layout.packets_seen,
        digests_sent=layout.digest_counter,
        groups=groups_of(layout.program, layout.sites),
        program_groups=program_groups(layout.program, layout.sites),
        packet_in=packet_in_of(layout.program, layout.sites),
        crc32c=(),
    )


def uses_crc32c(layout: Layout) -> bool:
    return any(isinstance(o, Hash) and o.algorithm is HashAlgorithm.CRC32C for o in layout.program.operations)
