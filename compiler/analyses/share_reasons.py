"""Why a state is not sharded, in words, and the line that decides it."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.analyses.share_accesses import KeyedAccess, OwnId, Part
from compiler.analyses.share_choice import Choice, chosen_word
from compiler.analyses.share_units import MAX_SHARDED_ID_BITS
from compiler.analyses.share_words import Word, is_constant
from compiler.analyses.structure import Structure
from compiler.analyses.value_numbers import ValueNumbers, render_expression
from compiler.ir.states import Index, Lease, State
from compiler.source import Span

Accesses = Mapping[str, tuple[KeyedAccess, ...]]


def why_not_sharded(
    structure: Structure, numbers: ValueNumbers, state: State, accesses: Accesses, choice: Choice
) -> tuple[str, Span]:
    """The first thing that speaks against splitting `state`: its type, one access, or two of them."""
    program = structure.program
    match state:
        case Index(lease=lease) if why := _own_obstacle(structure, numbers, program.state(lease), accesses):
            return why
        case _:
            pass
    if why := _own_obstacle(structure, numbers, state, accesses):
        return why
    mine = accesses[state.name]
    if why := _two_keys_in_one_packet(structure, numbers, mine, mine):
        return why
    for other, theirs in accesses.items():
        if other in choice.keys and (why := _two_keys_in_one_packet(structure, numbers, mine, theirs)):
            return why
    if isinstance(state, Lease):
        return _lease_without_share(structure, state, mine)
    operation = program.operations[mine[0].operation]
    return f"no choice of key parts agrees with the other states of {_handlers(structure, mine)}", operation.span


def _own_obstacle(
    structure: Structure, numbers: ValueNumbers, state: State, accesses: Accesses
) -> tuple[str, Span] | None:
    if isinstance(state, Lease) and state.id_width > MAX_SHARDED_ID_BITS:
        return f"ids of {state.id_width} bits cannot be split (at most {MAX_SHARDED_ID_BITS})", state.span
    for access in accesses.get(state.name, ()):
        if access.parts and all(_says_nothing(part) for part in access.parts):
            return _computed_key(structure, numbers, access)
    return None


def _says_nothing(part: Part) -> bool:
    return part is None or (not isinstance(part, OwnId) and is_constant(part))


def _computed_key(structure: Structure, numbers: ValueNumbers, access: KeyedAccess) -> tuple[str, Span]:
    span = structure.program.operations[access.operation].span
    key = ", ".join(render_expression(structure.program, numbers, numbers.of(part)) for part in access.key)
    hashed = any(_is_hashed(numbers, numbers.of(part)) for part in access.key)
    if hashed:
        return f"line {span.line} enters `{access.state}` by a hash: cells of equal keys lie in no one share", span
    if all(numbers.node(part).kind == "constant" for part in access.key):
        return f"line {span.line} enters `{access.state}` at the one cell {key} for all packets", span
    return f"line {span.line} enters `{access.state}` by ({key}), which is no header field as received", span


def _is_hashed(numbers: ValueNumbers, number: int) -> bool:
    waiting, seen = [number], {number}
    while waiting:
        node = numbers.nodes[waiting.pop()]
        if node.kind == "hash":
            return True
        waiting.extend(argument for argument in node.arguments if argument not in seen)
        seen.update(node.arguments)
    return False


def _two_keys_in_one_packet(
    structure: Structure, numbers: ValueNumbers, mine: tuple[KeyedAccess, ...], theirs: tuple[KeyedAccess, ...]
) -> tuple[str, Span] | None:
    for access in theirs:
        for other in mine:
            if access.handler == other.handler and access is not other and not _can_agree(access, other):
                first, second = sorted((access, other), key=lambda found: found.operation)
                span = structure.program.operations[second.operation].span
                first_entry, second_entry = _entry(structure, numbers, first), _entry(structure, numbers, second)
                return f"one packet enters {first_entry} and {second_entry}: two shares", span
    return None


def _can_agree(one: KeyedAccess, other: KeyedAccess) -> bool:
    """Whether some part of one key has the share word of some part of the other, or both the word of a whole."""
    return bool(_words(one) & _words(other))


def _words(access: KeyedAccess) -> set[Word | OwnId | str]:
    whole = chosen_word(access, tuple(i for i, part in enumerate(access.parts) if part is not None))
    singles = (chosen_word(access, (position,)) for position in range(len(access.parts)))
    words: set[Word | OwnId | str] = {word for word in (whole, *singles) if word is not None}
    if not access.parts or any(isinstance(part, OwnId) for part in access.parts):
        words.add("own")
    return words


def _entry(structure: Structure, numbers: ValueNumbers, access: KeyedAccess) -> str:
    span = structure.program.operations[access.operation].span
    key = ", ".join(render_expression(structure.program, numbers, numbers.of(part)) for part in access.key)
    return f"`{access.state}` by ({key}) on line {span.line}"


def _lease_without_share(structure: Structure, lease: Lease, mine: tuple[KeyedAccess, ...]) -> tuple[str, Span]:
    opening = next((access for access in mine if not access.parts), None)
    if opening is None:
        return "no choice of key parts agrees with the other states of its handlers", lease.span
    span = structure.program.operations[opening.operation].span
    return f"nothing says which share's id line {span.line} takes: no key of header fields in its handler", span


def _handlers(structure: Structure, accesses: tuple[KeyedAccess, ...]) -> str:
    names = sorted({structure.handler_name(access.handler) for access in accesses})
    return ", ".join(f"`{name}`" for name in names)
