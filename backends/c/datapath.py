"""A program as one C file: its state, its parser, its packet function, and what the control plane calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backends.c.batch_function import BatchFunction
from backends.c.header_file import HeaderFile
from backends.c.layout import Block
from backends.c.literals import literal
from backends.c.packet_function import PacketFunction
from backends.c.parser import write_offsets, write_parser
from backends.c.plan import Plan
from backends.c.rule_function import write_rule_function
from backends.c.shapes import write_shapes
from backends.c.share_finder import write_share_finder
from backends.c.wrap import wrapped
from backends.identifiers import as_identifier
from backends.writer import Writer
from compiler.ir.operations import Hash, HashAlgorithm, Operation
from compiler.ir.program import Program

_LIBRARY = ("bytes", "numbers", "wide", "hash", "ways", "clock", "checksum")


@dataclass(frozen=True, slots=True)
class Datapath:
    """The C of a program. `block` lays out its state; `finals` are the operations that `weft_output.finals` counts."""

    name: str  # of the file, the functions and the struct of the state
    source: str
    header: str
    block: Block
    finals: tuple[Operation, ...]
    state_names: Mapping[str, str]  # of states in C
    installable: tuple[str, ...]  # names in C of the states that the control plane fills
    room: tuple[int, int, int, int]  # for one packet: emissions, copies of it, bytes in front of them, digest bytes


def emit_datapath(program: Program, finder: Program | None, *, salt: int, rules: Program | None = None) -> Datapath:
    """`program` has been through the passes, and so has `finder`, which finds the share that a packet belongs to.

    Without one, all of the program's packets belong to one core. `rules` finds rules for packets, where that is wanted.
    """
    plan = Plan(program, finder, rules, salt=salt)
    packet = PacketFunction(plan)
    emissions = packet.emissions
    out = Writer()
    _write_parsers(out, plan)
    for code in plan.code.values():
        code.write_functions(out)
    _write_digest_of_headers(out, plan)
    out.lines.extend(packet.text.lines)
    BatchFunction(plan, emissions, packet.ahead).write(out)
    write_share_finder(out, finder, name=plan.name, salt=salt)
    if rules is not None:
        write_rule_function(out, rules, plan.code, name=plan.name, block=plan.block_name, names=plan.names, salt=salt)
    _write_control(out, plan)
    copies, front = emissions.most_bytes()
    return Datapath(
        plan.name,
        wrapped(out),
        HeaderFile(plan).render(),
        plan.block,
        tuple(emissions.finals),
        plan.state_names,
        tuple(plan.state_names[name] for name in plan.filled),
        (emissions.most_emissions(), copies, front, emissions.most_digest_bytes()),
    )


def _write_parsers(out: Writer, plan: Plan) -> None:
    """The beginning of the file, to where a packet's headers are known."""
    program, name = plan.program, plan.name
    out.line(f"// {program.name}: a datapath. Written by the Weft compiler.")
    out.line(f'#include "{name}.h"')
    out.line()
    for header in _LIBRARY:
        out.line(f'#include "weft/{header}.h"')
    out.line()
    write_offsets(out, program, name)
    write_parser(out, program.headers, name="parse", block=name)
    write_shapes(out, program, plan.shapes, block=name)
    for envelope in program.envelopes:
        if envelope.port is not None:
            write_parser(out, (envelope.header,), name=f"parse_{envelope.header.name}", block=name)


def _write_digest_of_headers(out: Writer, plan: Plan) -> None:
    hashes = [o for o in plan.program.operations if isinstance(o, Hash)]
    if not any(o.algorithm is HashAlgorithm.RANDOM for o in hashes):
        return
    most = max((h.fixed_bytes for h in plan.program.headers), default=1)
    out.line("// What `random` knows of a packet: the fixed part of every header, zeros where it is absent.")
    out.line(f"static uint32_t digest_of_headers(const uint8_t *data, const struct {plan.name}_headers *at)")
    with out.block(""):
        out.line(f"static const uint8_t zeros[{max(1, most)}];")
        out.line("uint32_t crc = 0xffffffffu;")
        for h in plan.program.headers:
            start = f"at->{h.name} >= 0 ? data + at->{h.name} : zeros"
            out.line(f"crc = weft_crc32_more(crc, {start}, {h.fixed_bytes});")
        out.line("return ~crc;")
    out.line()


def _write_control(out: Writer, plan: Plan) -> None:
    out.line(f"void {plan.name}_init(struct {plan.block_name} *state)")
    with out.block(""):
        out.line("(void)state;")
        for tunable in plan.program.tunables:
            value = literal(tunable.default, tunable.type)
            out.line(f"state->tunables[0].{as_identifier(tunable.name)} = {value};")
        for state, code in plan.code.items():
            inits = Writer()
            code.write_init(inits)
            if inits.lines:
                out.line(f"// `{state}`")
                with out.block(""):
                    for line in inits.lines:
                        out.line(line)
    out.line()
    for code in plan.filled.values():
        code.write_install(out)
