"""What the C of one state consists of, and what all kinds of states write it with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from backends.c.layout import Region
from backends.c.text import Text
from backends.c.types import calculated, is_scalar
from backends.writer import Writer
from compiler.ir.accesses import StateAccess
from compiler.ir.types import BOOL, Type
from compiler.ir.values import Value

if TYPE_CHECKING:
    from backends.c.expressions import Expressions


@dataclass(frozen=True, slots=True)
class Part:
    """One flat part of a key or of a value."""

    name: str
    type: Type

    @property
    def parameter(self) -> str:
        return f"{calculated(self.type)} {self.name}"


class StateCode(Protocol):
    """The C of one state."""

    def regions(self) -> list[Region]:
        """What it keeps in the block."""
        ...

    def write_init(self, out: Writer) -> None:
        """Statements that make a block of zeros the state before the first packet; none where it is that already."""
        ...

    def write_functions(self, out: Writer) -> None:
        """The functions that its operations call."""
        ...

    def write_call(self, operation: StateAccess, values: Expressions) -> None:
        """One operation of the program."""
        ...


def parts_of(names: Sequence[str], types: Sequence[Type]) -> tuple[Part, ...]:
    return tuple(Part(name, of) for name, of in zip(names, types, strict=True))


def parameters(*parts: Iterable[Part]) -> str:
    """For a list of parameters: a comma and a declaration for each part."""
    return "".join(f", {part.parameter}" for several in parts for part in several)


def arguments(*codes: Iterable[str]) -> str:
    return "".join(f", {code}" for several in codes for code in several)


def is_equal(stored_at: str, part: Part) -> str:
    """Whether the stored value is that of the parameter."""
    if is_scalar(part.type):
        return f"{stored_at} == {part.name}"
    return f"__builtin_memcmp(&{stored_at}, &{part.name}, sizeof {part.name}) == 0"


def all_equal(entry: str, parts: Sequence[Part]) -> str:
    return " && ".join(is_equal(f"{entry}{part.name}", part) for part in parts)


def result_struct(out: Writer, name: str, members: Sequence[tuple[str, str]]) -> None:
    with out.block(f"struct {name}", end="};"):
        for of, member in members:
            out.line(f"{of} {member};")
    out.line()


def function(out: Writer, head: str, block: Sequence[str], *, kind: str = "static inline") -> None:
    """A function; the lines of `block` have their indentation."""
    out.line(f"{kind} {head}")
    out.line("{")
    for line in block:
        out.line(f"    {line}" if line else "")
    out.line("}")
    out.line()


def hinted_function(
    out: Writer,
    result: str,
    name: str,
    block: str,
    parts: Sequence[Part],
    *,
    at_hint: Sequence[str],
    search: Sequence[str],
) -> None:
    """A look-up that tries the way that was seen while looking ahead, `at_hint`, and then does its `search`.

    The search is a function of its own: what is compiled into every path of the packets is only the short way.
    """
    declared = parameters(parts)
    codes = "".join(f", {part.name}" for part in parts)
    head = f"{result} {name}_search(struct {block} *state, uint32_t tick, uint32_t crc{declared})"
    function(out, head, search, kind="static WEFT_APART")
    lines = [
        f"{result} found = {{0}};",
        "if (hint != WEFT_NO_SLOT) {",
        *(f"    {line}" for line in at_hint),
        "}",
        f"return {name}_search(state, tick, crc{codes});",
    ]
    head = f"{result} {name}(struct {block} *state, uint32_t tick, uint32_t crc, uint32_t hint{declared})"
    function(out, head, lines)


def bind_results(
    values: Expressions, wanted: str, struct: str, call: str, members: Sequence[tuple[Value, str]]
) -> None:
    """Keep what a call returns, and bind the values to its members."""
    used = [(value, member) for value, member in members if values.is_used(value)]
    if not used:
        values.out.line(f"(void){call};")
        return
    name = values.names.fresh(wanted)
    if all(value.number in values.in_place for value, _ in used):
        values.out.line(f"const struct {struct} {name} = {call};")
    else:
        values.declarations.append(f"struct {struct} {name} = {{0}};")
        values.out.line(f"{name} = {call};")
    for value, member in used:
        bind_stored(values, value, f"{name}.{member}")


def bind_stored(values: Expressions, value: Value, code: str) -> None:
    values.bind(value, Text(code, is_bool=value.type == BOOL))


def returned(parts: Iterable[Part]) -> list[tuple[str, str]]:
    """Members that hold values as they are calculated with."""
    return [(calculated(part.type), part.name) for part in parts]
