"""A program as one C file: its state, its parser, its packet function, and what the control plane calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from backends.body import Body
from backends.c.bit_fields import get_field
from backends.c.early_accesses import EarlyAccesses, find_early_accesses
from backends.c.emissions import GROUP_PORTS, EmissionWriter
from backends.c.expressions import Expressions
from backends.c.field_writes import FieldKey, FieldWrites
from backends.c.layout import Block, Member, Region, Struct
from backends.c.literals import literal
from backends.c.look_ahead import BATCH, LookAhead
from backends.c.names import Names
from backends.c.parser import write_offsets, write_parser
from backends.c.shapes import find_shapes, write_shapes
from backends.c.share_finder import write_share_finder
from backends.c.states.cells import ArrayCode, CounterCode, MeterCode
from backends.c.states.index import IndexCode
from backends.c.states.lease import LeaseCode
from backends.c.states.map import MapCode
from backends.c.states.reduction import ReductionCode
from backends.c.states.state_code import StateCode
from backends.c.states.table import TableArrayCode, TableCode
from backends.c.types import U16, U32, CType, calculated, stored, typedefs
from backends.c.uses import count_uses
from backends.c.wrap import wrapped
from backends.identifiers import as_identifier
from backends.writer import Writer
from compiler.ir.accesses import IndexFind, IndexOpen, MapFind, StateAccess
from compiler.ir.emissions import Clone, Digest, Drop, Emission, Flood, Multicast, Reply, Send, WriteField
from compiler.ir.fields import operands, results
from compiler.ir.headers import Header
from compiler.ir.operations import Hash, HashAlgorithm, Operation, Pure
from compiler.ir.program import Program
from compiler.ir.states import Array, Counter, Index, Lease, Map, Meter, Reduction, State, Table, TableArray
from compiler.ir.types import Bits, Blob, Vector

_TICK = re.compile(r"\btick\b")


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


def emit_datapath(program: Program, finder: Program | None, *, salt: int) -> Datapath:
    """`program` has been through the passes, and so has `finder`, which finds the share that a packet belongs to.

    Without one, all of the program's packets belong to one core.
    """
    return _Datapath(program, finder, salt).emit()


class _Datapath:
    def __init__(self, program: Program, finder: Program | None, salt: int) -> None:
        self._program, self._finder, self._salt = program, finder, salt
        self._name = _file_name(program.name)
        self._block_name = f"{self._name}_state"
        names = Names()
        names.fresh(self._name)
        for header in program.all_headers:  # members of a struct, and labels
            names.fresh(header.name)
        self._state_names = {state.name: names.fresh(state.name) for state in program.states}
        self._names = names
        self._code = self._state_code()
        self._block = Block(self._regions())
        self._shapes = find_shapes(program)
        self._noted: dict[FieldKey, tuple[str, str]] = {}

    # --- the state

    def _state_code(self) -> dict[str, StateCode]:
        leases = {
            state.name: LeaseCode(state, self._program, name=self._state_names[state.name], block=self._block_name)
            for state in self._program.states
            if isinstance(state, Lease)
        }
        return {state.name: self._code_of(state, leases) for state in self._program.states}

    def _code_of(self, state: State, leases: dict[str, LeaseCode]) -> StateCode:
        name, block, program, salt = self._state_names[state.name], self._block_name, self._program, self._salt
        match state:
            case Array():
                return ArrayCode(state, name=name)
            case Map():
                return MapCode(state, program, name=name, block=block, salt=salt)
            case Lease():
                return leases[state.name]
            case Index():
                return IndexCode(state, leases[state.lease], program, name=name, block=block, salt=salt)
            case Table():
                return TableCode(state, program, name=name, block=block)
            case TableArray():
                return TableArrayCode(state, name=name, block=block)
            case Counter():
                return CounterCode(state, name=name)
            case Meter():
                return MeterCode(state, name=name, block=block)
            case Reduction():
                return ReductionCode(state, name=name, block=block)

    def _regions(self) -> list[tuple[str, Region]]:
        found: list[tuple[str, Region]] = []
        for state, code in self._code.items():
            found.extend((f"{self._state_names[state]}_{r.role}", r) for r in code.regions())
        if self._program.tunables:
            members = tuple(Member(as_identifier(t.name), stored(t.type)) for t in self._program.tunables)
            found.append(("tunables", Region("", "tunables", Struct(f"{self._name}_tunables", members), 1)))
        if any(isinstance(o, Multicast) for o in self._program.operations):
            found.append(("group_starts", Region("", "group_starts", U32, 65537)))
            found.append(("group_ports", Region("", "group_ports", U16, GROUP_PORTS)))
        return found

    # --- the files

    def emit(self) -> Datapath:
        body, emissions, ahead = self._body()
        out = Writer()
        out.line(f"// {self._program.name}: a datapath. Written by the Weft compiler.")
        out.line(f'#include "{self._name}.h"')
        out.line()
        for header in ("bytes", "numbers", "wide", "hash", "ways", "clock", "checksum"):
            out.line(f'#include "weft/{header}.h"')
        out.line()
        write_offsets(out, self._program, self._name)
        write_parser(out, self._program.headers, name="parse", block=self._name)
        write_shapes(out, self._program, self._shapes, block=self._name)
        for envelope in self._program.envelopes:
            if envelope.port is not None:
                write_parser(out, (envelope.header,), name=f"parse_{envelope.header.name}", block=self._name)
        for code in self._code.values():
            code.write_functions(out)
        self._write_digest_of_headers(out)
        out.lines.extend(body.lines)
        self._write_batch(out, emissions, ahead)
        write_share_finder(out, self._finder, name=self._name, salt=self._salt)
        self._write_control(out)
        copies, front = emissions.most_bytes()
        room = emissions.most_emissions(), copies, front, emissions.most_digest_bytes()
        filled = (n for n, code in self._code.items() if isinstance(code, TableCode | TableArrayCode))
        return Datapath(
            self._name,
            wrapped(out),
            self._header(),
            self._block,
            tuple(emissions.finals),
            self._state_names,
            tuple(self._state_names[name] for name in filled),
            room,
        )

    def _header(self) -> str:
        out, name = Writer(), self._name
        guard = f"WEFT_{name.upper()}_H"
        out.line(f"// The state of {self._program.name}, and its functions. Written by the Weft compiler.")
        out.line(f"#ifndef {guard}")
        out.line(f"#define {guard}")
        out.line()
        out.line('#include "weft/packet.h"')
        out.line()
        for line in typedefs(self._types()):
            out.line(line)
        out.line()
        for place in self._block.places:
            if isinstance(place.region.of, Struct):
                _write_struct(out, place.region.of)
        out.line("// One block without pointers: it can be saved, moved and shared.")
        with out.block(f"struct {self._block_name}", end="};"):
            for place in self._block.places:
                of = place.region.of
                kind = f"struct {of.name}" if isinstance(of, Struct) else of.name
                out.line(f"_Alignas(WEFT_LINE) {kind} {place.name}[{place.region.count}];")
            if not self._block.places:
                out.line("_Alignas(WEFT_LINE) uint8_t nothing;")
        out.line()
        for place in self._block.places:
            out.line(f'_Static_assert(offsetof(struct {self._block_name}, {place.name}) == {place.offset}u, "layout");')
        out.line()
        out.line("// Make a block of zeros the state before the first packet.")
        out.line(f"void {name}_init(struct {self._block_name} *state);")
        out.line("// Process packets in order while there is room for what they emit. Returns how many those were.")
        out.line(
            f"uint32_t {name}_process(struct {self._block_name} *state, const struct weft_packet *packets, "
            "uint32_t count, struct weft_output *out);"
        )
        shares = self._finder.shares if self._finder is not None else 1
        out.line(
            "// The share that a packet belongs to, below the number of them, or WEFT_ANY_SHARE. Whoever processes"
        )
        out.line("// packets of a share processes all of them, and whoever has share 0 all of those that have none.")
        out.line(f"#define {name.upper()}_SHARES {shares}")
        out.line(f"uint32_t {name}_share(const struct weft_packet *packet);")
        for code in self._code.values():
            if isinstance(code, TableCode | TableArrayCode):
                out.line(code.install_prototype)
        out.line()
        out.line("#endif")
        return wrapped(out)

    def _types(self) -> set[CType]:
        found: set[CType] = set()
        for operation in self._program.operations:
            for operand in (*operands(operation), *results(operation)):
                found.add(stored(operand.type))
        for header in self._program.all_headers:
            found.update(stored(f.type) for f in header.fields if not isinstance(f.type, Blob))
        for place in self._block.places:
            of = place.region.of
            found.update((m.type for m in of.members) if isinstance(of, Struct) else (of,))
        for tunable in self._program.tunables:
            found.add(stored(tunable.type))
        lanes = {stored(Bits(8 * t.lane.size)) for t in found if t.lane is not None and t.lane.words}
        return found | lanes

    # --- functions

    def _body(self) -> tuple[Writer, EmissionWriter, LookAhead]:
        """The function that processes one packet."""
        inside = Writer()
        writes = FieldWrites(self._program)
        program = replace(
            self._program,
            operations=tuple(
                o for o in self._program.operations if not isinstance(o, WriteField) or writes.is_carried(o)
            ),
        )
        early = find_early_accesses(program) if not program.envelopes else EarlyAccesses((), program)
        ahead = LookAhead(
            early,
            self._code,
            name=self._name,
            block=self._block_name,
            names=self._names,
            salt=self._salt,
            shapes=len(self._shapes),
        )
        uses = count_uses(program)
        values = Expressions(program, inside, names=Names(self._names), salt=self._salt, uses=uses)
        for header, field in sorted(writes.noted):
            of = program.header(header).field_named(field).type
            has, new = values.names.fresh(f"has_{header}_{field}"), values.names.fresh(f"new_{header}_{field}")
            values.declarations.append(f"bool {has} = false;")
            zero = "0" if isinstance(of, Bits) and of.width <= 128 else "{{0}}" if not _is_nested(of) else "{{{{0}}}}"
            values.declarations.append(f"{calculated(of)} {new} = {zero};")
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
                    self._code[_state_of(operation)].write_call(operation, values)

        with inside.indented():
            Body(program, values, emit).write()
        out = Writer()
        ahead.write_struct(out)
        ahead.write(out)
        out.line("// What becomes of one packet.")
        out.line(
            f"static {'WEFT_INLINE' if self._shapes else 'inline'} void {self._name}_packet("
            f"struct {self._block_name} *restrict state, struct weft_packet packet, "
            f"{'' if program.envelopes else f'const struct {self._name}_headers at, '}"
            f"const struct {self._name}_ahead *restrict ahead, uint32_t number, struct weft_output *restrict out)"
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
        program = self._program
        out.line("uint8_t *data = packet.data;")
        if program.envelopes:
            out.line(f"struct {self._name}_headers at = {self._name}_no_headers;")
            self._write_opening(out)
        if uses_tick:
            out.line("const uint32_t tick = weft_tick(packet.now);")
        out.line("(void)state, (void)ahead, (void)data, (void)at, (void)number, (void)out;")

    def _write_opening(self, out: Writer) -> None:
        """What stands in front of packets from other pieces, and says when and where they came in."""
        out.line("uint8_t *envelope = data;")
        out.line("bool is_whole = true;")
        for envelope in self._program.envelopes:
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
        for envelope in self._program.envelopes:
            if envelope.port is not None:
                out.line(f"if (at.{envelope.header.name} >= 0)")
                out.line(f"    packet.port = (uint16_t){_arrival_field(envelope.header, 'port')};")
        out.line("(void)envelope;")

    def _write_digest_of_headers(self, out: Writer) -> None:
        hashes = [o for o in self._program.operations if isinstance(o, Hash)]
        if not any(o.algorithm is HashAlgorithm.RANDOM for o in hashes):
            return
        most = max((h.fixed_bytes for h in self._program.headers), default=1)
        out.line("// What `random` knows of a packet: the fixed part of every header, zeros where it is absent.")
        out.line(f"static uint32_t digest_of_headers(const uint8_t *data, const struct {self._name}_headers *at)")
        with out.block(""):
            out.line(f"static const uint8_t zeros[{max(1, most)}];")
            out.line("uint32_t crc = 0xffffffffu;")
            for h in self._program.headers:
                start = f"at->{h.name} >= 0 ? data + at->{h.name} : zeros"
                out.line(f"crc = weft_crc32_more(crc, {start}, {h.fixed_bytes});")
            out.line("return ~crc;")
        out.line()

    def _write_batch(self, out: Writer, emissions: EmissionWriter, ahead: LookAhead) -> None:
        name = self._name
        copies, front = emissions.most_bytes()
        tests = [f"out->emission_capacity - out->emission_count >= {emissions.most_emissions()}"]
        if copies:
            need = f"{copies} * (size_t)packets[done].size + {front}"
            tests.append(f"out->bytes_capacity - out->bytes_used >= {need}")
        digest = emissions.most_digest_bytes()
        if digest:
            tests.append(f"out->digests_capacity - out->digests_used >= {digest}")
        out.line(
            f"uint32_t {name}_process(struct {self._block_name} *state, const struct weft_packet *packets, "
            "uint32_t count, struct weft_output *out)"
        )
        with out.block(""):
            out.line(f"struct {name}_ahead ahead[{BATCH}];")
            out.line("uint32_t done = 0;")
            with out.block("while (done < count)"):
                out.line("const uint32_t first = done;")
                out.line(f"const uint32_t next = weft_smaller(count - first, {BATCH}) + first;")
                self._write_loops(out, ahead)
                with out.block("for (; done < next; done++)"):
                    out.line(f"if (!({' && '.join(tests)}))")
                    out.line("    return done;")
                    self._write_call(out)
            out.line("return done;")
        out.line()

    def _write_call(self, out: Writer) -> None:
        """Process one packet, by its shape where it has one."""
        name = self._name
        out.line(f"const struct {name}_ahead *it = &ahead[done - first];")

        def call(at: str) -> str:
            headers = "" if self._program.envelopes else f"{at}, "
            return f"{name}_packet(state, packets[done], {headers}it, done, out);"

        self._write_by_shape(out, call, "it->at")

    def _write_by_shape(self, out: Writer, call: Callable[[str], str], otherwise: str) -> None:
        """`call` for the offsets of the packet's shape, or for those that the parser found."""
        if not self._shapes:
            out.line(call(otherwise))
            return
        with out.block("switch (it->shape)"):
            for number in range(1, len(self._shapes) + 1):
                out.line(f"case {number}:")
                out.line(f"    {call(f'{self._name}_shape_{number}')}")
                out.line("    break;")
            out.line("default:")
            out.line(f"    {call(otherwise)}")
            out.line("    break;")

    def _write_loops(self, out: Writer, ahead: LookAhead) -> None:
        """What is done for all packets of a batch before the first of them is processed."""
        name = self._name
        if self._program.envelopes:
            return
        out.line("for (uint32_t i = first; i < next; i++) {")
        with out.indented():
            out.line(f"struct {name}_ahead *it = &ahead[i - first];")
            if self._shapes:
                out.line(f"it->shape = {name}_shape_of(packets[i].data, packets[i].size);")
                out.line("if (it->shape == 0) {")
            with out.indented():
                out.line(f"it->at = {name}_no_headers;")
                out.line("parse(packets[i].data, packets[i].size, &it->at);")
            if self._shapes:
                out.line("}")
            if ahead.is_needed:
                self._write_by_shape(out, lambda at: f"{name}_look_first(state, packets[i], {at}, it);", "it->at")
        out.line("}")
        for step, wanted in (("second", ahead.second_is_needed), ("third", ahead.third_is_needed)):
            if wanted:
                out.line("for (uint32_t i = first; i < next; i++)")
                out.line(f"    {name}_look_{step}(state, &ahead[i - first]);")

    def _write_control(self, out: Writer) -> None:
        out.line(f"void {self._name}_init(struct {self._block_name} *state)")
        with out.block(""):
            out.line("(void)state;")
            for tunable in self._program.tunables:
                value = literal(tunable.default, tunable.type)
                out.line(f"state->tunables[0].{as_identifier(tunable.name)} = {value};")
            for state, code in self._code.items():
                inits = Writer()
                code.write_init(inits)
                if inits.lines:
                    out.line(f"// `{state}`")
                    with out.block(""):
                        for line in inits.lines:
                            out.line(line)
        out.line()
        for code in self._code.values():
            if isinstance(code, TableCode | TableArrayCode):
                code.write_install(out)


def _is_nested(of: object) -> bool:
    return isinstance(of, Vector) and of.width > 128


def _state_of(operation: StateAccess) -> str:
    return operation.state


def _arrival_field(header: Header, name: str) -> str:
    found = header.field_named(name)
    return get_field("envelope", found.offset, found.type).code


def _write_struct(out: Writer, struct: Struct) -> None:
    with out.block(f"struct {struct.name}", end="};"):
        for place, member in enumerate(struct.members):
            align = f"_Alignas({struct.least_align}) " if place == 0 and struct.least_align > 1 else ""
            count = f"[{member.count}]" if member.count is not None else ""
            out.line(f"{align}{member.type.name} {member.name}{count};")
    out.line()


def _file_name(name: str) -> str:
    return as_identifier(name).lower()
