"""Tables that the control plane fills: two copies of each, of which the data path reads the one that is active.

The control plane writes entries into the other copy, those that win first, and calls the function that
indexes them and makes that copy the active one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.c.layout import Member, Region, Struct
from backends.c.literals import literal
from backends.c.states.cells import assign_stored
from backends.c.states.state_code import (
    Part,
    arguments,
    bind_results,
    function,
    is_equal,
    parameters,
    parts_of,
    result_struct,
    returned,
)
from backends.c.text import Text
from backends.c.types import U16, U32, container, is_wide, stored, words_of
from backends.leaf_names import leaf_names
from backends.writer import Writer
from compiler.ir.accesses import StateAccess, TableGet
from compiler.ir.program import Program
from compiler.ir.states import MatchKind, Table, TableArray
from compiler.ir.types import Bits, Vector, bit_width

if TYPE_CHECKING:
    from backends.c.expressions import Expressions

_BOUNDS = {
    MatchKind.EXACT: ("",),
    MatchKind.PREFIX: ("", "_mask"),
    MatchKind.TERNARY: ("", "_mask"),
    MatchKind.RANGE: ("", "_high"),
}


class TableCode:
    """The C of one table.

    Entries are found by a hash of their exact parts. Those with equal exact parts are chained, the one that wins
    first in front; with one prefix and all else exact, each prefix length in use is a look-up of its own.
    """

    def __init__(self, state: Table, program: Program, *, name: str, block: str) -> None:
        self._state, self._name, self._block = state, name, block
        self._key = parts_of(leaf_names("key", state, program, len(state.key)), state.key)
        self._values = parts_of(leaf_names("values", state, program, len(state.values)), state.values)
        self._ordered = any(kind in (MatchKind.TERNARY, MatchKind.RANGE) for kind in state.match)
        self._prefix = None
        if not self._ordered and MatchKind.PREFIX in state.match:
            self._prefix = self._key[state.match.index(MatchKind.PREFIX)]
        kinds = zip(self._key, state.match, strict=True)
        self._hashed = tuple(p for p, kind in kinds if kind is MatchKind.EXACT or p is self._prefix)
        self._buckets = 1 << (2 * max(1, state.size) - 1).bit_length()

    def regions(self) -> list[Region]:
        state, members = self._state, []
        for part, kind in zip(self._key, state.match, strict=True):
            members += [Member(part.name + suffix, stored(part.type)) for suffix in _BOUNDS[kind]]
        members += [Member(part.name, stored(part.type)) for part in self._values]
        if self._ordered:
            members.append(Member("next", U32))
        if self._prefix is not None:
            members.append(Member("length", U16))
        entry = Struct(f"{self._name}_entry", tuple(members))
        found = [
            Region(state.name, "active", U32, 1),
            Region(state.name, "count", U32, 2),
            Region(state.name, "entries", entry, 2 * max(1, state.size)),
            Region(state.name, "buckets", U32, 2 * self._buckets),
        ]
        if self._prefix is not None:
            found.append(Region(state.name, "lengths", U16, 2 * (bit_width(self._prefix.type) + 1)))
            found.append(Region(state.name, "length_count", U32, 2))
        return found

    def write_init(self, out: Writer) -> None:
        pass

    def write_functions(self, out: Writer) -> None:
        out.line(f"// table `{self._state.name}`")
        self._write_bucket(out)
        self._write_get(out)

    # --- look-ups

    def _write_bucket(self, out: Writer) -> None:
        """The bucket of what is hashed of a key."""
        length = [Part("length", Bits(16))] if self._prefix is not None else []
        parts = [*self._hashed, *length]
        lines = ["uint64_t hash = 0;"]
        for part in parts:
            if isinstance(part.type, Vector) or is_wide(part.type):
                lines.append(f"hash = weft_mix_bytes(hash, &{part.name}, sizeof {part.name});")
            elif container(bit_width(part.type)) == 128:
                lines.append(f"hash = weft_mix(weft_mix(hash, (uint64_t)({part.name} >> 64)), (uint64_t){part.name});")
            else:
                lines.append(f"hash = weft_mix(hash, {part.name});")
        lines.append(f"return (uint32_t)(hash >> {64 - (self._buckets.bit_length() - 1)});")
        if not parts:
            lines = ["return 0;"]
        declared = parameters(parts).removeprefix(", ") or "void"
        function(out, f"uint32_t {self._name}_bucket({declared})", lines)

    def _bucket(self, prefix: str = "") -> str:
        codes = [f"{prefix}{part.name}" for part in self._hashed]
        if self._prefix is not None:
            codes.append(f"{prefix}length")
        return f"{self._name}_bucket({', '.join(codes)})"

    def _write_get(self, out: Writer) -> None:
        name, state = self._name, self._state
        result_struct(out, f"{name}_row", [("bool", "hit"), *returned(self._values)])
        head = f"struct {name}_row {name}_get(const struct {self._block} *state{parameters(self._key)})"
        lines = [
            f"const uint32_t copy = state->{name}_active[0];",
            f"const uint32_t *buckets = &state->{name}_buckets[copy * {self._buckets}];",
            f"const struct {name}_entry *entries = &state->{name}_entries[copy * {max(1, state.size)}];",
        ]
        if self._prefix is not None:
            lines += self._by_length()
        else:
            lines += self._in_bucket()
        lines.append(f"return (struct {name}_row){{{self._missing()}}};")
        function(out, head, lines)

    def _missing(self) -> str:
        default = self._state.default
        if default is None:
            return "0"
        pairs = zip(self._values, default, strict=True)
        return ", ".join([".hit = false", *(f".{p.name} = {literal(v, p.type)}" for p, v in pairs)])

    def _row(self) -> str:
        members = "".join(f", .{part.name} = entry->{part.name}" for part in self._values)
        return f"(struct {self._name}_row){{.hit = true{members}}}"

    def _in_bucket(self) -> list[str]:
        """A bucket holds the number of its first entry, counted from 1; entries of another hash go to the next one."""
        group = " && ".join(is_equal(f"entry->{part.name}", part) for part in self._hashed) or "true"
        lines = [
            f"uint32_t bucket = {self._bucket()};",
            f"for (; buckets[bucket]; bucket = (bucket + 1) & {self._buckets - 1}u) {{",
            f"    const struct {self._name}_entry *entry = &entries[buckets[bucket] - 1];",
            f"    if (!({group}))",
            "        continue;",
        ]
        if not self._ordered:
            return [*lines, f"    return {self._row()};", "}"]
        return [
            *lines,
            "    for (;;) {",
            f"        if ({self._tests()})",
            f"            return {self._row()};",
            "        if (entry->next == 0)",
            "            break;",
            "        entry = &entries[entry->next - 1];",
            "    }",
            "    break;",
            "}",
        ]

    def _tests(self) -> str:
        """Whether an entry of the right group matches."""
        tests = []
        for part, kind in zip(self._key, self._state.match, strict=True):
            entry, wide = f"entry->{part.name}", is_wide(part.type)
            words = words_of(bit_width(part.type))
            match kind:
                case MatchKind.EXACT:
                    continue
                case MatchKind.RANGE if wide:
                    tests.append(f"weft_wide_compare({part.name}.word, {entry}.word, {words}) >= 0")
                    tests.append(f"weft_wide_compare({part.name}.word, {entry}_high.word, {words}) <= 0")
                case MatchKind.RANGE:
                    tests.append(f"{part.name} >= {entry} && {part.name} <= {entry}_high")
                case _ if wide:
                    tests.append(f"weft_wide_matches({part.name}.word, {entry}_mask.word, {entry}.word, {words})")
                case _:
                    tests.append(f"({part.name} & {entry}_mask) == {entry}")
        return " && ".join(tests)

    def _by_length(self) -> list[str]:
        """One look-up for each prefix length in use, the longest first."""
        name, prefix = self._name, self._prefix
        assert prefix is not None, "there is a prefix"
        width = bit_width(prefix.type)
        cut = self._cut(prefix, width)
        group = " && ".join(
            is_equal(f"entry->{part.name}", Part("masked", part.type) if part is prefix else part)
            for part in self._hashed
        )
        codes = ["masked" if part is prefix else part.name for part in self._hashed]
        bucket = f"{name}_bucket({', '.join([*codes, 'length'])})"
        return [
            f"const uint16_t *lengths = &state->{name}_lengths[copy * {width + 1}];",
            f"for (uint32_t i = 0; i < state->{name}_length_count[copy]; i++) {{",
            "    const uint32_t length = lengths[i];",
            *(f"    {line}" for line in cut),
            f"    for (uint32_t bucket = {bucket}; buckets[bucket]; bucket = (bucket + 1) & {self._buckets - 1}u) {{",
            f"        const struct {name}_entry *entry = &entries[buckets[bucket] - 1];",
            f"        if (entry->length == length && {group})",
            f"            return {self._row()};",
            "    }",
            "}",
        ]

    @staticmethod
    def _cut(prefix: Part, width: int) -> list[str]:
        """`masked`: the key's part with only its `length` highest bits."""
        of = prefix.parameter.rsplit(" ", 1)[0]
        if is_wide(prefix.type):
            words = words_of(width)
            return [
                f"{of} masked;",
                f"weft_wide_shr(masked.word, {words}, {prefix.name}.word, {words}, {width} - length);",
                f"weft_wide_shl(masked.word, masked.word, {words}, {width} - length);",
            ]
        bits = container(width)
        cut = f"weft_shl{bits}(weft_shr{bits}({prefix.name}, {width} - length), {width} - length)"
        if width == 1:
            cut = f"length && {prefix.name}"
        return [f"const {of} masked = {cut};"]

    # --- what the control plane calls

    def write_install(self, out: Writer) -> None:
        """The function that indexes `count` entries of the copy that is not active, and makes it the active one."""
        name, size, buckets = self._name, max(1, self._state.size), self._buckets
        lines = [
            f"const uint32_t copy = 1 - state->{name}_active[0];",
            f"uint32_t *buckets = &state->{name}_buckets[copy * {buckets}];",
            f"struct {name}_entry *entries = &state->{name}_entries[copy * {size}];",
            f"__builtin_memset(buckets, 0, {buckets} * sizeof *buckets);",
        ]
        if self._prefix is not None:
            lines += self._noted_lengths()
        # From the last one on: what is put in front of a chain last wins.
        lines += [
            "for (uint32_t i = count; i-- > 0;) {",
            f"    struct {name}_entry *entry = &entries[i];",
            *(f"    const {p.parameter} = entry->{p.name};" for p in self._hashed),
            *(["    const uint32_t length = entry->length;"] if self._prefix is not None else []),
            f"    uint32_t bucket = {self._bucket()};",
        ]
        if self._ordered:
            group = " && ".join(is_equal(f"entries[buckets[bucket] - 1].{part.name}", part) for part in self._hashed)
            same = f" && !({group})" if group else " && false"
            lines += [
                f"    while (buckets[bucket]{same})",
                f"        bucket = (bucket + 1) & {buckets - 1}u;",
                "    entry->next = buckets[bucket];",
            ]
        else:
            lines += ["    while (buckets[bucket])", f"        bucket = (bucket + 1) & {buckets - 1}u;"]
        lines += [
            "    buckets[bucket] = i + 1;",
            "}",
            f"state->{name}_count[copy] = count;",
            f"__atomic_store_n(&state->{name}_active[0], copy, __ATOMIC_RELEASE);",
        ]
        out.line(f"void {self._block}_install_{name}(struct {self._block} *state, uint32_t count)")
        out.line("{")
        for line in lines:
            out.line(f"    {line}")
        out.line("}")
        out.line()

    def _noted_lengths(self) -> list[str]:
        """The prefix lengths in use; entries come the longest prefix first."""
        name = self._name
        assert self._prefix is not None, "there is a prefix"
        width = bit_width(self._prefix.type)
        return [
            f"uint16_t *lengths = &state->{name}_lengths[copy * {width + 1}];",
            "uint32_t known = 0;",
            "for (uint32_t i = 0; i < count; i++)",
            f"    if (known == 0 || (lengths[known - 1] != entries[i].length && known <= {width}))",
            "        lengths[known++] = entries[i].length;",
            f"state->{name}_length_count[copy] = known;",
        ]

    @property
    def install_prototype(self) -> str:
        return f"void {self._block}_install_{self._name}(struct {self._block} *state, uint32_t count);"

    def write_call(self, operation: StateAccess, values: Expressions) -> None:
        assert isinstance(operation, TableGet), "tables are looked up"
        call = f"{self._name}_get(state{arguments(map(values.short, operation.key))})"
        wanted = operation.hit.name.removesuffix(".present") or f"{self._name}_row"
        members = [(operation.hit, "hit")]
        members += [(v, part.name) for v, part in zip(operation.values, self._values, strict=True)]
        bind_results(values, wanted, f"{self._name}_row", call, members)


