"""Names of the flat values that make up a value of the language: `flow.src`, `session.id`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from compiler.frontend.types import EntryType, EnumType, OptionType, SessionType, StructType, TupleType, Ty, flatten


def value_names(of: Ty, name: str) -> tuple[str, ...]:
    """One for each of `flatten(of)`, for a value that is called `name` ("": it has no name)."""
    names = tuple(_names(of, name))
    assert len(names) == len(flatten(of)), "names and layout disagree"
    return names


def part_names(of: Ty, name: str) -> Iterator[str]:
    """One for each part that a value of type `of` is made of, whole structs among them; then "" for ever."""
    match of:
        case StructType(fields=fields) if name:
            yield from (_dotted(name, field) for field, _ in fields)
        case TupleType(elements=elements) if name:
            yield from (f"{name}.{number}" for number in range(len(elements)))
        case OptionType() if name:
            yield from (_dotted(name, "present"), name)
        case _:
            pass
    yield from repeat("")


def _names(of: Ty, name: str) -> Iterator[str]:
    match of:
        case StructType(fields=fields):
            for field, inner in fields:
                yield from _names(inner, _dotted(name, field))
        case TupleType(elements=elements):
            yield from _numbered(elements, name)
        case EnumType(variants=variants):
            yield name
            for variant in variants:
                yield from _numbered(variant.payload, _dotted(name, variant.name))
        case OptionType(inner=inner):
            yield _dotted(name, "present")
            yield from _names(inner, name)
        case EntryType(key=key, value=value):
            yield from (_dotted(name, part) for part in ("present", "room", "slot"))
            yield from _names(key, _dotted(name, "key"))
            yield from _names(value, _dotted(name, "value"))
        case SessionType(value=value):
            yield from (_dotted(name, part) for part in ("id", "opened"))
            yield from _names(value, name)
        case _:
            yield from (name for _ in flatten(of))


def _numbered(elements: tuple[Ty, ...], name: str) -> Iterator[str]:
    for number, element in enumerate(elements):
        yield from _names(element, f"{name}.{number}" if name else "")


def _dotted(name: str, part: str) -> str:
    return f"{name}.{part}" if name else part
