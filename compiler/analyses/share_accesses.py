"""What the accesses of a state say about shares: per access, the share word of each part of its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from compiler.analyses.share_words import IdGiver, SeenBits, Word, giver_of_id, is_constant, word_of
from compiler.analyses.structure import Structure, states_of
from compiler.analyses.value_numbers import ValueNumbers
from compiler.ir.operations import (
    ArrayRead,
    ArrayUpdate,
    ArrayWrite,
    IndexFind,
    IndexOpen,
    LeaseClose,
    LeaseGet,
    LeaseOpen,
    MapFind,
    MapPut,
    MapRemove,
    MeterTake,
    Operation,
)
from compiler.ir.states import Lease
from compiler.ir.values import Operand


@dataclass(frozen=True, slots=True)
class OwnId:
    """An id that `lease` gave out in this transaction: it lies in the packet's share, whatever that is."""

    lease: str


Part: TypeAlias = Word | OwnId | None  # None: says nothing about the share


@dataclass(frozen=True, slots=True)
class KeyedAccess:
    """One access of `state`; `parts[i]` belongs to `key[i]`.

    A `LeaseOpen` has no key. Its `hint` holds the values that the new lease stores, and `hint_words`
    the share words of those among them that are header fields: its share, where nothing else says.
    """

    operation: int
    handler: int
    state: str
    key: tuple[Operand, ...]
    parts: tuple[Part, ...]
    hint: tuple[Operand, ...] = ()
    hint_words: tuple[tuple[int, Word], ...] = ()


def keyed_accesses(structure: Structure, numbers: ValueNumbers) -> Mapping[str, tuple[KeyedAccess, ...]]:
    """By state, in source order. An index access says nothing of its lease that the index's key does not say."""
    found: dict[str, list[KeyedAccess]] = {}
    seen: SeenBits = {}
    for place, operation in enumerate(structure.program.operations):
        key = _key(operation)
        if key is not None:
            state = states_of(operation)[0]
            parts = tuple(_part(structure, numbers, place, operand, seen) for operand in key)
            hint = operation.values if isinstance(operation, LeaseOpen) else ()
            words = tuple(
                (i, word) for i, operand in enumerate(hint) if (word := _varying_word(numbers, operand, seen))
            )
            access = KeyedAccess(place, structure.handler(place), state, key, parts, hint, words)
            found.setdefault(state, []).append(access)
    return {state: tuple(accesses) for state, accesses in found.items()}


def _key(operation: Operation) -> tuple[Operand, ...] | None:
    match operation:
        case MapFind(key=key) | MapPut(key=key) | MapRemove(key=key) | IndexFind(key=key) | IndexOpen(key=key):
            return key
        case ArrayRead(index=index) | ArrayWrite(index=index) | ArrayUpdate(index=index) | MeterTake(index=index):
            return (index,)
        case LeaseGet(id=number) | LeaseClose(id=number):
            return (number,)
        case LeaseOpen():
            return ()
        case _:
            return None


def _varying_word(numbers: ValueNumbers, operand: Operand, seen: SeenBits) -> Word | None:
    word = word_of(numbers, operand, seen)
    return word if word is not None and not is_constant(word) else None


def _part(structure: Structure, numbers: ValueNumbers, place: int, operand: Operand, seen: SeenBits) -> Part:
    giver = giver_of_id(structure.program, numbers, operand)
    if giver is None:
        return word_of(numbers, operand, seen)
    return (
        OwnId(giver.state if isinstance(giver, LeaseOpen) else giver.lease)
        if _is_given(structure, place, giver)
        else None
    )


def _is_given(structure: Structure, place: int, giver: IdGiver) -> bool:
    """Whether the id is one of the lease's here, and not the 0 of a look-up that found nothing.

    A 0 outside the lease's range is harmless in `LeaseGet` and `LeaseClose`: no share has it.
    """
    operation = structure.program.operations[place]
    if isinstance(operation, LeaseGet | LeaseClose):
        declared = structure.program.state(operation.state)
        if isinstance(declared, Lease) and declared.first > 0:
            return True
    found = giver.present if isinstance(giver, IndexFind) else giver.done
    return structure.guarded_by(place, found)
