"""What the text form of a program is made of: the names of its parts and which field goes where.

An operation is written `[g2] %sum_7: u16 = binary.add %a_3, 1u16`: its guard, what it defines, its
kind with the operator after a dot, then its other fields in order. Everything else is written as a
call: `port("lan", "lan", peer=1)`. Kinds are the class names in snake case.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from dataclasses import dataclass
from enum import Enum
from functools import cache

from compiler.ir import emissions, headers, program, pure, states
from compiler.ir import types as ir_types
from compiler.ir.operations import Operation

BARE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
TYPE_NAME = re.compile(r"(u\d+|bytes)(\[\d+\])?")
WORDS = frozenset({"true", "false", "none", "root"})

_NAMED_FROM = 5  # operations with this many fields name each one: nobody remembers the order of eight


def snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def is_bare(name: str) -> bool:
    """Whether `name` can stand without quotes."""
    taken = name in WORDS or bool(TYPE_NAME.fullmatch(name)) or name.partition(".")[0] in ENUMS
    return bool(BARE_NAME.fullmatch(name)) and not taken


OPERATIONS: dict[str, type] = {snake_case(kind.__name__): kind for kind in typing.get_args(Operation)}


def _dataclasses_of(module: types.ModuleType) -> dict[str, type]:
    return {
        snake_case(name): kind
        for name, kind in vars(module).items()
        if isinstance(kind, type) and kind.__module__ == module.__name__ and dataclasses.is_dataclass(kind)
        if not name.startswith("_")
    }


def _enums_of(module: types.ModuleType) -> dict[str, type[Enum]]:
    return {
        snake_case(name): kind
        for name, kind in vars(module).items()
        if isinstance(kind, type) and kind.__module__ == module.__name__ and issubclass(kind, Enum)
    }


CALLS: dict[str, type] = {
    **{name: kind for name, kind in _dataclasses_of(ir_types).items() if name not in ("bits", "vector", "blob")},
    **_dataclasses_of(headers),
    **_dataclasses_of(states),
    **{name: kind for name, kind in _dataclasses_of(program).items() if name not in ("program", "guard")},
    "template": emissions.Template,
    "built_header": emissions.BuiltHeader,
}
ENUMS: dict[str, type[Enum]] = {
    name: kind for module in (pure, emissions, headers, states) for name, kind in _enums_of(module).items()
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the fields of an operation's kind stand in its line; names of fields, in order."""

    results: tuple[str, ...]
    suffix: str | None  # the field whose enum value follows the kind's name
    positional: tuple[str, ...]
    named: tuple[str, ...]


@cache
def hints(kind: type) -> dict[str, object]:
    """The types of a dataclass's fields."""
    return typing.get_type_hints(kind)


@cache
def layout(kind: type) -> Layout:
    results: list[str] = []
    suffix: str | None = None
    positional: list[str] = []
    named: list[str] = []
    fields = [f for f in dataclasses.fields(kind) if f.name not in ("guard", "span")]
    for field in fields:
        hint = hints(kind)[field.name]
        if field.type in ("Value", "tuple[Value, ...]"):
            results.append(field.name)
        elif isinstance(hint, type) and issubclass(hint, Enum) and suffix is None:
            suffix = field.name
        elif field.type in ("str", "Operand", "tuple[Operand, ...]") and field.default is dataclasses.MISSING:
            positional.append(field.name)
        else:
            named.append(field.name)
    if len(positional) >= _NAMED_FROM:
        positional, named = [], positional + named
    return Layout(tuple(results), suffix, tuple(positional), tuple(named))
