"""Parse only the headers that matter.

Before: the program has every header that its author could have used.
After:  it has those that an operation names or `reply` swaps, those with a checksum that covers something
        written, those on the way to one of them, and those that hide one of them from the parser; all of
        them where something depends on all: random numbers, and where the payload begins. What follows
        them in a packet is payload, and is emitted as it came.

    read_field ip, src; send 1u16     becomes    the same, with `eth` and `ip` alone
"""

from __future__ import annotations

import dataclasses

from compiler.ir.headers import ChecksumKind, Header, ParseRule
from compiler.ir.operations import Hash, HashAlgorithm, HeaderPresent, ReadField, Reply, Rest, Template, WriteField
from compiler.ir.program import Program


def prune_headers(program: Program) -> Program:
    if _emits_payload(program) or _draws(program):
        return program
    kept = _named(program)
    while True:
        more = kept | _with_changed_checksums(program, kept) | _before(program, kept) | _hiding(program, kept)
        if more == kept:
            break
        kept = more
    return dataclasses.replace(program, headers=tuple(h for h in program.headers if h.name in kept))


def _templates(program: Program) -> list[Template]:
    found = [getattr(operation, "packet", None) for operation in program.operations]
    return [template for template in found if template is not None]


def _emits_payload(program: Program) -> bool:
    return any(template.rest is Rest.PAYLOAD for template in _templates(program))


def _draws(program: Program) -> bool:
    return any(isinstance(o, Hash) and o.algorithm is HashAlgorithm.RANDOM for o in program.operations)


def _swaps(program: Program) -> bool:
    return any(isinstance(operation, Reply) for operation in program.operations)


def _named(program: Program) -> frozenset[str]:
    named = {o.header for o in program.operations if isinstance(o, ReadField | WriteField | HeaderPresent)}
    for template in _templates(program):
        named |= {built.header for built in template.headers} | ({template.header} - {""})
    if _swaps(program):
        named |= {header.name for header in program.headers if header.swaps}
    return frozenset(named) - {envelope.header.name for envelope in program.envelopes}


def _changed_fields(program: Program, kept: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Header fields that may differ between the received and the emitted packet, checksums aside."""
    changed = {(o.header, o.field) for o in program.operations if isinstance(o, WriteField)}
    if _swaps(program):
        changed |= {(h.name, side) for h in program.headers if h.name in kept for pair in h.swaps for side in pair}
    return frozenset(changed)


def _with_changed_checksums(program: Program, kept: frozenset[str]) -> frozenset[str]:
    """Headers whose checksum covers a field that may change, or a checksum that does."""
    changed = _changed_fields(program, kept)
    pseudo_changed = {h.name for h in program.headers for f in h.fields if f.pseudo and (h.name, f.name) in changed}
    dirty = {header for header, _ in changed}
    found: set[str] = set()
    while True:
        more = {
            header.name
            for header in program.headers
            for field in header.fields
            if field.checksum is not None
            and (
                header.name in dirty
                or (
                    field.checksum.kind is ChecksumKind.TRANSPORT
                    and pseudo_changed & _pseudo_headers_of(program, header.name)
                )
                or (field.checksum.kind is not ChecksumKind.HEADER and _has_inside(program, header.name, dirty))
            )
        }
        if more <= found:
            return frozenset(found)
        found |= more
        dirty |= more


def _pseudo_headers_of(program: Program, name: str) -> set[str]:
    """The headers that can be the nearest one in front of `name` that has pseudo-header fields."""
    headers = {header.name: header for header in program.headers}
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for rule in headers[waiting.pop()].rules:
            if rule.previous in seen:
                continue
            seen.add(rule.previous)
            if any(field.pseudo for field in headers[rule.previous].fields):
                found.add(rule.previous)
            else:
                waiting.append(rule.previous)
    return found


def _has_inside(program: Program, outer: str, names: set[str]) -> bool:
    """Whether one of `names` can come after `outer` in a packet."""
    return any(outer in _before(program, frozenset({name})) for name in names if name != outer)


def _before(program: Program, names: frozenset[str]) -> frozenset[str]:
    """Every header that can come before one of `names`."""
    rules = {header.name: header.rules for header in program.headers}
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        for rule in rules[waiting.pop()]:
            if rule.previous not in found:
                found.add(rule.previous)
                waiting.append(rule.previous)
    return frozenset(found)


def _hiding(program: Program, kept: frozenset[str]) -> frozenset[str]:
    """Headers that the parser tries before a kept one, and that can match where that one does."""
    found: set[str] = set()
    for place, header in enumerate(program.headers):
        rivals = [later for later in program.headers[place + 1 :] if later.name in kept]
        if any(_can_both_match(header, rival) for rival in rivals):
            found.add(header.name)
    return frozenset(found)


def _can_both_match(one: Header, other: Header) -> bool:
    return any(_overlap(a, b) for a in one.rules for b in other.rules if a.previous == b.previous)


def _overlap(one: ParseRule, other: ParseRule) -> bool:
    """Whether some packet satisfies both rules."""
    return not any(
        name == other_name and (value ^ other_value) & mask & other_mask
        for name, value, mask in one.matches
        for other_name, other_value, other_mask in other.matches
    )
