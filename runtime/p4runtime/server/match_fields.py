"""Keys of table entries: P4Runtime's match fields, and the interpreter's patterns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from finsy.proto import p4r

from backends.p4.manifest import KeyPart
from runtime.p4runtime.server.byte_strings import canonical_bytes, number_of
from runtime.p4runtime.server.refusals import invalid
from sim.state import Exact, Pattern, Prefix, Range, Ternary

Key: TypeAlias = tuple[Pattern, ...]  # one for each part of the key, in the manifest's order; values are numbers


def read_key(parts: Sequence[KeyPart], fields: Iterable[p4r.FieldMatch]) -> Key:
    """The patterns that match fields stand for; a field that is left out matches anything.

    Refused where they do not fit the table: specification, section 9.1.1.
    """
    given: dict[int, p4r.FieldMatch] = {}
    known = {part.id for part in parts}
    for field in fields:
        if field.field_id not in known:
            raise invalid(f"the table has no match field with ID {field.field_id}")
        if field.field_id in given:
            raise invalid(f"match field {field.field_id} is given twice")
        given[field.field_id] = field
    return tuple(_read_pattern(part, given.get(part.id)) for part in parts)


def _read_pattern(part: KeyPart, field: p4r.FieldMatch | None) -> Pattern:
    what = f"match field `{part.name}`"
    if field is None:
        if part.match == "exact":
            raise invalid(f"{what} is missing: an exact match cannot be left out")
        return _anything(part)
    found = field.WhichOneof("field_match_type")
    if found != part.match:
        raise invalid(f"{what}: expected {part.match}, found {found or 'no'} match")
    pattern = _pattern_of(part, field, what)
    if part.match != "exact" and pattern == _anything(part):
        raise invalid(f"{what}: a field that matches anything has to be left out")
    return pattern


def _anything(part: KeyPart) -> Pattern:
    match part.match:
        case "lpm":
            return Prefix(0, 0)
        case "ternary":
            return Ternary(0, 0)
        case _:
            return Range(0, (1 << part.width) - 1)


def _pattern_of(part: KeyPart, field: p4r.FieldMatch, what: str) -> Pattern:
    width = part.width
    match part.match:
        case "exact":
            return Exact(number_of(field.exact.value, width=width, what=what))
        case "lpm":
            value = number_of(field.lpm.value, width=width, what=what)
            length = field.lpm.prefix_len
            if not 0 <= length <= width:
                raise invalid(f"{what}: a prefix has 0 to {width} bits, not {length}")
            if value & ((1 << width - length) - 1):
                raise invalid(f"{what}: the value has bits set behind its prefix of {length}")
            return Prefix(value, length)
        case "ternary":
            value = number_of(field.ternary.value, width=width, what=what)
            mask = number_of(field.ternary.mask, width=width, what=f"{what}, mask")
            if value & ~mask:
                raise invalid(f"{what}: the value has bits set outside of its mask")
            return Ternary(value, mask)
        case _:
            low = number_of(field.range.low, width=width, what=f"{what}, low")
            high = number_of(field.range.high, width=width, what=f"{what}, high")
            if low > high:
                raise invalid(f"{what}: the range {low} to {high} is empty")
            return Range(low, high)


def written_key(parts: Sequence[KeyPart], key: Key) -> list[p4r.FieldMatch]:
    """The match fields of a key, in canonical form: what matches anything is left out."""
    return [
        _written_pattern(part.id, pattern)
        for part, pattern in zip(parts, key, strict=True)
        if isinstance(pattern, Exact) or pattern != _anything(part)
    ]


def _written_pattern(id_: int, pattern: Pattern) -> p4r.FieldMatch:
    field = p4r.FieldMatch(field_id=id_)
    match pattern:
        case Exact(value=int(value)):
            field.exact.value = canonical_bytes(value)
        case Prefix(value=value, length=length):
            field.lpm.value = canonical_bytes(value)
            field.lpm.prefix_len = length
        case Ternary(value=value, mask=mask):
            field.ternary.value = canonical_bytes(value)
            field.ternary.mask = canonical_bytes(mask)
        case Range(low=low, high=high):
            field.range.low = canonical_bytes(low)
            field.range.high = canonical_bytes(high)
        case _:
            raise AssertionError("exact parts are kept as numbers")
    return field