class TableArrayCode:
    """The C of an array that the control plane fills."""

    def __init__(self, state: TableArray, *, name: str, block: str) -> None:
        self._state, self._name, self._block = state, name, block

    def regions(self) -> list[Region]:
        return [
            Region(self._state.name, "active", U32, 1),
            Region(self._state.name, "cells", stored(self._state.type), 2 * self._state.cells),
        ]

    def write_init(self, out: Writer) -> None:
        pass

    def write_functions(self, out: Writer) -> None:
        pass

    def write_install(self, out: Writer) -> None:
        """The function that makes the other copy the active one."""
        block, name = self._block, self._name
        out.line(f"void {block}_install_{name}(struct {block} *state, uint32_t count)")
        out.line("{")
        out.line("    (void)count;")
        out.line(f"    __atomic_store_n(&state->{name}_active[0], 1 - state->{name}_active[0], __ATOMIC_RELEASE);")
        out.line("}")
        out.line()

    @property
    def install_prototype(self) -> str:
        return f"void {self._block}_install_{self._name}(struct {self._block} *state, uint32_t count);"

    def write_call(self, operation: StateAccess, values: Expressions) -> None:
        assert isinstance(operation, TableGet), "tables are looked up"
        values.bind(operation.hit, Text("true", is_bool=True, constant=1))
        (result,) = operation.values
        if values.is_used(result):
            at = f"state->{self._name}_active[0] * {self._state.cells} + {values.number_atom(operation.key[0])}"
            assign_stored(values, result, f"state->{self._name}_cells[{at}]")
