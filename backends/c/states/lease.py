"""Leases: ids that carry values, a last use and a generation, and a hand for each share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.c.layout import Member, Region, Struct
from backends.c.states.state_code import (
    Part,
    arguments,
    bind_results,
    bind_stored,
    function,
    parameters,
    parts_of,
    result_struct,
    returned,
)
from backends.c.types import U8, U16, U32, U64, CType, stored
from backends.leaf_names import leaf_names
from backends.writer import Writer
from compiler.ir.accesses import IndexOpen, LeaseClose, LeaseGet, LeaseOpen, StateAccess
from compiler.ir.program import Program
from compiler.ir.states import Index, Lease
from compiler.ir.types import Bits

if TYPE_CHECKING:
    from backends.c.expressions import Expressions


class LeaseCode:
    """The C of one lease. Entries stand in the order of their ids, from `first` on."""

    def __init__(self, state: Lease, program: Program, *, name: str, block: str) -> None:
        self.state, self.name = state, name
        self._block = block
        self.values = parts_of(leaf_names("values", state, program, len(state.values)), state.values)
        self._shares = program.shares if state.sharded else 1
        self._count = state.last - state.first + 1
        own = [o for o in program.operations if getattr(o, "state", None) == state.name]
        of_indexes = [o for o in program.operations if getattr(o, "lease", None) == state.name]
        self._operations = [*own, *of_indexes]
        self.only_index = _only_index(state, program)

    @property
    def id_type(self) -> CType:
        """As which an id is kept."""
        return stored(Bits(self.state.id_width))

    def regions(self) -> list[Region]:
        state = self.state
        ticks = () if state.idle_ticks is None else (Member("last", U32),)
        values = sorted((Member(p.name, stored(p.type)) for p in self.values), key=lambda m: -m.type.align)
        slot = (Member("slot", U32),) if self.only_index else ()  # where in its index it is
        members = (Member("generation", U32), *ticks, *slot, *values, Member("is_open", U8))
        plain = Struct(f"{self.name}_entry", members)
        whole = 1 << (plain.size - 1).bit_length()
        # An entry that lies across two lines costs two misses; a third more memory is less.
        entry = Struct(plain.name, plain.members, whole if whole <= 64 and 3 * whole <= 4 * plain.size else 1)
        found = [
            Region(state.name, "entries", entry, self._count),
            Region(state.name, "hands", U32, self._shares),
            Region(state.name, "failed", U64, 1),
        ]
        if self._shares > 1:
            found.append(Region(state.name, "order", U16, self._count))
            found.append(Region(state.name, "starts", U32, self._shares + 1))
        return found

    def write_init(self, out: Writer) -> None:
        """The ids of each share, in the order in which its hand meets them."""
        if self._shares == 1:
            return
        name, bits = self.name, self._shares.bit_length() - 1
        out.line("uint32_t ids = 0;")
        with out.block(f"for (uint32_t share = 0; share < {self._shares}; share++)"):
            out.line(f"state->{name}_starts[share] = ids;")
            with out.block(f"for (uint32_t place = 0; place < {1 << (16 - bits)}; place++)"):
                out.line(f"const uint32_t id = weft_toeplitz16_inverse(place << {bits} | share);")
                outside = self._range_check("continue;")
                for line in outside:
                    out.line(line)
                out.line(f"state->{name}_order[ids++] = (uint16_t)id;")
        out.line(f"state->{name}_starts[{self._shares}] = ids;")

    def write_functions(self, out: Writer) -> None:
        out.line(f"// lease `{self.state.name}`")
        self._write_is_live(out)
        self._write_looks(out)
        if any(isinstance(o, LeaseOpen | IndexOpen) for o in self._operations):
            self._write_open(out)
        if any(isinstance(o, LeaseClose) for o in self._operations):
            self._write_close(out)

    def _write_is_live(self, out: Writer) -> None:
        idle = self.state.idle_ticks
        expired = f" && !weft_is_expired(tick, lease->last, {idle}u)" if idle is not None else ""
        lines = [f"return lease->is_open{expired};"]
        if idle is None:
            lines.insert(0, "(void)tick;")
        function(out, f"bool {self.name}_is_live(const struct {self.name}_entry *lease, uint32_t tick)", lines)

    def refresh(self, lease: str) -> list[str]:
        """Statements for a use of a live lease."""
        return [] if self.state.idle_ticks is None else [f"{lease}->last = weft_later(tick, {lease}->last);"]

    def entry(self, id_: str) -> str:
        """The address of the entry of an id."""
        first = f" - {self.state.first}" if self.state.first else ""
        return f"&state->{self.name}_entries[{id_}{first}]"

    def fetch(self, id_: str) -> list[str]:
        """Statements that ask for the entry of any id."""
        first = f" - {self.state.first}u" if self.state.first else ""
        return [
            f"if ((uint32_t)({id_}){first} < {self._count}u)",
            f"    WEFT_FETCH({self.entry(f'(uint32_t)({id_})')});",
        ]

    def _write_looks(self, out: Writer) -> None:
        gets = sorted({o.refresh for o in self._operations if isinstance(o, LeaseGet)})
        if not gets:
            return
        name = self.name
        result_struct(out, f"{name}_got", [("bool", "live"), *returned(self.values)])
        for refresh in gets:
            lines = [
                f"struct {name}_got got = {{0}};",
                *self._range_check("return got;"),
                f"struct {name}_entry *lease = {self.entry('(uint32_t)id')};",
                f"if (!{name}_is_live(lease, tick))",
                "    return got;",
                *(self.refresh("lease") if refresh else []),
                "got.live = true;",
                *(f"got.{part.name} = lease->{part.name};" for part in self.values),
                "return got;",
            ]
            verb = "use" if refresh else "get"
            head = f"struct {name}_got {name}_{verb}(struct {self._block} *state, uint32_t tick, {self._id_parameter})"
            function(out, head, lines)

    @property
    def _id_parameter(self) -> str:
        return Part("id", Bits(max(2, self.state.id_width))).parameter

    def _range_check(self, otherwise: str) -> list[str]:
        tests = []
        if self.state.first:
            tests.append(f"id < {self.state.first}u")
        if self.state.last < (1 << self.state.id_width) - 1:
            tests.append(f"id > {self.state.last}u")
        return [f"if ({' || '.join(tests)})", f"    {otherwise}"] if tests else []

    def _write_open(self, out: Writer) -> None:
        name, state = self.name, self.state
        if self._shares > 1:
            begin = [
                f"const uint16_t *order = &state->{name}_order[state->{name}_starts[share]];",
                f"const uint32_t ids = state->{name}_starts[share + 1] - state->{name}_starts[share];",
                f"uint32_t hand = state->{name}_hands[share];",
            ]
            this, steps, hand = "order[hand]", f"step < {state.steps} && step < ids", f"state->{name}_hands[share]"
        else:
            begin = [
                "(void)share;",
                f"const uint32_t ids = {self._count};",
                f"uint32_t hand = state->{name}_hands[0];",
            ]
            this = f"hand + {state.first}" if state.first else "hand"
            steps, hand = f"step < {min(state.steps, self._count)}", f"state->{name}_hands[0]"
        lines = [
            *begin,
            f"for (uint32_t step = 0; {steps}; step++) {{",
            f"    const uint32_t id = {this};",
            f"    struct {name}_entry *lease = {self.entry('id')};",
            "    hand = hand + 1 < ids ? hand + 1 : 0;",
            f"    if ({name}_is_live(lease, tick))",
            "        continue;",
            f"    {hand} = hand;",
            "    lease->generation++;",
            *([] if state.idle_ticks is None else ["    lease->last = tick;"]),
            *(f"    lease->{part.name} = {part.name};" for part in self.values),
            "    lease->is_open = 1;",
            "    return id;",
            "}",
            f"{hand} = hand;",
            f"state->{name}_failed[0]++;",
            "return WEFT_NO_ID;",
        ]
        head = f"uint64_t {name}_open(struct {self._block} *state, uint32_t tick, uint32_t share"
        function(out, f"{head}{parameters(self.values)})", lines)

    def _write_close(self, out: Writer) -> None:
        ticks = [] if self.state.idle_ticks is None else ["lease->last = 0;"]
        lines = [
            *self._range_check("return;"),
            f"struct {self.name}_entry *lease = {self.entry('(uint32_t)id')};",
            "lease->is_open = 0;",
            *ticks,
        ]
        function(out, f"void {self.name}_close(struct {self._block} *state, {self._id_parameter})", lines)

    def write_call(self, operation: StateAccess, values: Expressions) -> None:
        name, out = self.name, values.out
        match operation:
            case LeaseGet(id=id_, refresh=refresh, live=live):
                call = f"{name}_{'use' if refresh else 'get'}(state, tick, {values.number(id_).code})"
                wanted = live.name.removesuffix(".present") or name
                members = [(live, "live")]
                members += [(v, part.name) for v, part in zip(operation.values, self.values, strict=True)]
                bind_results(values, wanted, f"{name}_got", call, members)
            case LeaseClose(id=id_):
                out.line(f"{name}_close(state, {values.number(id_).code});")
            case LeaseOpen(share=share, values=given, done=done, id=id_):
                codes = arguments(values.short(operand) for operand in given)
                call = f"{name}_open(state, tick, {values.number(share).code}{codes})"
                if not values.is_used(done) and not values.is_used(id_):
                    out.line(f"(void){call};")
                    return
                opened = values.names.fresh(f"{name}_opened")
                values.declarations.append(f"uint64_t {opened} = WEFT_NO_ID;")
                out.line(f"{opened} = {call};")
                bind_stored(values, done, f"({opened} != WEFT_NO_ID)")
                bind_stored(values, id_, f"({opened} != WEFT_NO_ID ? {opened} : 0)")
            case _:
                raise AssertionError(operation)


def _only_index(lease: Lease, program: Program) -> str | None:
    """The index that opens all leases, each with its key as its values; None where there is no such one.

    What such a lease holds tells its key, so that a look-up need not read it in the index.
    """
    opens = [o for o in program.operations if isinstance(o, IndexOpen) and o.lease == lease.name]
    others = [o for o in program.operations if isinstance(o, LeaseOpen) and o.state == lease.name]
    indexes = [s.name for s in program.states if isinstance(s, Index) and s.lease == lease.name]
    if others or len(indexes) != 1 or not opens or any(o.key != o.lease_values for o in opens):
        return None
    return indexes[0]
