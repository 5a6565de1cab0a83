"""Indexes: set-associative maps from keys to leases. An entry is dead when its lease is, or was opened again since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.c.layout import LINE, Member, Region, Struct
from backends.c.states.lease import LeaseCode
from backends.c.states.set_places import KeyPlaces
from backends.c.states.state_code import (
    all_equal,
    arguments,
    bind_results,
    function,
    hinted_function,
    is_equal,
    parts_of,
    result_struct,
    returned,
)
from backends.c.types import U16, U32, U64, calculated, stored
from backends.leaf_names import leaf_names
from backends.writer import Writer
from compiler.ir.accesses import IndexFind, IndexOpen, StateAccess
from compiler.ir.program import Program
from compiler.ir.states import Index
from compiler.ir.types import Bits

if TYPE_CHECKING:
    from backends.c.expressions import Expressions


class IndexCode:
    """The C of one index."""

    def __init__(self, state: Index, lease: LeaseCode, program: Program, *, name: str, block: str, salt: int) -> None:
        self._state, self.lease, self.name, self._block = state, lease, name, block
        self._key = parts_of(leaf_names("key", state, program, len(state.key)), state.key)
        self._places = KeyPlaces(state, self._key, shares=program.shares, name=name, salt=salt)
        self._operations = [o for o in program.operations if getattr(o, "state", None) == state.name]
        self._id = calculated(Bits(max(2, lease.state.id_width)))

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

    @property
    def is_told_by_lease(self) -> bool:
        """Whether leases hold their keys: then sets have the ids, and a look-up reads no entry."""
        return self.lease.only_index == self._state.name

    def regions(self) -> list[Region]:
        state = self._state
        tags = Member("tag", U16, self._places.padded)
        ids = (Member("id", self.lease.id_type, self._places.padded),) if self.is_told_by_lease else ()
        plain = Struct(f"{self.name}_set", (tags, *ids))
        align = min(LINE, 1 << (plain.size - 1).bit_length()) if ids else self._places.set_align
        ways = Struct(plain.name, plain.members, align)
        members = (
            Member("generation", U32),
            *(Member(part.name, stored(part.type)) for part in self._key),
            Member("id", self.lease.id_type),
        )
        return [
            Region(state.name, "sets", ways, state.sets),
            Region(state.name, "entries", Struct(f"{self.name}_entry", members), state.sets * state.ways),
            Region(state.name, "failed", U64, 1),
        ]

    def write_init(self, out: Writer) -> None:
        pass

    def write_functions(self, out: Writer) -> None:
        out.line(f"// index `{self._state.name}`, to `{self._state.lease}`")
        self._places.write(out)
        self._write_live_lease(out)
        for refresh in sorted({o.refresh for o in self._operations if isinstance(o, IndexFind)}):
            self._write_find(out, refresh=refresh)
        if any(isinstance(o, IndexOpen) for o in self._operations):
            self._write_open(out)

    def _write_live_lease(self, out: Writer) -> None:
        """The lease that an entry points to; NULL where the entry is dead."""
        name, lease = self.name, self.lease
        lines = [
            f"struct {lease.name}_entry *lease = {lease.entry('entry->id')};",
            f"return lease->generation == entry->generation && {lease.name}_is_live(lease, tick) ? lease : NULL;",
        ]
        head = f"struct {lease.name}_entry *{name}_lease(struct {self._block} *state, uint32_t tick"
        function(out, f"{head}, const struct {name}_entry *entry)", lines)

    def _at_hint(self, hit: list[str]) -> list[str]:
        """`hit` is done with a live `lease`, and its `id`, where the hint leads to it."""
        name, lease, ways = self.name, self.lease, self._state.ways
        if self.is_told_by_lease:
            values = " && ".join(
                is_equal(f"lease->{value.name}", key) for value, key in zip(lease.values, self._key, strict=True)
            )
            return [
                # A lease that says it is in this way was opened for the key that it holds, and this is the key's way.
                f"const {self._id} id = state->{name}_sets[hint / {ways}].id[hint % {ways}];",
                f"struct {lease.name}_entry *lease = {lease.entry('id')};",
                f"if (lease->slot == hint && {values} && {lease.name}_is_live(lease, tick)) {{",
                *(f"    {line}" for line in hit),
                "}",
            ]
        return [
            # No way of an index ever becomes free again, so that the tag says nothing new.
            f"const struct {name}_entry *entry = &state->{name}_entries[hint];",
            f"if ({all_equal('entry->', self._key)}) {{",
            f"    struct {lease.name}_entry *lease = {name}_lease(state, tick, entry);",
            f"    const {self._id} id = entry->id;",
            "    if (lease) {",
            *(f"        {line}" for line in hit),
            "    }",
            "}",
        ]

    def _begin(self) -> list[str]:
        """The set of the key."""
        name, ways = self.name, self._state.ways
        return [
            f"const uint32_t set = {self._places.set_of()};",
            f"struct {name}_set *ways = &state->{name}_sets[set];",
            f"struct {name}_entry *entries = &state->{name}_entries[set * {ways}];",
            f"const uint32_t matches = {self._places.matches('ways->tag', 'weft_tag(crc)')};",
        ]

    def _write_find(self, out: Writer, *, refresh: bool) -> None:
        name, lease = self.name, self.lease
        if f"struct {name}_found {{" not in out.lines:
            result_struct(out, f"{name}_found", [("bool", "present"), (self._id, "id"), *returned(lease.values)])
        hit = [
            *(lease.refresh("lease") if refresh else []),
            "found.present = true;",
            "found.id = id;",
            *(f"found.{part.name} = lease->{part.name};" for part in lease.values),
            "return found;",
        ]
        lines = [
            f"struct {name}_found found = {{0}};",
            *self._begin(),
            "for (uint32_t left = matches; left; left &= left - 1) {",
            f"    struct {name}_entry *entry = &entries[weft_lowest(left)];",
            f"    if (!({all_equal('entry->', self._key)}))",
            "        continue;",
            f"    struct {lease.name}_entry *lease = {name}_lease(state, tick, entry);",
            f"    const {self._id} id = entry->id;",
            "    if (lease) {",
            *(f"        {line}" for line in hit),
            "    }",
            "    break; // a key stands in one way at most",
            "}",
            "return found;",
        ]
        verb = "use" if refresh else "find"
        result = f"struct {name}_found"
        hinted_function(out, result, f"{name}_{verb}", self._block, self._key, at_hint=self._at_hint(hit), search=lines)

    def _write_open(self, out: Writer) -> None:
        name, lease, ways = self.name, self.lease, self._state.ways
        members = [("bool", "done"), ("bool", "opened"), (self._id, "id"), *returned(lease.values)]
        result_struct(out, f"{name}_opened", members)
        own_values = "".join(f", {part.name}" for part in lease.values)
        hit = [
            *lease.refresh("lease"),
            "found.done = true;",
            "found.id = id;",
            *(f"found.{part.name} = lease->{part.name};" for part in lease.values),
            "return found;",
        ]
        lines = [
            f"struct {name}_opened found = {{0}};",
            *self._begin(),
            "uint32_t way = WEFT_NO_SLOT; // the key's own, dead",
            "for (uint32_t left = matches; left; left &= left - 1) {",
            f"    struct {name}_entry *entry = &entries[weft_lowest(left)];",
            f"    if (!({all_equal('entry->', self._key)}))",
            "        continue;",
            f"    struct {lease.name}_entry *lease = {name}_lease(state, tick, entry);",
            f"    const {self._id} id = entry->id;",
            "    if (lease) {",
            *(f"        {line}" for line in hit),
            "    }",
            "    way = weft_lowest(left);",
            "    break; // a key stands in one way at most",
            "}",
            f"for (uint32_t other = 0; way == WEFT_NO_SLOT && other < {ways}; other++)",
            f"    if (ways->tag[other] == 0 || !{name}_lease(state, tick, &entries[other]))",
            "        way = other;",
            "if (way == WEFT_NO_SLOT) {",
            f"    state->{name}_failed[0]++;",
            "    return found;",
            "}",
            f"const uint64_t id = {lease.name}_open(state, tick, {self._places.share()}{own_values});",
            "if (id == WEFT_NO_ID)",
            "    return found;",
            "ways->tag[way] = weft_tag(crc);",
            f"struct {name}_entry *entry = &entries[way];",
            *(f"entry->{part.name} = {part.name};" for part in self._key),
            f"entry->id = ({self.lease.id_type.name})id;",
            f"entry->generation = ({lease.entry('id')})->generation;",
            *self._told_to_lease(),
            "found.done = found.opened = true;",
            f"found.id = ({self._id})id;",
            *(f"found.{part.name} = {part.name};" for part in lease.values),
            "return found;",
        ]
        parts, result = (*self._key, *lease.values), f"struct {name}_opened"
        hinted_function(
            out, result, f"{name}_find_or_open", self._block, parts, at_hint=self._at_hint(hit), search=lines
        )

    def _told_to_lease(self) -> list[str]:
        """Statements that note a new entry in the set and in its lease."""
        if not self.is_told_by_lease:
            return []
        return [
            f"ways->id[way] = ({self.lease.id_type.name})id;",
            f"({self.lease.entry('id')})->slot = set * {self._state.ways} + way;",
        ]

    def write_call(self, operation: StateAccess, values: Expressions) -> None:
        name, lease = self.name, self.lease
        hint = values.hints.get(id(operation), "WEFT_NO_SLOT")
        match operation:
            case IndexFind(key=key, refresh=refresh, present=present, id=id_):
                codes = arguments(map(values.short, key))
                call = f"{name}_{'use' if refresh else 'find'}(state, tick, {values.hashes.crc32(key)}, {hint}{codes})"
                members, struct, first = [(present, "present"), (id_, "id")], f"{name}_found", present
            case IndexOpen(key=key, lease_values=given, done=done, opened=opened, id=id_):
                codes = arguments(map(values.short, key), map(values.short, given))
                call = f"{name}_find_or_open(state, tick, {values.hashes.crc32(key)}, {hint}{codes})"
                members, struct, first = [(done, "done"), (opened, "opened"), (id_, "id")], f"{name}_opened", done
            case _:
                raise AssertionError(operation)
        members += [(v, part.name) for v, part in zip(operation.values, lease.values, strict=True)]
        wanted = first.name.removesuffix(".present") or name
        bind_results(values, wanted, struct, call, members)
