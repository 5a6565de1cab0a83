"""Maps and sets: sets of 8 or 16 ways, told apart by 16-bit tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backends.c.layout import LINE, Member, Region, Struct
from backends.c.states.set_places import KeyPlaces
from backends.c.states.state_code import (
    Part,
    all_equal,
    arguments,
    bind_results,
    function,
    hinted_function,
    parameters,
    parts_of,
    result_struct,
    returned,
)
from backends.c.types import U16, U32, U64, stored
from backends.leaf_names import leaf_names
from backends.writer import Writer
from compiler.ir.accesses import MapFind, MapPut, MapRemove, StateAccess
from compiler.ir.program import Program
from compiler.ir.states import Map

if TYPE_CHECKING:
    from backends.c.expressions import Expressions


class MapCode:
    """The C of one map.

    A set is its tags and, where entries expire, the ticks of their last uses; keys and values stand elsewhere, way
    after way, so that a look-up reads one line of tags and one entry.
    """

    def __init__(self, state: Map, program: Program, *, name: str, block: str, salt: int) -> None:
        self._state, self.name, self._block = state, name, block
        self._key = parts_of(leaf_names("key", state, program, len(state.key)), state.key)
        self._values = parts_of(leaf_names("values", state, program, len(state.values)), state.values)
        self._places = KeyPlaces(state, self._key, shares=program.shares, name=name, salt=salt)
        self._operations = [o for o in program.operations if getattr(o, "state", None) == state.name]

    @property
    def straddles(self) -> bool:
        """Whether an entry can lie across two lines."""
        return any(r.role == "entries" and LINE % r.of.size != 0 for r in self.regions())

    @property
    def ways(self) -> int:
        return self._state.ways

    def matches(self, tags: str, tag: str) -> str:
        """A bit for each way of a set whose tag is `tag`."""
        return self._places.matches(tags, tag)

    def regions(self) -> list[Region]:
        state = self._state
        ticks = () if state.idle_ticks is None else (Member("last", U32, self._places.padded),)
        ways = Struct(f"{self.name}_set", (Member("tag", U16, self._places.padded), *ticks), self._places.set_align)
        parts = (*self._key, *self._values)
        members = tuple(Member(part.name, stored(part.type)) for part in parts)
        return [
            Region(state.name, "sets", ways, state.sets),
            Region(state.name, "entries", Struct(f"{self.name}_entry", members), state.sets * state.ways),
            Region(state.name, "failed", U64, 1),
        ]

    def write_init(self, out: Writer) -> None:
        pass

    def write_functions(self, out: Writer) -> None:
        out.line(f"// map `{self._state.name}`")
        self._places.write(out)
        finds = [o for o in self._operations if isinstance(o, MapFind)]
        if finds:
            members = [("bool", "present"), ("bool", "room"), ("uint32_t", "slot"), *returned(self._values)]
            result_struct(out, f"{self.name}_found", members)
            for refresh in sorted({o.refresh for o in finds}):
                self._write_find(out, refresh=refresh)
        if any(isinstance(o, MapPut) for o in self._operations):
            self._write_put(out)
        if any(isinstance(o, MapRemove) for o in self._operations):
            self._write_remove(out)

    def _head(self, result: str, verb: str, first: str, *parts: Sequence[Part]) -> str:
        return f"{result} {self.name}_{verb}(struct {self._block} *state, {first}{parameters(*parts)})"

    def _write_find(self, out: Writer, *, refresh: bool) -> None:
        name, ways, idle = self.name, self._state.ways, self._state.idle_ticks
        verb = "use" if refresh else "find"
        lines = [
            f"struct {name}_found found = {{.slot = WEFT_NO_SLOT}};",
            f"const uint32_t set = {self._places.set_of()};",
            f"struct {name}_set *ways = &state->{name}_sets[set];",
            f"struct {name}_entry *entries = &state->{name}_entries[set * {ways}];",
            "uint32_t same = WEFT_NO_SLOT; // a way that holds the key, expired",
            f"for (uint32_t left = {self._places.matches('ways->tag', 'weft_tag(crc)')}; left; left &= left - 1) {{",
            "    const uint32_t way = weft_lowest(left);",
            f"    if (!({all_equal('entries[way].', self._key)}))",
            "        continue;",
        ]
        if idle is not None:
            lines += [
                f"    if (weft_is_expired(tick, ways->last[way], {idle}u)) {{",
                "        if (same == WEFT_NO_SLOT)",
                "            same = way;",
                "        continue;",
                "    }",
            ]
            if refresh:
                lines.append("    ways->last[way] = weft_later(tick, ways->last[way]);")
        lines += [
            "    found.present = found.room = true;",
            f"    found.slot = set * {ways} + way;",
            *(f"    found.{part.name} = entries[way].{part.name};" for part in self._values),
            "    return found;",
            "}",
        ]
        lines += [
            "if (same == WEFT_NO_SLOT) {",
            *self._lowest_vacant(),
            "}",
            "if (same != WEFT_NO_SLOT) {",
            "    found.room = true;",
            f"    found.slot = set * {ways} + same;",
            "}",
            "return found;",
        ]
        if idle is None:
            lines.insert(0, "(void)tick;")
        at_hint = [
            f"struct {name}_set *ways = &state->{name}_sets[hint / {ways}];",
            f"const struct {name}_entry *entry = &state->{name}_entries[hint];",
            f"const uint32_t way = hint % {ways};",
            f"if ({self._hits(idle)}) {{",
            *(["    ways->last[way] = weft_later(tick, ways->last[way]);"] if refresh and idle is not None else []),
            "    found.present = found.room = true;",
            "    found.slot = hint;",
            *(f"    found.{part.name} = entry->{part.name};" for part in self._values),
            "    return found;",
            "}",
        ]
        result = f"struct {name}_found"
        hinted_function(out, result, f"{name}_{verb}", self._block, self._key, at_hint=at_hint, search=lines)

    def _hits(self, idle: int | None) -> str:
        """Whether `way` holds the key, live. It is the lowest then: while a key lives, it gets no other way."""
        live = "" if idle is None else f" && !weft_is_expired(tick, ways->last[way], {idle}u)"
        return f"ways->tag[way] != 0 && {all_equal('entry->', self._key)}{live}"

    def _lowest_vacant(self) -> list[str]:
        """The lowest way that is free or expired."""
        places, idle = self._places, self._state.idle_ticks
        lines = [
            f"    uint32_t vacant = {places.matches('ways->tag', '0')};",
        ]
        if idle is not None:
            lines += [
                f"    for (uint32_t way = 0; way < {self._state.ways}; way++)",
                f"        vacant |= (uint32_t)weft_is_expired(tick, ways->last[way], {idle}u) << way;",
            ]
        return [*lines, "    if (vacant)", "        same = weft_lowest(vacant);"]

    def _write_put(self, out: Writer) -> None:
        name, ways, idle = self.name, self._state.ways, self._state.idle_ticks
        lines = [
            f"if (slot >= {self._state.sets * ways}) {{",
            f"    state->{name}_failed[0]++;",
            "    return false;",
            "}",
            f"struct {name}_set *ways = &state->{name}_sets[slot / {ways}];",
            f"struct {name}_entry *entry = &state->{name}_entries[slot];",
            f"const uint32_t way = slot % {ways};",
        ]
        if idle is not None:
            same = f"ways->tag[way] != 0 && {all_equal('entry->', self._key)}"
            lines.append(f"ways->last[way] = {same} ? weft_later(tick, ways->last[way]) : tick;")
        else:
            lines.insert(0, "(void)tick;")
        lines += [
            "ways->tag[way] = weft_tag(crc);",
            *(f"entry->{part.name} = {part.name};" for part in (*self._key, *self._values)),
            "return true;",
        ]
        first = "uint32_t tick, uint32_t crc, uint32_t slot"
        function(out, self._head("bool", "set", first, self._key, self._values), lines)

    def _write_remove(self, out: Writer) -> None:
        name, ways = self.name, self._state.ways
        lines = [
            f"if (slot >= {self._state.sets * ways})",
            "    return;",
            f"struct {name}_set *ways = &state->{name}_sets[slot / {ways}];",
            f"const struct {name}_entry *entry = &state->{name}_entries[slot];",
            f"if (ways->tag[slot % {ways}] != 0 && {all_equal('entry->', self._key)})",
            f"    ways->tag[slot % {ways}] = 0;",
        ]
        function(out, self._head("void", "remove", "uint32_t slot", self._key), lines)

    def write_call(self, operation: StateAccess, values: Expressions) -> None:
        match operation:
            case MapFind(key=key, refresh=refresh):
                verb = "use" if refresh else "find"
                crc = values.hashes.crc32(key)
                codes = arguments(values.short(part) for part in key)
                call = (
                    f"{self.name}_{verb}(state, tick, {crc}, {values.hints.get(id(operation), 'WEFT_NO_SLOT')}{codes})"
                )
                wanted = operation.present.name.removesuffix(".present") or self.name
                members = [(operation.present, "present"), (operation.room, "room"), (operation.slot, "slot")]
                members += [(v, part.name) for v, part in zip(operation.values, self._values, strict=True)]
                bind_results(values, wanted, f"{self.name}_found", call, members)
            case MapPut(key=key, slot=slot, values=stored_values, done=done):
                crc = values.hashes.crc32(key)
                codes = arguments(map(values.short, key), map(values.short, stored_values))
                call = f"{self.name}_set(state, tick, {crc}, {values.code(slot)}{codes})"
                if values.is_used(done):
                    values.out.line(f"{values.declare(done)} = {call};")
                else:
                    values.out.line(f"{call};")
            case MapRemove(key=key, slot=slot):
                codes = arguments(values.short(part) for part in key)
                values.out.line(f"{self.name}_remove(state, {values.code(slot)}{codes});")
            case _:
                raise AssertionError(operation)
