"""The header of a datapath: the layout of its state, and the functions that others call."""

from __future__ import annotations

from backends.c.layout import Struct
from backends.c.plan import Plan
from backends.c.types import CType, stored, typedefs
from backends.c.wrap import wrapped
from backends.writer import Writer
from compiler.ir.fields import operands, results
from compiler.ir.types import Bits, Blob


class HeaderFile:
    """Renders the header of one datapath."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def render(self) -> str:
        out, name = Writer(), self._plan.name
        guard = f"WEFT_PROGRAM_{name.upper()}_H"  # a program may be called `hash` or `packet`, as files of the library
        out.line(f"// The state of {self._plan.program.name}, and its functions. Written by the Weft compiler.")
        out.line(f"#ifndef {guard}")
        out.line(f"#define {guard}")
        out.line()
        out.line('#include "weft/packet.h"')
        out.line()
        for line in typedefs(self._types()):
            out.line(line)
        out.line()
        for place in self._plan.block.places:
            if isinstance(place.region.of, Struct):
                _write_struct(out, place.region.of)
        self._write_block(out)
        self._write_prototypes(out)
        out.line()
        out.line("#endif")
        return wrapped(out)

    def _write_block(self, out: Writer) -> None:
        out.line("// One block without pointers: it can be saved, moved and shared.")
        with out.block(f"struct {self._plan.block_name}", end="};"):
            for place in self._plan.block.places:
                of = place.region.of
                kind = f"struct {of.name}" if isinstance(of, Struct) else of.name
                out.line(f"_Alignas(WEFT_LINE) {kind} {place.name}[{place.region.count}];")
            if not self._plan.block.places:
                out.line("_Alignas(WEFT_LINE) uint8_t nothing;")
        out.line()
        for place in self._plan.block.places:
            out.line(
                f'_Static_assert(offsetof(struct {self._plan.block_name}, {place.name}) == {place.offset}u, "layout");'
            )
        out.line()

    def _write_prototypes(self, out: Writer) -> None:
        name = self._plan.name
        out.line("// Make a block of zeros the state before the first packet.")
        out.line(f"void {name}_init(struct {self._plan.block_name} *state);")
        out.line("// Process packets in order while there is room for what they emit. Returns how many those were.")
        out.line(
            f"uint32_t {name}_process(struct {self._plan.block_name} *state, const struct weft_packet *packets, "
            "uint32_t count, struct weft_output *out);"
        )
        shares = self._plan.finder.shares if self._plan.finder is not None else 1
        out.line(
            "// The share that a packet belongs to, or WEFT_ANY_SHARE. Whoever processes packets of a share has to"
        )
        out.line("// process all of them. Share 0 has in addition all packets with state that cannot be divided.")
        out.line(f"#define {name.upper()}_SHARES {shares}")
        out.line(f"uint32_t {name}_share(const struct weft_packet *packet);")
        if self._plan.rules is not None:
            out.line(
                "// The rule for packets like this one, by its number from 1 on, and its values; 0: there is none."
            )
            out.line(
                f"uint32_t {name}_rule(struct {self._plan.block_name} *state, const struct weft_packet *packet, "
                "uint8_t *values);"
            )
        for code in self._plan.filled.values():
            out.line(code.install_prototype)

    def _types(self) -> set[CType]:
        found: set[CType] = set()
        for operation in self._plan.operations:
            for operand in (*operands(operation), *results(operation)):
                found.add(stored(operand.type))
        for header in self._plan.program.all_headers:
            found.update(stored(f.type) for f in header.fields if not isinstance(f.type, Blob))
        for place in self._plan.block.places:
            of = place.region.of
            found.update((m.type for m in of.members) if isinstance(of, Struct) else (of,))
        for tunable in self._plan.program.tunables:
            found.add(stored(tunable.type))
        lanes = {stored(Bits(8 * t.lane.size)) for t in found if t.lane is not None and t.lane.words}
        return found | lanes


def _write_struct(out: Writer, struct: Struct) -> None:
    with out.block(f"struct {struct.name}", end="};"):
        for place, member in enumerate(struct.members):
            align = f"_Alignas({struct.least_align}) " if place == 0 and struct.least_align > 1 else ""
            count = f"[{member.count}]" if member.count is not None else ""
            out.line(f"{align}{member.type.name} {member.name}{count};")
    out.line()
