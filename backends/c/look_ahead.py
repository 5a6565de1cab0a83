"""Looking ahead: while packets wait, what they will need of the state is fetched into the caches.

A batch goes through three loops before the packets are processed. The first one parses, and asks for the line of
tags or the lease that a packet's key leads to; the second looks at the tags and asks for the entry; the third
looks at the entries of indexes and asks for their leases. They change nothing, and what they find out of the state is
a guess: by the time the packet is processed, an earlier one may have changed it.
"""

from __future__ import annotations

from collections.abc import Mapping

from backends.body import Body
from backends.c.early_accesses import EarlyAccesses, Keyed, key_of
from backends.c.expressions import Expressions
from backends.c.names import Names
from backends.c.states.index import IndexCode
from backends.c.states.lease import LeaseCode
from backends.c.states.map import MapCode
from backends.c.states.reduction import ReductionCode
from backends.c.states.state_code import StateCode
from backends.c.uses import count_uses
from backends.writer import Writer
from compiler.ir.operations import Operation

BATCH = 16  # packets that are looked ahead


class LookAhead:
    """Writes the three functions for the early accesses of one program."""

    def __init__(
        self,
        early: EarlyAccesses,
        code: Mapping[str, StateCode],
        *,
        name: str,
        block: str,
        names: Names,
        salt: int,
        shapes: int,
    ) -> None:
        self._early, self._code, self._name, self._block = early, code, name, block
        self._names, self._salt, self._shapes = names, salt, shapes

    def write_struct(self, out: Writer) -> None:
        """What is known of a packet before it is processed."""
        out.line("// What is known of a packet before it is its turn.")
        with out.block(f"struct {self._name}_ahead", end="};"):
            if self._shapes:
                out.line("uint32_t shape; // its number; 0: the headers are where `at` says")
            out.line(f"struct {self._name}_headers at;")
            if self._early.sites:
                out.line("uint32_t looks; // a bit for each access that the packet comes to")
            for number, site in enumerate(self._early.sites):
                if isinstance(self._code[site.state], MapCode | IndexCode):
                    out.line(f"uint32_t crc_{number}, slot_{number}; // of line {site.span.line}")
        out.line()

    def write(self, out: Writer) -> None:
        if not self._early.sites:
            return
        self._write_first(out)
        if self.second_is_needed:
            self._write_second(out)
        if self.third_is_needed:
            self._write_third(out)

    @property
    def is_needed(self) -> bool:
        return bool(self._early.sites)

    @property
    def second_is_needed(self) -> bool:
        return any(isinstance(self._code[site.state], MapCode | IndexCode) for site in self._early.sites)

    @property
    def third_is_needed(self) -> bool:
        codes = (self._code[site.state] for site in self._early.sites)
        return any(isinstance(code, IndexCode) and not code.is_told_by_lease for code in codes)

    def _head(self, step: str, packet: str = "") -> str:
        return (
            f"static inline void {self._name}_{step}(const struct {self._block} *state, {packet}"
            f"struct {self._name}_ahead *ahead)"
        )

    def _write_first(self, out: Writer) -> None:
        """Keys, and what they lead to."""
        program, inside = self._early.program, Writer()
        values = Expressions(program, inside, names=Names(self._names), salt=self._salt, uses=count_uses(program))

        def emit(operation: Operation) -> None:
            number = self._early.number(operation)
            assert number is not None, "all else is pure"
            self._first_look(number, self._early.sites[number], values)

        with inside.indented():
            Body(program, values, emit).write()
        out.line("// Ask for what the packet's keys lead to.")
        headers = f"const struct {self._name}_headers at"
        head = self._head("look_first", f"const struct weft_packet packet, {headers}, ")
        out.line(head.replace("static inline", "static WEFT_INLINE") if self._shapes else head)
        out.line("{")
        with out.indented():
            out.line("const uint8_t *data = packet.data;")
            out.line("ahead->looks = 0;")
            for declaration in values.declarations:
                out.line(declaration)
        out.lines.extend(inside.lines)
        out.line("    (void)data, (void)at, (void)packet;")
        out.line("}")
        out.line()

    def _first_look(self, number: int, site: Keyed, values: Expressions) -> None:
        out, code = values.out, self._code[site.state]
        key = key_of(site)
        match code:
            case MapCode() | IndexCode():
                crc = values.hashes.crc32(key)
                codes = "".join(f", {values.short(part)}" for part in key)
                out.line(f"ahead->crc_{number} = {crc};")
                out.line(f"ahead->slot_{number} = {code.name}_set_of({crc}{codes}) * {code.ways};")
                out.line(f"WEFT_FETCH(&state->{code.name}_sets[ahead->slot_{number} / {code.ways}]);")
            case LeaseCode():
                id_ = values.number(key[0]).code
                for line in code.fetch(id_):
                    out.line(line)
            case ReductionCode():
                slot, round_ = (values.number_atom(part) for part in key)
                for line in code.fetch(slot, round_):
                    out.line(line)
            case _:
                raise AssertionError(code)
        out.line(f"ahead->looks |= {1 << number}u;")

    def _write_second(self, out: Writer) -> None:
        out.line("// Ask for the entries that have the keys' tags.")
        out.line(self._head("look_second"))
        with out.block(""):
            for number, site in enumerate(self._early.sites):
                code = self._code[site.state]
                if not isinstance(code, MapCode | IndexCode):
                    continue
                with out.block(f"if (ahead->looks & {1 << number}u)"):
                    tags = f"state->{code.name}_sets[ahead->slot_{number} / {code.ways}].tag"
                    out.line(f"const uint32_t ways = {code.matches(tags, f'weft_tag(ahead->crc_{number})')};")
                    out.line(f"ahead->slot_{number} = ways ? ahead->slot_{number} + weft_lowest(ways) : WEFT_NO_SLOT;")
                    with out.block("if (ways)"):
                        if isinstance(code, IndexCode) and code.is_told_by_lease:
                            way = f"[ahead->slot_{number} % {code.ways}]"
                            id_ = f"state->{code.name}_sets[ahead->slot_{number} / {code.ways}].id{way}"
                            for line in code.lease.fetch(id_):
                                out.line(line)
                            continue
                        out.line(f"WEFT_FETCH(&state->{code.name}_entries[ahead->slot_{number}]);")
                        if code.straddles:
                            behind = f"&state->{code.name}_entries[ahead->slot_{number} + 1]"
                            out.line(f"WEFT_FETCH((const uint8_t *){behind} - 1);")
            out.line("(void)state, (void)ahead;")
        out.line()

    def _write_third(self, out: Writer) -> None:
        out.line("// Ask for the leases of entries of indexes.")
        out.line(self._head("look_third"))
        with out.block(""):
            for number, site in enumerate(self._early.sites):
                code = self._code[site.state]
                if isinstance(code, IndexCode) and not code.is_told_by_lease:
                    with out.block(f"if (ahead->looks & {1 << number}u && ahead->slot_{number} != WEFT_NO_SLOT)"):
                        id_ = f"state->{code.name}_entries[ahead->slot_{number}].id"
                        for line in code.lease.fetch(id_):
                            out.line(line)
        out.line()
